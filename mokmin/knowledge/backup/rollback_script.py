"""Puts an installation back as it was before an update: the files of its packages, and an SQLite database.

A copy of this file is written beside what it puts back (``updates/rollback.py`` of the data folder) before
anything is changed, and is run in a process of its own: it needs the standard library alone, so it also
works when the installed package does not. Running it twice does no harm.

    python DATA_FOLDER/updates/rollback.py
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import sys
from pathlib import Path

PLAN = "plan.json"
SIDES = ("", "-wal", "-shm")


def normal(name: str) -> str:
    """A distribution's name, normalised (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def installed(site: Path, name: str) -> list[Path]:
    """Folders that say that a distribution is installed."""
    found = []
    for path in site.glob("*.dist-info"):
        if normal(path.name.removesuffix(".dist-info").rsplit("-", 1)[0]) == name:
            found.append(path)
    return found


def files_of(site: Path, info: Path, prefix: Path) -> list[Path]:
    """The files of a distribution that lie below ``prefix``, by its record."""
    record = info / "RECORD"
    if not record.is_file():
        return [path for path in info.rglob("*") if path.is_file()]
    with record.open(encoding="utf-8", newline="") as handle:
        rows = [row[0] for row in csv.reader(handle) if row]
    paths = [Path(os.path.normpath(site / row)) for row in rows]
    return [path for path in paths if path.is_relative_to(prefix)]


def remove_packages(site: Path, prefix: Path, names: list[str], whole: list[str]) -> None:
    """Remove distributions, also half-installed ones; ``whole`` are folders that belong to them alone."""
    for name in names:
        for info in installed(site, name):
            for path in files_of(site, info, prefix):
                path.unlink(missing_ok=True)
            shutil.rmtree(info, ignore_errors=True)
        # What the installer had put aside when it was stopped: their first letter is a tilde.
        for path in site.glob("~*"):
            known = path.name[1:].removesuffix(".dist-info")
            if name[1:] in (normal(known), normal(known.rsplit("-", 1)[0])):
                shutil.rmtree(path, ignore_errors=True)
    for folder in whole:
        shutil.rmtree(site / folder, ignore_errors=True)


def put_back_files(saved: Path, prefix: Path) -> None:
    """Copy saved files to where they were."""
    for path in sorted(saved.rglob("*")):
        if path.is_file():
            target = prefix / path.relative_to(saved)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)


def put_back_database(saved: Path, database: Path) -> None:
    """Replace an SQLite database by its copy."""
    if not saved.is_file():
        return
    fresh = database.with_name(database.name + ".putting-back")
    shutil.copy2(saved, fresh)
    for side in SIDES[1:]:
        database.with_name(database.name + side).unlink(missing_ok=True)
    fresh.replace(database)


def main(folder: Path) -> int:
    """Put back what the plan in a folder says; 0 when done or nothing is to be done."""
    file = folder / PLAN
    if not file.is_file():
        sys.stdout.write("되돌릴 업데이트가 없습니다.\n")
        return 0
    plan = json.loads(file.read_text(encoding="utf-8"))
    site, prefix, saved = Path(plan["site"]), Path(plan["prefix"]), Path(plan["saved"])
    remove_packages(site, prefix, plan["names"], plan["whole"])
    put_back_files(saved / "files", prefix)
    if plan["database"]:
        put_back_database(saved / "mokmin.db", Path(plan["database"]))
    if plan["pointer"] and (saved / "CURRENT").is_file():
        shutil.copy2(saved / "CURRENT", plan["pointer"])
    file.replace(folder / "plan.undone.json")
    sys.stdout.write("업데이트 전으로 되돌렸습니다.\n")
    if not plan["database"]:
        sys.stdout.write(
            "데이터베이스가 PostgreSQL이면 그 구조도 예전 판의 것인지 'mokmin doctor'로 확인하세요. 다르면 백업을 빈 "
            f"데이터베이스에 되살리세요: {plan['backup']}\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent))
