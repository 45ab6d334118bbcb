"""The library: taking files in, versions, rights, attacks."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.errors import InvalidInput, MokminError, NotAllowed, NotFound, TooLarge
from mokmin.governance.access.model import OPERATOR
from mokmin.governance.access.rules import document_groups
from mokmin.knowledge.documents.model import DocumentMeta, Freshness, State
from mokmin.knowledge.documents.service import (
    DocumentService,
    LibraryQuery,
    clean_filename,
    freshness_of,
    parse_date,
)

FIRST = "주차요금은 한 시간에 1,000원이다.\n"
SECOND = "주차요금은 한 시간에 1,500원이다.\n"
SECRET = "징계위원회는 김모 주무관의 정직을 의결하였다.\n"


# --- in ---------------------------------------------------------------------------------------
def test_a_taken_file_waits_to_be_read(app: App, people: Any) -> None:
    upload = app.documents.take(
        people.kim, "주차 요금.txt", io.BytesIO(FIRST.encode()), DocumentMeta(grade="S")
    )
    found = app.documents.get(people.kim, upload.document_id)
    assert (found.state, found.title, found.grade) == (State.QUEUED, "주차 요금", "S")
    assert (found.department, found.owner_login, found.format) == ("회계과", "kim", "txt")
    assert found.bytes == len(FIRST.encode())
    assert app.queue.waiting() == 1
    job = app.queue.lease("가")
    assert job is not None
    assert (job.kind, job.subject_id) == ("ingest", upload.version_id)


def test_the_same_content_is_a_duplicate_under_any_name(app: App, people: Any, put: Any) -> None:
    first = put(app, "가.txt", FIRST)
    again = put(app, "나.txt", FIRST, by=people.kim)
    assert again.duplicate
    assert again.document_id == first.document_id
    assert app.documents.count(people.kim) == 1


def test_the_same_content_that_one_may_not_see_is_no_duplicate(
    app: App, people: Any, put: Any
) -> None:
    hidden = put(app, "가.txt", SECRET, audience=("회계과",), by=people.kim)
    mine = put(app, "나.txt", SECRET, audience=("복지과",), by=people.other)
    assert not mine.duplicate
    assert mine.document_id != hidden.document_id


def test_a_failed_file_may_be_given_again(app: App, people: Any, put: Any) -> None:
    first = put(app, "빈.txt", " \n ", ready=False)
    assert app.documents.get(OPERATOR, first.document_id).state is State.FAILED
    assert not put(app, "빈.txt", " \n ", ready=False).duplicate


def test_a_new_version_keeps_the_old(app: App, people: Any, put: Any) -> None:
    first = put(app, "요금.txt", FIRST, by=people.kim)
    second = put(app, "요금.txt", SECOND, by=people.kim)
    assert second.document_id == first.document_id
    assert second.new_version
    history = app.documents.versions(people.kim, first.document_id)
    assert [(v.number, v.state) for v in history] == [(2, State.READY), (1, State.READY)]
    for version, text in zip(history, (SECOND, FIRST), strict=True):
        path, _ = app.documents.original(people.kim, first.document_id, version.id)
        assert path.read_text(encoding="utf-8") == text
        blocks = app.documents.blocks(people.kim, first.document_id, version.id)
        assert blocks[0].text == text.strip()
    assert app.documents.get(people.kim, first.document_id).current_version_id == second.version_id


def test_the_old_version_stays_in_force_until_the_new_one_is_read(
    app: App, people: Any, put: Any
) -> None:
    first = put(app, "요금.txt", FIRST)
    app.documents.take(OPERATOR, "요금.txt", io.BytesIO(SECOND.encode()), DocumentMeta())
    found = app.documents.get(OPERATOR, first.document_id)
    assert (found.state, found.current_version_id) == (State.QUEUED, first.version_id)
    hits = app.search.search(OPERATOR, "주차요금 한 시간").hits
    assert [h.text for h in hits] == [FIRST.strip()]


@pytest.mark.parametrize("meta", [{"audience": ("회계과",)}, {"grade": "C"}])
def test_a_new_version_is_never_open_wider_than_its_giver_said(
    app: App, people: Any, put: Any, meta: dict[str, Any]
) -> None:
    put(app, "회의록.txt", FIRST, by=people.kim)
    try:
        upload = put(app, "회의록.txt", SECRET, by=people.kim, **meta)
    except MokminError:
        return
    if "audience" in meta:
        assert app.search.search(people.other, "징계위원회 정직 의결").hits == ()
    else:
        assert app.documents.get(people.kim, upload.document_id).grade == "C"


def test_a_file_beyond_the_limit_leaves_nothing(app: App, people: Any) -> None:
    app.documents.max_bytes = 1000
    with pytest.raises(TooLarge):
        app.documents.take(people.kim, "큰.txt", io.BytesIO(b"x" * 1001), DocumentMeta())
    assert app.documents.count(people.kim) == 0
    assert [p for p in (app.settings.home / "files").rglob("*") if p.is_file()] == []


def test_an_unknown_reader_is_told(app: App, people: Any) -> None:
    with pytest.raises(InvalidInput, match="없는과"):
        app.documents.take(
            people.kim, "가.txt", io.BytesIO(b"x"), DocumentMeta(audience=("없는과",))
        )


def test_nobody_gives_to_others_alone(app: App, people: Any) -> None:
    with pytest.raises(NotAllowed):
        app.documents.take(
            people.kim, "가.txt", io.BytesIO(b"x"), DocumentMeta(audience=("복지과",))
        )
    with pytest.raises(InvalidInput):
        app.documents.take(people.kim, "가.txt", io.BytesIO(b"x"), DocumentMeta(audience=()))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("보고서.hwp", "보고서.hwp"),
        ("C:\\문서\\보고서.hwp", "보고서.hwp"),
        ("../../etc/passwd", "passwd"),
        ("폴더/보고서.hwp", "보고서.hwp"),
        ('따"옴<표>.pdf', "따옴표.pdf"),
        ("it's.pdf", "it's.pdf"),
        ("줄\n바꿈\x00.txt", "줄바꿈.txt"),
        ("..숨김.txt", "숨김.txt"),
    ],
)
def test_file_names_become_safe(given: str, kept: str) -> None:
    assert clean_filename(given) == kept


def test_a_long_name_keeps_its_extension() -> None:
    kept = clean_filename("가" * 400 + ".hwpx")
    assert len(kept) == 255
    assert kept.endswith("가.hwpx")


@pytest.mark.parametrize("name", ["", "..", "/", "a/", "\x00", "   "])
def test_a_name_without_anything_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        clean_filename(name)


def test_a_file_with_a_name_of_300_hangul_is_read(app: App, people: Any, put: Any) -> None:
    upload = put(app, "가" * 300 + ".txt", FIRST)
    assert app.documents.get(people.kim, upload.document_id).filename.endswith("가.txt")


def test_dates_and_states_from_forms() -> None:
    assert parse_date("2026-11-22") == date(2026, 11, 22)
    assert parse_date("") is None
    with pytest.raises(InvalidInput, match="2026/11/22"):
        parse_date("2026/11/22")
    assert freshness_of("superseded") is Freshness.SUPERSEDED
    with pytest.raises(InvalidInput):
        freshness_of("옛것")


# --- out --------------------------------------------------------------------------------------
def test_the_library_is_paged_and_filtered(app: App, people: Any, put: Any) -> None:
    for number in range(27):
        put(
            app,
            f"문서{number}.txt",
            f"{number}번 글이다.\n",
            title=f"{number}번 글",
            kind="지침" if number < 2 else "편람",
        )
    page = app.documents.page(people.kim, LibraryQuery())
    assert (page.total, page.pages, len(page.documents)) == (27, 2, 25)
    assert len(app.documents.page(people.kim, LibraryQuery(page=2)).documents) == 2
    assert app.documents.page(people.kim, LibraryQuery(page=99)).page == 2
    assert app.documents.page(people.kim, LibraryQuery(page=-1)).page == 1
    assert app.documents.page(people.kim, LibraryQuery(kind="지침")).total == 2
    assert app.documents.page(people.kim, LibraryQuery(text="26번 글")).total == 1
    assert app.documents.page(people.kim, LibraryQuery(text="%")).total == 0
    assert app.documents.page(people.kim, LibraryQuery(state="failed")).total == 0
    assert app.documents.kinds(people.kim) == ["지침", "편람"]
    assert len(app.documents.ids(people.kim, kind="지침")) == 2


def test_freshness_depends_on_the_day(app: App, people: Any, put: Any) -> None:
    day = date(2026, 7, 1)
    upload = put(app, "개정.txt", FIRST, effective_on=day)
    document = app.documents.get(people.kim, upload.document_id)
    assert document.freshness_on(day - timedelta(days=1)) is Freshness.NOT_YET
    assert document.freshness_on(day) is Freshness.IN_FORCE


def test_a_successor_marks_the_old_document(app: App, people: Any, put: Any) -> None:
    old = put(app, "2025 지침.txt", FIRST).document_id
    new = put(app, "2026 지침.txt", SECOND).document_id
    with pytest.raises(NotAllowed):
        app.documents.supersede(people.kim, old, new)
    app.documents.supersede(people.lead, old, new)
    assert app.documents.get(people.kim, old).freshness is Freshness.SUPERSEDED
    successor = app.documents.successor(people.kim, old)
    assert successor is not None
    assert successor.id == new
    assert app.documents.successor(people.kim, new) is None


def test_a_deleted_document_is_gone_for_all_and_can_come_back(
    app: App, people: Any, put: Any
) -> None:
    upload = put(app, "요금.txt", FIRST, by=people.kim)
    app.documents.delete(people.kim, upload.document_id)
    for reader in (people.kim, people.other, OPERATOR):
        assert app.search.search(reader, "주차요금").hits == ()
        with pytest.raises(NotFound):
            app.documents.get(reader, upload.document_id)
    app.documents.restore(people.kim, upload.document_id)
    assert app.search.search(people.other, "주차요금").hits


def test_who_may_delete(app: App, people: Any, put: Any) -> None:
    upload = put(app, "요금.txt", FIRST, by=people.kim)
    with pytest.raises(NotAllowed):
        app.documents.delete(people.other, upload.document_id)
    app.documents.delete(people.lead, upload.document_id)


def test_the_version_of_another_document_is_not_opened(app: App, people: Any, put: Any) -> None:
    mine, other = put(app, "가.txt", FIRST), put(app, "나.txt", SECOND)
    with pytest.raises(NotFound):
        app.documents.original(people.kim, mine.document_id, other.version_id)
    with pytest.raises(NotFound):
        app.documents.blocks(people.kim, mine.document_id, other.version_id)


# --- attack: somebody of another department ---------------------------------------------------
@pytest.fixture
def secret(app: App, people: Any, put: Any) -> Any:
    return put(app, "징계 의결.txt", SECRET, audience=("회계과",), by=people.kim, grade="C")


def passage_of(app: App, version_id: int) -> int:
    from mokmin.knowledge.documents.store import passages

    with app.db.read() as connection:
        query = sa.select(passages.c.id).where(passages.c.version_id == version_id)
        return connection.execute(query).scalars().first()


def test_another_department_cannot_open_anything(app: App, people: Any, secret: Any) -> None:
    docs: DocumentService = app.documents
    document, version = secret.document_id, secret.version_id
    passage = passage_of(app, version)
    assert docs.passage_place(people.lead, document, passage) is not None
    for action in (
        lambda: docs.get(people.other, document),
        lambda: docs.versions(people.other, document),
        lambda: docs.blocks(people.other, document, version),
        lambda: docs.original(people.other, document, version),
        lambda: docs.passage_place(people.other, document, passage),
        lambda: docs.retry(people.other, version),
        lambda: docs.delete(people.other, document),
        lambda: docs.restore(people.other, document),
    ):
        with pytest.raises(NotFound):
            action()
    assert docs.get(people.kim, document).state is State.READY


def test_another_department_cannot_find_or_count_it(app: App, people: Any, secret: Any) -> None:
    assert app.search.search(people.kim, "징계위원회 정직").hits
    assert app.search.search(people.other, "징계위원회 정직").hits == ()
    inside = (secret.document_id,)
    assert app.search.search(people.other, "징계위원회 정직", within=inside).hits == ()
    assert app.search.passage(people.other, passage_of(app, secret.version_id)) is None
    assert app.documents.page(people.other, LibraryQuery(text="징계")).total == 0
    assert app.documents.count(people.other) == 0
    assert app.documents.mine(people.other) == []
    assert app.documents.by_source(people.other, "회계과/징계 의결.txt") is None


def test_another_department_cannot_have_it_cited(app: App, people: Any, secret: Any) -> None:
    answer = app.answers.answer(people.other, "징계위원회는 정직을 의결하였는가?")
    assert answer.refused
    assert "김모" not in str(answer)
    assert "징계 의결" not in str(answer)
    assert not app.answers.answer(people.kim, "징계위원회는 정직을 의결하였는가?").refused


def test_another_department_cannot_overwrite_a_shared_document(
    app: App, people: Any, put: Any
) -> None:
    shared = put(app, "요금.txt", FIRST, by=people.kim)
    with pytest.raises(NotAllowed):
        put(app, "요금.txt", SECRET, by=people.other, source="회계과/요금.txt")
    assert app.documents.get(people.kim, shared.document_id).version_count == 1


def test_a_guessed_source_does_not_reveal_a_hidden_document(
    app: App, people: Any, put: Any, secret: Any
) -> None:
    upload = put(app, "징계 의결.txt", FIRST, by=people.other, source="회계과/징계 의결.txt")
    assert not upload.new_version
    assert upload.document_id != secret.document_id


def test_a_right_taken_from_the_database_counts_at_once(app: App, people: Any, put: Any) -> None:
    upload = put(app, "요금.txt", FIRST)
    assert app.search.search(people.other, "주차요금").hits
    with app.db.write() as connection:
        connection.execute(
            document_groups.delete().where(document_groups.c.document_id == upload.document_id)
        )
    result = app.search.search(people.other, "주차요금")
    assert result.hits == ()
    assert result.trace.rejected == 1
    with pytest.raises(NotFound):
        app.documents.get(people.other, upload.document_id)
