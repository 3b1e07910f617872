"""A stage for the tests against GitHub's double: two repositories (the one with the pinned workflow, a person's own), the double
running over them, and the real gh."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".build-tools"
PINNED, PROJECT, CALLER = "owner/swarm", "owner/project", ".github/workflows/swarm.yml"
WORKFLOW = PINNED + "/.github/workflows/swarm-run.yml"


class Failed(Exception):
    """An expectation that did not hold."""


def expect(condition, sentence, more=""):
    """Says the sentence where it holds; else ends the script with it."""
    if not condition:
        raise Failed(f"{sentence}\n{more}")
    print(f"ok    {sentence}", flush=True)


def run(*words, cwd=None, environment=None, code=0, text=None, timeout=600):
    """Runs a program; its output. `code` is the exit code that it must have, None for any."""
    done = subprocess.run(
        [str(word) for word in words], cwd=cwd, env=environment, capture_output=True, text=True, input=text, timeout=timeout
    )
    if code is not None and done.returncode != code:
        raise Failed(f"exit {done.returncode} instead of {code}: {' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
    return done


class Stage:
    """Use it with `with`. `worker` is the program that the pinned workflow fetches."""

    def __init__(self, worker):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="swarm-github-")).resolve()
        self.worker = self.folder / "swarm-worker"
        shutil.copy(worker, self.worker)
        self.git_environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "a"), ("EMAIL", "a@b.c"))},
        }
        self.pinned, self.project = self.folder / "pinned", self.folder / "project"

    def git(self, place, *words):
        return run("git", "-C", place, *words, environment=self.git_environment).stdout.strip()

    def _repository(self, place, files):
        run("git", "init", "-q", "-b", "main", place, environment=self.git_environment)
        for name, text in files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(text)
        self.git(place, "add", "-A")
        self.git(place, "commit", "-q", "-m", "begin")

    def __enter__(self):
        shipped = (ROOT / ".github/workflows/swarm-run.yml").read_text()
        self._repository(self.pinned, {".github/workflows/swarm-run.yml": shipped})
        digest = hashlib.sha256(self.worker.read_bytes()).hexdigest()
        run(ROOT / "scripts/pin-worker", f"file://{self.worker}", digest, self.pinned / ".github/workflows/swarm-run.yml")
        self.git(self.pinned, "commit", "-q", "-am", "pin the worker")
        self.pin = self.git(self.pinned, "rev-parse", "HEAD")
        caller = (ROOT / "templates/github/swarm.yml").read_text()
        caller = re.sub(r"uses: \S+", f"uses: {WORKFLOW}@{self.pin}", caller)
        self._repository(self.project, {CALLER: caller, "README.md": "# A project\n", "src/one.txt": "one\n"})
        self.git(self.project, "remote", "add", "origin", f"https://github.com/{PROJECT}.git")
        command = [TOOLS / "main/bin/python", ROOT / "Tests/GitHubDouble", "--state", self.folder / "double"]
        command += ["--repository", f"{PROJECT}={self.project}", "--repository", f"{PINNED}={self.pinned}"]
        self.errors = (self.folder / "double.err").open("wb")
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors
        )
        line = self.process.stdout.readline()
        if not line:
            raise Failed("the double does not start: " + (self.folder / "double.err").read_text())
        said = json.loads(line)
        self.base, self.token = said["api"], said["token"]
        settings = self.folder / "gh"
        settings.mkdir()
        (settings / "config.yml").write_text(f"http_unix_socket: {said['socket']}\n")
        self.gh_environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "GH_CONFIG_DIR": str(settings),
            "GH_TOKEN": self.token,
            "GH_NO_UPDATE_NOTIFIER": "1",
            "GH_PROMPT_DISABLED": "1",
        }
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.errors.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, method, path, value=None):
        """One request to the double; status and the answer's JSON."""
        data = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(self.base + path, data, method=method)
        request.add_header("Authorization", "Bearer " + self.token)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def lever(self, method, what, value=None):
        status, answer = self.call(method, "/_double/" + what, value)
        if status >= 300:
            raise Failed(f"the double refuses {what}: {answer}")
        return answer

    def fault(self, match, kind, **more):
        self.lever("POST", "faults", {"match": match, "kind": kind, **more})

    def gh(self, *words, code=0):
        return run(TOOLS / "main/bin/gh", *words, environment=self.gh_environment, cwd=self.folder, code=code)

    def trusted_root(self):
        """A file with the double's trusted root, one line of JSON."""
        path = self.folder / "root.jsonl"
        path.write_text(json.dumps(self.lever("GET", "trusted-root")) + "\n")
        return path

    def run_named(self, request_id):
        _, answer = self.call("GET", f"/repos/{PROJECT}/actions/runs?per_page=100")
        found = [one for one in answer["workflow_runs"] if request_id in one["display_title"]]
        return found[0] if found else None

    def wait_for(self, what, condition, seconds=600):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            value = condition()
            if value:
                return value
            time.sleep(0.05)
        raise Failed(f"waited {seconds} s in vain: {what}")

    def run_ended(self, number):
        def ended():
            _, one = self.call("GET", f"/repos/{PROJECT}/actions/runs/{number}")
            return one if one["status"] == "completed" else None

        return self.wait_for(f"the end of run {number}", ended)


def main(exam):
    """Runs an exam; the exit code says how it went."""
    try:
        exam()
    except Failed as problem:
        print(f"FAILED {problem}", file=sys.stderr)
        sys.exit(1)
