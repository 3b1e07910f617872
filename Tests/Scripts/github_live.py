#!/usr/bin/env python3
"""Runs on GitHub as somebody at the command line lives them: watching, stopping and going on, logs that grow, many at once, and each
thing that goes wrong on the way, with its code. Where no step has to be carried out the double's runs only look as if (`pretend`).

    scripts/install-test-tools && make build && .build-tools/main/bin/python Tests/Scripts/github_live.py [PART ...]
"""
import json
import os
import re
import sys

from github_person import WORKER, Person, posts
from github_stage import PROJECT, Stage, expect, main

LAUNCH = ["run", "launch", "--backend", "github"]
COLLECT = ["backend", "github", "collect", "--run-id"]


def pretend(stage, **wish):
    """The next run carries nothing out."""
    stage.lever("POST", "next-run", {"act": False, **wish})


def runs(stage):
    """The repository's runs, newest first."""
    return stage.call("GET", f"/repos/{PROJECT}/actions/runs?per_page=100")[1]["workflow_runs"]


def go(stage, times=1):
    """Lets the newest run, which is held, go on."""
    stage.lever("POST", "go", {"run": runs(stage)[0]["id"], "times": times})


def turns(stage, *patterns):
    """What lets the newest run go on each time that the next of the patterns is in what was said; true once all were."""
    left = list(patterns)

    def look(said):
        while left and re.search(left[0], said):
            left.pop(0)
            go(stage)
        return not left

    return look


def watching(stage, person):
    """On a terminal one line that moves, in a log a line for each change."""
    pretend(stage, held=True, log=["one", "two"])
    person.swarm(*LAUNCH, "--run-id", "seen", "--", "true")
    # The last once the line was written often enough.
    states = turns(stage, r"seen queued, .*; waits for a runner", r"\(1/\d+\)", r"(?s)(\r\x1b\[K.*){7}\(2/\d+\)")
    screen, code = person.on_terminal("run", "watch", "--run-id", "seen", meanwhile=states)
    lines = screen.split("\r\x1b[K")
    expect(code == 0 and any(re.match(r"seen queued, .*; waits for a runner$", line) for line in lines), "a terminal shows the queue", repr(screen))
    expect(any(re.match(r"seen running, .*; run / step: .* \(2/\d+\)$", line) for line in lines), "and the step, n of m", repr(screen))
    moved = screen[: screen.rindex("\x1b[K")]
    expect("\n" not in moved and len(lines) > 6, "on one line, which is taken away at the end", repr(screen))
    pretend(stage, held=True, log=["one", "two"])
    person.swarm(*LAUNCH, "--run-id", "told", "--", "true")
    states = turns(stage, r"told queued", r"\(1/\d+\)", r"\(2/\d+\)")
    watch = person.start("run", "watch", "--run-id", "told")
    stage.wait_for("each state", lambda: states(watch.said))
    said = watch.end(0).said.splitlines()
    words = [re.sub(r",.*|;.*", "", line) for line in said if line.startswith("told ")]
    expect(words[0] == "told queued" and words[-2] == "told finished (success)", "a log has a line for each change", "\n".join(said))
    expect(len(said) == len(set(said)) <= 8, "and no other", "\n".join(said))


def logs(stage, person):
    """A log that grows while its job runs is printed as it comes, each line once."""
    pretend(stage, held=True, log=["first line", "second line", "third line"])
    person.swarm(*LAUNCH, "--run-id", "growing", "--", "true")
    following = person.start("run", "logs", "--run-id", "growing", "--follow")
    go(stage)
    stage.wait_for("the first line", lambda: "first line" in following.output)
    expect("second line" not in following.output, "a log is shown while it grows")
    go(stage, times=3)
    found = following.end(0).output
    expect([found.count(f"{word} line") for word in ("first", "second", "third")] == [1, 1, 1], "each line once", found)


