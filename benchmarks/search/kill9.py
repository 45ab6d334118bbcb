"""kill -9 at random moments of taking documents in: is anything lost, orphaned or doubled?

Usage: python benchmarks/search/kill9.py HOME [--rounds 50] [--seed 1] [--out FILE.json]

HOME is an empty folder. Each round gives new documents and new versions of earlier ones to
``mokmin ingest`` or to ``mokmin worker``, by turns, and kills the process at a random moment: from its
start to some time after its work would be done. Half of the time its children are killed too. Then:

- right after the kill, everything acknowledged so far (a ``ready`` line on standard output, a version
  READY in the database) is searched for by a word of its own, as another process of the service would;
- after the restart (for ``ingest`` by turns the same command again, as a person would type it, and what
  the service does when it starts; for the worker the latter) the queue must drain, and database, index and files must agree: one row in the
  index for each passage of each current version and none besides, no passage of a version that is not
  READY, no position of a version twice, no document twice, no version neither READY nor queued.

Exit status 1 when anything was wrong.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from agreement import FINDINGS
from asking import settings_of

from mokmin.app import DIMENSIONS, App
from mokmin.governance.access.model import OPERATOR
from mokmin.knowledge.documents.model import DocumentMeta, State
from mokmin.knowledge.documents.store import documents, passages, versions
from mokmin.knowledge.search.ports import IndexFilter

DOCUMENTS = 4
REVISED = 2
SAMPLE = 24
SENTENCES = (
    "보조금은 교부받은 날부터 {n}일 안에 정산하여야 한다.",
    "담당자는 신청서를 {n}년 동안 보존하고 그 목록을 작성한다.",
    "과태료 {n}만 원을 넘는 처분은 국장의 결재를 받는다.",
    "민원은 접수한 날부터 {n}일 안에 처리하며 한 차례 연장할 수 있다.",
    "위원회는 위원장을 포함하여 {n}명 이내로 구성한다.",
)


def word_of(number: int) -> str:
    """A word that stands in one document alone: letters only, so that it stays one term or few."""
    digits = np.base_repr(number + 12**4, 12)
    return "KQ" + "".join(chr(ord("A") + int(d, 12)) for d in digits) + "Z"


def body(number: int, edition: int, pick: random.Random) -> str:
    """A document of some passages, each with its word and its edition."""
    parts = [f"지침 {word_of(number)}", ""]
    for article in range(1, pick.randint(3, 8)):
        text = " ".join(s.format(n=pick.randint(2, 90)) for s in pick.sample(SENTENCES, 5))
        parts += [f"제{article}조(기준) {word_of(number)} 제{edition}판에 따른다. {text}", ""]
    return "\n".join(parts)


class Rounds:
    """The home, what was acknowledged in it, and what was found wrong."""

    def __init__(self, home: Path, seed: int) -> None:
        self._home, self._random = home, random.Random(seed)
        self._folder = home.parent / f"{home.name}-files"
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self._app = App(settings_of(home, threads=1))
        self._app.warm_up()
        self._app.documents.count(OPERATOR)
        self._editions: dict[int, int] = {}
        # Acknowledged, by the name of the file: its document and its passages' number as told.
        self.acknowledged: dict[str, int] = {}
        self.counts: Counter[str] = Counter()
        self.wrong: list[dict[str, Any]] = []
        self._work_seconds = {"cli": 6.0, "worker": 6.0}
        self.round = 0

    def run(self, number: int) -> None:
        """One kill and what comes after it."""
        self.round = number
        way = "cli" if number % 2 == 0 else "worker"
        files = self._files(number)
        if way == "worker":
            for file in files:
                self._give(file)
        process, begin = self._start(way, files), time.monotonic()
        moment = self._random.uniform(0.3, self._work_seconds[way] + 1.0)
        self._wait(process, begin + moment)
        stages = self._stages()
        alive = process.poll() is None
        self._kill(process)
        told = self._read(process)
        self.counts["kills" if alive else "ended before the kill"] += 1
        for stage in stages:
            self.counts[f"killed with versions {stage}"] += alive
        self._acknowledge(told)
        self._searchable("after the kill")
        self._restart(way, files)
        self._searchable("after the restart", SAMPLE)
        self._agreement()

    def _files(self, number: int) -> list[Path]:
        folder = self._folder / f"round{number}"
        fresh = range(number * DOCUMENTS, (number + 1) * DOCUMENTS)
        old = self._random.sample(sorted(self._editions), min(REVISED, len(self._editions)))
        files = []
        for document in [*fresh, *old]:
            edition = self._editions[document] = self._editions.get(document, 0) + 1
            file = self._folder / "all" / f"{word_of(document)}.txt"
            file.parent.mkdir(exist_ok=True)
            file.write_text(body(document, edition, self._random), encoding="utf-8")
            files.append(file)
        folder.mkdir()
        return files

    def _give(self, file: Path) -> None:
        self._app.documents.take(
            OPERATOR,
            file.name,
            io.BytesIO(file.read_bytes()),
            DocumentMeta(audience=("staff",)),
            source=str(file.resolve()),
        )

    def _start(self, way: str, files: list[Path]) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "mokmin", "--home", str(self._home)]
        command += (
            ["ingest", "--json", *map(str, files)]
            if way == "cli"
            else ["worker", "--json", "--until-idle", "0"]
        )
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    @staticmethod
    def _wait(process: subprocess.Popen[str], until: float) -> None:
        while time.monotonic() < until and process.poll() is None:
            time.sleep(0.003)

    def _kill(self, process: subprocess.Popen[str]) -> None:
        try:
            if self._random.random() < 0.5:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        except ProcessLookupError:
            pass

    @staticmethod
    def _read(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
        """The whole lines that were printed."""
        out, _ = process.communicate()
        return [json.loads(line) for line in out.split("\n")[:-1] if line.startswith("{")]

    def _acknowledge(self, told: list[dict[str, Any]]) -> None:
        for line in told:
            if line.get("status") in ("ready", "duplicate"):
                self.acknowledged[Path(line["file"]).stem] = line["document_id"]
            elif line.get("status") == "failed":
                self._note("failed", line)
        self._acknowledge_database()

    def _acknowledge_database(self) -> None:
        query = (
            sa.select(documents.c.id, versions.c.filename)
            .join(versions, versions.c.document_id == documents.c.id)
            .where(versions.c.state == State.READY)
        )
        with self._app.db.read() as connection:
            for row in connection.execute(query):
                self.acknowledged.setdefault(Path(row.filename).stem, row.id)

    def _stages(self) -> set[str]:
        query = sa.select(versions.c.state).distinct().where(versions.c.state != State.READY)
        with self._app.db.read() as connection:
            return set(connection.execute(query).scalars())

    def _searchable(self, when: str, most: int | None = None) -> None:
        """All that was acknowledged, or the latest and some others up to ``most``."""
        chosen = list(self.acknowledged.items())
        if most is not None and len(chosen) > most:
            chosen = chosen[-most // 2 :] + self._random.sample(chosen[: -most // 2], most // 2)
        for word, document_id in chosen:
            hits = self._app.search.search(OPERATOR, word, top=10, mode="lexical").hits
            if document_id not in {hit.document_id for hit in hits}:
                self._note("lost", when, word, document_id)
            keys = [hit.passage_id for hit in hits]
            if len(set(keys)) < len(keys):
                self._note("a hit twice", when, word)
            self.counts["searches"] += 1

    def _restart(self, way: str, files: list[Path]) -> None:
        begin = time.monotonic()
        if stuck := self._stuck():
            self._note("versions that no job takes up", stuck)
        if way == "cli" and self.round % 4 == 0:
            # Nobody types the command again: what had been taken in is read by the service's worker.
            self._app.queue.recover()
            self._drain()
        elif way == "worker":
            self._app.queue.recover()
        process = self._start(way, files)
        out, error = process.communicate(timeout=300)
        told = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
        if process.returncode:
            self._note("restart ended with", process.returncode, error[-600:])
        self._acknowledge(told)
        self._work_seconds[way] = 0.5 * self._work_seconds[way] + 0.5 * max(
            5.0, time.monotonic() - begin
        )
        if way == "cli":
            ready = {
                Path(t["file"]).name for t in told if t.get("status") in ("ready", "duplicate")
            }
            for file in files:
                if file.name not in ready:
                    self._note("not acknowledged at the second run", file.name)

    def _drain(self) -> None:
        worker = self._start("worker", [])
        worker.communicate(timeout=300)
        if left := self._stages():
            self._note("versions left after the worker", sorted(left))
        self.counts["killed commands finished by the worker"] += 1

    def _stuck(self) -> list[int]:
        """Versions that are neither READY nor FAILED and that no job will take up."""
        query = sa.text(
            "SELECT id FROM versions v WHERE state NOT IN ('ready', 'failed') AND NOT EXISTS "
            "(SELECT 1 FROM jobs j WHERE j.kind = 'ingest' AND j.subject_id = v.id "
            "AND j.state IN ('queued', 'running'))"
        )
        with self._app.db.read() as connection:
            return list(connection.execute(query).scalars())

    def _agreement(self) -> None:
        with self._app.db.read() as connection:
            current = set(
                connection.execute(
                    sa.select(passages.c.id)
                    .join(documents, documents.c.current_version_id == passages.c.version_id)
                    .where(documents.c.deleted_at.is_(None))
                ).scalars()
            )
            findings = {
                name: [tuple(row) for row in connection.execute(sa.text(query))]
                for name, query in FINDINGS.items()
            }
        for name, rows in findings.items():
            if rows:
                self._note(name, rows[:10])
        self._files_agree()
        self._index_agrees(current)

    def _files_agree(self) -> None:
        with self._app.db.read() as connection:
            for key in connection.execute(sa.select(versions.c.sha256).distinct()).scalars():
                if not self._app.blobs.path(key).is_file():
                    self._note("an original missing", key)

    def _index_agrees(self, current: set[int]) -> None:
        """By the port alone: every row is somewhere near a vector; the rows are counted apart."""
        vector = np.full(DIMENSIONS, DIMENSIONS**-0.5, np.float32)
        held = set(
            self._app.index.search_vector(vector, IndexFilter(None), 10 * len(current) + 100)
        )
        rows = self._app.index.health().passages
        if held - current:
            self._note("rows in the index of no current version", sorted(held - current)[:20])
        if current - held:
            self._note("passages missing from the index", sorted(current - held)[:20])
        if rows != len(held):
            self._note("rows twice in the index", rows, len(held))
        self.counts["passages in the end"] = len(current)

    def _note(self, kind: str, *details: object) -> None:
        self.counts[f"wrong: {kind}"] += 1
        self.wrong.append(
            {"round": self.round, "kind": kind, "details": [str(d)[:400] for d in details]}
        )


def main() -> None:
    """All rounds, then the report."""
    root = argparse.ArgumentParser(description=__doc__)
    root.add_argument("home", type=Path)
    root.add_argument("--rounds", type=int, default=50)
    root.add_argument("--seed", type=int, default=1)
    root.add_argument("--out", type=Path)
    options = root.parse_args()
    rounds = Rounds(options.home, options.seed)
    begin = time.monotonic()
    for number in range(options.rounds):
        rounds.run(number)
        print(f"round {number}: {len(rounds.wrong)} wrong so far", file=sys.stderr)
    result = {
        "rounds": options.rounds,
        "seconds": round(time.monotonic() - begin),
        "acknowledged documents": len(rounds.acknowledged),
        "counts": dict(sorted(rounds.counts.items())),
        "wrong": rounds.wrong,
    }
    text = json.dumps(result, ensure_ascii=False, indent=1)
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    sys.exit(bool(rounds.wrong))


if __name__ == "__main__":
    main()
