#!/usr/bin/env python3
"""Leaves files as a worker does, for the exam of the double alone, where what they say does not matter."""
import json
import os
import pathlib
import sys
import time

out = pathlib.Path(sys.argv[sys.argv.index("--out") + 1])
key = sys.stdin.read()
request = os.environ["SWARM_REQUEST"]
if request.startswith("sleep"):
    print("sleeping", flush=True)
    time.sleep(60)
documents = out / "documents"
documents.mkdir(parents=True)
for name in ("certificate", "policy", "next_tokens"):
    (documents / f"{name}.json").write_text(json.dumps({"name": name, "request": request}))
(documents / "result.json").write_text(json.dumps({"run_id": "stand-in", "artifact_hash": "sha256:0"}))
(out / "telemetry.json").write_text("{}")
(out / "bundle.tar").write_bytes(os.urandom(100_000))
print(f"key {key}, operator {os.environ['SWARM_OPERATOR']}, in the environment: {'SWARM_WORKER_KEY' in os.environ}")
if request == "fail":
    sys.exit(7)
