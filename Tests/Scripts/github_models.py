#!/usr/bin/env python3
"""Holds the double's answers to GitHub's public OpenAPI description, by githubkit's models: BASE TOKEN RUN ARTIFACT DIGEST.

    .build-tools/models/bin/python Tests/Scripts/github_models.py ...
"""
import sys

from githubkit import GitHub, TokenAuthStrategy
from githubkit.exception import RequestFailed
from githubkit_schemas.v2022_11_28.models import WorkflowDispatchResponse

base, token, run, artifact, digest = sys.argv[1:]
run, artifact = int(run), int(artifact)
kit = GitHub(TokenAuthStrategy(token), base_url=base, http_cache=False, auto_retry=False)
rest = kit.rest("2022-11-28")
where = {"owner": "owner", "repo": "project"}
actions = rest.actions

# Each reads its answer with the model of that endpoint, and fails where a member is missing or has another form.
checks = {
    "repository": lambda: rest.repos.get(**where),
    "commit": lambda: rest.repos.get_commit(**where, ref="main"),
    "workflows": lambda: actions.list_repo_workflows(**where),
    "workflow": lambda: actions.get_workflow(**where, workflow_id="swarm.yml"),
    "workflow's runs": lambda: actions.list_workflow_runs(**where, workflow_id="swarm.yml", event="workflow_dispatch"),
    "runs": lambda: actions.list_workflow_runs_for_repo(**where),
    "run": lambda: actions.get_workflow_run(**where, run_id=run),
    "jobs": lambda: actions.list_jobs_for_workflow_run(**where, run_id=run),
    "artifacts": lambda: actions.list_workflow_run_artifacts(**where, run_id=run),
    "artifact": lambda: actions.get_artifact(**where, artifact_id=artifact),
    "permissions": lambda: actions.get_github_actions_permissions_repository(**where),
    "retention": lambda: actions.get_artifact_and_log_retention_settings_repository(**where),
    "environment": lambda: rest.repos.get_environment(**where, environment_name="swarm"),
    "public key": lambda: actions.get_environment_public_key(**where, environment_name="swarm"),
    "secret": lambda: actions.get_environment_secret(**where, environment_name="swarm", secret_name="SWARM_WORKER_KEY"),
    "variable": lambda: actions.get_environment_variable(**where, environment_name="swarm", name="SWARM_OPERATOR"),
    "attestations": lambda: rest.repos.list_attestations(**where, subject_digest=digest),
    "rate limit": lambda: rest.rate_limit.get(),
}
bad = 0
for name, ask in checks.items():
    try:
        ask().parsed_data
    except Exception as error:
        bad += 1
        print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
for name, status, ask in (
    ("no run", 404, lambda: actions.get_workflow_run(**where, run_id=1)),
    ("a run that ended", 409, lambda: actions.cancel_workflow_run(**where, run_id=run)),
    ("no such branch", 422, lambda: actions.create_workflow_dispatch(**where, workflow_id="swarm.yml", ref="none")),
):
    try:
        ask()
        bad += 1
        print(f"{name}: it was no error", file=sys.stderr)
    except RequestFailed as error:
        if error.response.status_code != status:
            bad += 1
            print(f"{name}: {error.response.status_code}", file=sys.stderr)
answer = actions.create_workflow_dispatch(
    **where, workflow_id="swarm.yml", ref="main", return_run_details=True,
    inputs={"request_id": "models", "expected_commit_sha": "0", "route_mode": "direct", "request": "models"},
)
WorkflowDispatchResponse.model_validate(answer.json())
print(f"{len(checks) + 4} answers, {bad} wrong")
sys.exit(bad > 0)
