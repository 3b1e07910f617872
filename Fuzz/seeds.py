#!/usr/bin/env python3
"""Writes the first inputs of each fuzz target into a folder: one folder a target, one file an input.

Seeds come from the repository's own documents and vectors, and, where TEST_SHARED_DIR is set, from the third-party cases there.
"""
import base64
import hashlib
import json
import os
import pathlib
import re
import sys
import tarfile
import io

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent


def main(folder):
    seeds = {}

    def add(target, data):
        if 0 < len(data) <= 1 << 20:
            seeds.setdefault(target, {})[hashlib.sha256(data).hexdigest()[:16]] = data

    add_documents(add)
    add_archives(add)
    add_proofs(add)
    shared = os.environ.get("TEST_SHARED_DIR")
    if shared:
        add_shared(add, pathlib.Path(shared) / "conformance")
    for target, inputs in seeds.items():
        place = pathlib.Path(folder) / target
        place.mkdir(parents=True, exist_ok=True)
        for name, data in inputs.items():
            (place / name).write_bytes(data)
        print(f"{target}: {len(inputs)} seeds")


def add_documents(add):
    """The example documents of docs/, and the vectors."""
    for page in (REPOSITORY / "docs").glob("*.md"):
        for block in re.findall(r"```json\n(.*?)```", page.read_text(), re.S):
            for line in block.strip().splitlines():
                if line.startswith("{"):
                    add("documents", line.encode())
                    add("json", line.encode())
    for vectors in (REPOSITORY / "vectors").glob("*.json"):
        text = vectors.read_bytes()
        add("json", text)
        for token in re.findall(rb"[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}", text):
            add("jws", token)
            add("token", token)


def add_archives(add):
    """Small archives of the one form, and of forms that are refused."""
    for names in (["manifest.json"], ["chunks/" + "0" * 64, "manifest.json", "root.enc"], ["../x"], []):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for name in names:
                member = tarfile.TarInfo(name)
                member.size = 5
                archive.addfile(member, io.BytesIO(b"hello"))
        add("tar", out.getvalue())


def add_proofs(add):
    """Proofs for the key of ProofKey.swift that are refused late: all points the generator, all scalars one number."""
    rounds = 5
    for number in (0, 1):
        points = lambda count: [1, 2] * count
        scalars = lambda count: [number] * count
        words = scalars(4) + [1, 0, 0, 0, 2, 0, 0, 0] * 2 + points(10) + scalars(1 + 9 * rounds + 42 + 1)
        words += points(2 + rounds - 1) + scalars(rounds + 4) + points(2)
        add("proof", b"".join(word.to_bytes(32, "big") for word in words))


def add_shared(add, conformance):
    for path in (conformance / "sigstore" / "bundles").iterdir():
        data = path.read_bytes()
        add("bundle", data)
        try:
            add_parts(add, json.loads(data))
        except ValueError:
            pass
    for path in (conformance / "sigstore" / "trusted-roots").iterdir():
        add("root", path.read_bytes())
    add("proof", (conformance / "zkproof" / "vk.json").read_bytes())
    for path in (conformance / "contracts").glob("*.json"):
        add("documents", path.read_bytes())


def add_parts(add, value):
    """What a bundle holds in base64, by the names of the members."""
    if isinstance(value, list):
        for element in value:
            add_parts(add, element)
    if not isinstance(value, dict):
        return
    for name, member in value.items():
        if name == "rawBytes" and isinstance(member, str):
            add("certificate", base64.b64decode(member))
        elif name == "signedTimestamp":
            add("timestamp", base64.b64decode(member))
        elif name == "payload":
            add("statement", base64.b64decode(member))
        elif name == "envelope" and isinstance(member, str):
            add("checkpoint", member.encode())
        else:
            add_parts(add, member)


main(sys.argv[1])
