"""``mokmin update apply``: a new version from a signed bundle, or everything as it was before.

Backed up, the packages' files and an SQLite database are copied aside, a plan of how to put them back is
written, and only then the wheels are installed (``pip --no-index --no-deps --require-hashes``), the
database is raised by the new code, and the new code checks itself. Whatever fails puts everything back
with the script that lies beside the plan (``rollback_script.py``); a machine that went down in the middle is
put back by running it, and until then the service does not start.
"""

from __future__ import annotations

import importlib.metadata
import json
import logging
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mokmin.base.db import utcnow
from mokmin.base.errors import Conflict, InvalidInput, Unavailable
from mokmin.knowledge.backup import rollback_script
from mokmin.knowledge.backup.bundle import Bundle, Wheel
from mokmin.knowledge.backup.service import disk_error

log = logging.getLogger(__name__)
FOLDER, HISTORY = "updates", "history.jsonl"
INSTALL_SECONDS, MIGRATE_SECONDS, CHECK_SECONDS = 1800, 4 * 3600, 600
TAIL = 600
Say = Callable[[str], None]
_RAISED = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception|Failure)\b")


@dataclass(frozen=True, slots=True)
class Installation:
    """The Python that runs Mokmin. ``installer``: the command that is pip; ``site``: where packages lie,
    ``prefix``: above everything that belongs to them."""

    python: Path
    installer: tuple[str, ...]
    site: Path
    prefix: Path
    version: str


@dataclass(frozen=True, slots=True)
class Past:
    """An update that was tried. ``result``: ``applied`` or ``rolled-back``."""

    at: str
    before: str
    after: str
    result: str
    reason: str = ""
    backup: str = ""
    signer: str = ""


class Failed(Exception):
    """A step that did not go well, with what it said."""


def history(home: Path) -> list[Past]:
    """Updates of a home, the newest first."""
    file = home / FOLDER / HISTORY
    if not file.is_file():
        return []
    lines = file.read_text(encoding="utf-8").splitlines()
    return [Past(**json.loads(line)) for line in reversed(lines) if line.strip()]


def is_unfinished(home: Path) -> bool:
    """Whether an update was stopped in the middle and has to be put back first."""
    return (home / FOLDER / rollback_script.PLAN).is_file()


def refuse_unfinished(home: Path) -> None:
    """Raises Conflict while an update has to be put back."""
    if is_unfinished(home):
        script = home / FOLDER / "rollback.py"
        raise Conflict(
            f"업데이트가 중간에 멈췄습니다. 먼저 'python {script}'로 되돌려 주세요. 데이터와 백업은 그대로 있습니다.",
            code="update-unfinished",
        )


