"""Signed update bundles: only what was signed, whole, newer and fit is taken. (Applying one needs an
installation of its own; it is tried by hand, see docs/operator-guide.md.)"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mokmin.base.errors import Conflict, InvalidInput, MokminError, UnreadableFile
from mokmin.knowledge.backup.bundle import Wheel, make_bundle, open_bundle, unfit
from mokmin.knowledge.backup.updating import (
    FOLDER,
    Installation,
    Updater,
    history,
    refuse_unfinished,
)

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


def _installed(site: Path, version: str) -> None:
    """As pip leaves a package."""
    info = f"mokmin-{version}.dist-info"
    files = {"mokmin/__init__.py": version, f"mokmin/only_{version}.py": "", f"{info}/METADATA": ""}
    for name, text in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text, encoding="utf-8")
    script = site.parent / "bin" / "mokmin"
    script.parent.mkdir(exist_ok=True)
    script.write_text(version, encoding="utf-8")
    record = [*files, f"{info}/RECORD", "../bin/mokmin"]
    (site / info / "RECORD").write_text("".join(f"{name},,\n" for name in record), "utf-8")


def _tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("stopped", ["installed", "in the middle"])
def test_packages_and_data_come_back_as_they_were(tmp_path: Path, stopped: str) -> None:
    home, site, database = tmp_path / "home", tmp_path / "env" / "site", tmp_path / "mokmin.db"
    (home / FOLDER).mkdir(parents=True)
    (home / "index").mkdir()
    (home / "index" / "CURRENT").write_text("one", encoding="utf-8")
    _installed(site, "1.0")
    (site / "other.py").write_text("not ours", encoding="utf-8")
    with closing(sqlite3.connect(database)) as db, db:
        db.execute("CREATE TABLE people (name TEXT)")
        db.execute("INSERT INTO people VALUES ('kim')")
    before = _tree(tmp_path / "env")
    place = Installation(Path(sys.executable), (), site, tmp_path / "env", "1.0")
    updater = Updater(home, place, database, "0001", lambda _file: None)
    updater._put_aside([Wheel("mokmin-2.0-py3-none-any.whl", 0, "")], tmp_path / "backup.zip")
    if stopped == "installed":
        for path in [site / "mokmin" / "only_1.0.py", *(site / "mokmin-1.0.dist-info").iterdir()]:
            path.unlink()
        (site / "mokmin-1.0.dist-info").rmdir()
        _installed(site, "2.0")
    else:
        (site / "mokmin").rename(site / "~okmin")
        (site / "mokmin-1.0.dist-info").rename(site / "~okmin-1.0.dist-info")
        (site / "mokmin").mkdir()
        (site / "mokmin" / "only_2.0.py").write_text("", encoding="utf-8")
        (tmp_path / "env" / "bin" / "mokmin").unlink()
    (home / "index" / "CURRENT").write_text("two", encoding="utf-8")
    with closing(sqlite3.connect(database)) as db, db:
        db.execute("DROP TABLE people")
    script = home / FOLDER / "rollback.py"
    for _ in range(2):
        subprocess.run([sys.executable, "-I", "-S", str(script)], check=True, capture_output=True)
        assert _tree(tmp_path / "env") == before
    with closing(sqlite3.connect(database)) as db:
        assert db.execute("SELECT name FROM people").fetchall() == [("kim",)]
    assert (home / "index" / "CURRENT").read_text(encoding="utf-8") == "one"
    refuse_unfinished(home)
