"""Zips files as actions/upload-artifact does (from their least common folder) and uploads them."""
import base64
import hashlib
import io
import json
import os
import pathlib
import sys
import urllib.request
import zipfile

SERVICE = os.environ["ACTIONS_RESULTS_URL"].rstrip("/") + "/twirp/github.actions.results.api.v1.ArtifactService/"
RUN = os.environ["GITHUB_RUN_ID"]
IDS = {"workflow_run_backend_id": RUN, "workflow_job_run_backend_id": RUN}


def call(method, **members):
    request = urllib.request.Request(SERVICE + method, json.dumps({**IDS, **members}).encode(), method="POST")
    request.add_header("Authorization", "Bearer " + os.environ["ACTIONS_RUNTIME_TOKEN"])
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def put(url, data):
    with urllib.request.urlopen(urllib.request.Request(url, data, method="PUT")) as answer:
        assert answer.status == 201, answer.status


def main():
    given = [pathlib.Path(line.strip()) for line in os.environ["PATHS"].splitlines() if line.strip()]
    given = [path for path in given if path.exists()]
    files = [file for path in given for file in (sorted(path.rglob("*")) if path.is_dir() else [path]) if file.is_file()]
    if not files:
        print(f"No files were found with the provided path: {os.environ['PATHS']}")
        sys.exit(1 if os.environ["NONE"] == "error" else 0)
    if len(given) == 1:
        root = given[0] if given[0].is_dir() else given[0].parent
    else:
        root = pathlib.Path(os.path.commonpath([str(path.parent if path.is_file() else path) for path in given]))
    level = int(os.environ["LEVEL"])
    body = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if level else zipfile.ZIP_STORED
    with zipfile.ZipFile(body, "w", method, compresslevel=level or None) as archive:
        for file in files:
            archive.write(file, file.relative_to(root))
    data = body.getvalue()
    name = os.environ["NAME"]
    made = call("CreateArtifact", name=name, version=4)
    assert made["ok"], made
    block = base64.b64encode(b"0" * 8).decode()
    put(made["signedUploadUrl"] + "&comp=block&blockid=" + block, data)
    put(made["signedUploadUrl"] + "&comp=blocklist", f"<BlockList><Latest>{block}</Latest></BlockList>".encode())
    digest = hashlib.sha256(data).hexdigest()
    done = call("FinalizeArtifact", name=name, size=str(len(data)), hash="sha256:" + digest)
    assert done["ok"], done
    print(f"Artifact {name} has been successfully uploaded! {len(data)} bytes, SHA256 {digest}")


main()
