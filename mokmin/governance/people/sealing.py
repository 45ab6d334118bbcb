"""Secrets sealed for the database, with a key that is not in it: a dump of the database alone opens none.

The key is a file of the home that only the service reads. Sealed values are compact JWE (RFC 7516) with
``dir`` and ``A256GCM``; the key id in the protected header ties each to its owner, so that a value
copied into another's row does not open there.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

KEY_BYTES = 32


class Sealer:
    """Seals and opens short texts. ``key_file``: made at the first use, readable by its owner alone."""

    def __init__(self, key_file: Path) -> None:
        self._file = key_file

    def seal(self, text: str, owner: str) -> str:
        """``text`` as it may be stored in a row of ``owner``."""
        header = {"alg": "dir", "enc": "A256GCM", "kid": owner}
        return jwe.encrypt_compact(header, text.encode(), self._key())

    def open(self, sealed: str, owner: str) -> str | None:
        """The text; None when the key is another one, or the value was changed or moved."""
        try:
            found = jwe.decrypt_compact(sealed, self._key())
        except (JoseError, ValueError):
            return None
        if found.headers().get("kid") != owner or found.plaintext is None:
            return None
        return found.plaintext.decode()

    @staticmethod
    def is_sealed(stored: str) -> bool:
        """Whether a stored value is sealed; base32 secrets from before hold no full stop."""
        return "." in stored

    def _key(self) -> OctKey:
        if not self._file.exists():
            self._make()
        return OctKey.import_key(self._file.read_bytes())

    def _make(self) -> None:
        """Write the key whole or not at all; of two processes the first one's stays."""
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._file.with_name(f"{self._file.name}.{secrets.token_hex(8)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as target:
            target.write(secrets.token_bytes(KEY_BYTES))
            target.flush()
            os.fsync(target.fileno())
        try:
            os.link(draft, self._file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