class Updater:
    """Applies bundles to one installation and one home. ``database``: the SQLite file, None for
    PostgreSQL; ``revision``: its schema now; ``back_up`` writes a full backup."""

    def __init__(
        self,
        home: Path,
        place: Installation,
        database: Path | None,
        revision: str,
        back_up: Callable[[Path], object],
    ) -> None:
        self._home, self._place, self._database = home.resolve(), place, database
        self._revision, self._back_up = revision, back_up
        self._folder = self._home / FOLDER

    def apply(self, bundle: Bundle, backup: Path, say: Say) -> Past:
        """Do it all. The outcome says whether it was put back, and why. Raises MokminError where nothing was
        changed."""
        refuse_unfinished(self._home)
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            wheels = self._folder / "wheels"
            shutil.rmtree(wheels, ignore_errors=True)
            wheels.mkdir()
            bundle.unpack(wheels)
            before = self._doctor()
            conflicts = self._conflicts()
            say("전체를 백업합니다.")
            self._back_up(backup)
            say("지금 판의 파일과 데이터베이스를 따로 둡니다.")
            self._put_aside(bundle.manifest.wheels, backup)
        except OSError as error:
            raise disk_error(self._folder, error) from error
        except Failed as error:
            raise Unavailable(
                f"업데이트를 시작하지 않았습니다: {error}. 바뀐 것은 없습니다."
            ) from error
        reason = self._try(bundle, wheels, before, conflicts, say)
        new = bundle.manifest.version
        result = "rolled-back" if reason else "applied"
        if reason:
            say("업데이트 전으로 되돌립니다.")
            self._put_back()
        else:
            (self._folder / rollback_script.PLAN).replace(self._folder / "plan.done.json")
        shutil.rmtree(wheels, ignore_errors=True)
        past = Past(
            utcnow().isoformat(timespec="seconds"),
            self._place.version,
            new,
            result,
            reason,
            str(backup),
            bundle.signer,
        )
        with (self._folder / HISTORY).open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(asdict(past), ensure_ascii=False) + "\n")
        return past

    def _try(
        self, bundle: Bundle, wheels: Path, before: dict[str, bool], conflicts: set[str], say: Say
    ) -> str:
        """Install, migrate, check; why it must be put back, empty when all is well."""
        try:
            say("새 판을 설치합니다.")
            self._install(bundle.manifest.wheels, wheels)
            fresh = self._conflicts() - conflicts
            if fresh:
                raise Failed("꾸러미가 서로 맞지 않습니다: " + "; ".join(sorted(fresh))[:TAIL])
            found = self._call("새 판의 확인", "-c", "import mokmin; print(mokmin.__version__)")
            if found.strip() != bundle.manifest.version:
                raise Failed(
                    f"설치한 판이 {bundle.manifest.version}이(가) 아니라 {found.strip()[:40]}입니다"
                )
            say("데이터베이스를 새 판에 맞춥니다.")
            self._mokmin("데이터베이스 올리기", MIGRATE_SECONDS, "migrate", "--json")
            say("새 판을 점검합니다.")
            broken = [n for n, ok in self._doctor().items() if not ok and before.get(n, True)]
            if broken:
                raise Failed(f"점검에서 나빠진 것이 있습니다: {', '.join(broken)}")
        except Failed as error:
            return str(error)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{type(error).__name__}"
        return ""

    def tell_the_log(self) -> None:
        """Have the new code record that it is there. Raises Unavailable."""
        try:
            self._mokmin("기록", CHECK_SECONDS, "update", "record")
        except (Failed, OSError, subprocess.TimeoutExpired) as error:
            raise Unavailable(
                f"업데이트는 끝났지만 감사 기록에 남기지 못했습니다({error}). 'mokmin update record'를 실행해 주세요."
            ) from error

    # --- steps ----------------------------------------------------------------------------
    def _install(self, wheels: Sequence[Wheel], folder: Path) -> None:
        wanted = folder / "requirements.txt"
        lines = [f"{w.name}=={w.version} --hash=sha256:{w.sha256}\n" for w in wheels]
        wanted.write_text("".join(lines), encoding="utf-8")
        arguments = ("install", "--no-index", "--no-deps", "--require-hashes", "--no-input")
        rest = ("--find-links", str(folder), "--disable-pip-version-check", "-r", str(wanted))
        self._run("설치", INSTALL_SECONDS, [*self._place.installer, *arguments, *rest])

    def _conflicts(self) -> set[str]:
        """What pip says of packages that do not fit each other."""
        command = [*self._place.installer, "check", "--disable-pip-version-check"]
        done = self._output(command, CHECK_SECONDS)
        return set() if done.returncode == 0 else set(done.stdout.strip().splitlines())

    def _doctor(self) -> dict[str, bool]:
        """Each line of the system check. Raises Failed when there is none."""
        done = self._output(self._command("doctor", "--json"), CHECK_SECONDS)
        try:
            return {str(c["name"]): bool(c["ok"]) for c in json.loads(done.stdout)["checks"]}
        except (ValueError, KeyError, TypeError) as error:
            raise Failed(f"점검을 마치지 못했습니다: {_tail(done)}") from error

    def _command(self, *arguments: str) -> list[str]:
        python = str(self._place.python)
        return [python, "-P", "-m", "mokmin", "--home", str(self._home), *arguments]

    def _mokmin(self, what: str, seconds: int, *arguments: str) -> str:
        return self._run(what, seconds, self._command(*arguments))

    def _call(self, what: str, *arguments: str) -> str:
        return self._run(what, CHECK_SECONDS, [str(self._place.python), "-P", *arguments])

    def _run(self, what: str, seconds: int, command: Sequence[str]) -> str:
        done = self._output(command, seconds)
        if done.returncode:
            raise Failed(f"{what}에 실패했습니다: {_tail(done)}")
        return done.stdout

    def _output(self, command: Sequence[str], seconds: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603
            list(command),
            cwd=self._folder,
            check=False,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=seconds,
        )

    # --- the way back ---------------------------------------------------------------------
    def _put_aside(self, wheels: Sequence[Wheel], backup: Path) -> None:
        """Copy what will be changed, and write the plan of how it comes back: last, and at once."""
        saved, place = self._folder / "before", self._place
        shutil.rmtree(saved, ignore_errors=True)
        (saved / "files").mkdir(parents=True)
        names, whole = [w.name for w in wheels], set()
        for name in names:
            for path in _files(place, name):
                inside = path.relative_to(place.prefix)
                target = saved / "files" / inside
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, target)
                top = (
                    path.relative_to(place.site).parts[0] if path.is_relative_to(place.site) else ""
                )
                if name == "mokmin" and top == "mokmin":
                    whole.add(top)
        if self._database is not None:
            with (
                closing(sqlite3.connect(self._database)) as source,
                closing(sqlite3.connect(saved / "mokmin.db")) as copy,
            ):
                source.backup(copy)
        pointer = self._home / "index" / "CURRENT"
        if pointer.is_file():
            shutil.copy2(pointer, saved / "CURRENT")
        script = Path(rollback_script.__file__).read_text(encoding="utf-8")
        (self._folder / "rollback.py").write_text(script, encoding="utf-8")
        plan: dict[str, Any] = {
            "site": str(place.site),
            "prefix": str(place.prefix),
            "saved": str(saved),
            "names": names,
            "whole": sorted(whole),
            "database": str(self._database or ""),
            "pointer": str(pointer),
            "backup": str(backup),
        }
        fresh = self._folder / "plan.new"
        fresh.write_text(json.dumps(plan, ensure_ascii=False), encoding="utf-8")
        fresh.replace(self._folder / rollback_script.PLAN)

    def _put_back(self) -> None:
        """Raises Unavailable when not even that went well: the script can be run again."""
        script = self._folder / "rollback.py"
        try:
            if self._database is None:
                # The new code alone knows how to lower what it raised.
                self._output(self._command("migrate", "--to", self._revision), MIGRATE_SECONDS)
            self._run("되돌리기", CHECK_SECONDS, [str(self._place.python), "-P", str(script)])
            self._call("예전 판의 확인", "-c", "import mokmin")
        except (Failed, OSError, subprocess.TimeoutExpired) as error:
            log.error("rollback failed", extra={"error": type(error).__name__})
            raise Unavailable(
                f"되돌리는 일을 마치지 못했습니다({error}). 'python {script}'를 다시 실행해 주세요. 백업은 "
                "그대로 있습니다.",
                code="update-unfinished",
            ) from error


