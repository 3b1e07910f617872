#!/usr/bin/env python3
"""Which key opens which request: each run has its own, which goes with it; where the token may not keep one, the epoch's serves, and
then a newer key opens no older request. What a worker was given is looked for in all that it left.

    scripts/install-test-tools && make build && .build-tools/main/bin/python Tests/Scripts/github_keys.py
"""
import json

from github_person import WORKER, Person
from github_stage import PROJECT, Stage, expect, main

SECRETS = f"/repos/{PROJECT}/actions/secrets"


def kept(stage):
    """The keys of runs that the repository keeps."""
    names = [one["name"] for one in stage.call("GET", SECRETS)[1]["secrets"]]
    return [name for name in names if name.startswith("SWARM_RUN_KEY_")]


def scope(person, name):
    """What the certificate of a run says of its worker's key."""
    folder = person.project / ".swarm/runs" / name
    return json.loads((folder / "certificate.json").read_text())["execution"]["worker_key"]


def launch(person, name, *more, code=0):
    return person.swarm("run", "launch", "--backend", "github", "--run-id", name, *more, "--", "true", code=code)


def own_keys(stage, person):
    """Two runs at once have a key each, and neither is there afterwards."""
    for name in ("one", "two"):
        stage.lever("POST", "next-run", {"queued_seconds": 2})
        launch(person, name)
    expect(len(kept(stage)) == 2, "two runs at once have a key each", str(kept(stage)))
    puts = [one for one in stage.lever("GET", "requests") if one["method"] == "PUT" and "SWARM_RUN_KEY_" in one["path"]]
    expect(len(puts) == 2, "each was put there once")
    for name in ("one", "two"):
        person.swarm("backend", "github", "watch", "--run-id", name)
    expect(kept(stage) == [], "a run that has ended leaves no key", str(kept(stage)))
    for name in ("one", "two"):
        person.swarm("backend", "github", "collect", "--run-id", name)
        expect(scope(person, name) == "run", "the certificate says that the key was the run's own")
    stage.lever("POST", "next-run", {"queued_seconds": 5})
    launch(person, "stopped")
    person.swarm("run", "cancel", "--run-id", "stopped")
    expect(kept(stage) == [], "a run that is cancelled leaves no key")


def interrupted(stage, person):
    """A key that could not be taken away is taken away by the next command."""
    launch(person, "kept")
    stage.fault("DELETE .*/actions/secrets/.*", "status", status=403, times=1)
    told = person.swarm("backend", "github", "watch", "--run-id", "kept").stderr
    expect(len(kept(stage)) == 1 and "stays at" in told, "a key that stays is told of, and fails nothing", told)
    person.swarm("backend", "github", "collect", "--run-id", "kept")
    expect(kept(stage) == [], "the next command takes it away")


def epoch(stage, person):
    """A token that may not write secrets."""
    stage.lever("POST", "settings", {"secrets": False})
    told = person.swarm("run", "launch", "--backend", "github", "--wait", "--run-id", "shared", "--", "true").stderr
    expect("the key of the epoch serves it" in told, "where the token may keep none, the epoch's key serves, and it is said", told)
    expect(scope(person, "shared") == "epoch", "and the certificate says so")
    stage.lever("POST", "settings", {"secrets": True})


def wrong_keys(stage, person, other):
    """Another store's setup replaces the epoch's key: the newer opens nothing that is sealed for the older, nor the other way."""
    person.swarm("config", "set", "github.worker_key", "epoch")
    launch(person, "in-time", "--wait")
    other.swarm("backend", "github", "setup")
    findings = person.swarm("doctor", code=None)
    expect("which another store's setup put there" in findings.stdout + findings.stderr, "doctor says whose key is there", findings.stdout)
    launch(person, "older")
    person.swarm("backend", "github", "watch", "--run-id", "older", code=7)
    _, runs = stage.call("GET", f"/repos/{PROJECT}/actions/runs?per_page=1")
    log = stage.lever("GET", f"log?run={runs['workflow_runs'][0]['id']}")["log"]
    expect("DISPATCH_REQUEST_WRONG_WORKER" in log, "a newer key does not open a request for the older", log)
    launch(other, "newer", "--wait")
    expect(True, "two operators share the environment: requests of both are taken")
    person.swarm("backend", "github", "setup")
    other.swarm("config", "set", "github.worker_key", "epoch")
    launch(other, "behind")
    other.swarm("backend", "github", "watch", "--run-id", "behind", code=7)
    expect(True, "nor does the key that came after open the other operator's")


def exam():
    with Stage(WORKER) as stage:
        person, other = Person(stage), Person(stage, "other")
        person.set_up()
        own_keys(stage, person)
        interrupted(stage, person)
        epoch(stage, person)
        other.set_up()
        person.swarm("backend", "github", "setup")
        wrong_keys(stage, person, other)


main(exam)
