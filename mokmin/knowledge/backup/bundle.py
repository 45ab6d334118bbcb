"""A signed bundle of a new version: ``manifest.json``, ``manifest.sig`` and ``wheels/``, in one ZIP.

The signature (Ed25519, RFC 8032) covers the manifest behind a fixed prefix; the manifest names every wheel
with size and SHA-256. Nothing of a bundle is used before the signature of a trusted key was verified.
"""

from __future__ import annotations

import base64
import hashlib
import json
import platform
import re
import sys
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from packaging.tags import sys_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from mokmin.base.errors import InvalidInput, UnreadableFile

FORMAT, PRODUCT = 1, "mokmin"
PREFIX = b"mokmin-update-1\n"
MANIFEST, SIGNATURE, WHEELS = "manifest.json", "manifest.sig", "wheels/"
MOST_MANIFEST, MOST_WHEELS, MOST_BYTES = 2**20, 500, 8 * 2**30
MOST_NOTES = 4000
_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)
_HASH = re.compile(r"[0-9a-f]{64}")
# What the standard library raises on a hostile or cut file.
_BROKEN = (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, OSError)


@dataclass(frozen=True, slots=True)
class Wheel:
    """One package of a bundle."""

    file: str
    bytes: int
    sha256: str

    @property
    def name(self) -> str:
        """The name of the distribution, normalised."""
        return str(parse_wheel_filename(self.file)[0])

    @property
    def version(self) -> Version:
        """Its version."""
        return parse_wheel_filename(self.file)[1]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle holds. ``oldest``: the earliest version that it may be applied to; ``python``: the least
    version of Python, such as 3.11."""

    version: str
    oldest: str
    python: str
    created_at: str
    notes: str
    wheels: tuple[Wheel, ...]

    def to_json(self) -> bytes:
        """As stored and signed."""
        body = {"product": PRODUCT, "format": FORMAT, **asdict(self)}
        return json.dumps(body, ensure_ascii=False, indent=1, sort_keys=True).encode()


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose signature was verified. ``signer``: the fingerprint of the key."""

    path: Path
    manifest: Manifest
    signer: str

    def unpack(self, folder: Path) -> list[Path]:
        """Write the wheels into a folder, each compared with its hash. Raises UnreadableFile."""
        made = []
        with _opened(self.path) as archive:
            for wheel in self.manifest.wheels:
                target, digest, size = folder / wheel.file, hashlib.sha256(), 0
                try:
                    with archive.open(WHEELS + wheel.file) as source, target.open("xb") as out:
                        while chunk := source.read(2**20):
                            size += len(chunk)
                            if size > wheel.bytes:
                                break
                            digest.update(chunk)
                            out.write(chunk)
                except (*_BROKEN, KeyError) as error:
                    raise damaged(wheel.file) from error
                if size != wheel.bytes or digest.hexdigest() != wheel.sha256:
                    raise damaged(wheel.file)
                made.append(target)
        return made


def damaged(where: str) -> UnreadableFile:
    """A bundle that is not what was signed."""
    return UnreadableFile(
        f"업데이트 묶음이 손상되었거나 바뀌었습니다({where[:80]}). 설치하지 않았고 바뀐 것은 없습니다. 묶음을 다시 "
        "받아 주세요."
    )


def fingerprint(key: Ed25519PublicKey) -> str:
    """A key in short: SHA-256 of its 32 bytes, as base64."""
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")


def trusted_keys(file: Path) -> list[Ed25519PublicKey]:
    """The public keys of a PEM file. Raises InvalidInput when there is none, or another kind of key."""
    if not file.is_file():
        raise InvalidInput(
            f"믿을 서명 키가 없습니다. 배포처에서 따로 받은 공개 키(PEM)를 '{file}'에 두고 다시 해 주세요."
        )
    keys = []
    for block in _PEM.findall(file.read_bytes()[: 2**16]):
        try:
            key = load_pem_public_key(block)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise InvalidInput(f"'{file}'의 키를 읽을 수 없습니다.") from error
        if not isinstance(key, Ed25519PublicKey):
            raise InvalidInput(f"'{file}'에 Ed25519가 아닌 키가 있습니다.")
        keys.append(key)
    if not keys:
        raise InvalidInput(f"'{file}'에 공개 키가 없습니다.")
    return keys


def open_bundle(path: Path, keys: Sequence[Ed25519PublicKey]) -> Bundle:
    """Verify the signature, then read. Raises InvalidInput for a signature that no trusted key made,
    UnreadableFile for a file that is no bundle."""
    if not path.is_file():
        raise InvalidInput(f"업데이트 묶음 '{path}'이(가) 없습니다. 경로를 확인해 주세요.")
    with _opened(path) as archive:
        try:
            if archive.getinfo(MANIFEST).file_size > MOST_MANIFEST:
                raise damaged(MANIFEST)
            body, signature = archive.read(MANIFEST), archive.read(SIGNATURE)
            names = archive.namelist()
        except (*_BROKEN, KeyError) as error:
            raise damaged("목록이나 서명이 없음") from error
    signer = _signer(body, signature, keys)
    if signer is None:
        raise InvalidInput(
            "믿는 키로 서명되지 않은 묶음입니다. 설치하지 않았고 바뀐 것은 없습니다. 받은 곳과 공개 키를 확인해 주세요.",
            code="untrusted-bundle",
        )
    manifest = _manifest(body)
    expected = {MANIFEST, SIGNATURE, *(WHEELS + w.file for w in manifest.wheels)}
    if set(names) != expected or len(names) != len(expected):
        raise damaged("목록에 없는 것이 들어 있거나 빠짐")
    return Bundle(path, manifest, signer)


