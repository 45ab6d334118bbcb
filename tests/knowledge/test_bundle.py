"""Signed update bundles: only what was signed, whole, newer and fit is taken. (Applying one needs an
installation of its own; it is tried by hand, see docs/operator-guide.md.)"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mokmin.base.errors import Conflict, InvalidInput, MokminError, UnreadableFile
from mokmin.knowledge.backup.bundle import make_bundle, open_bundle, unfit
from mokmin.knowledge.backup.updating import FOLDER, history, refuse_unfinished

KEY, OTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()


def bundle(folder: Path, version: str = "9.1.0", key: Any = KEY, **more: Any) -> Path:
    """A bundle of one small wheel."""
    wheel = folder / f"mokmin-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("mokmin/__init__.py", f'__version__ = "{version}"\n' + "#" * 5_000)
    out = folder / f"{version}-{len(list(folder.iterdir()))}.zip"
    given = {"oldest": "0.1.0", "python": "3.11", "created_at": "2026-11-23"} | more
    make_bundle(out, [wheel], key, **given)
    return out


def test_a_signed_bundle_is_read_and_its_wheels_are_those_that_were_signed(tmp_path: Path) -> None:
    found = open_bundle(bundle(tmp_path), [OTHER.public_key(), KEY.public_key()])
    assert found.manifest.version == "9.1.0" and unfit(found.manifest, "0.1.0") == []
    target = tmp_path / "wheels"
    target.mkdir()
    assert [p.name for p in found.unpack(target)] == ["mokmin-9.1.0-py3-none-any.whl"]


def test_what_nobody_trusted_signed_is_refused(tmp_path: Path) -> None:
    made = bundle(tmp_path, key=OTHER)
    for keys in ([], [KEY.public_key()]):
        with pytest.raises(InvalidInput):
            open_bundle(made, keys)
    with pytest.raises(MokminError):
        open_bundle(tmp_path / "none.zip", [KEY.public_key()])
    (tmp_path / "text.zip").write_bytes(b"no archive")
    with pytest.raises(UnreadableFile):
        open_bundle(tmp_path / "text.zip", [KEY.public_key()])


def _changed(source: Path, out: Path, change: Any) -> Path:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return out


def test_a_changed_list_wheel_or_stowaway_is_found(tmp_path: Path) -> None:
    made, keys = bundle(tmp_path), [KEY.public_key()]

    def listed(name: str, body: bytes) -> bytes:
        if not name.endswith(".json"):
            return body
        told = json.loads(body)
        return json.dumps(told | {"notes": "changed"}).encode()

    with pytest.raises(InvalidInput):
        open_bundle(_changed(made, tmp_path / "list.zip", listed), keys)
    flipped = _changed(
        made, tmp_path / "wheel.zip",
        lambda name, body: body[:-9] + b"x" + body[-8:] if name.endswith(".whl") else body,
    )  # fmt: skip
    target = tmp_path / "wheels"
    target.mkdir()
    with pytest.raises(UnreadableFile):
        open_bundle(flipped, keys).unpack(target)
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr("../evil.py", "x")
    with pytest.raises(UnreadableFile):
        open_bundle(made, keys)


def test_older_versions_and_other_pythons_are_told(tmp_path: Path) -> None:
    keys = [KEY.public_key()]
    assert unfit(open_bundle(bundle(tmp_path, "0.1.0"), keys).manifest, "0.1.0")
    assert unfit(open_bundle(bundle(tmp_path, "9.2.0", oldest="5.0"), keys).manifest, "0.1.0")
    assert unfit(open_bundle(bundle(tmp_path, "9.3.0", python="3.99"), keys).manifest, "0.1.0")


def test_an_unfinished_update_keeps_the_service_down(tmp_path: Path) -> None:
    refuse_unfinished(tmp_path)
    assert history(tmp_path) == []
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "plan.json").write_text("{}", encoding="utf-8")
    with pytest.raises(Conflict, match=r"rollback\.py"):
        refuse_unfinished(tmp_path)
