"""The embedding model changed under a library in use: over HTTP, killed, cut off, cancelled, taken back."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.errors import Conflict, InvalidInput, NotAllowed
from mokmin.base.formats.reader import read_document
from mokmin.base.jobs.queue import jobs
from mokmin.base.korean.bigrams import bigrams
from mokmin.base.korean.fakes import SimpleAnalyser
from mokmin.base.llm.fakes import HashEmbedder
from mokmin.governance.access.model import OPERATOR
from mokmin.governance.endpoints.model import Form
from mokmin.knowledge.ingestion import reembedding
from mokmin.knowledge.ingestion.embedding_check import KOREAN
from mokmin.knowledge.ingestion.embedding_runs import JOB
from mokmin.knowledge.ingestion.service import Ingestion
from mokmin.knowledge.ingestion.worker import Worker
from mokmin.knowledge.search.embedding import Choice, passage_vectors
from mokmin.knowledge.search.fakes import MemoryIndex
from mokmin.knowledge.search.ports import BUILT_IN, PassageIndex
from mokmin.settings import Settings
from tests.endpoint import Endpoint, _send, serving

SIZE = 96
QUESTIONS = [(f"{n}번 시설의 사용료", frozenset({f"{n}.txt"})) for n in range(1, 6)]
KNOWN = {text: n for n, three in enumerate(KOREAN) for text in three[:2]}


class Embeddings(Endpoint):
    """``/v1/embeddings`` of a small model: letters hashed, and the Korean questions known by heart.
    ``most``: after so many texts it is broken; ``seed``: another one is another model."""

    def __init__(self) -> None:
        super().__init__()
        self.size, self.seed, self.most, self.pause = SIZE, 1, 1_000_000, 0.0
        self.texts: list[str] = []

    def answer(self, handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        if not handler.path.endswith("/embeddings"):
            return super().answer(handler, body)
        if len(self.texts) + len(body["input"]) > self.most:
            return _send(handler, 500, {})
        time.sleep(self.pause)
        self.texts += body["input"]
        vectors = [{"embedding": self._vector(text)} for text in body["input"]]
        return _send(handler, 200, {"data": vectors})

    def _vector(self, text: str) -> list[float]:
        vector = np.zeros(self.size)
        if text in KNOWN:
            vector[KNOWN[text] % self.size] += 20
        for gram in bigrams(text):
            digest = hashlib.blake2b(f"{self.seed}{gram}".encode(), digest_size=4).digest()
            vector[int.from_bytes(digest, "little") % self.size] += 1
        vector[0] += 0.01
        return [float(v) for v in vector]


@pytest.fixture
def endpoint() -> Iterator[Embeddings]:
    with serving(Embeddings()) as made:
        yield made  # type: ignore[misc]


def opened(home: Path, url: str, index: PassageIndex | None = None) -> App:
    """A house as one process has it open, with its index on disk unless another is given."""
    app = App(
        Settings(home=home, database_url=url),
        embedder=HashEmbedder(),
        analyser=SimpleAnalyser(),
        index=index,
        models=[],
    )
    app.ingestion = Ingestion(
        app.db,
        app.blobs,
        app.index,
        lambda: app.feature_extractor,
        lambda path, name: read_document(path, name=name),
        None,
        lambda version: app.reembedding.embed_version(version),
    )
    app.reembedding._pace = 0.0
    return app


def page(n: int) -> str:
    return "\n\n".join(
        f"제{k}조(항목) {n}번 시설의 {k}번째 사용료는 {n * k}천원이다. " + f"시설{n}항목{k} " * 50
        for k in range(1, 5)
    )


def filled(app: App, put: Any) -> App:
    for n in range(1, 6):
        put(app, f"{n}.txt", page(n), title=f"시설 {n} 안내")
    return app


@pytest.fixture
def url(blank_sqlite: Path, tmp_path: Path) -> str:
    place = tmp_path / "mokmin.db"
    place.write_bytes(blank_sqlite.read_bytes())
    return f"sqlite:///{place}"


@pytest.fixture
def house(home: Path, url: str, put: Any) -> Iterator[App]:
    """A library with its index on disk."""
    app = filled(opened(home, url), put)
    yield app
    app.db.close()


@pytest.fixture
def light(home: Path, url: str, put: Any) -> Iterator[App]:
    """The same with an index in memory, where no second process looks into it."""
    app = filled(opened(home, url, MemoryIndex()), put)
    yield app
    app.db.close()


def register(app: App, endpoint: Embeddings, grade: str = "S") -> int:
    form = Form("embeddings", f"새 임베딩 {grade}", endpoint.url, "m", grade, 5.0)
    made = app.endpoints.add(OPERATOR, form)
    app.endpoint_directory.renew()
    return made


def chosen(app: App, endpoint: Embeddings) -> int:
    """A model that was checked and found good."""
    choice = Choice("endpoint", endpoint_id=register(app, endpoint))
    model, report = app.embedding_desk.check(OPERATOR, choice)
    assert report.problems == ()
    return model


def due(app: App) -> None:
    """Let waiting jobs come now."""
    with app.db.write() as connection:
        connection.execute(
            jobs.update().where(jobs.c.kind == JOB).values(run_after=jobs.c.created_at)
        )


def drain(app: App) -> None:
    Worker(app.queue, app.ingestion, app.index, tasks={JOB: app.reembedding}).run(idle_seconds=0)


def state(app: App, model: int) -> str:
    return app.embedding_desk.get(OPERATOR, model).state


def stored(app: App, model: int) -> int:
    query = sa.select(sa.func.count()).where(passage_vectors.c.model_id == model)
    with app.db.read() as connection:
        return int(connection.execute(query).scalar_one())


def used(app: App, question: str = "3번 시설의 2번째 사용료") -> tuple[int, str]:
    """The model that a search uses, and the title that comes first; nothing of two models meets."""
    found = app.search.find(OPERATOR, question)
    assert found.index is not None
    assert found.near, "also found by meaning"
    assert found.question.model == found.index.model
    dimensions = HashEmbedder.dimensions if found.question.model == BUILT_IN else SIZE
    assert found.question.vector.shape == (dimensions,)
    return found.question.model, found.rows[found.scored[0].key].title


def test_from_the_built_in_model_to_another_and_back(
    house: App, endpoint: Embeddings, put: Any, monkeypatch: Any
) -> None:
    other_process = opened(house.settings.home, house.settings.database_url)
    model = chosen(house, endpoint)
    assert used(house) == used(other_process) == (BUILT_IN, "시설 3 안내")
    checked_with = len(endpoint.texts)
    house.embedding_desk.change(OPERATOR, model)
    with pytest.raises(Conflict):
        house.embedding_desk.change(OPERATOR, model)
    # One that comes in meanwhile is found before, and after.
    put(house, "9.txt", page(9), title="시설 9 안내")
    assert used(house, "9번 시설의 1번째 사용료") == (BUILT_IN, "시설 9 안내")
    verify = house.reembedding._verify

    def late(*arguments: Any) -> str:
        problem = verify(*arguments)
        put(house, "12.txt", page(12), title="시설 12 안내")
        return problem

    monkeypatch.setattr(house.reembedding, "_verify", late)
    drain(house)
    assert state(house, model) == "current"
    for app in (house, other_process):
        assert used(app) == (model, "시설 3 안내")
        assert used(app, "9번 시설의 1번째 사용료") == (model, "시설 9 안내")
        assert used(app, "12번 시설의 1번째 사용료") == (model, "시설 12 안내")
    passages = house.index.health().passages
    assert stored(house, model) == passages > 20
    sent = [t for t in endpoint.texts[checked_with:] if t.startswith("시설")]
    assert len(sent) < passages + 30, "each passage once, and the samples"

    # New ones while the endpoint is away are found by words, and embedded when it is back.
    endpoint.most = 0
    put(house, "10.txt", page(10), title="시설 10 안내")
    found = house.search.find(OPERATOR, "10번 시설의 4번째 사용료")
    assert found.question.model == BUILT_IN
    assert found.near == {}
    assert found.rows[found.scored[0].key].title == "시설 10 안내"
    endpoint.most = 1_000_000
    for embedder in house.search_models._made.values():
        embedder.raw._queries.breaker = embedder.raw._passages.breaker = type(  # type: ignore[attr-defined]
            embedder.raw._queries.breaker  # type: ignore[attr-defined]
        )()
    due(house)
    drain(house)
    assert stored(house, model) == house.index.health().passages
    assert used(house, "10번 시설의 4번째 사용료") == (model, "시설 10 안내")

    # Back in one step, with what came meanwhile; forward again; then the old one is dropped.
    house.embedding_desk.go_back(OPERATOR)
    drain(house)
    for app in (house, other_process):
        assert used(app, "10번 시설의 4번째 사용료") == (BUILT_IN, "시설 10 안내")
    assert state(house, model) == "kept"
    put(house, "11.txt", page(11), title="시설 11 안내")
    house.embedding_desk.go_back(OPERATOR)
    drain(house)
    assert used(other_process, "11번 시설의 4번째 사용료") == (model, "시설 11 안내")
    house.embedding_desk.drop(OPERATOR)
    with pytest.raises(Conflict):
        house.embedding_desk.go_back(OPERATOR)
    # A rebuild from the database alone keeps the model.
    house.ingestion.rebuild()
    assert used(other_process) == (model, "시설 3 안내")
    other_process.db.close()


def test_searches_during_the_switch_see_one_model_or_the_other(
    house: App, endpoint: Embeddings
) -> None:
    model = chosen(house, endpoint)
    house.embedding_desk.change(OPERATOR, model)
    seen: list[tuple[int, str]] = []
    broken: list[BaseException] = []
    stop = threading.Event()

    def look(app: App) -> None:
        while not stop.is_set():
            try:
                seen.append(used(app, "5번 시설의 3번째 사용료, 그리고 시설5항목3은 무엇인가요?"))
            except BaseException as error:
                broken.append(error)
                return

    others = [opened(house.settings.home, house.settings.database_url) for _ in range(2)]
    threads = [threading.Thread(target=look, args=(app,)) for app in (house, *others)]
    for thread in threads:
        thread.start()
    drain(house)
    time.sleep(0.3)
    stop.set()
    for thread in threads:
        thread.join()
    assert not broken, broken
    models = [m for m, _ in seen]
    assert {BUILT_IN, model} == set(models)
    assert {title for _, title in seen} == {"시설 5 안내"}
    for app in others:
        app.db.close()


SCRIPT = """
import sys
from pathlib import Path
from tests.knowledge.test_reembedding import MemoryIndex, opened
app = opened(Path(sys.argv[1]), sys.argv[2], MemoryIndex())
app.reembedding.run(int(sys.argv[3]))
"""


def test_killed_in_the_middle_it_goes_on_where_it_was(
    light: App, endpoint: Embeddings, monkeypatch: Any
) -> None:
    monkeypatch.setattr(reembedding, "BATCH", 4)
    model = chosen(light, endpoint)
    light.embedding_desk.change(OPERATOR, model)
    endpoint.pause = 0.15
    before = len(endpoint.texts)
    script = SCRIPT.replace(
        "app =", "import mokmin.knowledge.ingestion.reembedding as r; r.BATCH = 4\napp ="
    )
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            script,
            str(light.settings.home),
            light.settings.database_url,
            str(model),
        ],
        cwd=Path(__file__).parents[2],
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while stored(light, model) < 8 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    endpoint.pause = 0.0
    done = stored(light, model)
    everything = light.index.health().passages
    assert 8 <= done < everything
    assert used(light)[0] == BUILT_IN
    drain(light)
    assert state(light, model) == "current"
    assert stored(light, model) == everything
    sent = len(endpoint.texts) - before
    assert sent <= everything + 4 + 40, "but for the batch under way nothing is sent twice"
    assert used(light) == (model, "시설 3 안내")


def test_a_model_that_dies_pauses_the_change_and_another_in_its_place_is_not_taken(
    light: App, endpoint: Embeddings, monkeypatch: Any
) -> None:
    monkeypatch.setattr(reembedding, "BATCH", 4)
    model = chosen(light, endpoint)
    light.embedding_desk.change(OPERATOR, model)
    endpoint.most = len(endpoint.texts) + 10
    drain(light)
    assert state(light, model) == "waiting"
    done = stored(light, model)
    assert 4 <= done < 12
    assert used(light) == (BUILT_IN, "시설 3 안내")
    endpoint.most = 1_000_000

    def again() -> None:
        # What the breaker of the waiting process knows is another test's matter.
        light.search_models._made.clear()
        light.__dict__.pop("_searching_embedders", None)
        due(light)
        drain(light)

    endpoint.size = SIZE + 1
    again()
    assert state(light, model) == "waiting"
    assert "97" not in light.embedding_desk.get(OPERATOR, model).reason
    endpoint.size, endpoint.seed = SIZE, 2
    again()
    waiting = light.embedding_desk.get(OPERATOR, model)
    assert (waiting.state, stored(light, model)) == ("waiting", done)
    assert "다른 임베딩 모델" in waiting.reason
    endpoint.seed = 1
    # It finds less than the one in use: a person decides.
    monkeypatch.setattr(light.reembedding, "_questions", lambda: QUESTIONS)
    found = light.reembedding._found
    monkeypatch.setattr(
        light.reembedding,
        "_found",
        lambda index, embed: replace(found(index, embed), mrr=0.9 - 0.8 * (index.model == model)),
    )
    again()
    assert state(light, model) == "ready"
    assert used(light) == (BUILT_IN, "시설 3 안내")
    assert json.loads(light.embedding_desk.get(OPERATOR, model).findings)["after"]["recall"] == 1.0
    light.embedding_desk.accept(OPERATOR, model)
    drain(light)
    assert state(light, model) == "current"
    assert stored(light, model) == light.index.health().passages
    assert used(light) == (model, "시설 3 안내")


def test_cancelled_it_leaves_nothing_behind(
    light: App, endpoint: Embeddings, monkeypatch: Any
) -> None:
    monkeypatch.setattr(reembedding, "BATCH", 4)
    model = chosen(light, endpoint)
    light.embedding_desk.change(OPERATOR, model)
    endpoint.most = len(endpoint.texts) + 10
    drain(light)
    assert stored(light, model) > 0
    light.embedding_desk.cancel(OPERATOR, model)
    due(light)
    drain(light)
    assert (state(light, model), stored(light, model)) == ("cancelled", 0)
    assert used(light) == (BUILT_IN, "시설 3 안내")
    with pytest.raises(Conflict):
        light.embedding_desk.cancel(OPERATOR, model)
    # Cancelled while the new index was being built: the switch does not come.
    endpoint.most = 1_000_000
    second = light.embedding_desk.check(OPERATOR, light.embedding_desk.get(OPERATOR, model).choice)[
        0
    ]
    light.embedding_desk.change(OPERATOR, second)
    verify = light.reembedding._verify

    def cancel_first(*arguments: Any) -> str:
        light.embedding_desk.cancel(OPERATOR, second)
        return verify(*arguments)

    monkeypatch.setattr(light.reembedding, "_verify", cancel_first)
    drain(light)
    assert (state(light, second), stored(light, second)) == ("cancelled", 0)
    assert used(light) == (BUILT_IN, "시설 3 안내")


def test_what_a_model_is_not_cleared_for_is_never_sent(
    light: App, endpoint: Embeddings, put: Any, people: Any = None
) -> None:
    choice = Choice("endpoint", endpoint_id=register(light, endpoint, "O"))
    model, report = light.embedding_desk.check(OPERATOR, choice)
    assert report.is_good
    before = len(endpoint.texts)
    put(light, "s.txt", "비공개 감사 대상 명단과 조사 계획이다.", title="감사", grade="S")
    # One that came after the check stops the change before anything is sent.
    with pytest.raises(InvalidInput, match="O등급까지만"):
        light.embedding_desk.change(OPERATOR, model)
    refused, report = light.embedding_desk.check(OPERATOR, choice)
    assert not report.is_good
    assert "S등급 글 1개" in report.problems[0]
    assert len(endpoint.texts) == before, "not even the sample"
    assert state(light, refused) == "refused"
    with light.db.write() as connection:
        connection.execute(
            sa.text("UPDATE documents SET deleted_at = '2026-01-01' WHERE grade = 'S'")
        )
    with pytest.raises(Conflict):
        light.embedding_desk.change(OPERATOR, refused)
    light.embedding_desk.change(OPERATOR, model)
    drain(light)
    assert state(light, model) == "current"
    # In use it goes on, but what it may not see is found by its words alone.
    put(light, "s2.txt", "비공개 징계 의결 사항이다.", title="징계", grade="S")
    due(light)
    drain(light)
    assert not any("징계" in text or "감사 대상" in text for text in endpoint.texts)
    hits = light.search.search(OPERATOR, "징계 의결 사항").hits
    assert hits[0].title == "징계"
    assert light.embedding_desk.overview(OPERATOR).lacking == 1
    nobody = replace(OPERATOR, permissions=frozenset())
    for attempt in (
        lambda: light.embedding_desk.check(nobody, choice),
        lambda: light.embedding_desk.change(nobody, model),
        lambda: light.embedding_desk.go_back(nobody),
        lambda: light.embedding_desk.drop(nobody),
        lambda: light.embedding_desk.overview(nobody),
    ):
        with pytest.raises(NotAllowed):
            attempt()
