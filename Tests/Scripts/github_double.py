#!/usr/bin/env python3
"""Examines GitHub's double: driven by the real gh, held to GitHub's OpenAPI models, its runs carried out by the real act.

    scripts/install-test-tools && .build-tools/main/bin/python Tests/Scripts/github_double.py
"""
import base64
import json

from github_stage import PROJECT, ROOT, TOOLS, WORKFLOW, Stage, expect, main, run
from nacl.public import PublicKey, SealedBox

HERE = ROOT / "Tests/Scripts"
REPOSITORY = f"/repos/{PROJECT}"
KEY = "a key that nobody may see"


def dispatch(stage, request_id, request="plain", checkpoint=""):
    words = ["workflow", "run", "swarm.yml", "-R", PROJECT, "--ref", "main"]
    fields = {"request_id": request_id, "expected_commit_sha": stage.pin, "route_mode": "direct", "request": request}
    for name, value in {**fields, "checkpoint_in": checkpoint}.items():
        words += ["-f", f"{name}={value}"]
    stage.gh(*words)
    return stage.run_named(request_id)["id"]


def set_up(stage):
    stage.call("PUT", REPOSITORY + "/environments/swarm")
    for base in (REPOSITORY + "/environments/swarm", REPOSITORY + "/actions"):
        _, key = stage.call("GET", base + "/secrets/public-key")
        sealed = SealedBox(PublicKey(base64.b64decode(key["key"]))).encrypt(KEY.encode())
        value = {"key_id": key["key_id"], "encrypted_value": base64.b64encode(sealed).decode()}
        expect(stage.call("PUT", base + "/secrets/SWARM_WORKER_KEY", value)[0] == 201, "a sealed secret is taken")
        broken = {**value, "encrypted_value": base64.b64encode(sealed[:-1] + bytes([sealed[-1] ^ 1])).decode()}
        expect(stage.call("PUT", base + "/secrets/SWARM_WORKER_KEY", broken)[0] == 422, "a secret that does not open is not")
        stage.call("POST", base + "/variables", {"name": "SWARM_OPERATOR", "value": "did:key:none"})


def one_run(stage):
    number = dispatch(stage, "first")
    stage.gh("run", "watch", number, "-R", PROJECT, "--exit-status", "--interval", "1")
    listed = json.loads(stage.gh("run", "list", "-R", PROJECT, "--json", "displayTitle,conclusion").stdout)
    expect(listed == [{"displayTitle": "swarm first", "conclusion": "success"}], "gh dispatches, watches and lists a run")
    log = stage.gh("run", "view", number, "-R", PROJECT, "--log").stdout
    expect("in the environment: False" in log, "the worker's key is in no environment of the worker", log)
    expect(KEY not in log and "key ***" in log, "the log has no secret", log)
    stage.gh("run", "download", number, "-R", PROJECT, "-D", "first")
    files = sorted(str(path.relative_to(stage.folder / "first")) for path in (stage.folder / "first").rglob("*.*") if path.is_file())
    documents = [f"swarm-stand-in/documents/{name}.json" for name in ("certificate", "next_tokens", "policy", "result")]
    wanted = ["state-bundle-stand-in/bundle.tar", "swarm-stand-in/attestation.sigstore.json", *documents, "swarm-stand-in/telemetry.json"]
    expect(files == wanted, "gh downloads both artifacts", str(files))
    return number


def attestation(stage, number):
    certificate = stage.folder / "first/swarm-stand-in/documents/certificate.json"
    bundle = stage.folder / "first/swarm-stand-in/attestation.sigstore.json"
    root, source = stage.trusted_root(), stage.git(stage.project, "rev-parse", "HEAD")
    verify = ["attestation", "verify", certificate, "-R", PROJECT, "--custom-trusted-root", root, "--deny-self-hosted-runners"]
    signer = ["--signer-workflow", WORKFLOW, "--signer-digest", stage.pin, "--source-digest", source]
    stage.gh(*verify, *signer, "--bundle", bundle)
    expect(True, "gh verifies the attestation that the run left")
    stage.gh(*verify, *signer)
    expect(True, "gh finds and verifies it through the attestations API")
    wrong = ["--signer-workflow", WORKFLOW, "--signer-digest", "0" * 40]
    expect(stage.gh(*verify, *wrong, "--bundle", bundle, code=None).returncode != 0, "gh refuses another signing commit")
    other = stage.folder / "other.json"
    other.write_text(certificate.read_text() + " ")
    changed = ["attestation", "verify", other, *verify[3:], *signer, "--bundle", bundle]
    expect(stage.gh(*changed, code=None).returncode != 0, "gh refuses a certificate with one byte more")
    _, artifacts = stage.call("GET", f"/repos/{PROJECT}/actions/runs/{number}/artifacts")
    digest = run("sha256sum", certificate).stdout.split()[0]
    words = [stage.base, stage.token, number, artifacts["artifacts"][0]["id"], f"sha256:{digest}"]
    run(TOOLS / "models/bin/python", "-W", "ignore", HERE / "github_models.py", *words)
    expect(True, "every answer has the form of GitHub's OpenAPI models")


