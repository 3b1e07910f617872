#!/usr/bin/env python3
"""Recomputes vectors/keys.json and vectors/dispatch.json with another implementation (pyca/cryptography; tried with 50.0.2), from
docs/keys.md and docs/worker.md alone.

usage: python3 -m venv venv && venv/bin/pip install cryptography && venv/bin/python Tests/Scripts/check_vectors.py
It prints one line a group and ends with 1 at the first value that differs.
"""
import base64
import hashlib
import hmac
import json
import pathlib
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hpke, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, mlkem, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

ZERO = bytes(12)
checked = 0


def same(found, expected, what):
    global checked
    checked += 1
    if found != expected:
        sys.exit(f"{what}: {found!r} is not {expected!r}")


def info(purpose, *fields):
    data = b"swarm/v1/" + purpose.encode()
    for field in fields:
        if isinstance(field, str):
            field = field.encode()
        elif isinstance(field, int):
            field = field.to_bytes(8, "big")
        data += len(field).to_bytes(4, "big") + field
    return data


def derive(secret, purpose, *fields):
    return HKDF(hashes.SHA256(), 32, None, info(purpose, *fields)).derive(secret)


def mac(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def canonical(value):
    # The vectors hold ASCII, integers and no control characters: there, this is RFC 8785.
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def strict(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("duplicate member")
    return dict(pairs)


BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def polymod(values):
    sum = 1
    for value in values:
        top = sum >> 25
        sum = (sum & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate([0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3]):
            sum ^= generator if top >> bit & 1 else 0
    return sum


def recovery_defect(text):
    """None, or the kind of defect; what a sound string opens to is compared by the caller."""
    text = text.replace("-", "").replace(" ", "")
    if text.lower() != text and text.upper() != text:
        return "mixed_case", None
    text = text.lower()
    if not text.startswith("swarm1"):
        return "prefix", None
    if any(character not in BECH32 for character in text[6:]):
        return "foreign_character", None
    if len(text) != 65:
        return "length", None
    values = [BECH32.index(character) for character in text[6:]]
    expanded = [ord(c) >> 5 for c in "swarm"] + [0] + [ord(c) & 31 for c in "swarm"]
    if polymod(expanded + values) != 0x2BC830A3:
        return "checksum", None
    bits = "".join(f"{value:05b}" for value in values[1:53])
    if values[0] != 0 or "1" in bits[256:]:
        return "version", None
    return None, int(bits[:256], 2).to_bytes(32, "big")


def base58(data):
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = alphabet[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def did(raw):
    return "did:key:z" + base58(b"\xed\x01" + raw)


def raw_of(public):
    return public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def key_pair(kem, seed):
    """The private key as HPKE takes it, and the public key's bytes."""
    if kem == "x25519":
        private = x25519.X25519PrivateKey.from_private_bytes(seed)
        return private, raw_of(private.public_key())
    expanded = hashlib.shake_256(seed).digest(96)
    first = mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
    second = x25519.X25519PrivateKey.from_private_bytes(expanded[64:])
    public = first.public_key().public_bytes_raw() + raw_of(second.public_key())
    return hpke.MLKEM768X25519PrivateKey(first, second), public


def suite(kem):
    kind = hpke.KEM.X25519 if kem == "x25519" else hpke.KEM.MLKEM768_X25519
    return hpke.Suite(kind, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


KEM_IDS = {"x25519": 0x0020, "xwing": 0x647A}


def recipient_id(kem, public):
    return "rcpt-" + hashlib.sha256(KEM_IDS[kem].to_bytes(2, "big") + public).hexdigest()[:32]


def check_jws(text, public):
    signed, signature = text.rsplit(".", 1)
    header, payload = signed.split(".")
    public.verify(unb64(signature), signed.encode())
    same(json.loads(unb64(header), object_pairs_hook=strict), {"alg": "EdDSA", "typ": "swarm-cap+jwt"}, "JWS header")
    return json.loads(unb64(payload), object_pairs_hook=strict)


def has_critical(value):
    if isinstance(value, dict):
        return any(name.startswith("critical_") or has_critical(member) for name, member in value.items())
    return isinstance(value, list) and any(has_critical(element) for element in value)


def verdict(vector, signer, recipient, node):
    """The code with which a token is refused, or None."""
    signed, signature = vector["jws"].rsplit(".", 1)
    header, payload = (json.loads(unb64(part), object_pairs_hook=strict) for part in signed.split("."))
    if header != {"alg": "EdDSA", "typ": "swarm-cap+jwt"} or has_critical(payload) or payload["ratchet_step"] < 0:
        return "STATE_CAP_MALFORMED"
    if payload["iss"] != did(raw_of(signer)):
        return "STATE_CAP_FORGED"
    try:
        signer.verify(unb64(signature), signed.encode())
    except Exception:
        return "STATE_CAP_FORGED"
    if payload["aud"] != recipient:
        return "STATE_CAP_WRONG_AUDIENCE"
    if payload["sub"] != node:
        return "STATE_CAP_WRONG_NODE"
    if payload["ratchet_step"] != 7:
        return "STATE_CAP_WRONG_STEP"
    if vector["now"] < payload["nbf"]:
        return "STATE_CAP_NOT_YET_VALID"
    return "STATE_CAP_EXPIRED" if vector["now"] >= payload["exp"] else None


def request_verdict(vector, private, recipient, signer):
    """The code with which a sealed request is refused, or what it opens to."""
    try:
        sealed = base64.b64decode(vector["sealed"] + "=" * (-len(vector["sealed"]) % 4), b"-_", validate=True)
    except ValueError:
        return "DISPATCH_REQUEST_MALFORMED"
    try:
        same(sealed[:2], KEM_IDS[vector["kem"]].to_bytes(2, "big"), "KEM of a request")
        signed, _, signature = suite(vector["kem"]).decrypt(sealed[2:], private, info=b"swarm/v1/dispatch").decode().rpartition(".")
    except Exception:
        return "DISPATCH_REQUEST_WRONG_WORKER"
    header, payload = (json.loads(unb64(part), object_pairs_hook=strict) for part in signed.split("."))
    if header != {"alg": "EdDSA", "typ": "swarm-dispatch+jws"}:
        return "DISPATCH_REQUEST_MALFORMED"
    try:
        signer.verify(unb64(signature), signed.encode())
    except InvalidSignature:
        return "DISPATCH_REQUEST_FORGED"
    if payload["issuer"] != did(raw_of(signer)):
        return "DISPATCH_REQUEST_FORGED"
    if payload["audience"] != recipient:
        return "DISPATCH_REQUEST_WRONG_WORKER"
    if vector["now"] + 300 < payload["issued_at_unix"]:
        return "DISPATCH_REQUEST_NOT_YET_VALID"
    return "DISPATCH_REQUEST_EXPIRED" if vector["now"] >= payload["expires_at_unix"] else canonical(payload).decode()


def group(name):
    print(f"ok {name} ({checked} values so far)")


path = pathlib.Path(__file__).resolve().parents[2] / "vectors" / "keys.json"
vectors = json.loads(path.read_text(), object_pairs_hook=strict)
same(vectors["schema_version"], "swarm-key-vectors-v1", "schema_version")
root = bytes.fromhex(vectors["root_secret"])

key_id = "key-" + derive(root, "key-id")[:8].hex()
same(key_id, vectors["key_id"], "key_id")
same(recovery_defect(vectors["recovery_string"]), (None, root), "recovery string")
for vector in vectors["refused_recovery_strings"]:
    same(recovery_defect(vector["text"])[0], vector["defect"], "refused recovery string")
group("root")

content = derive(root, "content")
same(content.hex(), vectors["content_secret"], "content secret")
gear = b"".join(derive(content, "gear", block) for block in range(64))
same([gear[i : i + 8].hex() for i in range(0, 2048, 8)], vectors["gear_table"], "gear table")
for vector in vectors["chunks"]:
    codec, payload = bytes([vector["codec"]]), bytes.fromhex(vector["payload"])
    h = hashlib.sha256(codec + payload).digest()
    same(h.hex(), vector["h"], "h")
    same(derive(content, "name", h).hex(), vector["name"], "chunk name")
    key = derive(content, "chunk", h)
    same(key.hex(), vector["key"], "chunk key")
    same((codec + AESGCM(key).encrypt(ZERO, payload, codec)).hex(), vector["sealed"], "sealed chunk")
group("content")

for vector in vectors["nodes"]:
    operation, name, step = vector["operation"], vector["name"], vector["ratchet_step"]
    parent = vector["parent_node_id"] or ""
    state = derive(root, "node", "state", operation, name, parent, step)
    read, write = derive(state, "read"), derive(state, "write")
    net = derive(derive(root, "node", "net", operation, name, parent, step), "net")
    same((read.hex(), write.hex(), net.hex()), (vector["read"], vector["write"], vector["net"]), "node keys")
    identity = {"key_id": key_id, "operation": operation, "parent_node_id": vector["parent_node_id"], "ratchet_step": step}
    identity["label" if operation == "fork" else "run_id"] = name
    associated = json.dumps(identity, sort_keys=True, separators=(",", ":")).encode()
    same(associated.hex(), vector["associated"], "associated data of a node")
    plaintext = bytes.fromhex(vector["plaintext"])
    for secret, purpose in [(read, "root"), (read, "times"), (net, "ticket")]:
        sealed = AESGCMSIV(derive(secret, purpose)).encrypt(ZERO, plaintext, associated)
        same(sealed.hex(), vector[f"sealed_{purpose}"], f"sealed {purpose}")
    for kind in ["workspace", "state"]:
        commitment = mac(derive(read, "commit", kind), bytes.fromhex(vector["t"]))
        same("sha256:" + commitment.hex(), vector[f"{kind}_commitment"], f"{kind} commitment")
    same(derive(read, "request-salt").hex(), vector["request_salt"], "request salt")
group("nodes")

for vector in vectors["local_keys"]:
    local = derive(root, "local", vector["purpose"])
    fields = [bytes.fromhex(field) for field in vector["fields"]]
    same(mac(derive(local, "digest"), info("digest", *fields)).hex(), vector["digest"], "local digest")
    name = mac(derive(local, "digest"), info("digest", bytes.fromhex(vector["t"]))).hex()[:16]
    same(name, vector["import_name"], "import name")
    nonce = bytes.fromhex(vector["nonce"])
    plaintext, associated = bytes.fromhex(vector["plaintext"]), bytes.fromhex(vector["associated"])
    sealed = nonce + AESGCM(derive(local, "seal")).encrypt(nonce, plaintext, associated)
    same(sealed.hex(), vector["sealed"], "local seal")
group("local keys")

signing = ed25519.Ed25519PrivateKey.from_private_bytes(derive(root, "ed25519"))
public = signing.public_key()
vector = vectors["signing_key"]
same(raw_of(public).hex(), vector["public_key"], "public key")
same(did(raw_of(public)), vector["did"], "did:key")
pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
same(pem.decode(), vector["spki_pem"], "PEM")
same(signing.sign(bytes.fromhex(vector["message"])).hex(), vector["signature"], "signature")
group("signing key")

recipients = {}
for vector in vectors["recipients"]:
    kem, seed = vector["kem"], derive(root, vector["kem"])
    private, raw = key_pair(kem, seed)
    recipients[kem] = private, recipient_id(kem, raw)
    same(vector["kem_id"], KEM_IDS[kem], "KEM id")
    same(f"swarm-recipient-secret:{kem}:{b64(seed)}", vector["secret"], "recipient secret")
    same(recipient_id(kem, raw), vector["id"], "recipient id")
    same(f"swarm-recipient:{kem}:{recipient_id(kem, raw)}:{b64(raw)}", vector["public"], "recipient")
group("recipients")

vector = vectors["signed_claims"]
claims = check_jws(vector["jws"], public)
same(canonical(claims).decode(), vector["payload"], "canonical claims")
header = b64(canonical({"alg": "EdDSA", "typ": "swarm-cap+jwt"}))
signed = f"{header}.{b64(canonical(claims))}"
same(f"{signed}.{b64(signing.sign(signed.encode()))}", vector["jws"], "JWS")
del claims["sealed"]
same(hashlib.sha256(canonical(claims)).hexdigest(), vector["info"], "info")
for vector in vectors["tokens"]:
    kem = vector["kem"]
    claims = check_jws(vector["jws"], public)
    sealed = unb64(claims.pop("sealed"))
    same(sealed[:2], KEM_IDS[kem].to_bytes(2, "big"), "KEM of the sealed part")
    binding = hashlib.sha256(canonical(claims)).digest()
    opened = suite(kem).decrypt(sealed[2:], recipients[kem][0], info=binding)
    same(opened.hex(), vector["opens_to"], f"{kem} token")
node = "node-000102030405060708090a0b0c0d0e0f"
for vector in vectors["refused_tokens"]:
    same(verdict(vector, public, recipients["xwing"][1], node), vector["code"], vector["name"])
group("tokens")

files = vectors["key_files"]
roots = [root, bytes(range(32, 64))]
ids = ["key-" + derive(secret, "key-id")[:8].hex() for secret in roots]
random = bytes.fromhex(files["random"])
salt, nonce = random[:16], random[16:]
wrapping = Scrypt(salt, 32, 2**17, 8, 1).derive(files["passphrase"].encode())
ciphertext = AESGCM(wrapping).encrypt(nonce, b"".join(roots), info("keyring", ids[1], *ids))
base = {"schema_version": "swarm-keyring-v1", "current": ids[1], "keys": ids}
wrapped = {"kdf": "scrypt", "n": 2**17, "r": 8, "p": 1, "salt": b64(salt), "nonce": b64(nonce)}
wrapped["ciphertext"] = b64(ciphertext)
for name, member in [("plain", {"secrets": b64(b"".join(roots))}), ("wrapped", {"wrapped": wrapped})]:
    document = base | member
    document["checksum"] = "sha256:" + hashlib.sha256(canonical(document)).hexdigest()
    same(canonical(document).decode() + "\n", files[name], f"{name} key file")
group("key files")

vectors = json.loads((path.parent / "dispatch.json").read_text(), object_pairs_hook=strict)
same(vectors["schema_version"], "swarm-dispatch-vectors-v1", "schema_version")
same(vectors["root_secret"], root.hex(), "root secret")
for vector in vectors["requests"] + vectors["refused"]:
    private, raw = key_pair(vector["kem"], bytes.fromhex(vectors["worker_seed"]))
    found = request_verdict(vector, private, recipient_id(vector["kem"], raw), public)
    same(found, vector.get("opens_to", vector.get("code")), vector["name"])
caps = json.loads(vectors["requests"][0]["opens_to"])["caps"]
state = derive(root, "node", "state", "launch", "r1", "", 3)
same([unb64(caps[name]) for name in ("read_child", "write_child")], [derive(state, "read"), derive(state, "write")], "caps")
group("sealed requests")
