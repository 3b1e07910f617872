"""The endpoints: which path is what."""
import base64
import hashlib
import json
import re
import secrets
import subprocess
import threading
import time
import urllib.parse

import shapes
from authority import Authority
from runs import Run, git, may, parse, trigger
from web import Answer, Blobs, Faults, Problem

ROUTES = []


def route(method, pattern):
    """`{x}` stands for one part of a path, `{x*}` for the rest."""
    expression = re.sub(r"\{(\w+)\*\}", r"(?P<\1>.+)", pattern)
    expression = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", expression)

    def keep(function):
        ROUTES.append((method, re.compile(expression + "$"), function))
        return function

    return keep


class Double:
    """Everything that the double knows."""

    def __init__(self, state, act, repositories, token, keep):
        self.state, self.act, self.repositories, self.token, self.keep = state, act, repositories, token, keep
        self.lock = threading.RLock()
        self.faults, self.blobs, self.authority = Faults(), Blobs(), Authority()
        self.runs, self.environments, self.attestations, self.identities, self.wishes = {}, {}, {}, {}, []
        self.settings = {"details": True, "version_2026": False, "inline_bundles": True, "remaining": 5000, "secrets": True}
        self._number = 1000
        self.base = self.blob_base = self.server = None

    def next_number(self):
        with self.lock:
            self._number += 1
            return self._number

    @staticmethod
    def digest(data):
        return "sha256:" + hashlib.sha256(data).hexdigest()

    def fields(self):
        now = int(time.time())
        remaining = self.settings["remaining"]
        return {
            "x-ratelimit-limit": "5000",
            "x-ratelimit-remaining": str(remaining),
            "x-ratelimit-used": str(5000 - remaining),
            "x-ratelimit-reset": str(now + 3600),
            "x-ratelimit-resource": "core",
            "x-github-request-id": secrets.token_hex(8),
            "x-oauth-scopes": "repo, workflow",
        }

    def environment_of(self, repository, name):
        return self.environments.get((repository, name), {"secrets": {}, "variables": {}})

    def take(self, method, path, query, headers, body):
        if path.startswith("/blob/"):
            return self.take_blob(method, path, query, headers, body)
        words = dict(urllib.parse.parse_qsl(query))
        value = json.loads(body) if body and body.lstrip()[:1] in (b"{", b"[") else {}
        caller = self._caller(headers)
        if caller is None and not path.startswith("/_double"):
            raise Problem(401, "Bad credentials")
        for wanted, pattern, function in ROUTES:
            found = pattern.match(path)
            if found and wanted == method:
                names = {name: urllib.parse.unquote(text) for name, text in found.groupdict().items()}
                if "owner" in names:
                    full = f"{names.pop('owner')}/{names.pop('repo')}"
                    if full not in self.repositories:
                        raise Problem(404, "Not Found")
                    names["full"] = full
                return function(Call(self, words, headers, value, caller), **names)
        raise Problem(404, "Not Found")

    def take_blob(self, method, path, query, headers, body):
        if "Authorization" in headers:
            raise Problem(400, "The storage takes no Authorization beside a signed link")
        return self.blobs.get(path)

    def _caller(self, headers):
        word = headers.get("Authorization", "").partition(" ")[2]
        if word == self.token:
            return "operator"
        return next((run for run in self.runs.values() if run.token == word and run.status != "completed"), None)

    def run(self, full, text):
        run = self.runs.get(int(text)) if text.isdigit() else None
        if not run or run.repository != full:
            raise Problem(404, "Not Found")
        return run


class Call:
    """One request."""

    def __init__(self, double, query, headers, value, caller):
        self.double, self.query, self.headers, self.value, self.caller = double, query, headers, value, caller
        # gh follows links, and keeps its token for the host that it believes in.
        self.base = "https://api.github.com" if headers.get("Host") == "api.github.com" else double.base

    def need(self, scope, level):
        """A job's token may do what its permissions say; the operator's everything."""
        if self.caller != "operator" and not may(self.caller.permissions, scope, level):
            raise Problem(403, "Resource not accessible by integration")

    def page(self, name, entries):
        size, place = min(int(self.query.get("per_page", 30)), 100), int(self.query.get("page", 1))
        part = entries[(place - 1) * size : place * size]
        headers = {}
        if place * size < len(entries):
            query = urllib.parse.urlencode({**self.query, "page": place + 1})
            headers["Link"] = f'<{self.base}{self.query_path}?{query}>; rel="next"' if hasattr(self, "query_path") else ""
        return Answer(200, {"total_count": len(entries), name: part}, headers={k: v for k, v in headers.items() if v})

    def redirect(self, body, name, kind):
        return Answer(302, headers={"Location": self.double.blobs.link(self.double.blob_base, body, name, kind)})


# Repositories


@route("GET", "/repos/{owner}/{repo}")
def _(call, full):
    return Answer(200, shapes.repository(call.base, full, full_shape=True))


@route("GET", "/rate_limit")
def _(call):
    limit = {"limit": 5000, "remaining": call.double.settings["remaining"], "used": 0, "reset": int(time.time()) + 3600}
    return Answer(200, {"resources": {"core": limit, "search": limit}, "rate": limit})


