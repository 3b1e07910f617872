"""A local double of GitHub's REST API whose dispatch carries the workflow out by the real `act`.

    .build-tools/main/bin/python Tests/GitHubDouble --state DIR --repository owner/project=/path/to/repository ... [--token T] [--keep]

Prints one line of JSON when it listens: the API's base, the socket for gh, the token. Ends when its standard input ends.
`/_double/...` are the levers; control.py says which. Needs act, git, curl, jq, unzip and openssl.
"""
import argparse
import json
import os
import pathlib
import sys
import threading

import control  # noqa: F401 (its routes)
import keeping  # noqa: F401
from api import Double
from web import Server, SocketServer


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--state", required=True, type=pathlib.Path)
    parser.add_argument("--repository", action="append", default=[])
    parser.add_argument("--token", default="ghp_double")
    parser.add_argument("--keep", action="store_true", help="leave the folders of runs")
    options = parser.parse_args()
    state = options.state.resolve()
    (state / "runs").mkdir(parents=True, exist_ok=True)
    repositories = dict(entry.split("=", 1) for entry in options.repository)
    act = pathlib.Path(sys.executable).with_name("act")
    double = Double(state, str(act), repositories, options.token, options.keep)
    server = Server(("127.0.0.1", 0), double.take, double.faults, double.fields)
    blobs = Server(("127.0.0.1", 0), double.take_blob, double.faults)
    path = state / "gh.sock"
    path.unlink(missing_ok=True)
    local = SocketServer(str(path), double.take, double.faults, double.fields)
    local.requests = blobs.requests = server.requests
    double.server = server
    double.base = f"http://127.0.0.1:{server.server_port}"
    double.blob_base = f"http://127.0.0.1:{blobs.server_port}"
    for one in (server, blobs, local):
        threading.Thread(target=one.serve_forever, daemon=True).start()
    print(json.dumps({"api": double.base, "socket": str(path), "token": options.token}), flush=True)
    sys.stdin.read()
    for run in double.runs.values():
        run.cancel(force=True)
    os._exit(0)


main()
