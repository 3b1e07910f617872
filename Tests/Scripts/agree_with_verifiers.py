#!/usr/bin/env python3
"""Compares `sigstore-conformance` with two public verifiers, offline, on given bundles and on altered ones.

    scripts/install-test-tools
    .build-tools/main/bin/python Tests/Scripts/agree_with_verifiers.py [--rounds N] .build/release/sigstore-conformance

Needs TEST_SHARED_DIR. It fails where ours accepts what a verifier that can judge the bundle refuses, unless the case is recorded
as one where that verifier stands alone; where ours is the stricter one is counted and shown.
"""
import argparse
import base64
import copy
import hashlib
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier, policy

CASES = pathlib.Path(os.environ["TEST_SHARED_DIR"]) / "conformance" / "sigstore"
GH = pathlib.Path(sys.executable).with_name("gh")

# The owner of the repository that a run was of: gh wants it, and the signer's name says it only where the workflow is the owner's.
OWNERS = {
    bundle["bundle"]: bundle["fulcio"]["1.3.6.1.4.1.57264.1.12"].split("/")[3]
    for bundle in json.loads((CASES / "manifest.json").read_text())["github_bundles"]
    if "1.3.6.1.4.1.57264.1.12" in bundle.get("fulcio", {})
}


def ours(program, case, bundle):
    """Whether `program` accepts."""
    command = [program, "verify-bundle", "--bundle", bundle, "--trusted-root", CASES / case["trusted_root"]]
    command += ["--certificate-identity", case["identity"], "--certificate-oidc-issuer", case["issuer"]]
    return subprocess.run(command + [CASES / case["artifact"]], capture_output=True).returncode == 0


def theirs(case, text):
    """Whether sigstore-python accepts; None where it cannot judge the bundle."""
    artifact = (CASES / case["artifact"]).read_bytes()
    identity = policy.Identity(identity=case["identity"], issuer=case["issuer"])
    try:
        verifier = Verifier(trusted_root=TrustedRoot.from_file(str(CASES / case["trusted_root"])))
        bundle = Bundle.from_json(text)
        if json.loads(text).get("dsseEnvelope"):
            _, payload = verifier.verify_dsse(bundle, identity)
            digest = hashlib.sha256(artifact).hexdigest()
            return any(subject["digest"].get("sha256") == digest for subject in json.loads(payload)["subject"])
        verifier.verify_artifact(artifact, bundle, identity)
        return True
    except NotImplementedError:
        return None
    except Exception:  # whatever it raises, it has not accepted
        return False


def gh(case, bundle, folder):
    """Whether `gh attestation verify` accepts; None where it cannot express the case."""
    owner = OWNERS.get(case["bundle"])
    if not owner:
        return None
    root = folder / "root.jsonl"
    root.write_text(json.dumps(json.loads((CASES / case["trusted_root"]).read_text())) + "\n")
    command = [GH, "attestation", "verify", CASES / case["artifact"], "--owner", owner, "--bundle", bundle]
    command += ["--custom-trusted-root", root, "--cert-identity", case["identity"], "--cert-oidc-issuer", case["issuer"]]
    try:
        envelope = json.loads(bundle.read_text()).get("dsseEnvelope")
        if not envelope:
            return None
        statement = json.loads(base64.b64decode(envelope["payload"]))
        command += ["--predicate-type", statement["predicateType"]]
        if "sha256" not in statement["subject"][0]["digest"]:
            command += ["--digest-alg", "sha512"]
    except (ValueError, LookupError, TypeError):
        return False
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GH_TOKEN": "none", "GH_CONFIG_DIR": str(folder)}
    return subprocess.run(command, capture_output=True, env=environment).returncode == 0


def altered(value, chance):
    """The same with one text or number in it changed."""
    places = []

    def walk(node, path):
        if isinstance(node, dict):
            for name in node:
                walk(node[name], path + [name])
        elif isinstance(node, list):
            for position in range(len(node)):
                walk(node[position], path + [position])
        elif isinstance(node, (str, int)) and not isinstance(node, bool):
            places.append(path)

    walk(value, [])
    changed = copy.deepcopy(value)
    path = chance.choice(places)
    node = changed
    for step in path[:-1]:
        node = node[step]
    old = node[path[-1]]
    if isinstance(old, int):
        node[path[-1]] = old + 1
    elif old:
        position = chance.randrange(len(old))
        node[path[-1]] = old[:position] + chance.choice("ABCabc012") + old[position + 1 :]
    return changed, "/".join(map(str, path))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=200, help="altered bundles (200)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    manifest = json.loads((CASES / "manifest.json").read_text())
    cases = [c for c in manifest["cases"] if c["artifact"] and c["identity"] and c["issuer"] and not c["policy"]]
    bad = stricter = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        good = []
        for case in cases:
            bundle = CASES / case["bundle"]
            verdict = ours(options.program, case, bundle)
            if verdict != (case["expected"] == "pass"):
                bad += 1
                print(f"{case['name']}: ours {verdict}, expected {case['expected']}")
            peers = {"sigstore-python": theirs(case, bundle.read_text()), "gh": gh(case, bundle, folder)}
            for peer, answer in peers.items():
                if answer is not None and answer != verdict and case["peers"].get(peer) == case["expected"]:
                    bad += 1
                    print(f"{case['name']}: ours {verdict}, {peer} {answer}")
            if verdict and peers["sigstore-python"]:
                good.append((case, peers["gh"]))
        print(f"{len(cases)} given bundles compared, {len(good)} accepted by ours and by sigstore-python")
        chance = random.Random(options.seed)
        target = folder / "altered.json"
        for _ in range(options.rounds):
            case, with_gh = chance.choice(good)
            value, place = altered(json.loads((CASES / case["bundle"]).read_text()), chance)
            target.write_text(json.dumps(value))
            verdict = ours(options.program, case, target)
            answers = [theirs(case, target.read_text())] + ([gh(case, target, folder)] if with_gh else [])
            if verdict and not any(answers):
                bad += 1
                print(f"{case['name']}, {place} changed: ours accepts, the others refuse")
            if not verdict and all(answers):
                stricter += 1
                print(f"{case['name']}, {place} changed: ours alone refuses")
    print(f"{options.rounds} altered bundles compared: {stricter} that ours alone refuses")
    print("disagreements: " + (str(bad) if bad else "none"))
    return 1 if bad else 0


sys.exit(main())