@route("GET", "/user")
def _(call):
    return Answer(200, shapes.user(call.base, "owner"))


@route("GET", "/repos/{owner}/{repo}/actions/permissions")
def _(call, full):
    return Answer(200, {"enabled": True, "allowed_actions": "all"})


@route("GET", "/repos/{owner}/{repo}/actions/permissions/artifact-and-log-retention")
def _(call, full):
    return Answer(200, {"days": 90, "maximum_allowed_days": 90})


def show(call, full, what):
    try:
        return git(call.double.repositories[full], *what)
    except subprocess.CalledProcessError as error:
        raise Problem(404, "Not Found") from error


@route("GET", "/repos/{owner}/{repo}/commits/{sha*}")
def _(call, full, sha):
    sha = show(call, full, ["rev-parse", "--verify", "-q", sha + "^{commit}"]).decode().strip()
    here = f"{call.base}/repos/{full}/commits/{sha}"
    person = {"name": "author", "email": "author@example.com", "date": shapes.moment(1_700_000_000)}
    tree = {"sha": sha, "url": here}
    commit = {"author": person, "committer": person, "message": "commit", "tree": tree, "url": here, "comment_count": 0}
    links = {"url": here, "html_url": f"{shapes.SITE}/{full}/commit/{sha}", "comments_url": here + "/comments"}
    return Answer(200, {"sha": sha, "node_id": sha, **links, "commit": commit, "author": None, "committer": None, "parents": []})


@route("GET", "/repos/{owner}/{repo}/contents/{path*}")
def _(call, full, path):
    data = show(call, full, ["show", f"{call.query.get('ref', 'main')}:{path}"])
    if "raw" in call.headers.get("Accept", ""):
        return Answer(200, body=data, kind="application/vnd.github.raw+json")
    text = base64.b64encode(data).decode()
    return Answer(200, {"type": "file", "encoding": "base64", "size": len(data), "path": path, "content": text})


# Workflows and dispatch


def workflows(call, full):
    names = show(call, full, ["ls-tree", "--name-only", "main", ".github/workflows/"]).decode().split()
    return {path: parse(show(call, full, ["show", f"main:{path}"]).decode()) for path in names}


def workflow_path(call, full, key):
    for path in workflows(call, full):
        if key in (path.split("/")[-1], str(shapes.number(path)), path):
            return path
    raise Problem(404, "Not Found")


@route("GET", "/repos/{owner}/{repo}/actions/workflows")
def _(call, full):
    found = workflows(call, full).items()
    return call.page("workflows", [shapes.workflow(call.base, full, path, one.get("name", path)) for path, one in found])


@route("GET", "/repos/{owner}/{repo}/actions/workflows/{key}")
def _(call, full, key):
    path = workflow_path(call, full, key)
    return Answer(200, shapes.workflow(call.base, full, path, workflows(call, full)[path].get("name", path)))


@route("POST", "/repos/{owner}/{repo}/actions/workflows/{key}/dispatches")
def dispatch(call, full, key):
    call.need("actions", "write")
    double, path = call.double, workflow_path(call, full, key)
    unknown = set(call.value) - {"ref", "inputs", "return_run_details"}
    if unknown or ("return_run_details" in call.value and not double.settings["details"]):
        raise Problem(400, f'Invalid request.\n\n"{", ".join(unknown) or "return_run_details"}" is not a permitted key.')
    ref = call.value.get("ref", "").removeprefix("refs/heads/")
    try:
        sha = git(double.repositories[full], "rev-parse", "--verify", "-q", f"refs/heads/{ref}").decode().strip()
    except subprocess.CalledProcessError as error:
        raise Problem(422, f"No ref found for: {ref}") from error
    workflow = parse(show(call, full, ["show", f"{sha}:{path}"]).decode())
    on = trigger(workflow)
    if "workflow_dispatch" not in on:
        raise Problem(422, "Workflow does not have 'workflow_dispatch' trigger")
    declared = (on["workflow_dispatch"] or {}).get("inputs") or {}
    given = call.value.get("inputs") or {}
    if set(given) - set(declared):
        raise Problem(422, f"Unexpected inputs provided: {sorted(set(given) - set(declared))}")
    if len(json.dumps(given)) > 65_535 + 1024 or any(len(str(text)) > 65_535 for text in given.values()):
        raise Problem(422, "inputs are too large.")
    for name, form in declared.items():
        if form.get("required") and name not in given:
            raise Problem(422, f"Required input '{name}' not provided")
    inputs = {name: str(given.get(name, form.get("default", ""))) for name, form in declared.items()}
    with double.lock:
        wish = double.wishes.pop(0) if double.wishes else {}
        run = Run(double, full, path, f"refs/heads/{ref}", sha, workflow, inputs, wish)
        double.runs[run.id] = run
    run.start()
    if not call.value.get("return_run_details"):
        return Answer(204)
    here = f"{double.base}/repos/{full}/actions/runs/{run.id}"
    return Answer(200, {"workflow_run_id": run.id, "run_url": here, "html_url": f"{shapes.SITE}/{full}/actions/runs/{run.id}"})


