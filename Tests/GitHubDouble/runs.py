"""A run: the workflow of a repository at a ref, carried out by the real `act` in host mode."""
import io
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import time
import zipfile

from ruamel.yaml import YAML

HERE = pathlib.Path(__file__).resolve().parent
# A reusable workflow in another repository: owner/repo/path@ref.
REMOTE = re.compile(r"^([^/@]+/[^/@]+)/(\.github/workflows/[^@]+)@(.+)$")


def git(folder, *words):
    return subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True).stdout


def parse(text):
    return YAML(typ="safe", pure=True).load(text)


def trigger(workflow):
    """The `on:` of a workflow; YAML 1.1 readers take that word for true."""
    value = workflow.get("on", workflow.get(True))
    return {value: None} if isinstance(value, str) else dict.fromkeys(value) if isinstance(value, list) else value


def may(permissions, scope, level):
    """Whether `permissions` of a job grant this."""
    if isinstance(permissions, str):
        return permissions == "write-all" or (permissions == "read-all" and level == "read")
    return (permissions or {}).get(scope) in ((level, "write") if level == "read" else (level,))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Run:
    """State of one run; `start` carries it out on a thread of its own."""

    def __init__(self, double, repository, path, ref, sha, workflow, inputs, wish):
        self.double, self.repository, self.path, self.ref, self.sha = double, repository, path, ref, sha
        self.workflow, self.inputs, self.wish = workflow, inputs, wish
        self.id = double.next_number()
        self.number = self.id % 1000
        self.branch = ref.removeprefix("refs/heads/")
        self.workflow_title = workflow.get("name", path)
        title = workflow.get("run-name") or self.workflow_title
        self.title = re.sub(r"\$\{\{\s*inputs\.(\w+)\s*\}\}", lambda found: inputs.get(found[1], ""), title)
        self.status, self.conclusion = "queued", None
        self.created = self.updated = time.time()
        self.retention_days = 90
        self.referenced, self.jobs, self.artifacts, self.logs = [], [], [], {}
        self.token = "ghs_" + secrets.token_hex(18)
        self.identity_secret = secrets.token_hex(18)
        self.permissions = {}
        # As GitHub does: the repository's own are read when a run is queued, an environment's when its job starts.
        self._secrets = dict(double.environment_of(repository, None)["secrets"])
        self._process = None
        self._cancelled = False
        self._turns = threading.Semaphore(0)
        self._pinned = {}
        self.folder = double.state / "runs" / str(self.id)

    def start(self):
        self._lay_out()
        threading.Thread(target=self._carry, daemon=True).start()

    # What the files say

    def _lay_out(self):
        for key, job in self.workflow["jobs"].items():
            if "uses" not in job:
                self._add_job(key, job.get("name", key), job, job.get("permissions", self.workflow.get("permissions")))
                continue
            found = REMOTE.match(job["uses"])
            repository, path, ref = found.groups() if found else (None, None, None)
            if repository not in self.double.repositories:
                continue
            try:
                sha = git(self.double.repositories[repository], "rev-parse", "--verify", "-q", ref + "^{commit}").decode().strip()
                text = git(self.double.repositories[repository], "show", f"{sha}:{path}").decode()
            except subprocess.CalledProcessError:
                continue
            self._pinned[f"{repository}@{ref}"] = (repository, sha)
            self.referenced.append({"path": f"{repository}/{path}@{ref}", "sha": sha, "ref": ref})
            for inner, called in parse(text)["jobs"].items():
                permissions = {
                    scope: "write" if may(job.get("permissions"), scope, "write") and level == "write" else "read"
                    for scope, level in (called.get("permissions") or {}).items()
                    if may(job.get("permissions"), scope, "read")
                }
                name = f"{job.get('name', key)} / {called.get('name', inner)}"
                self._add_job(inner, name, called, permissions)

    def _add_job(self, key, name, job, permissions):
        steps = ["Set up job"] + [step.get("name", "Run") for step in job.get("steps", [])] + ["Complete job"]
        self.permissions = permissions or {}
        days = [step["with"]["retention-days"] for step in job.get("steps", []) if "retention-days" in step.get("with", {})]
        self.retention_days = min(map(int, days), default=90)
        environment = job.get("environment")
        empty = {"status": "queued", "conclusion": None, "started": None, "completed": None}
        self.jobs.append(
            {
                "id": self.double.next_number(),
                "key": key,
                "name": name,
                **empty,
                "environment": environment["name"] if isinstance(environment, dict) else environment,
                "steps": [{"name": step, **empty} for step in steps],
            }
        )

    # Carrying out

    def _carry(self):
        self._pause(self.wish.get("queued_seconds", 0))
        try:
            if self._cancelled:
                return self._end("cancelled")
            if not self.jobs:
                return self._end("startup_failure")
            self._set("in_progress")
            if self.wish.get("act", True):
                code = self._act()
            else:
                self._pretend()
                code = 0
            self._collect()
            usual = "cancelled" if self._cancelled else "success" if code == 0 else "failure"
            self._end(self.wish.get("conclusion", usual))
        except Exception as error:  # a run that the double breaks is a failed run with the reason in its log
            for job in self.jobs:
                self._log(job, f"the double failed: {type(error).__name__}: {error}")
            self._end("failure")

    def _pretend(self):
        """Nothing is carried out: the job goes from step to step for `seconds` or as it is told, a line of `log` at each."""
        lines, job = self.wish.get("log", [""]), self.jobs[0]
        pause = self.wish.get("seconds", 0) / len(lines)
        job.update(status="in_progress", started=time.time())
        for place, line in enumerate(lines):
            step = job["steps"][min(place, len(job["steps"]) - 1)]
            step.update(status="in_progress", started=time.time())
            if line:
                self._log(job, line)
            self._pause(pause)
            step.update(status="completed", conclusion="success", completed=time.time())

    def _pause(self, seconds):
        """Waits so long, where the run is `held` until `go`, and in any case no longer than until it is cancelled."""
        end = time.monotonic() + seconds
        while not self._cancelled:
            if self.wish.get("held"):
                if self._turns.acquire(timeout=0.02):
                    return
            elif time.monotonic() >= end:
                return
            else:
                time.sleep(0.02)

    def _set(self, status, conclusion=None):
        self.updated = time.time()
        self.conclusion = conclusion
        self.status = status

    def _end(self, conclusion):
        for job in self.jobs:
            for step in job["steps"]:
                if step["status"] != "completed":
                    step.update(status="completed", conclusion="skipped")
            job["started"] = job["started"] or time.time()
            job.update(status="completed", conclusion=job["conclusion"] if conclusion in ("success", "failure") else conclusion)
            job["conclusion"] = job["conclusion"] or conclusion
            job["completed"] = job["completed"] or time.time()
        self._set("completed", conclusion)
        if not self.double.keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _act(self):
        double = self.double
        self.folder.mkdir(parents=True)
        project = self.folder / "project"
        git(self.folder, "clone", "-q", "--no-checkout", double.repositories[self.repository], str(project))
        git(project, "checkout", "-q", "-B", self.branch, self.sha)
        git(project, "remote", "set-url", "origin", f"https://github.com/{self.repository}")
        owner, short = self.repository.split("/")
        event = {
            "ref": self.ref,
            "inputs": self.inputs,
            "repository": {"full_name": self.repository, "name": short, "owner": {"login": owner}},
        }
        (self.folder / "event.json").write_text(json.dumps(event))
        home = self.folder / "home"
        home.mkdir()
        command = [double.act, "workflow_dispatch", "-C", project, "-W", project / self.path, "-e", self.folder / "event.json"]
        command += ["--json", "-P", "ubuntu-24.04=-self-hosted", "-P", "ubuntu-latest=-self-hosted", "--pull=false"]
        command += ["--no-cache-server", "--artifact-server-path", self.folder / "artifacts"]
        command += ["--artifact-server-addr", "127.0.0.1", "--artifact-server-port", str(free_port())]
        for name, value in self._variables().items():
            command += ["--env", f"{name}={value}"]
        environment = {"PATH": os.environ["PATH"], "HOME": str(home), "GITHUB_TOKEN": self.token}
        command += ["--secret", "GITHUB_TOKEN"]
        own = double.environment_of(self.repository, None)
        kept = [{"secrets": self._secrets, "variables": own["variables"]}]
        for job in self.jobs:
            there = double.environment_of(self.repository, job["environment"])
            # GitHub gives an environment's secrets to no job of a workflow that lies in another repository.
            kept.append({"secrets": {} if self._is_elsewhere() else there["secrets"], "variables": there["variables"]})
        for name, value in {name: value for one in kept for name, value in one["secrets"].items()}.items():
            environment[name] = value
            command += ["--secret", name]
        for name, value in {name: value for one in kept for name, value in one["variables"].items()}.items():
            command += ["--var", f"{name}={value}"]
        command += self._local_repositories()
        with (self.folder / "act.log").open("wb") as errors:
            self._process = subprocess.Popen(
                [str(word) for word in command], stdout=subprocess.PIPE, stderr=errors, env=environment, start_new_session=True
            )
            for line in self._process.stdout:
                self._read(line)
            return self._process.wait()

    def _is_elsewhere(self):
        return any(repository != self.repository for repository, _ in self._pinned.values())

    def _variables(self):
        base = self.double.base
        variables = {
            "GITHUB_RUN_ID": self.id,
            "GITHUB_RUN_NUMBER": self.number,
            "GITHUB_RUN_ATTEMPT": 1,
            "GITHUB_API_URL": base,
            **self.wish.get("env", {}),
        }
        # The runner gives a job its way to an identity only with this permission; act does not look.
        if may(self.permissions, "id-token", "write"):
            variables["ACTIONS_ID_TOKEN_REQUEST_URL"] = f"{base}/_double/identity?run={self.id}"
            variables["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = self.identity_secret
        return variables

    def _local_repositories(self):
        words = []
        texts = [(self.folder / "project" / self.path).read_text()]
        for name, (repository, sha) in self._pinned.items():
            place = self.folder / "pinned" / sha
            git(self.folder, "clone", "-q", "--no-checkout", self.double.repositories[repository], str(place))
            git(place, "checkout", "-q", sha)
            words += ["--local-repository", f"{name}={place}"]
            texts += [path.read_text() for path in (place / ".github/workflows").glob("*.yml")]
        for action, ref in set(re.findall(r"uses: (actions/[a-z-]+)@(\S+)", "\n".join(texts))):
            local = HERE / action
            if local.is_dir():
                words += ["--local-repository", f"{action}@{ref}={local}"]
        return words

    def _read(self, line):
        try:
            entry = json.loads(line)
        except ValueError:
            return
        job = next((one for one in self.jobs if one["key"] == entry.get("jobID") and "/" in entry.get("job", "")), None)
        if not job:
            return
        now = time.time()
        if job["status"] == "queued":
            job.update(status="in_progress", started=now)
        stage = entry.get("stage", "Main")
        step = next((one for one in job["steps"] if one["name"] == entry.get("step")), None) if stage == "Main" else None
        text = entry.get("msg", "").rstrip("\n")
        if entry.get("raw_output"):
            self._log(job, text)
        elif step and "Run" in text and step["status"] == "queued":
            step.update(status="in_progress", started=now)
            self._log(job, f"##[group]{entry.get('step')}")
        if step and entry.get("stepResult"):
            step.update(status="completed", conclusion=entry["stepResult"], completed=now)
        if entry.get("jobResult"):
            job.update(status="completed", conclusion=entry["jobResult"], completed=now)

    def _log(self, job, text):
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S.0000000Z", time.gmtime())
        with self.double.lock:
            lines = "".join(f"{stamp} {line}\n" for line in text.split("\n"))
            self.logs[job["id"]] = self.logs.get(job["id"], "") + lines

    def _collect(self):
        for path in sorted((self.folder / "artifacts" / str(self.id)).glob("*/*.zip")):
            self.add_artifact(path.stem, path.read_bytes())

    def add_artifact(self, name, data):
        entry = {"id": self.double.next_number(), "name": name, "bytes": data, "expired": False, "created": time.time()}
        entry["digest"] = self.double.digest(data)
        self.artifacts.append(entry)
        return entry

    # What is asked of it

    def go(self, times):
        """Where it is held: out of the queue, to the next line of its log, to its end."""
        self._turns.release(times)

    def cancel(self, force):
        """False where it has ended."""
        if self.status == "completed":
            return False
        self._cancelled = True
        if self._process and self._process.poll() is None:
            # act takes an interrupt as a cancellation (`always()` steps still run), and a termination as a forced one.
            self._process.send_signal(signal.SIGTERM if force else signal.SIGINT)
        return True

    def claims(self):
        """What the identity token of its job says."""
        from shapes import number

        owner = self.repository.split("/")[0]
        here = f"{self.repository}/{self.path}@{self.ref}"
        called = self.referenced[0] if self.referenced else {"path": here, "sha": self.sha}
        return {
            "job_workflow_ref": called["path"],
            "job_workflow_sha": called["sha"],
            "workflow_ref": here,
            "workflow_sha": self.sha,
            "workflow": self.workflow_title,
            "repository": self.repository,
            "repository_id": str(number(self.repository)),
            "repository_owner": owner,
            "repository_owner_id": str(number(owner)),
            "repository_visibility": "public",
            "sha": self.sha,
            "ref": self.ref,
            "event_name": "workflow_dispatch",
            "run_id": str(self.id),
            "run_attempt": "1",
            "runner_environment": self.wish.get("runner_environment", "github-hosted"),
        }

    def log_archive(self):
        body = io.BytesIO()
        with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
            for place, job in enumerate(self.jobs):
                archive.writestr(f"{place}_{job['name'].replace('/', '_')}.txt", self.logs.get(job["id"], ""))
        return body.getvalue()
