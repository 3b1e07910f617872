"""What GitHub does not offer: the runner's identity tokens, the signing authority, and the levers of a test."""
import base64
import hashlib
import hmac
import json
import os
import time

from api import route
from authority import ISSUER
from web import Answer, Problem

SECRET = os.urandom(32)


def text64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@route("GET", "/_double/identity")
def _(call):
    """A job's identity token, for who shows the secret of its run."""
    run = call.double.runs.get(int(call.query.get("run", 0)))
    shown = call.headers.get("Authorization", "").partition(" ")[2]
    if not run or run.status == "completed" or not hmac.compare_digest(shown, run.identity_secret):
        raise Problem(401, "no such job")
    now = int(time.time())
    claims = {**run.claims(), "iss": ISSUER, "aud": call.query.get("audience"), "iat": now, "exp": now + 300}
    signed = text64(b'{"alg":"HS256","typ":"JWT"}') + "." + text64(json.dumps(claims).encode())
    return Answer(200, {"value": signed + "." + text64(hmac.digest(SECRET, signed.encode(), "sha256"))})


@route("POST", "/_double/sign")
def _(call):
    """What Fulcio, the time-stamping authority and the client of actions/attest do together, for who shows an identity token."""
    signed, _, signature = call.headers.get("Authorization", "").partition(" ")[2].rpartition(".")
    if text64(hmac.digest(SECRET, signed.encode(), "sha256")) != signature:
        raise Problem(401, "the identity token is not ours")
    part = signed.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    if claims["aud"] != "sigstore" or claims["exp"] < time.time():
        raise Problem(401, "the identity token is for something else, or old")
    return Answer(200, call.double.authority.sign(claims, statement(claims, call.value["name"], call.value["digest"])))


def statement(claims, name, digest):
    """SLSA provenance, as actions/attest writes it where no predicate is given."""
    repository = "https://github.com/" + claims["repository"]
    path = claims["workflow_ref"].split("@")[0].split("/", 2)[2]
    run = f"{repository}/actions/runs/{claims['run_id']}/attempts/{claims['run_attempt']}"
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": digest}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "https://actions.github.io/buildtypes/workflow/v1",
                "externalParameters": {"workflow": {"ref": claims["ref"], "repository": repository, "path": path}},
                "internalParameters": {"github": {"event_name": claims["event_name"]}},
                "resolvedDependencies": [
                    {"uri": f"git+{repository}@{claims['ref']}", "digest": {"gitCommit": claims["sha"]}}
                ],
            },
            "runDetails": {
                "builder": {"id": "https://github.com/" + claims["job_workflow_ref"]},
                "metadata": {"invocationId": run},
            },
        },
    }


@route("GET", "/_double/trusted-root")
def _(call):
    return Answer(200, call.double.authority.trusted_root())


@route("POST", "/_double/faults")
def _(call):
    call.double.faults.add(call.value)
    return Answer(204)


@route("DELETE", "/_double/faults")
def _(call):
    call.double.faults.clear()
    return Answer(204)


@route("POST", "/_double/settings")
def _(call):
    call.double.settings.update(call.value)
    return Answer(200, call.double.settings)


@route("POST", "/_double/next-run")
def _(call):
    """How the next run shall differ: `queued_seconds`, `conclusion`, `env`, `runner_environment`, and `act`: with false nothing is
    carried out; the run only looks as if, for `seconds`, and its log grows by the lines of `log`. With `held` it stays in the queue,
    at each of those lines and before its end until `go` says otherwise, whatever the time."""
    call.double.wishes.append(call.value)
    return Answer(204)


@route("POST", "/_double/go")
def _(call):
    """Lets a `run` that is held go on, so many `times`."""
    run = call.double.runs.get(call.value["run"])
    if not run:
        raise Problem(404, "Not Found")
    run.go(call.value.get("times", 1))
    return Answer(204)


@route("POST", "/_double/release")
def _(call):
    """Lets a request go on that a fault holds."""
    call.double.faults.released.set()
    return Answer(204)


@route("GET", "/_double/requests")
def _(call):
    return Answer(200, call.double.server.requests)


@route("DELETE", "/_double/requests")
def _(call):
    call.double.server.requests.clear()
    return Answer(204)


@route("POST", "/_double/artifacts")
def _(call):
    """Changes an artifact of `run` by `name`: `expired`, `digest` (what the API says of it), or `file` (its bytes, from a path;
    the digest then follows, and an artifact that is not there is made)."""
    run = call.double.runs.get(call.value["run"])
    if not run:
        raise Problem(404, "Not Found")
    one = next((one for one in run.artifacts if one["name"] == call.value["name"]), None)
    if "file" in call.value:
        with open(call.value["file"], "rb") as source:
            data = source.read()
        one = one or run.add_artifact(call.value["name"], data)
        one.update(bytes=data, digest="sha256:" + hashlib.sha256(data).hexdigest())
    if not one:
        raise Problem(404, "Not Found")
    one.update({name: call.value[name] for name in ("expired", "digest") if name in call.value})
    return Answer(204)


@route("POST", "/_double/secrets")
def _(call):
    """Replaces a secret of an environment by another value, as somebody who may would."""
    call.double.environments[(call.value["repository"], call.value["environment"])]["secrets"][call.value["name"]] = call.value["value"]
    return Answer(204)


@route("GET", "/_double/log")
def _(call):
    """What act itself printed in a run, for a person who looks for a fault (needs --keep)."""
    run = call.double.runs[int(call.query["run"])]
    return Answer(200, {"log": "".join(run.logs.values())})