def stopping(stage, person):
    """Ctrl-C leaves the run there alone, and the same command continues it."""
    stage.lever("DELETE", "requests")
    words = [*LAUNCH, "--wait", "--run-id", "stopped", "--", "sh", "-c", "echo stopped > src/stopped.txt"]
    stage.lever("POST", "next-run", {"held": True})
    waiting = person.start(*words)
    stage.wait_for("the dispatch", lambda: "waits for a runner" in waiting.said)
    waiting.interrupt()
    said = waiting.end(130).said
    expect("[WATCH_INTERRUPTED]" in said and "swarm run watch --run-id stopped" in said, "Ctrl-C says how it goes on", said)
    go(stage)
    first, second = person.start(*words), person.swarm(*words, code=None)
    both = sorted([first.process.wait(600), second.returncode])
    expect(both in ([0, 0], [0, 2]) and posts(stage) == 1, "the same command continues, twice at once too, and sends nothing twice", first.said + second.stderr)
    token = person.environment.pop("GITHUB_TOKEN")
    again = person.json(*COLLECT, "stopped")
    person.swarm("run", "watch", "--run-id", "stopped")
    person.environment["GITHUB_TOKEN"] = token
    expect(again["status"] == "succeeded" and again["node_id"] == person.json("run", "status", "--run-id", "stopped")["node_id"], "collecting again names the node that is there, and asks nobody")
    expect(again["files_changed"] > 0, "and says what it said before", json.dumps(again))
    person.swarm("fsck")
    person.swarm("verify", "chain", "run:stopped", "--require-attestation")
    person.swarm("gc")
    person.swarm("fsck")
    person.swarm("show", "run:stopped")
    expect(True, "fsck, verify chain and gc take a collected node for one of their own")


def cancelling(stage, person):
    """`run cancel` ends a step there."""
    person.swarm(*LAUNCH, "--run-id", "sleepy", "--", "sh", "-c", "echo some > src/some.txt; sleep 60")
    number = runs(stage)[0]["id"]

    def asleep():
        return "sleepy (launch)" in stage.lever("GET", f"log?run={number}")["log"]

    stage.wait_for("the step", asleep)
    person.swarm("run", "cancel", "--run-id", "sleepy")
    person.swarm("run", "watch", "--run-id", "sleepy", code=130)
    expect(stage.run_ended(number)["conclusion"] == "cancelled", "run cancel ends the run there; watch gives 130")
    person.swarm("run", "cancel", "--run-id", "sleepy")
    expect(True, "cancelling again is no failure")
    # What the job still kept depends on how much time it was left.
    person.swarm(*COLLECT, "sleepy", code=None)
    expect(person.json("run", "status", "--run-id", "sleepy")["status"] == "cancelled", "and collected it is cancelled")


def unverified(stage, person):
    """A node that nobody vouches for says so wherever it is shown."""
    person.swarm(*LAUNCH, "--run-id", "doubt", "--wait", "--skip-verify-cert", "--", "sh", "-c", "echo doubt > src/doubt.txt")
    person.swarm("run", "resume", "--node", "run:doubt", "--run-id", "after", "--", "true")
    expect("unverified" in person.swarm("show", "run:doubt").stdout, "show says unverified")
    expect(person.json("show", "run:doubt")["unverified"] is True and person.json("show", "run:after")["unverified"] is False, "and so does its JSON")
    line = next(line for line in person.swarm("log").stdout.splitlines() if "run:doubt" in line)
    expect("unverified" in line and "unverified" in person.swarm("run", "status", "--run-id", "doubt").stdout, "log and run status say it", line)
    chain = person.json("verify", "chain", "run:after")
    expect(chain["unverified"] == [person.json("show", "run:doubt")["node"]["node_id"]], "verify chain names it", json.dumps(chain)[:500])
    expect("marked unverified" in person.swarm("verify", "chain", "run:after").stderr, "in words too")
    person.swarm("verify", "chain", "run:after", "--require-attestation", code=3)
    folder = person.project / ".swarm/runs/doubt"
    words = ["verify", "cert", "--certificate", folder / "certificate.json", "--required-commit", stage.pin, "--policy-file", folder / "policy.json"]
    words += ["--expected-artifact-hash", person.json("run", "status", "--run-id", "doubt")["artifact_hash"]]
    expect("marked unverified" in person.swarm(*words).stderr, "and verify cert")
    person.swarm("fsck")


