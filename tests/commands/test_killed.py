"""``mokmin ingest`` killed in the middle: what it took in is read after the next start of the service,
without anybody typing the command again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.jobs.supervisor import Supervisor
from mokmin.base.korean.fakes import SimpleAnalyser
from mokmin.base.llm.fakes import HashEmbedder
from mokmin.governance.access.model import OPERATOR
from mokmin.knowledge.documents.model import State
from mokmin.knowledge.documents.store import versions
from mokmin.knowledge.ingestion.worker import Worker
from mokmin.settings import Settings

pytestmark = pytest.mark.xdist_group("models")


def states(app: App) -> list[str]:
    with app.db.read() as connection:
        return list(connection.execute(sa.select(versions.c.state)).scalars())


def test_a_killed_ingest_is_finished_by_the_next_start(tmp_path: Path) -> None:
    file = tmp_path / "지침.txt"
    file.write_text(
        "\n\n".join(f"제{n}조(기준) 담당자는 {n}일 안에 정산하여야 한다." for n in range(1, 400)),
        encoding="utf-8",
    )
    app = App(Settings(home=tmp_path / "home"), embedder=HashEmbedder(), analyser=SimpleAnalyser())
    assert states(app) == []
    process = subprocess.Popen(
        [sys.executable, "-m", "mokmin", "--home", str(tmp_path / "home"), "ingest", str(file)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not states(app) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=30)
    left = states(app)
    assert len(left) == 1
    assert left[0] not in (State.READY, State.FAILED), "killed in the middle"

    supervisor = Supervisor(app.queue, [sys.executable, "-c", ""])
    supervisor.start()
    supervisor.stop()
    assert app.queue.counts() == {"queued": 1}
    assert Worker(app.queue, app.ingestion, app.index).run(idle_seconds=0) == 1
    assert states(app) == [State.READY]
    found = app.search.search(OPERATOR, "7일 안에 정산").hits
    assert found
    assert len({hit.passage_id for hit in found}) == len(found)
    app.db.close()
