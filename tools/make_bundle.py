"""Make a signed update bundle out of wheels, or the keys to sign with.

python tools/make_bundle.py keys NAME                      NAME.private (keep it off the servers), NAME.public
python tools/make_bundle.py make OUT.zip WHEEL… --key NAME.private [--oldest 0.1.0] [--notes TEXT]
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from mokmin.base.errors import MokminError
from mokmin.knowledge.backup.bundle import fingerprint, make_bundle, read_private_key


def keys(name: Path) -> None:
    """Write a new pair of keys."""
    key = Ed25519PrivateKey.generate()
    private = name.with_name(name.name + ".private")
    private.touch(mode=0o600, exist_ok=False)
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = name.with_name(name.name + ".public")
    public.write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    print(f"{private}\n{public}\n{fingerprint(key.public_key())}")


def make(options: argparse.Namespace) -> None:
    """Write a bundle."""
    manifest = make_bundle(
        options.out,
        options.wheels,
        read_private_key(options.key),
        oldest=options.oldest,
        python=options.python,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        notes=options.notes,
    )
    print(f"{options.out}: {manifest.version}, {len(manifest.wheels)}")


def main() -> int:
    """Read the arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    kinds = parser.add_subparsers(dest="what", required=True)
    kinds.add_parser("keys").add_argument("name", type=Path)
    one = kinds.add_parser("make")
    one.add_argument("out", type=Path)
    one.add_argument("wheels", type=Path, nargs="+")
    one.add_argument("--key", type=Path, required=True)
    one.add_argument("--oldest", default="0.1.0")
    one.add_argument("--python", default="3.11")
    one.add_argument("--notes", default="")
    options = parser.parse_args()
    try:
        if options.what == "keys":
            keys(options.name)
        else:
            make(options)
    except MokminError as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