def faults(stage, person):
    """Each thing that goes wrong has its code, and the same command goes on afterwards."""
    pretend(stage, seconds=1)
    person.swarm(*LAUNCH, "--run-id", "bad", "--", "true")
    watch = ["run", "watch", "--run-id", "bad", "--max-attempts", "2"]
    here = "GET .*/actions/runs/[0-9]+$"

    def fault(match, kind, **more):
        stage.lever("DELETE", "faults")
        stage.fault(match, kind, **more)

    fault(here, "status", status=500, times=2)
    person.refused("GH_WATCH_FAILED", 4, *watch, why="500 again and again", retryable=True)
    fault(here, "drop", times=2)
    person.refused("GH_WATCH_FAILED", 4, *watch, why="connections that are reset", retryable=True)
    fault(here, "status", status=429, headers={"Retry-After": "3600"})
    person.refused("GH_RATE_LIMITED", 4, *watch, why="429 with an hour to wait", retryable=True)
    for status, message in ((429, "slow down"), (403, "You have exceeded a secondary rate limit.")):
        fault(here, "status", status=status, message=message)
        error = person.refused("GH_COMMAND_TIMEOUT", 4, *watch, "--timeout-secs", 2, why=f"{status} without a time: a minute", retryable=True)
        expect("--run-id bad" in error["hint"] and "wait 60 s" in error["message"], "it says why, and how the run goes on", json.dumps(error))
    fault(here, "status", status=403, headers={"Retry-After": "1"}, message="You have exceeded a secondary rate limit.")
    said = person.swarm(*watch).stderr
    expect("GitHub asks to wait 1 s" in said, "a secondary limit with a time is waited out, and said", said)
    fault("GET .*/artifacts", "status", status=403, message="Resource not accessible by personal access token")
    person.refused("GH_COLLECT_FAILED", 4, *COLLECT, "bad", why="a token that may not", retryable=False)
    stage.lever("DELETE", "faults")
    person.refused("ARTIFACT_MISSING_RESULT", 4, *COLLECT, "bad", why="a run that left nothing", retryable=False)
    expect(person.json("run", "status", "--run-id", "bad")["status"] == "failed_verification", "and run status says that it does not hold")
    person.swarm(*watch, code=3)
    junk = stage.folder / "junk.zip"
    junk.write_bytes(os.urandom(10_000))
    stage.lever("POST", "artifacts", {"run": runs(stage)[0]["id"], "name": "swarm-bad", "file": str(junk)})
    fault("GET /blob/", "reset", after=100, times=2)
    person.refused("GH_COLLECT_FAILED", 4, *COLLECT, "bad", "--max-attempts", 2, why="a download that breaks each time", retryable=True)
    person.refused("ARTIFACT_ARCHIVE_INVALID", 3, *COLLECT, "bad", why="an artifact that is no archive", retryable=False)
    stage.lever("POST", "settings", {"details": False})
    pretend(stage)
    person.swarm(*LAUNCH, "--run-id", "nonce", "--", "true")
    stage.lever("POST", "settings", {"details": True})
    handle = person.json("run", "status", "--run-id", "nonce")["remote"]["remote_id"]
    expect(handle == str(runs(stage)[0]["id"]), "an answer without a number: the run is found by its name")
    fault("POST .*/dispatches", "status", status=422, message="Workflow does not have 'workflow_dispatch' trigger")
    person.refused("GH_DISPATCH_FAILED", 4, *LAUNCH, "--run-id", "refused", "--", "true", why="a dispatch that is refused", retryable=False)
    person.swarm("run", "status", "--run-id", "refused", code=2)
    expect(True, "and leaves no run behind")
    endings(stage, person)
    without(stage, person)


