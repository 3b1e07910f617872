"""Makes an attestation in the form of GitHub's own: artifact, bundle and trusted root in a folder. Runs with the Python of the test
tools, which has the certificate library.

    .build-tools/main/bin/python Benchmarks/attestation.py FOLDER
"""

import hashlib
import json
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "Tests" / "GitHubDouble"))

from authority import Authority  # noqa: E402

REPOSITORY, COMMIT = "owner/project", "1" * 40
WORKFLOW = "owner/project/.github/workflows/build.yml"


def main(folder):
    """Writes `artifact`, `bundle.json` and `root.jsonl`."""
    artifact = b"what is attested\n" * 4096
    ref = f"{WORKFLOW}@refs/heads/main"
    claims = {
        "job_workflow_ref": ref, "job_workflow_sha": COMMIT, "workflow_ref": ref, "workflow_sha": COMMIT, "sha": COMMIT,
        "ref": "refs/heads/main", "repository": REPOSITORY, "repository_id": "1", "repository_owner": "owner",
        "repository_owner_id": "2", "repository_visibility": "public", "runner_environment": "github-hosted",
        "event_name": "push", "workflow": "build", "run_id": "7", "run_attempt": "1",
    }
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "artifact", "digest": {"sha256": hashlib.sha256(artifact).hexdigest()}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {"buildDefinition": {"buildType": "https://actions.github.io/buildtypes/workflow/v1"}},
    }
    authority = Authority()
    folder = pathlib.Path(folder)
    (folder / "artifact").write_bytes(artifact)
    (folder / "bundle.json").write_text(json.dumps(authority.sign(claims, statement)))
    (folder / "root.jsonl").write_text(json.dumps(authority.trusted_root()) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