def endings(stage, first):
    number = dispatch(stage, "second", checkpoint=f"gh-artifact://{first}/state-bundle-stand-in")
    expect(stage.run_ended(number)["conclusion"] == "success", "a later run fetches the bundle of an earlier one")
    number = dispatch(stage, "third", checkpoint="gh-artifact://1/x\nname=y")
    expect(stage.run_ended(number)["conclusion"] == "failure", "a locator with more in it than a locator ends the run")
    number = dispatch(stage, "failing", request="fail")
    expect(stage.run_ended(number)["conclusion"] == "failure", "a step that fails makes a run that fails")
    _, artifacts = stage.call("GET", f"/repos/{PROJECT}/actions/runs/{number}/artifacts")
    expect(artifacts["total_count"] == 2, "and keeps its papers all the same")
    number = dispatch(stage, "sleeping", request="sleep")
    path = f"/repos/{PROJECT}/actions/runs/{number}/jobs"

    def asleep():
        job = stage.call("GET", path)[1]["jobs"][0]
        return any(step["name"] == "Run the step" and step["status"] == "in_progress" for step in job["steps"])

    stage.wait_for("the step", asleep)
    stage.gh("run", "cancel", number, "-R", PROJECT)
    expect(stage.run_ended(number)["conclusion"] == "cancelled", "gh cancels a run")


def identity(stage):
    caller = stage.project / ".github/workflows/swarm.yml"
    text = caller.read_text()
    caller.write_text(text.replace("      id-token: write # signing the attestation as the pinned workflow\n", ""))
    stage.git(stage.project, "commit", "-q", "-am", "take a permission away")
    number = dispatch(stage, "no-identity")
    expect(stage.run_ended(number)["conclusion"] == "failure", "without id-token: write nothing is attested")
    _, artifacts = stage.call("GET", f"/repos/{PROJECT}/actions/runs/{number}/artifacts")
    expect(artifacts["total_count"] == 2, "and the papers are kept without an attestation")
    caller.write_text(text)
    stage.git(stage.project, "commit", "-q", "-am", "give it back")


def faults(stage, number):
    here = f"/repos/{PROJECT}/actions"
    stage.fault(f"GET {here}/runs/{number}$", "status", status=429, headers={"Retry-After": "7"}, message="slow down")
    answer = asked(stage, f"{here}/runs/{number}")
    expect(answer.returncode == 22 and asked(stage, f"{here}/runs/{number}").returncode == 0, "a status is answered once")
    before = stage.call("GET", f"{here}/runs")[1]["total_count"]
    stage.fault("POST .*/dispatches", "lose")
    value = {"ref": "main", "inputs": {"request_id": "lost", "expected_commit_sha": "0", "route_mode": "direct", "request": "r"}}
    lost = asked(stage, f"{here}/workflows/swarm.yml/dispatches", "--data-binary", json.dumps(value))
    after = stage.call("GET", f"{here}/runs")[1]["total_count"]
    expect(lost.returncode in (52, 56) and after == before + 1, "a lost answer has made its run", f"{lost}")
    stage.fault("POST .*/dispatches", "drop")
    dropped = asked(stage, f"{here}/workflows/swarm.yml/dispatches", "--data-binary", json.dumps(value))
    expect(dropped.returncode in (52, 56), "a dropped request gets no answer", f"{dropped}")
    expect(stage.call("GET", f"{here}/runs")[1]["total_count"] == after, "and makes none")
    one = stage.call("GET", f"{here}/runs/{number}/artifacts")[1]["artifacts"][0]
    stage.fault("GET /blob/", "reset", after=1000)
    path = stage.folder / "broken.zip"
    broken = asked(stage, f"{here}/artifacts/{one['id']}/zip", "--location", output=path)
    expect(broken.returncode in (18, 56) and path.stat().st_size <= 1000, "a download breaks in the middle", f"{broken}")
    sent = asked(stage, f"{here}/artifacts/{one['id']}/zip", "--location-trusted")
    expect(sent.returncode == 22, "the storage refuses a token that followed the redirect", f"{sent}")
    stage.lever("POST", "artifacts", {"run": number, "name": one["name"], "expired": True})
    expect(stage.call("GET", f"{here}/artifacts/{one['id']}/zip")[0] == 410, "an expired artifact is gone")


def asked(stage, path, *words, output="/dev/null"):
    """curl's way: 22 for an answer of 400 and above, 52 and 56 for none."""
    token = f"Authorization: Bearer {stage.token}"
    return run("curl", "-sSf", "-o", output, "-H", token, *words, stage.base + path, code=None)


def digests(stage):
    stage.worker.write_bytes(stage.worker.read_bytes() + b"\n# another worker\n")
    number = dispatch(stage, "another-worker")
    expect(stage.run_ended(number)["conclusion"] == "failure", "a worker with another digest is not started")
    jobs = stage.call("GET", f"/repos/{PROJECT}/actions/runs/{number}/jobs")[1]["jobs"]
    ran = {step["name"]: step["conclusion"] for step in jobs[0]["steps"]}
    expect(ran["Fetch the worker"] == "failure" and ran["Run the step"] == "skipped", "the job ends before it", str(ran))


def exam():
    with Stage(HERE / "github_stand_in.py") as stage:
        set_up(stage)
        first = one_run(stage)
        attestation(stage, first)
        endings(stage, first)
        faults(stage, first)
        identity(stage)
        digests(stage)


main(exam)