def _signer(body: bytes, signature: bytes, keys: Iterable[Ed25519PublicKey]) -> str | None:
    for key in keys:
        try:
            key.verify(signature, PREFIX + body)
        except InvalidSignature:
            continue
        return fingerprint(key)
    return None


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except _BROKEN as error:
        raise damaged("끝이 잘렸거나 ZIP이 아님") from error


def _manifest(body: bytes) -> Manifest:
    """Raises UnreadableFile."""
    try:
        told = json.loads(body)
        if told["product"] != PRODUCT or told["format"] != FORMAT:
            raise UnreadableFile(
                "이 판이 읽을 수 없는 형식의 묶음입니다. 바뀐 것은 없습니다. 배포처에 알맞은 묶음을 물어 주세요."
            )
        wheels = tuple(
            Wheel(str(w["file"]), int(w["bytes"]), str(w["sha256"])) for w in told["wheels"]
        )
        made = Manifest(
            str(told["version"]),
            str(told["oldest"]),
            str(told["python"]),
            str(told["created_at"])[:40],
            str(told["notes"])[:MOST_NOTES],
            wheels,
        )
        for text in (made.version, made.oldest, made.python):
            Version(text)
        _check_wheels(made)
    except (ValueError, KeyError, TypeError, InvalidVersion, InvalidWheelFilename) as error:
        raise damaged("목록") from error
    return made


def _check_wheels(manifest: Manifest) -> None:
    """Raises ValueError."""
    names = [w.name for w in manifest.wheels]
    if len(set(names)) != len(names) or not 0 < len(names) <= MOST_WHEELS:
        raise ValueError("wheels")
    if sum(w.bytes for w in manifest.wheels) > MOST_BYTES:
        raise ValueError("size")
    for wheel in manifest.wheels:
        if "/" in wheel.file or "\\" in wheel.file or not _HASH.fullmatch(wheel.sha256):
            raise ValueError(wheel.file)
    mine = [w for w in manifest.wheels if w.name == PRODUCT]
    if not mine or mine[0].version != Version(manifest.version):
        raise ValueError("version")


def unfit(manifest: Manifest, present: str) -> list[str]:
    """Why a bundle may not be applied to this installation; empty when it may."""
    reasons = []
    new, old = Version(manifest.version), Version(present)
    if new <= old:
        reasons.append(
            f"묶음의 판({new})이 지금 판({old})보다 새롭지 않습니다. 예전 판으로는 바꾸지 않습니다."
        )
    if old < Version(manifest.oldest):
        reasons.append(
            f"{manifest.oldest} 이상에만 설치할 수 있습니다. 그 판을 먼저 설치해 주세요."
        )
    if Version(platform.python_version()) < Version(manifest.python):
        reasons.append(
            f"파이썬 {manifest.python} 이상이 필요합니다. 지금은 {sys.version.split()[0]}입니다."
        )
    tags = set(sys_tags())
    for wheel in manifest.wheels:
        if tags.isdisjoint(parse_wheel_filename(wheel.file)[3]):
            reasons.append(f"이 기기에 맞지 않는 꾸러미입니다: {wheel.file}")
    return reasons


# --- making one -------------------------------------------------------------------------------
def make_bundle(
    out: Path,
    wheels: Sequence[Path],
    key: Ed25519PrivateKey,
    *,
    oldest: str,
    python: str,
    created_at: str,
    notes: str = "",
) -> Manifest:
    """Write a bundle of wheels, among them that of mokmin, whose version it takes. Raises InvalidInput."""
    listed = []
    for path in sorted(wheels):
        with path.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
        listed.append(Wheel(path.name, path.stat().st_size, digest))
    mine = [w for w in listed if canonicalize_name(w.name) == PRODUCT]
    if not mine:
        raise InvalidInput("목민의 wheel이 없습니다.")
    manifest = Manifest(str(mine[0].version), oldest, python, created_at, notes, tuple(listed))
    body = manifest.to_json()
    _manifest(body)
    with zipfile.ZipFile(out, "x", zipfile.ZIP_STORED) as archive:
        archive.writestr(MANIFEST, body)
        archive.writestr(SIGNATURE, key.sign(PREFIX + body))
        for path in sorted(wheels):
            archive.write(path, WHEELS + path.name)
    return manifest


def read_private_key(file: Path, password: bytes | None = None) -> Ed25519PrivateKey:
    """A signing key from a PEM file. Raises InvalidInput."""
    try:
        key = load_pem_private_key(file.read_bytes(), password)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InvalidInput(f"'{file}'에서 서명 키를 읽을 수 없습니다.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidInput(f"'{file}'의 키는 Ed25519가 아닙니다.")
    return key