def _files(place: Installation, name: str) -> list[Path]:
    found = []
    for info in rollback_script.installed(place.site, name):
        found += rollback_script.files_of(place.site, info, place.prefix)
    return [path for path in found if path.is_file()]


def _tail(done: subprocess.CompletedProcess[str]) -> str:
    """The end of what a program said; of a traceback the line that names the error."""
    text = done.stderr.strip() or done.stdout.strip()
    if "Traceback" in text:
        lines = text.splitlines()
        text = next((line for line in reversed(lines) if _RAISED.match(line)), lines[-1])
    return text.replace("\n", " ")[-TAIL:] or f"상태 {done.returncode}"


def this_installation(python: Path, version: str) -> Installation:
    """Where the running program is installed. Raises InvalidInput when pip is not there."""
    try:
        importlib.metadata.version("pip")
    except importlib.metadata.PackageNotFoundError as error:
        raise InvalidInput(
            "이 파이썬에는 pip이 없어 업데이트할 수 없습니다. 가상환경에 pip을 넣어 주세요."
        ) from error
    location = importlib.metadata.distribution("mokmin").locate_file("")
    site = Path(str(location)).resolve()
    prefix = python.parent.parent.resolve()
    return Installation(python, (str(python), "-m", "pip"), site, prefix, version)
