"""Somebody who runs `swarm` against GitHub's double. SWARM and SWARM_WORKER name the programs (.build/release/)."""
import json
import os
import pathlib
import pty
import shutil
import signal
import subprocess

from github_stage import PROJECT, ROOT, WORKFLOW, Failed, expect, run

SWARM = pathlib.Path(os.environ.get("SWARM", ROOT / ".build/release/swarm")).resolve()
WORKER = pathlib.Path(os.environ.get("SWARM_WORKER", ROOT / ".build/release/swarm-worker")).resolve()
for program in (SWARM, WORKER):
    if not shutil.which(program):
        raise SystemExit(f"there is no {program}: make build")


class Person:
    """Somebody with a clone of the project and a store in it."""

    def __init__(self, stage, name="clone"):
        self.stage, self.home = stage, stage.folder / f"home-of-{name}"
        self.project = stage.folder / name
        run("git", "clone", "-q", stage.project, self.project, environment=stage.git_environment)
        self.home.mkdir()
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "GITHUB_TOKEN": stage.token}

    def swarm(self, *words, code=0, cwd=None):
        return run(SWARM, *words, cwd=cwd or self.project, environment=self.environment, code=code)

    def json(self, *words, code=0):
        done = self.swarm("--json", *words, code=code)
        try:
            return json.loads(done.stdout)
        except ValueError:
            raise Failed(f"no JSON: {words}\n{done.stdout}{done.stderr}") from None

    def refused(self, name, code, *words, why=None, retryable=None):
        """The command fails with this error code and this exit code; `why` is what made it."""
        found = self.json(*words, code=code)
        holds = found["error"]["code"] == name and retryable in (None, found["error"]["retryable"])
        expect(holds, f"{why + ': ' if why else ''}{name}, exit {code}", json.dumps(found))
        return found["error"]

    def start(self, *words):
        """The command, going on; its two streams are files of the stage."""
        out, err = (self.stage.folder / f"started.{stream}" for stream in ("out", "err"))
        with out.open("wb") as output, err.open("wb") as errors:
            process = subprocess.Popen(
                [str(word) for word in (SWARM, *words)],
                cwd=self.project,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )
        return Started(process, out, err)

    def on_terminal(self, *words, meanwhile):
        """Runs the command on a terminal; what stood on it, and the exit code. `meanwhile` is called with each thing more that stands
        there."""
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.project)
            os.execve(SWARM, [str(SWARM), *map(str, words)], {**self.environment, "TERM": "xterm"})
        seen = b""
        while True:
            try:
                part = os.read(terminal, 65536)
            except OSError:
                break
            if not part:
                break
            seen += part
            meanwhile(seen.decode(errors="replace"))
        os.close(terminal)
        return seen.decode(errors="replace"), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def set_up(self):
        self.swarm("init")
        for key, value in (
            ("github.api_url", self.stage.base),
            ("github.host", "github.com"),
            ("github.issuer", "https://token.actions.githubusercontent.com"),
            ("github.repository", PROJECT),
            ("github.workflow_ref", f"{WORKFLOW}@{self.stage.pin}"),
        ):
            self.swarm("config", "set", key, value)
        self.swarm("trust", "import", self.stage.trusted_root())
        self.swarm("backend", "github", "setup")


class Started:
    """A command that goes on."""

    def __init__(self, process, out, err):
        self.process, self._out, self._err = process, out, err

    @property
    def said(self):
        return self._err.read_text()

    @property
    def output(self):
        return self._out.read_text()

    def interrupt(self):
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def end(self, code):
        """Waits for its end, with this exit code."""
        found = self.process.wait(600)
        if found != code:
            raise Failed(f"exit {found} instead of {code}\n{self.output}{self.said}")
        return self


def posts(stage):
    return sum(one["method"] == "POST" and one["path"].endswith("/dispatches") for one in stage.lever("GET", "requests"))
