"""GitHub's objects, member by member as its OpenAPI description has them."""
import datetime
import hashlib

SITE = "https://github.com"
USER_LINKS = "followers following gists starred subscriptions organizations repos events received_events".split()
REPOSITORY_LINKS = (
    "archive assignees blobs branches collaborators comments commits compare contents contributors deployments downloads events forks "
    "git_commits git_refs git_tags issue_comment issue_events issues keys labels languages merges milestones notifications pulls releases "
    "stargazers statuses subscribers subscription tags teams trees hooks"
).split()


def moment(seconds):
    """Seconds since 1970 as GitHub writes a time."""
    if seconds is None:
        return None
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def number(text):
    """A number that stays the same for a name."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") // 2 + 1


def user(base, login):
    here = f"{base}/users/{login}"
    return {
        "login": login,
        "id": number(login),
        "node_id": f"U_{login}",
        "avatar_url": f"{SITE}/{login}.png",
        "gravatar_id": "",
        "url": here,
        "html_url": f"{SITE}/{login}",
        **{f"{link}_url": f"{here}/{link}" for link in USER_LINKS},
        "type": "User",
        "site_admin": False,
    }


def repository(base, full, full_shape=False):
    owner, short = full.split("/")
    here = f"{base}/repos/{full}"
    shape = {
        "id": number(full),
        "node_id": f"R_{number(full)}",
        "name": short,
        "full_name": full,
        "owner": user(base, owner),
        "private": False,
        "html_url": f"{SITE}/{full}",
        "description": None,
        "fork": False,
        "url": here,
        **{f"{link}_url": f"{here}/{link}" for link in REPOSITORY_LINKS},
    }
    if not full_shape:
        return shape
    counts = "forks stargazers watchers open_issues subscribers network".split()
    return {
        **shape,
        "git_url": f"git://github.com/{full}.git",
        "ssh_url": f"git@github.com:{full}.git",
        "clone_url": f"{SITE}/{full}.git",
        "mirror_url": None,
        "svn_url": f"{SITE}/{full}",
        "homepage": None,
        "language": None,
        **{f"{one}_count": 0 for one in counts},
        "forks": 0,
        "open_issues": 0,
        "watchers": 0,
        "size": 1,
        "default_branch": "main",
        **{f"has_{one}": False for one in "issues projects wiki pages discussions".split()},
        "archived": False,
        "disabled": False,
        "visibility": "public",
        "permissions": {"admin": True, "maintain": True, "push": True, "triage": True, "pull": True},
        "license": None,
        "pushed_at": moment(1_700_000_000),
        "created_at": moment(1_700_000_000),
        "updated_at": moment(1_700_000_000),
    }


def workflow(base, full, path, title):
    here = f"{base}/repos/{full}/actions/workflows/{number(path)}"
    return {
        "id": number(path),
        "node_id": f"W_{number(path)}",
        "name": title,
        "path": path,
        "state": "active",
        "created_at": moment(1_700_000_000),
        "updated_at": moment(1_700_000_000),
        "url": here,
        "html_url": f"{SITE}/{full}/blob/main/{path}",
        "badge_url": f"{SITE}/{full}/workflows/{title}/badge.svg",
    }


def run(base, run):
    here = f"{base}/repos/{run.repository}/actions/runs/{run.id}"
    return {
        "id": run.id,
        "name": run.workflow_title,
        "node_id": f"WFR_{run.id}",
        "check_suite_id": run.id + 500_000,
        "check_suite_node_id": f"CS_{run.id}",
        "head_branch": run.branch,
        "head_sha": run.sha,
        "path": run.path,
        "run_number": run.number,
        "run_attempt": 1,
        "event": "workflow_dispatch",
        "display_title": run.title,
        "status": run.status,
        "conclusion": run.conclusion,
        "workflow_id": number(run.path),
        "url": here,
        "html_url": f"{SITE}/{run.repository}/actions/runs/{run.id}",
        "pull_requests": [],
        "created_at": moment(run.created),
        "updated_at": moment(run.updated),
        "run_started_at": moment(run.created),
        "actor": user(base, run.repository.split("/")[0]),
        "triggering_actor": user(base, run.repository.split("/")[0]),
        **{f"{link}_url": f"{here}/{link}" for link in "jobs logs artifacts cancel rerun".split()},
        "check_suite_url": f"{base}/repos/{run.repository}/check-suites/{run.id + 500_000}",
        "workflow_url": f"{base}/repos/{run.repository}/actions/workflows/{number(run.path)}",
        "previous_attempt_url": None,
        "referenced_workflows": [{"path": one["path"], "sha": one["sha"], "ref": one["ref"]} for one in run.referenced],
        "head_commit": {
            "id": run.sha,
            "tree_id": run.sha,
            "message": "commit",
            "timestamp": moment(run.created),
            "author": {"name": "author", "email": "author@example.com"},
            "committer": {"name": "author", "email": "author@example.com"},
        },
        "repository": repository(base, run.repository),
        "head_repository": repository(base, run.repository),
    }


def job(base, run, job):
    here = f"{base}/repos/{run.repository}"
    return {
        "id": job["id"],
        "run_id": run.id,
        "run_url": f"{here}/actions/runs/{run.id}",
        "run_attempt": 1,
        "node_id": f"J_{job['id']}",
        "head_sha": run.sha,
        "head_branch": run.branch,
        "workflow_name": run.workflow_title,
        "url": f"{here}/actions/jobs/{job['id']}",
        "html_url": f"{SITE}/{run.repository}/actions/runs/{run.id}/job/{job['id']}",
        "status": job["status"],
        "conclusion": job["conclusion"],
        "created_at": moment(run.created),
        "started_at": moment(job["started"] or run.created),
        "completed_at": moment(job["completed"]),
        "name": job["name"],
        "check_run_url": f"{here}/check-runs/{job['id']}",
        "labels": ["ubuntu-24.04"],
        "runner_id": 1,
        "runner_name": "GitHub Actions 1",
        "runner_group_id": 0,
        "runner_group_name": "GitHub Actions",
        "steps": [
            {
                "name": step["name"],
                "number": place,
                "status": step["status"],
                "conclusion": step["conclusion"],
                "started_at": moment(step["started"]),
                "completed_at": moment(step["completed"]),
            }
            for place, step in enumerate(job["steps"], 1)
        ],
    }


def artifact(base, run, one):
    here = f"{base}/repos/{run.repository}/actions/artifacts/{one['id']}"
    return {
        "id": one["id"],
        "node_id": f"A_{one['id']}",
        "name": one["name"],
        "size_in_bytes": len(one["bytes"]),
        "url": here,
        "archive_download_url": f"{here}/zip",
        "expired": one["expired"],
        "created_at": moment(one["created"]),
        "updated_at": moment(one["created"]),
        "expires_at": moment(one["created"] + run.retention_days * 86_400),
        "digest": one["digest"],
        "workflow_run": {
            "id": run.id,
            "repository_id": number(run.repository),
            "head_repository_id": number(run.repository),
            "head_branch": run.branch,
            "head_sha": run.sha,
        },
    }
