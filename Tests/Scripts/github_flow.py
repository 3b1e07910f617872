#!/usr/bin/env python3
"""A run from end to end: `swarm` dispatches to GitHub's double, act carries the shipped workflow out with the real swarm-worker, and
what comes back is verified and taken in. SWARM and SWARM_WORKER name the programs (.build/release/).

    scripts/install-test-tools && make build && .build-tools/main/bin/python Tests/Scripts/github_flow.py
"""
import io
import json
import zipfile

from github_person import WORKER, Person, posts
from github_stage import PROJECT, Stage, expect, main

def across(stage, person):
    """Launch there, go on there, come back, fork, compare, verify."""
    step = ["sh", "-c", 'echo two > src/two.txt; sqlite3 "$SWARM_STATE_DB" "insert or replace into kv values (\'made\', 1)"; echo done']
    person.swarm("run", "launch", "--backend", "github", "--wait", "--run-id", "there", "--", *step)
    expect(True, "a launch on GitHub ends with a node")
    person.swarm("run", "resume", "--backend", "github", "--wait", "--node", "run:there", "--run-id", "there-2", "--", "sh", "-c", "cat src/two.txt && echo three > src/three.txt")
    expect(True, "a worker goes on from the bundle of an earlier run")
    person.swarm("run", "resume", "--node", "run:there-2", "--run-id", "here", "--", "sh", "-c", "test -f src/three.txt && echo four > src/four.txt")
    expect(True, "the node goes on here")
    person.swarm("run", "fork", "--node", "run:there-2", "--label", "other")
    person.swarm("run", "resume", "--node", "branch:other", "--run-id", "other-1", "--", "sh", "-c", "rm src/two.txt")
    person.refused("REMOTE_SOURCE_INVALID", 2, "run", "resume", "--backend", "github", "--node", "run:here", "--run-id", "back", "--", "true")
    person.swarm("config", "set", "remote.url", str(stage.folder / "remote"))
    person.swarm("run", "resume", "--backend", "github", "--wait", "--node", "run:here", "--run-id", "back", "--", "sh", "-c", "cat src/four.txt && echo five > src/five.txt")
    person.swarm("run", "resume", "--node", "run:back", "--run-id", "here-2", "--", "sh", "-c", "test -f src/five.txt && test -f src/four.txt")
    person.swarm("verify", "chain", "run:here-2", "--require-attestation")
    expect(True, "a node made here goes on there by a published bundle, and comes back")
    names = person.swarm("diff", "run:here", "run:other-1", "--stat").stdout
    expect("src/two.txt" in names and "src/four.txt" in names, "the two are compared", names)
    person.swarm("verify", "chain", "run:here", "--require-attestation")
    expect(True, "the whole chain verifies, with attestations")
    expect(posts(stage) == 3, "each run was dispatched once")
    leaks(stage, person)


def leaks(stage, person):
    """No secret of the store is in what the other side saw."""
    _, runs = stage.call("GET", f"/repos/{PROJECT}/actions/runs?per_page=100")
    seen = json.dumps(stage.lever("GET", "requests")) + json.dumps(runs)
    for one in runs["workflow_runs"]:
        seen += stage.lever("GET", f"log?run={one['id']}")["log"]
    secret = person.swarm("key", "export").stdout.strip()
    expect(secret and secret not in seen and "two" in seen, "no log and no request has the store's secret")


def artifacts_of(stage, number):
    return stage.call("GET", f"/repos/{PROJECT}/actions/runs/{number}/artifacts")[1]["artifacts"]


def finished(stage, person, name):
    """A run that has ended there and is not taken in; its number there."""
    person.swarm("run", "launch", "--backend", "github", "--run-id", name, "--", "sh", "-c", f"echo {name} > src/{name}.txt")
    person.swarm("backend", "github", "watch", "--run-id", name)
    _, runs = stage.call("GET", f"/repos/{PROJECT}/actions/runs?per_page=1")
    return runs["workflow_runs"][0]["id"]


def download(stage, number, name):
    """An artifact's files, as gh brings them."""
    folder = stage.folder / f"download-{number}"
    stage.gh("run", "download", number, "-R", PROJECT, "-n", name, "-D", folder)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def replace(stage, number, name, files):
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    place = stage.folder / "forged.zip"
    place.write_bytes(body.getvalue())
    stage.lever("POST", "artifacts", {"run": number, "name": name, "file": str(place)})


def forgeries(stage, person):
    """What comes back altered is refused, and makes no node."""
    collect = ["backend", "github", "collect", "--run-id"]
    first, second = finished(stage, person, "forged"), finished(stage, person, "honest")
    original = download(stage, first, "swarm-forged")
    for name in ("result", "next_tokens", "certificate", "policy"):
        code = "ARTIFACT_MISSING_" + name.upper()
        replace(stage, first, "swarm-forged", {path: data for path, data in original.items() if not path.endswith(f"{name}.json")})
        person.refused(code, 4, *collect, "forged")
    changed = dict(original)
    changed["documents/certificate.json"] = changed["documents/certificate.json"].replace(b'"exit_code":0', b'"exit_code":1')
    replace(stage, first, "swarm-forged", changed)
    found = person.json(*collect, "forged", code=3)
    expect("error" in found, "a changed certificate is refused: " + found["error"]["code"])
    other = download(stage, second, "swarm-honest")
    replace(stage, first, "swarm-forged", other)
    found = person.json(*collect, "forged", code=3)
    expect("error" in found, "another run's papers, whole and attested, are refused: " + found["error"]["code"])
    expect(person.json("run", "status", "--run-id", "forged")["status"] == "failed_verification", "run status says so")
    person.swarm("show", "run:forged", code=2)
    replace(stage, first, "swarm-forged", original)
    person.swarm(*collect, "honest")
    expect(True, "the honest one is taken in")


def faults(stage, person):
    """What goes wrong on the way is waited out, or said; nothing runs twice."""
    stage.lever("DELETE", "requests")
    stage.fault("POST .*/dispatches", "lose")
    person.swarm("run", "launch", "--backend", "github", "--run-id", "lost", "--", "true")
    expect(posts(stage) == 1, "a lost answer makes no second run")
    stage.fault("GET .*/actions/runs/[0-9]+$", "status", status=500, times=2)
    stage.fault("GET .*/jobs", "status", status=429, headers={"Retry-After": "1"})
    person.swarm("backend", "github", "watch", "--run-id", "lost")
    expect(True, "a watch outlives answers of 500, and of 429 with a time")
    stage.fault("GET /blob/", "reset", after=100)
    person.swarm("backend", "github", "collect", "--run-id", "lost")
    expect(True, "a collect outlives a download that breaks")
    number = finished(stage, person, "expired")
    stage.lever("POST", "artifacts", {"run": number, "name": "swarm-expired", "expired": True})
    person.refused("ARTIFACT_EXPIRED", 4, "backend", "github", "collect", "--run-id", "expired")
    number = finished(stage, person, "digest")
    stage.lever("POST", "artifacts", {"run": number, "name": "swarm-digest", "digest": "sha256:" + "0" * 64})
    found = person.json("backend", "github", "collect", "--run-id", "digest", code=3)
    expect("error" in found, "bytes with another digest than the API's are refused: " + found["error"]["code"])


def exam():
    with Stage(WORKER) as stage:
        person = Person(stage)
        person.set_up()
        across(stage, person)
        forgeries(stage, person)
        faults(stage, person)


main(exam)
