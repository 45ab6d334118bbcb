"""A backup carries closed months and anchors, whatever happens to them meanwhile."""

from __future__ import annotations

import json
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mokmin import migrations
from mokmin.app import App
from mokmin.base.errors import UnreadableFile
from mokmin.governance.access.model import OPERATOR
from mokmin.governance.audit.care import AuditCare
from mokmin.governance.audit.service import Verification
from mokmin.governance.people.sealing import Sealer
from mokmin.knowledge.backup import service as backup_service
from mokmin.knowledge.backup.audit_files import keeps
from mokmin.knowledge.backup.restore import Restore
from mokmin.knowledge.search.fakes import MemoryIndex
from mokmin.settings import Settings


def quiet(_label: str, _done: int, _everything: int) -> None:
    """No progress is shown."""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_backup_under_which_a_month_closes_restores_whole(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        app.audit.record(OPERATOR, "search", f"hits:{number}")
    folder = app.settings.home / "audit"
    app.audit_care.run()
    now = datetime.now() + timedelta(days=200)
    later = AuditCare(app.db, app.audit, folder, now=lambda: now)
    real = backup_service._write_tables

    def tables(*given: Any) -> Any:
        counts = real(*given)
        # Between the tables and the files: the month leaves the table, and another day is anchored.
        assert later.run().archived
        return counts

    monkeypatch.setattr(backup_service, "_write_tables", tables)
    file = tmp_path / "b.mokmin"
    sealed = Sealer(app.settings.home / "keys" / "second-factor").seal("비밀", "1")
    app.backup.make(file, quiet)

    def restored(name: str, source: Path) -> Verification:
        def open_home(folder: Path, url: str) -> App:
            return App(
                Settings(home=folder, database_url=url),
                embedder=app.embedder(),
                analyser=app.analyser(),
                index=MemoryIndex(),
                models=[],
            )

        home = tmp_path / name
        url = f"sqlite:///{home / 'mokmin.db'}"
        Restore(home, url, migrations, open_home).run(source, quiet)
        back = open_home(home, url)
        found = back.audit.verify()
        key = home / "keys" / "second-factor"
        assert Sealer(key).open(sealed, "1") == "비밀"
        assert (key.stat().st_mode & 0o777, key.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        back.db.close()
        return found

    result = restored("first", file)
    assert result.ok and result.anchors == 1
    # And once more, now that entries live in the file alone.
    monkeypatch.setattr(backup_service, "_write_tables", real)
    app.backup.make(file, quiet, force=True)
    result = restored("second", file)
    assert result.ok and result.anchors == 2 and result.entries > result.live > 0
    # A month lost from the file of the backup is not restored as if nothing were missing.
    bad = tmp_path / "bad.mokmin"
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(bad, "w") as target:
        for info in source.infolist():
            if info.filename.startswith("audit/segments/"):
                continue
            data = source.read(info)
            if info.filename == "manifest.json":
                manifest = json.loads(data)
                members = manifest["members"]
                gone = [name for name in members if name.startswith("audit/segments/")]
                assert gone
                for name in gone:
                    del members[name]
                data = json.dumps(manifest).encode()
            target.writestr(info.filename, data)
    with pytest.raises(UnreadableFile):
        restored("third", bad)
    assert not (tmp_path / "third").exists()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("audit/anchors/2026-11-22.json", True),
        ("audit/segments/2026-10.jsonl.gz", True),
        ("audit/segments/2026-10-77.jsonl.gz", True),
        ("audit/../2026-10.jsonl.gz", False),
        ("audit/segments/../../x.jsonl.gz", False),
        ("audit/anchors/evil.json", False),
        ("home/audit/anchors/2026-11-22.json", False),
    ],
)
def test_only_such_names_are_taken(name: str, kept: bool) -> None:
    assert keeps(name) is kept
