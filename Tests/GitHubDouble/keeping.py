"""Endpoints of environments, of secrets and variables (an environment's, and the repository's own), and of attestations."""
import base64
import json
import re
import time

import shapes
from api import route
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox
from web import Answer, Problem


# The name under which a repository keeps what belongs to no environment.
OWN = None


def environment(call, full, name=OWN, make=False):
    key = (full, name)
    with call.double.lock:
        if key not in call.double.environments:
            if not make and name is not OWN:
                raise Problem(404, "Not Found")
            call.double.environments[key] = {
                "key": PrivateKey.generate(),
                "secrets": {},
                "variables": {},
                "created": time.time(),
                "times": {},
            }
        return call.double.environments[key]


@route("PUT", "/repos/{owner}/{repo}/environments/{name}")
def _(call, full, name):
    environment(call, full, name, make=True)
    return shown(call, full, name)


@route("GET", "/repos/{owner}/{repo}/environments/{name}")
def shown(call, full, name):
    entry = environment(call, full, name)
    here = f"{call.base}/repos/{full}/environments/{name}"
    created = shapes.moment(entry["created"])
    shape = {"id": shapes.number(name), "node_id": name, "name": name, "url": here, "html_url": here}
    return Answer(200, {**shape, "created_at": created, "updated_at": created, "protection_rules": []})


@route("DELETE", "/repos/{owner}/{repo}/environments/{name}")
def _(call, full, name):
    environment(call, full, name)
    del call.double.environments[(full, name)]
    return Answer(204)


@route("GET", "/repos/{owner}/{repo}/environments/{name}/secrets/public-key")
@route("GET", "/repos/{owner}/{repo}/actions/secrets/public-key")
def _(call, full, name=OWN):
    key = environment(call, full, name)["key"].public_key
    return Answer(200, {"key_id": str(shapes.number(bytes(key).hex())), "key": base64.b64encode(bytes(key)).decode()})


@route("PUT", "/repos/{owner}/{repo}/environments/{name}/secrets/{secret}")
@route("PUT", "/repos/{owner}/{repo}/actions/secrets/{secret}")
def _(call, full, secret, name=OWN):
    call.need("secrets", "write")
    entry = environment(call, full, name)
    if name is OWN and not call.double.settings["secrets"]:
        raise Problem(403, "Resource not accessible by personal access token")
    if call.value.get("key_id") != str(shapes.number(bytes(entry["key"].public_key).hex())):
        raise Problem(422, "key_id is not that of the public key")
    try:
        text = SealedBox(entry["key"]).decrypt(base64.b64decode(call.value["encrypted_value"])).decode()
    except (CryptoError, ValueError, KeyError) as error:
        raise Problem(422, "encrypted_value cannot be opened") from error
    known = secret in entry["secrets"]
    entry["secrets"][secret] = text
    entry["times"][secret] = time.time()
    return Answer(204) if known else Answer(201, {})


@route("GET", "/repos/{owner}/{repo}/environments/{name}/secrets/{secret}")
@route("GET", "/repos/{owner}/{repo}/actions/secrets/{secret}")
def _(call, full, secret, name=OWN):
    times = environment(call, full, name)["times"]
    if secret not in times:
        raise Problem(404, "Not Found")
    moment = shapes.moment(times[secret])
    return Answer(200, {"name": secret, "created_at": moment, "updated_at": moment})


@route("DELETE", "/repos/{owner}/{repo}/environments/{name}/secrets/{secret}")
@route("DELETE", "/repos/{owner}/{repo}/actions/secrets/{secret}")
def _(call, full, secret, name=OWN):
    entry = environment(call, full, name)
    if entry["secrets"].pop(secret, None) is None:
        raise Problem(404, "Not Found")
    del entry["times"][secret]
    return Answer(204)


@route("DELETE", "/repos/{owner}/{repo}/environments/{name}/variables/{variable}")
def _(call, full, variable, name=OWN):
    if environment(call, full, name)["variables"].pop(variable, None) is None:
        raise Problem(404, "Not Found")
    return Answer(204)


@route("GET", "/repos/{owner}/{repo}/actions/secrets")
def _(call, full):
    times = environment(call, full)["times"]
    shown = [{"name": name, "created_at": shapes.moment(time), "updated_at": shapes.moment(time)} for name, time in sorted(times.items())]
    return call.page("secrets", shown)


@route("POST", "/repos/{owner}/{repo}/environments/{name}/variables")
@route("POST", "/repos/{owner}/{repo}/actions/variables")
def _(call, full, name=OWN):
    variables = environment(call, full, name)["variables"]
    if call.value["name"] in variables:
        raise Problem(409, "Already exists - Variable already exists")
    variables[call.value["name"]] = call.value["value"]
    return Answer(201, {})


@route("PATCH", "/repos/{owner}/{repo}/environments/{name}/variables/{variable}")
@route("PATCH", "/repos/{owner}/{repo}/actions/variables/{variable}")
def _(call, full, variable, name=OWN):
    variables = environment(call, full, name)["variables"]
    if variable not in variables:
        raise Problem(404, "Not Found")
    variables[variable] = call.value["value"]
    return Answer(204)


@route("GET", "/repos/{owner}/{repo}/environments/{name}/variables/{variable}")
@route("GET", "/repos/{owner}/{repo}/actions/variables/{variable}")
def _(call, full, variable, name=OWN):
    entry = environment(call, full, name)
    if variable not in entry["variables"]:
        raise Problem(404, "Not Found")
    moment = shapes.moment(entry["created"])
    value = entry["variables"][variable]
    return Answer(200, {"name": variable, "value": value, "created_at": moment, "updated_at": moment})


def snappy(data):
    """One raw snappy block of literals alone."""
    out, length = bytearray(), len(data)
    while length >= 0x80:
        out.append(length & 0x7F | 0x80)
        length >>= 7
    out.append(length)
    for start in range(0, len(data), 65_536):
        part = data[start : start + 65_536]
        out += bytes([61 << 2]) + (len(part) - 1).to_bytes(2, "little") + part
    return bytes(out)


@route("POST", "/repos/{owner}/{repo}/attestations")
def _(call, full):
    call.need("attestations", "write")
    bundle = call.value["bundle"]
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    for subject in statement["subject"]:
        key = (full, "sha256:" + subject["digest"]["sha256"])
        call.double.attestations.setdefault(key, []).insert(0, bundle)
    return Answer(201, {"id": len(call.double.attestations)})


@route("GET", "/repos/{owner}/{repo}/attestations/{subject}")
def _(call, full, subject):
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", subject):
        raise Problem(422, "Invalid subject digest")
    found = call.double.attestations.get((full, subject), [])
    if not found:
        raise Problem(404, "Not Found")
    entries = []
    for bundle in found:
        data = snappy(json.dumps(bundle).encode())
        link = call.double.blobs.link(call.double.blob_base, data, "bundle.json.sn", "application/x-snappy")
        entry = {"repository_id": shapes.number(full), "bundle_url": link, "initiator": "user"}
        if call.double.settings["inline_bundles"]:
            entry["bundle"] = bundle
        entries.append(entry)
    return Answer(200, {"attestations": entries})
