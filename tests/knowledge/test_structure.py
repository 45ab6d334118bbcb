"""Units, provisions and citations of a document."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.db import Database
from mokmin.base.formats.model import Block, Locator
from mokmin.governance.access.model import OPERATOR
from mokmin.knowledge.documents.model import PassageDraft
from mokmin.knowledge.documents.passages import UNIT_SIZE, split_passages
from mokmin.knowledge.documents.references import Reference, parent_law, provision
from mokmin.knowledge.documents.store import UNITS, documents, passages, unit_id, versions
from mokmin.knowledge.documents.structure import (
    OWN,
    citations,
    provisions,
    replace_structure,
    structure_of,
)

LONG = "이 문장은 한 단락을 이룰 만큼 길다고 치자. " * 10


def drafts(*units: tuple[str, str]) -> list[PassageDraft]:
    """One passage for each (article, text), each a unit."""
    return [
        PassageDraft("머리", text, 0, len(text), (n, n + 1), Locator(article=article), unit=n)
        for n, (article, text) in enumerate(units)
    ]


def own(title: str, *units: tuple[str, str]) -> list[tuple[int, str, str]]:
    """(unit, law, article) of the provisions."""
    return [
        (r["unit_id"] - UNITS, r["law"], r["article"])
        for r in structure_of(1, 1, title, drafts(*units))[0]
    ]


def cited(title: str, *units: tuple[str, str]) -> list[tuple[int, str, str, int]]:
    """(unit, law, article, place) of the citations."""
    rows = structure_of(1, 1, title, drafts(*units))[1]
    return [(r["unit_id"] - UNITS, r["law"], r["article"], r["place"]) for r in rows]


# --- units ----------------------------------------------------------------------------------
def units(*blocks: tuple[str, str, str]) -> list[int]:
    """Unit of each passage of blocks given as (section, article, text)."""
    made = [Block("paragraph", t, locator=Locator(section=s, article=a)) for s, a, t in blocks]
    return [draft.unit for draft in split_passages("제목", made)]


def test_each_article_and_each_section_is_a_unit() -> None:
    assert units(
        ("제1장", "제1조", LONG),
        ("제1장", "제1조", LONG),
        ("제1장", "제2조", LONG),
        ("제2장", "제2조", LONG),
        ("제2장", "", LONG),
        ("제1장", "제1조", LONG),
    ) == [0, 0, 1, 2, 3, 4]


def test_a_long_stretch_is_cut_into_units_of_a_few_passages() -> None:
    made = units(*[("", "", LONG)] * (2 * UNIT_SIZE + 1), ("", "제1조", LONG), ("", "제1조", LONG))
    assert UNIT_SIZE == 24
    assert made == [0] * 24 + [1] * 24 + [2] + [3] * 2


def test_the_cap_counts_from_the_beginning_of_each_unit() -> None:
    made = units(*[("", "제1조", LONG)] * 20, *[("", "제2조", LONG)] * 24)
    assert made == [0] * 20 + [1] * 24


def test_a_document_of_one_passage_and_one_of_none() -> None:
    assert units(("", "", "짧다.")) == [0]
    assert units() == []


# --- provisions -----------------------------------------------------------------------------
def test_an_article_of_a_document_is_a_provision_of_its_title() -> None:
    assert own("주차장 조례", ("제1조", "목적"), ("제2조의3", "정의"), ("", "부칙")) == [
        (0, "주차장 조례", "제1조"),
        (1, "주차장 조례", "제2조의3"),
    ]


@pytest.mark.parametrize(
    ("title", "law", "article"),
    [
        ("행정절차법 제21조(처분의 사전 통지)", "행정절차법", "제21조"),
        ("행정절차법 제21조", "행정절차법", "제21조"),
        (
            "공유재산 및 물품 관리법 시행령 제13조의2 (허가)",
            "공유재산 및 물품 관리법 시행령",
            "제13조의2",
        ),
    ],
)
def test_a_title_may_name_the_provision(title: str, law: str, article: str) -> None:
    assert provision(title, "") == Reference(law, article)
    assert provision(title, article) == Reference(law, article)


@pytest.mark.parametrize(
    "title", ["업무 편람", "제21조", "행정절차법 제21조에 관한 해설", "민원 제3조례안"]
)
def test_other_titles_name_none(title: str) -> None:
    assert provision(title, "") is None
    assert provision(title, "제3조") == Reference(title, "제3조")


def test_an_article_that_spans_units_is_a_provision_in_each() -> None:
    assert [u for u, *_ in own("주차장 조례", ("제1조", "가"), ("제1조", "나"))] == [0, 1]


# --- citations ------------------------------------------------------------------------------
def test_a_decree_means_the_law_that_it_stands_under() -> None:
    text = "법 제25조제1항에서 정하는 경우와 영 제3조, 「행정절차법」 제21조제2항을 말한다."
    for title in ("공유재산법 시행령", "공유재산법 시행규칙"):
        assert parent_law(title) == "공유재산법"
        assert cited(title, ("제5조", text)) == [
            (0, "공유재산법", "제25조", 0),
            (0, "공유재산법 시행령", "제3조", 1),
            (0, "행정절차법", "제21조", 2),
        ]


def test_a_decree_cut_into_articles_means_it_too() -> None:
    found = cited(
        "공유재산법 시행령 제13조(허가)", ("", "법 제20조에 따른 허가는 영 제14조로 한다.")
    )
    assert found == [(0, "공유재산법", "제20조", 0), (0, "공유재산법 시행령", "제14조", 1)]


def test_a_manual_means_the_law_that_it_names_first() -> None:
    found = cited(
        "공유재산 편람",
        ("", "이 편람은 「공유재산법」과 「행정절차법」에 따른다."),
        ("", "법 제25조에 따라 취소한다."),
    )
    assert found == [(1, "공유재산법", "제25조", 0)]


def test_a_text_that_names_no_law_cites_nothing_by_short_names() -> None:
    assert cited("편람", ("", "법 제25조와 영 제3조에 따라 취소한다.")) == []
    assert parent_law("편람") == ""


def test_a_provision_is_cited_once_a_unit_and_counted_anew_in_the_next() -> None:
    text = "「가법」 제1조, 「가법」 제2조, 다시 「가법」 제1조제3항"
    assert cited("편람", ("", text), ("", text)) == [
        (0, "가법", "제1조", 0),
        (0, "가법", "제2조", 1),
        (1, "가법", "제1조", 0),
        (1, "가법", "제2조", 1),
    ]


def test_only_the_first_dozen_of_a_unit_count() -> None:
    text = ", ".join(f"「가법」 제{n}조" for n in range(1, 40))
    assert [c[2] for c in cited("편람", ("", text))] == [f"제{n}조" for n in range(1, 13)]


def test_citations_over_the_passages_of_one_unit_are_in_the_order_of_the_text() -> None:
    parts = [
        PassageDraft("", text, 0, 9, (0, 1), unit=0)
        for text in ("「가법」 제9조에 따른다.", "「가법」 제1조에 따른다.")
    ]
    rows = structure_of(1, 1, "편람", parts)[1]
    assert [(r["article"], r["place"]) for r in rows] == [("제9조", 0), ("제1조", 1)]


def test_names_too_long_for_the_columns_do_not_break_the_reading(app: App, put: Any) -> None:
    text = f"제1조(목적) 「가법」 제{'9' * 30}조와 「가법」 제2조에 따른다.\n"
    put(app, "긴.txt", text, title="가" * 400)
    with app.db.read() as connection:
        assert connection.execute(sa.select(citations.c.article)).scalars().all() == ["제2조"]
        assert connection.execute(sa.select(provisions.c.article)).scalars().all() == ["제1조"]


# --- stored with the version ----------------------------------------------------------------
LAW = "제1조(목적) 이 법은 목적을 정한다.\n\n제2조(허가) 제1조에 따라 허가한다.\n"
DECREE = "제1조(목적) 이 영은 법 제2조에서 정하는 것을 정한다.\n"


def stored(db: Database, table: sa.Table) -> list[tuple[int, str, str]]:
    """(version, law, article) in order."""
    query = sa.select(table.c.version_id, table.c.law, table.c.article).order_by(table.c.id)
    with db.read() as connection:
        return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def test_reading_a_document_stores_its_structure(app: App, put: Any) -> None:
    law = put(app, "법.txt", LAW, title="가법")
    decree = put(app, "영.txt", DECREE, title="가법 시행령")
    assert stored(app.db, provisions) == [
        (law.version_id, "가법", "제1조"),
        (law.version_id, "가법", "제2조"),
        (decree.version_id, "가법 시행령", "제1조"),
    ]
    assert stored(app.db, citations) == [
        (law.version_id, "가법", "제1조"),
        (decree.version_id, "가법", "제2조"),
    ]
    with app.db.read() as connection:
        rows = connection.execute(
            sa.select(passages.c.unit_id).where(passages.c.version_id == law.version_id)
        )
        assert rows.scalars().all() == [unit_id(law.version_id, n) for n in (0, 1)]


def test_writing_it_again_doubles_nothing(app: App, put: Any) -> None:
    decree = put(app, "영.txt", DECREE, title="가법 시행령")
    before = stored(app.db, provisions), stored(app.db, citations)
    made = drafts(("제1조", "법 제2조에서 정하는 것을 정한다."))
    for _ in range(2):
        with app.db.write() as connection:
            replace_structure(
                connection, decree.document_id, decree.version_id, "가법 시행령", made
            )
    assert (stored(app.db, provisions), stored(app.db, citations)) == before
    with app.db.write() as connection:
        replace_structure(connection, decree.document_id, decree.version_id, "가법 시행령", [])
    assert stored(app.db, provisions) == stored(app.db, citations) == []


def test_a_version_that_could_not_be_read_leaves_no_structure(app: App, put: Any) -> None:
    law = put(app, "법.txt", LAW, title="가법")
    decree = put(app, "영.txt", DECREE, title="가법 시행령")
    app.ingestion.give_up(decree.version_id)
    assert stored(app.db, citations) == [(law.version_id, "가법", "제1조")]
    assert {version for version, *_ in stored(app.db, provisions)} == {law.version_id}


def test_versions_have_a_structure_each(app: App, put: Any) -> None:
    first = put(app, "법.txt", LAW, title="가법")
    second = put(app, "법.txt", LAW + "\n제3조(새로) 새로 정한다.\n", title="가법")
    assert first.document_id == second.document_id
    kept = [(v, article) for v, _, article in stored(app.db, provisions)]
    assert kept == [
        (first.version_id, "제1조"),
        (first.version_id, "제2조"),
        (second.version_id, "제1조"),
        (second.version_id, "제2조"),
        (second.version_id, "제3조"),
    ]
    with app.db.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(documents)).scalar() == 1
        assert connection.execute(sa.select(sa.func.count()).select_from(versions)).scalar() == 2


def test_articles_of_the_same_law_stand_after_those_that_name_one() -> None:
    assert cited("가법 시행령", ("제3조", "제5조에 따라 법 제2조의 허가를 제1조와 같이 한다.")) == [
        (0, "가법", "제2조", 0),
        (0, "가법 시행령", "제5조", OWN),
        (0, "가법 시행령", "제1조", OWN + 1),
    ]


def test_a_text_that_is_no_provision_has_no_law_of_its_own() -> None:
    assert cited("업무 매뉴얼", ("", "제5조를 보라.")) == []


def test_a_rebuild_gives_versions_of_an_earlier_release_their_structure(app: App, put: Any) -> None:
    law = put(app, "법.txt", LAW + f"\n{LONG}\n\n{LONG * 3}\n", title="가법")
    put(app, "영.txt", DECREE, title="가법 시행령")
    query = sa.select(passages.c.unit_id).order_by(passages.c.id)
    with app.db.read() as connection:
        units_before = connection.execute(query).scalars().all()
    before = stored(app.db, provisions), stored(app.db, citations)
    with app.db.write() as connection:
        # As migration 0003 left what was read before it.
        connection.execute(
            passages.update().values(unit_id=passages.c.version_id * UNITS + passages.c.seq)
        )
        connection.execute(provisions.delete())
        connection.execute(citations.delete())
    hit = app.search.search(OPERATOR, "무엇에 따라 허가하나").hits[0]
    assert [h.passage_id for h in app.search.units(OPERATOR, [hit.unit])[hit.unit]] == [
        hit.passage_id
    ]
    app.ingestion.rebuild()
    with app.db.read() as connection:
        assert connection.execute(query).scalars().all() == units_before
    assert (stored(app.db, provisions), stored(app.db, citations)) == before
    assert len(set(units_before)) < len(units_before)
    assert any(version == law.version_id for version, *_ in before[1])