def without(stage, person):
    """Somebody who has not all that it takes."""
    setup = ["backend", "github", "setup"]
    stage.lever("DELETE", "requests")
    person.environment["MY_SECRET"] = "swordfish"
    shown = json.dumps(person.json(*LAUNCH, "--dry-run", "--pass-env", "MY_SECRET", "--", "make", "plan"))
    changes = [one["method"] for one in stage.lever("GET", "requests") if one["method"] != "GET"]
    expect("(sealed, " in shown and "swordfish" not in shown and "plan" not in shown and not changes, "--dry-run shows the request with what is sealed masked, and sends nothing", shown)
    token, person.environment["GITHUB_TOKEN"] = person.environment["GITHUB_TOKEN"], "wrong"
    person.refused("GH_SETUP_FAILED", 4, *setup, why="a wrong token", retryable=False)
    person.refused("GH_WATCH_FAILED", 4, "run", "watch", "--run-id", "nonce", why="a wrong token in the middle", retryable=False)
    person.environment["GITHUB_TOKEN"] = token
    person.swarm("config", "set", "github.api_url", "http://127.0.0.1:9")
    error = person.refused("GH_COMMAND_TIMEOUT", 4, *setup, "--timeout-secs", 1, why="no network", retryable=True)
    expect("127.0.0.1:9 cannot be reached" in error["message"], "it says who is silent", json.dumps(error))
    person.refused("REMOTE_PLACE_MISMATCH", 2, "run", "watch", "--run-id", "nonce", why="a run of another server")
    person.swarm("config", "set", "github.api_url", stage.base)
    person.refused("USAGE", 2, *LAUNCH, "--wait", "--detach", "--", "true", why="--wait and --detach")
    person.refused("REMOTE_OPTION_INVALID", 2, *LAUNCH, "-i", "--", "true", why="a terminal for a step there")
    person.swarm("run", "watch", "--run-id", "nonce")
    saved = person.json("backend", "github", "logs", "--run-id", "nonce", "--out", "logs")
    expect(saved["files"] == len(list((person.project / "logs").iterdir())) > 0 and saved["directory"] == "logs", "logs as files are counted in one object", json.dumps(saved))
    person.refused("TARGET_NOT_EMPTY", 2, "backend", "github", "logs", "--run-id", "nonce", "--out", "logs", why="logs over others")


def endings(stage, person):
    """How a run that ended there without papers stands, before it is collected and after."""
    for conclusion, state, code in (("cancelled", "cancelled", 130), ("timed_out", "failed", 4), ("startup_failure", "failed", 4), ("failure", "failed", 7)):
        name = "end-" + conclusion.replace("_", "-")
        pretend(stage, conclusion=conclusion)
        person.swarm(*LAUNCH, "--run-id", name, "--", "true")
        person.swarm("run", "watch", "--run-id", name, code=code)
        error = person.json(*COLLECT, name, code=4)["error"]
        again = person.json(*COLLECT, name, code=4)["error"]
        status = person.json("run", "status", "--run-id", name)
        holds = error["code"] == again["code"] and status["status"] == state and status["remote"]["problem"]["code"] == error["code"]
        expect(holds, f"a run that ended as {conclusion}: {error['code']}, it is {state}", json.dumps([error, again, status]))
        person.swarm("run", "watch", "--run-id", name, code=code)
        expect(name in person.swarm("log").stdout, f"watch ends with {code} before and after, and log has it")