# Runs


def listed(call, full, path=None):
    call.need("actions", "read")
    runs = [run for run in call.double.runs.values() if run.repository == full and path in (None, run.path)]
    query = call.query
    if "event" in query:
        runs = [run for run in runs if query["event"] == "workflow_dispatch"]
    if "branch" in query:
        runs = [run for run in runs if run.branch == query["branch"]]
    if "head_sha" in query:
        runs = [run for run in runs if run.sha == query["head_sha"]]
    if "status" in query:
        runs = [run for run in runs if query["status"] in (run.status, run.conclusion)]
    if query.get("created", "").startswith(">="):
        runs = [run for run in runs if shapes.moment(run.created) >= query["created"][2:22]]
    place = f"/repos/{full}/actions/" + (f"workflows/{shapes.number(path)}/runs" if path else "runs")
    call.query_path = place
    return call.page("workflow_runs", [shapes.run(call.base, run) for run in sorted(runs, key=lambda run: -run.id)])


@route("GET", "/repos/{owner}/{repo}/actions/workflows/{key}/runs")
def _(call, full, key):
    return listed(call, full, workflow_path(call, full, key))


@route("GET", "/repos/{owner}/{repo}/actions/runs")
def _(call, full):
    return listed(call, full)


@route("GET", "/repos/{owner}/{repo}/actions/runs/{run}")
def _(call, full, run):
    return Answer(200, shapes.run(call.base, call.double.run(full, run)))


@route("GET", "/repos/{owner}/{repo}/actions/runs/{run}/jobs")
def _(call, full, run):
    run = call.double.run(full, run)
    return call.page("jobs", [shapes.job(call.base, run, job) for job in run.jobs])


@route("GET", "/repos/{owner}/{repo}/actions/runs/{run}/attempts/1/jobs")
def _(call, full, run):
    run = call.double.run(full, run)
    return call.page("jobs", [shapes.job(call.base, run, job) for job in run.jobs])


@route("GET", "/repos/{owner}/{repo}/actions/jobs/{job}")
def _(call, full, job):
    run, found = find_job(call, full, job)
    return Answer(200, shapes.job(call.base, run, found))


def find_job(call, full, text):
    for run in call.double.runs.values():
        for job in run.jobs:
            if run.repository == full and str(job["id"]) == text:
                return run, job
    raise Problem(404, "Not Found")


@route("GET", "/repos/{owner}/{repo}/actions/jobs/{job}/logs")
def _(call, full, job):
    run, found = find_job(call, full, job)
    if found["id"] not in run.logs:
        raise Problem(404, "Not Found")
    return call.redirect(run.logs[found["id"]].encode(), "job.txt", "text/plain")


@route("GET", "/repos/{owner}/{repo}/actions/runs/{run}/logs")
def _(call, full, run):
    return call.redirect(call.double.run(full, run).log_archive(), "logs.zip", "application/zip")


@route("GET", "/repos/{owner}/{repo}/actions/runs/{run}/attempts/1/logs")
def _(call, full, run):
    return call.redirect(call.double.run(full, run).log_archive(), "logs.zip", "application/zip")


def cancel(call, full, run, force):
    call.need("actions", "write")
    if not call.double.run(full, run).cancel(force):
        raise Problem(409, "Cannot cancel a workflow run that is completed.")
    return Answer(202, {})


@route("POST", "/repos/{owner}/{repo}/actions/runs/{run}/cancel")
def _(call, full, run):
    return cancel(call, full, run, False)


@route("POST", "/repos/{owner}/{repo}/actions/runs/{run}/force-cancel")
def _(call, full, run):
    return cancel(call, full, run, True)


@route("GET", "/repos/{owner}/{repo}/check-runs/{job}/annotations")
def _(call, full, job):
    return Answer(200, [])


# Artifacts


@route("GET", "/repos/{owner}/{repo}/actions/runs/{run}/artifacts")
def _(call, full, run):
    call.need("actions", "read")
    run = call.double.run(full, run)
    found = [one for one in run.artifacts if call.query.get("name") in (None, one["name"])]
    call.query_path = f"/repos/{full}/actions/runs/{run.id}/artifacts"
    return call.page("artifacts", [shapes.artifact(call.base, run, one) for one in found])


def find_artifact(call, full, text):
    for run in call.double.runs.values():
        for one in run.artifacts:
            if run.repository == full and str(one["id"]) == text:
                return run, one
    raise Problem(404, "Not Found")


@route("GET", "/repos/{owner}/{repo}/actions/artifacts/{artifact}")
def _(call, full, artifact):
    return Answer(200, shapes.artifact(call.base, *find_artifact(call, full, artifact)))


@route("GET", "/repos/{owner}/{repo}/actions/artifacts/{artifact}/zip")
def _(call, full, artifact):
    call.need("actions", "read")
    _, one = find_artifact(call, full, artifact)
    if one["expired"]:
        raise Problem(410, "Artifact has expired")
    return call.redirect(one["bytes"], one["name"] + ".zip", "application/zip")
