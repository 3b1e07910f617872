"""Verifies one bundle with PyPI's sigstore, offline, as a process of its own.

    sigstore_python.py BUNDLE TRUSTED_ROOT ARTIFACT IDENTITY ISSUER
"""

import sys

from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier, policy


def main(bundle, root, artifact, identity, issuer):
    """Raises where the bundle does not verify."""
    with open(bundle, "rb") as one, open(artifact, "rb") as other:
        verifier = Verifier(trusted_root=TrustedRoot.from_file(root))
        verifier.verify_artifact(other.read(), Bundle.from_json(one.read()), policy.Identity(identity=identity, issuer=issuer))


if __name__ == "__main__":
    main(*sys.argv[1:])