def many(stage, person):
    """A fan-out: isolated failures, a score here, a budget, one gate for all, and an end for all."""
    steps = stage.folder / "ideas.jsonl"

    def write(*lines):
        steps.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return ["run", "fanout", "--backend", "github", "--steps", steps]

    def stands(name):
        return [line.split()[0] for line in person.swarm("log").stdout.splitlines() if f"branch:{name}" in line]

    stood_main = stands("main")
    stage.lever("DELETE", "requests")
    fanout = write(
        {"label": "good", "command": "echo 3 > src/score; echo '{\"cost_usd\":0.25}' > $SWARM_METRICS"},
        {"label": "better", "command": "echo 5 > src/score"},
        {"label": "bad-one", "command": "exit 3"},
    )
    busy = "You have exceeded a secondary rate limit."
    stage.fault("POST .*/dispatches", "status", status=403, headers={"Retry-After": "2"}, message=busy, behind=True)
    stage.fault("POST .*/dispatches", "hold")
    # When one of the two is told of the limit, the other's dispatch is under way, and is answered when the first has heard.
    going = person.start("--json", *fanout, "--node", "root", "--jobs", "2", "--select", "cat src/score")
    stage.wait_for("the limit", lambda: "GitHub asks to wait 2 s" in going.said)
    stage.lever("POST", "release")
    found = json.loads(going.end(7).output)
    branches = found["branches"]
    stood = [(one["label"], one["status"], one["score"], one["exit_code"]) for one in branches]
    expect(stood == [("bad-one", "failed", None, 3), ("better", "succeeded", 5, 0), ("good", "succeeded", 3, 0)], "a fan-out there: sorted, scored here, a failure alone", json.dumps(found))
    expect(stands("main") == stood_main, "no branch but those of the steps moves")
    expect(found["best"] == "better" and found["cost_usd"] == 0.25, "the best is named, and what it cost")
    requests = stage.lever("GET", "requests")
    told = next(one["time"] for one in requests if one["fault"] == "hold")
    # The jobs there ask for themselves.
    early = [one for one in requests if one["agent"] == "swarm" and told < one["time"] < told + 1.95]
    expect(not early, "what one is told of a secondary limit, all wait for", json.dumps(early))
    expect(sum(one["path"].endswith("/dispatches") for one in requests) == 4, "each is sent once, and the refused one again")
    person.swarm("verify", "chain", "branch:better", "--require-attestation")
    fanout = write(*({"label": f"cheap-{number}", "command": "echo '{\"cost_usd\":1}' > $SWARM_METRICS"} for number in (1, 2, 3)))
    good = stands("good")
    found = person.json(*fanout, "--node", "branch:good", "--jobs", "1", "--budget", "0.5")
    expect(len(good) == 1 and stands("good") == good, "nor does the one that stands at the parent")
    expect([one["status"] for one in found["branches"]] == ["succeeded", "skipped", "skipped"], "a budget that is spent ends it", json.dumps(found))
    stage.lever("DELETE", "requests")
    words = write({"label": "killed", "command": "echo killed > src/killed"})
    dying = person.start(*words, "--node", "branch:good")
    stage.wait_for("the dispatch", lambda: "sent: " in dying.said)
    dying.process.kill()
    dying.process.wait()
    found = person.json(*words, "--node", "branch:good")["branches"][0]
    expect(found["status"] == "succeeded" and found["run_id"] == "killed" and posts(stage) == 1, "after kill -9 the same fan-out goes on with what was sent", json.dumps(found))
    stage.lever("DELETE", "requests")
    for _ in range(2):
        pretend(stage, seconds=600)
    going = person.start(*write(*({"label": f"long-{number}", "command": "sleep 60"} for number in (1, 2, 3))), "--node", "root", "--jobs", "2", "--json")
    stage.wait_for("two runs", lambda: going.said.count(": running") == 2)
    going.interrupt()
    found = json.loads(going.end(130).output)
    expect([one["status"] for one in found["branches"]] == ["cancelled"] * 3 and posts(stage) == 2, "Ctrl-C ends all, and sends no more", json.dumps(found))
    ended = [stage.run_ended(one["id"])["conclusion"] for one in runs(stage)[:2]]
    expect(ended == ["cancelled", "cancelled"], "on GitHub too", str(ended))


def exam():
    with Stage(WORKER) as stage:
        person = Person(stage)
        person.set_up()
        for part in (watching, logs, stopping, cancelling, unverified, faults, many):
            if len(sys.argv) == 1 or part.__name__ in sys.argv:
                part(stage, person)


main(exam)
