"""The measure of verification, offline."""

import json
import os
import subprocess

from report import Goal, Row
from timing import Failed, paired

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TOOLS = os.path.join(ROOT, ".build-tools", "main", "bin")
WORKFLOW = "owner/project/.github/workflows/build.yml"


def verify(bench):
    """`swarm verify attestation` beside `gh attestation verify`, on a bundle made here in the form of GitHub's."""
    done = subprocess.run([os.path.join(ROOT, "scripts", "install-test-tools")], check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        bench.say("verify is left out: gh could not be installed")
        return []
    folder = os.path.join(bench.place, "attestation")
    os.makedirs(folder, exist_ok=True)
    subprocess.run([f"{TOOLS}/python", os.path.join(ROOT, "Benchmarks", "attestation.py"), folder], check=True)
    swarm = [
        bench.program, "verify", "attestation", "artifact", "--bundle", "bundle.json", "--trusted-root", "root.jsonl",
        "--signer-workflow", WORKFLOW, "--source-repo", "owner/project",
    ]
    gh = [
        f"{TOOLS}/gh", "attestation", "verify", "artifact", "-R", "owner/project", "--bundle", "bundle.json",
        "--custom-trusted-root", "root.jsonl", "--signer-workflow", WORKFLOW,
    ]
    token = {"GH_TOKEN": "none", "GH_CONFIG_DIR": folder}
    with open(os.path.join(folder, "artifact"), "ab") as artifact:
        artifact.write(b"x")
    refused = subprocess.run(swarm, cwd=folder, check=False, capture_output=True, stdin=subprocess.DEVNULL)
    with open(os.path.join(folder, "artifact"), "rb+") as artifact:
        artifact.truncate(os.path.getsize(artifact.name) - 1)
    if refused.returncode != 3:
        raise Failed(f"an altered artifact was answered with {refused.returncode}")
    bench.say("verification of an attestation")
    times = paired(bench.short, {
        "swarm": lambda _: bench.commands.run(swarm, folder).seconds,
        "gh": lambda _: bench.commands.run(gh, folder, token).seconds,
    }, warmups=1)
    what = "`swarm verify attestation` of a GitHub attestation, whole process, offline"
    return [
        Row("verify attestation", times["swarm"], Goal("most", 0.030), what),
        Row("  beside gh", times["swarm"], Goal("faster", 1), what, times["gh"], "gh attestation verify"),
    ] + public(bench)


def public(bench):
    """The same of a bundle of the public instance beside PyPI's sigstore; needs the third-party cases of TEST_SHARED_DIR."""
    shared = os.environ.get("TEST_SHARED_DIR")
    if not shared:
        bench.say("verify beside sigstore is left out: TEST_SHARED_DIR is not set")
        return []
    cases = os.path.join(shared, "conformance", "sigstore")
    root = "trusted-roots/production.json"
    with open(os.path.join(cases, "manifest.json"), encoding="utf-8") as file:
        case = next(
            one for one in json.load(file)["cases"]
            if one["expected"] == "pass" and one["trusted_root"] == root and one["artifact"] and one["identity"] and not one["key"]
        )
    swarm = [
        bench.program, "verify", "attestation", case["artifact"], "--bundle", case["bundle"], "--trusted-root", root,
        "--cert-identity", case["identity"], "--cert-oidc-issuer", case["issuer"],
    ]
    python = [
        f"{TOOLS}/python", os.path.join(ROOT, "Benchmarks", "sigstore_python.py"), case["bundle"], root, case["artifact"],
        case["identity"], case["issuer"],
    ]
    times = paired(bench.middle, {
        "swarm": lambda _: bench.commands.run(swarm, cases).seconds,
        "sigstore": lambda _: bench.commands.run(python, cases).seconds,
    }, warmups=1)
    what = "`swarm verify attestation` of a bundle of the public instance, whole process, offline"
    return [Row("  beside sigstore", times["swarm"], Goal("faster", 1), what, times["sigstore"], "PyPI's sigstore")]
