"""A home-made Fulcio and time-stamping authority, in the form of GitHub's own instance: certificates with Fulcio's extensions, RFC 3161
timestamps by `openssl ts`, bundles v0.3, and the trusted root of it all."""
import base64
import datetime
import hashlib
import json
import pathlib
import subprocess
import tempfile
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

PREFIX = "1.3.6.1.4.1.57264.1."
ISSUER = "https://token.actions.githubusercontent.com"
TSA_SETTING = """[tsa]
default_tsa = t
[t]
serial = serial
signer_digest = sha256
default_policy = 1.3.6.1.4.1.57264.2
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def base64_text(data):
    return base64.b64encode(data).decode()


def der(certificate):
    return certificate.public_bytes(serialization.Encoding.DER)


def name(common):
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "GitHub, Inc."), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


def utf8(text):
    """DER of a UTF8String."""
    data = text.encode()
    length = bytes([len(data)]) if len(data) < 128 else bytes([0x82]) + len(data).to_bytes(2, "big")
    return b"\x0c" + length + data


def usage(**which):
    every = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"]
    every += ["key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]
    return x509.KeyUsage(**{one: which.get(one, False) for one in every})


class Authority:
    """Makes its keys when it is made; nothing signed by another one verifies under its root."""

    def __init__(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        self.start = now - datetime.timedelta(hours=1)
        self.end = now + datetime.timedelta(days=3650)
        self._lock = threading.Lock()
        self._folder = tempfile.TemporaryDirectory()
        self.root, root_key = self._issue("Internal Services Root", None, None, authority=1)
        self.intermediate, self._key = self._issue("Fulcio Intermediate l2", self.root, root_key, authority=0)
        self.stamp_root, stamp_key = self._issue("TSA Root", None, None, authority=0)
        self.stamper, stamper_key = self._issue("TSA Timestamping", self.stamp_root, stamp_key, stamps=True)
        folder = pathlib.Path(self._folder.name)
        (folder / "tsa.conf").write_text(TSA_SETTING)
        (folder / "serial").write_text("01\n")
        (folder / "cert.pem").write_bytes(self.stamper.public_bytes(serialization.Encoding.PEM))
        (folder / "key.pem").write_bytes(
            stamper_key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    def _issue(self, common, issuer, issuer_key, authority=None, stamps=False, extensions=(), lifetime=None):
        key = ec.generate_private_key(ec.SECP256R1())
        signer = issuer_key or key
        builder = x509.CertificateBuilder().serial_number(x509.random_serial_number()).public_key(key.public_key())
        builder = builder.subject_name(name(common) if common else x509.Name([]))
        builder = builder.issuer_name(issuer.subject if issuer else name(common))
        start, end = lifetime or (self.start, self.end)
        builder = builder.not_valid_before(start).not_valid_after(end)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        if authority is not None:
            builder = builder.add_extension(x509.BasicConstraints(True, authority), critical=True)
            builder = builder.add_extension(usage(key_cert_sign=True, crl_sign=True), critical=True)
        else:
            builder = builder.add_extension(usage(digital_signature=True), critical=True)
            purpose = ExtendedKeyUsageOID.TIME_STAMPING if stamps else ExtendedKeyUsageOID.CODE_SIGNING
            builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=stamps)
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(signer, hashes.SHA256()), key

    def trusted_root(self):
        """`trusted_root.json`, as `swarm trust import` and gh's --custom-trusted-root take it."""
        start = self.start.strftime("%Y-%m-%dT%H:%M:%SZ")

        def party(uri, *chain):
            return {
                "subject": {"organization": "GitHub, Inc.", "commonName": "double"},
                "uri": uri,
                "certChain": {"certificates": [{"rawBytes": base64_text(der(one))} for one in chain]},
                "validFor": {"start": start},
            }

        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [],
            "certificateAuthorities": [party("fulcio.githubapp.com", self.intermediate, self.root)],
            "ctlogs": [],
            "timestampAuthorities": [party("timestamp.githubapp.com", self.stamper, self.stamp_root)],
        }

    def sign(self, claims, statement):
        """A bundle over `statement`, by a certificate for what the identity token `claims`."""
        now = datetime.datetime.now(datetime.timezone.utc)
        workflow = "https://github.com/" + claims["job_workflow_ref"]
        repository = "https://github.com/" + claims["repository"]
        values = {
            8: ISSUER,
            9: workflow,
            10: claims["job_workflow_sha"],
            11: claims["runner_environment"],
            12: repository,
            13: claims["sha"],
            14: claims["ref"],
            15: claims["repository_id"],
            16: "https://github.com/" + claims["repository_owner"],
            17: claims["repository_owner_id"],
            18: "https://github.com/" + claims["workflow_ref"],
            19: claims["workflow_sha"],
            20: claims["event_name"],
            21: f"{repository}/actions/runs/{claims['run_id']}/attempts/{claims['run_attempt']}",
            22: claims["repository_visibility"],
        }
        old = {
            1: ISSUER,
            2: claims["event_name"],
            3: claims["sha"],
            4: claims["workflow"],
            5: claims["repository"],
            6: claims["ref"],
        }
        extensions = [(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(workflow)]), True)]
        for number, text in old.items():
            extensions.append((x509.UnrecognizedExtension(ObjectIdentifier(f"{PREFIX}{number}"), text.encode()), False))
        for number, text in values.items():
            extensions.append((x509.UnrecognizedExtension(ObjectIdentifier(f"{PREFIX}{number}"), utf8(text)), False))
        lifetime = (now - datetime.timedelta(seconds=5), now + datetime.timedelta(minutes=10))
        leaf, key = self._issue(None, self.intermediate, self._key, extensions=extensions, lifetime=lifetime)
        payload = json.dumps(statement, separators=(",", ":")).encode()
        kind = "application/vnd.in-toto+json"
        encoded = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
        signature = key.sign(encoded, ec.ECDSA(hashes.SHA256()))
        return {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": {"rawBytes": base64_text(der(leaf))},
                "tlogEntries": [],
                "timestampVerificationData": {
                    "rfc3161Timestamps": [{"signedTimestamp": base64_text(self._stamp(signature))}]
                },
            },
            "dsseEnvelope": {
                "payload": base64_text(payload),
                "payloadType": kind,
                "signatures": [{"sig": base64_text(signature)}],
            },
        }

    def _stamp(self, signature):
        folder = pathlib.Path(self._folder.name)
        digest = hashlib.sha256(signature).hexdigest()
        with self._lock:
            subprocess.run(
                ["openssl", "ts", "-query", "-digest", digest, "-sha256", "-cert", "-out", "query.tsq"],
                cwd=folder,
                check=True,
                capture_output=True,
            )
            reply = ["openssl", "ts", "-reply", "-queryfile", "query.tsq", "-config", "tsa.conf", "-section", "t"]
            reply += ["-signer", "cert.pem", "-inkey", "key.pem", "-out", "answer.tsr"]
            subprocess.run(reply, cwd=folder, check=True, capture_output=True)
            return (folder / "answer.tsr").read_bytes()
