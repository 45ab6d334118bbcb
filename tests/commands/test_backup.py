"""``mokmin backup`` and ``mokmin restore`` as processes: killed, out of room, called wrongly."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.db import Database
from mokmin.governance.audit.service import AuditLog
from mokmin.knowledge.documents.store import documents, passages

KILLS = 2
KEYS = {"file", "bytes", "documents", "passages", "files", "seconds"}
Place = Callable[[], str]


@pytest.fixture
def database_url(home: Path) -> str:
    """The default database of a home."""
    return f"sqlite:///{home / 'mokmin.db'}"


@pytest.fixture
def city(app: App, put: Any) -> App:
    """Enough that backup and restore take a moment."""
    for number in range(40):
        text = "".join(
            f"## 제{n}조\n\n{number}번 시설의 이용료는 {number * n:,}원이다.\n\n" for n in range(40)
        )
        put(app, f"{number}.md", f"# 시설 {number}\n\n{text}<!-- {'가' * 20_000} -->\n")
    return app


def command(*arguments: str, limit: int | None = None, **env: str) -> list[Any]:
    """A started process."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MOKMIN_")} | env

    def room() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return [
        subprocess.Popen(
            [sys.executable, "-m", "mokmin", *arguments, "--json"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=room,
        )
    ]


def run(*arguments: str, limit: int | None = None, **env: str) -> tuple[int, dict[str, Any], str]:
    """Status, the object on standard output, and standard error."""
    (process,) = command(*arguments, limit=limit, **env)
    out, err = process.communicate(timeout=120)
    return process.returncode, json.loads(out) if out.strip() else {}, err.decode()


def kill_after(sign: Path, seconds: float, *arguments: str, **env: str) -> bool:
    """Start, and kill -9 that long after ``sign`` appeared; whether it was still running."""
    (process,) = command(*arguments, **env)
    while not sign.exists() and process.poll() is None:
        time.sleep(0.005)
    time.sleep(seconds)
    running = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return running


def last_seconds(*arguments: str, **env: str) -> float:
    """How long the work itself takes; it must do well."""
    status, found, err = run(*arguments, **env)
    assert status == 0, err
    assert set(found) == KEYS
    return float(found["seconds"])


def whole(url: str) -> tuple[int, int]:
    """(documents, passages) of a database whose log is sound."""
    db = Database(url)
    try:
        assert AuditLog(db).verify().ok
        with db.read() as connection:
            return (
                connection.execute(sa.select(sa.func.count()).select_from(documents)).scalar_one(),
                connection.execute(sa.select(sa.func.count()).select_from(passages)).scalar_one(),
            )
    finally:
        db.close()


def test_a_backup_killed_at_any_moment_leaves_no_half_file(city: App, tmp_path: Path) -> None:
    home, file = str(city.settings.home), tmp_path / "out" / "b.zip"
    file.parent.mkdir()
    seconds = last_seconds("--home", home, "backup", str(file))
    file.unlink()
    killed = 0
    for number in range(1, KILLS + 1):
        killed += kill_after(
            file.with_name("b.zip.part"),
            seconds * number / (KILLS + 1),
            "--home",
            home,
            "backup",
            str(file),
        )
        left = {p.name for p in file.parent.iterdir()}
        file.with_name("b.zip.part").unlink(missing_ok=True)
        assert left <= {"b.zip.part", "b.zip"}
        if file.exists():
            with zipfile.ZipFile(file) as archive:
                assert archive.testzip() is None
            file.unlink()
    assert killed
    (file.parent / "b.zip.part").write_bytes(b"left by a killed one" * 1_000)
    last_seconds("--home", home, "backup", str(file))
    assert {p.name for p in file.parent.iterdir()} == {"b.zip"}


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_restore_killed_at_any_moment_leaves_nothing_in_the_target(
    city: App, tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    file, home = tmp_path / "b.zip", tmp_path / "out" / "home"
    made = run("--home", str(city.settings.home), "backup", str(file))[1]
    expected = (made["documents"], made["passages"])
    env, url = {}, f"sqlite:///{home / 'mokmin.db'}"
    if kind == "postgresql":
        server = request.getfixturevalue("cluster")
        server.create("killed", "template0")
        request.addfinalizer(lambda: server.drop("killed"))
        url = server.url("killed")
        env = {"MOKMIN_DATABASE_URL": url}

    def clear() -> None:
        shutil.rmtree(home)
        if kind == "postgresql":
            server.drop("killed")
            server.create("killed", "template0")

    sign = home.parent / ".home.restoring"
    arguments = ("restore", str(file), "--home", str(home))
    seconds = last_seconds(*arguments, **env)
    assert whole(url) == expected
    clear()
    killed = 0
    for number in range(1, KILLS + 1):
        shutil.rmtree(sign, ignore_errors=True)
        killed += kill_after(sign, seconds * number / (KILLS + 1), *arguments, **env)
        if home.exists():
            assert whole(url) == expected
            clear()
        elif kind == "postgresql":
            db = Database(url)
            with db.read() as connection:
                assert sa.inspect(connection).get_table_names() == []
            db.close()
    assert killed
    last_seconds(*arguments, **env)
    assert whole(url) == expected
    assert {p.name for p in home.parent.iterdir()} == {"home"}, "what the killed ones left is gone"


def test_without_room_the_error_is_clear_and_nothing_stays(city: App, tmp_path: Path) -> None:
    home, file = str(city.settings.home), tmp_path / "b.zip"
    status, found, err = run("--home", home, "backup", str(file), limit=200_000)
    assert status == 1
    assert found["error"]["code"] == "unavailable"
    assert "쓰지 못했습니다" in err
    assert "Traceback" not in err
    assert not list(tmp_path.glob("b.zip*"))
    run("--home", home, "backup", str(file))
    target = tmp_path / "target"
    status, found, err = run("restore", str(file), "--home", str(target), limit=200_000)
    assert status == 1
    assert found["error"]["code"] == "unavailable", err
    assert "Traceback" not in err
    assert not list(tmp_path.glob("*target*"))


def test_wrong_calls(tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    status, found, _ = run("--home", str(tmp_path / "typo"), "backup", str(file))
    assert (status, found["error"]["code"]) == (2, "invalid-input")
    assert not (tmp_path / "typo").exists(), "a wrong name makes no home"
    assert not file.exists()
    status, found, _ = run("restore", str(file), "--home", str(tmp_path / "new"))
    assert (status, found["error"]["code"]) == (2, "invalid-input")
    file.write_bytes(b"x")
    status, found, _ = run("restore", str(file), "--home", str(tmp_path / "new"))
    assert (status, found["error"]["code"]) == (2, "unreadable-file")
    assert {p.name for p in tmp_path.iterdir()} == {"b.zip"}
