"""Law and decree together, and never past anybody's rights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.app import App
from mokmin.base.db import Database, utcnow
from mokmin.governance.access.model import OPERATOR, Principal
from mokmin.governance.access.rules import document_groups
from mokmin.knowledge.documents.store import UNITS, documents, unit_id, versions
from mokmin.knowledge.documents.structure import citations, provisions
from mokmin.knowledge.search import service
from mokmin.knowledge.search.links import (
    LEADING,
    PULL,
    best_of_units,
    neighbours,
    place_weight,
    pull,
)
from mokmin.knowledge.search.model import SearchFilters, SearchResult
from mokmin.knowledge.search.ranking import Scored

MINE, THEIRS = 1, 2
READER = Principal(1, "kim", "김주무", None, "", "official", (MINE,), frozenset())
NOBODY = Principal(2, "none", "아무개", None, "", "official", (), frozenset())


# --- in the database alone ------------------------------------------------------------------
@dataclass
class House:
    """Documents as rows: each has one version with the id of the document."""

    db: Database

    def add(
        self,
        law: str,
        article: str = "제1조",
        *cites: tuple[str, str],
        group: int = MINE,
        **more: Any,
    ) -> int:
        """A document that is one article; the key of its unit."""
        with self.db.write() as connection:
            made: dict[str, Any] = {
                "title": law,
                "source": law,
                "kind": "법령",
                "grade": "O",
                "freshness": "in_force",
                "owner": "kim",
                "created_at": utcnow(),
            }
            insert = documents.insert().values(**made | more).returning(documents.c.id)
            key: int = connection.execute(insert).scalar_one()
            connection.execute(
                versions.insert().values(
                    id=key,
                    document_id=key,
                    number=1,
                    filename="a.txt",
                    sha256="0" * 64,
                    bytes=1,
                    created_at=utcnow(),
                    state="ready",
                )
            )
            current = documents.update().where(documents.c.id == key)
            connection.execute(current.values(current_version_id=key))
            connection.execute(document_groups.insert().values(document_id=key, group_id=group))
            here = {"document_id": key, "version_id": key, "unit_id": unit_id(key, 0)}
            connection.execute(provisions.insert().values(**here, law=law, article=article))
            for place, (other, cited) in enumerate(cites):
                connection.execute(
                    citations.insert().values(**here, law=other, article=cited, place=place)
                )
        return unit_id(key, 0)

    def near(self, *units: int, principal: Principal = READER) -> dict[int, dict[int, float]]:
        """What is linked to the units."""
        with self.db.read() as connection:
            return neighbours(connection, principal, units)


@pytest.fixture
def house(db: Database) -> House:
    return House(db)


def test_the_decree_leads_to_the_law_and_the_law_to_the_decree(house: House) -> None:
    law = house.add("가법", "제2조")
    decree = house.add("가법 시행령", "제5조", ("가법", "제2조"))
    assert house.near(law) == {law: {decree: 1.0}}
    assert house.near(decree) == {decree: {law: 1.0}}
    assert house.near(law, decree) == {law: {decree: 1.0}, decree: {law: 1.0}}


def test_another_article_or_another_law_is_no_link(house: House) -> None:
    law = house.add("가법", "제2조")
    house.add("가법 시행령", "제5조", ("가법", "제2조의2"), ("가법", "제22조"), ("나가법", "제2조"))
    assert house.near(law) == {law: {}}


def test_what_is_cited_first_and_in_the_family_counts_most(house: House) -> None:
    first, third, fourth = (house.add("가법", f"제{n}조") for n in (1, 3, 4))
    decree = house.add(
        "가법 시행규칙",
        "제9조",
        ("가법", "제1조"),
        ("가법", "제2조"),
        ("가법", "제3조"),
        ("가법", "제4조"),
    )
    manual = house.add("편람", "제1조", ("가법", "제1조"))
    near = house.near(decree, first)
    assert near[decree] == {first: 1.0, third: 0.7, fourth: 0.4}
    assert 0 < near[first][manual] < near[first][decree] == 1.0
    assert [place_weight(n) for n in (0, 1, 2, 3, 11)] == [1.0, 0.7, 0.7, 0.4, 0.4]


def test_citing_each_other_and_oneself_ends(house: House) -> None:
    one = house.add("가법", "제1조", ("가법", "제1조"), ("나법", "제1조"))
    two = house.add("나법", "제1조", ("가법", "제1조"), ("나법", "제1조"))
    near = house.near(one, two)
    assert set(near[one]) == {two}
    assert set(near[two]) == {one}
    assert near[one][two] == near[two][one], "the stronger of both directions"


def test_what_one_may_not_see_is_no_link_in_any_direction(house: House) -> None:
    law = house.add("가법", "제2조")
    other = house.add("나법", "제2조")
    hidden = house.add("가법 시행령", "제5조", ("가법", "제2조"), ("나법", "제2조"), group=THEIRS)
    secret = house.add("다법", "제1조", group=THEIRS)
    house.add("다법 시행령", "제1조", ("다법", "제1조"))
    assert house.near(law, other) == {law: {}, other: {}}
    assert house.near(law, principal=NOBODY) == {law: {}}
    assert house.near(law, principal=OPERATOR) == {law: {hidden: 1.0}}
    assert house.near(hidden, secret) == {hidden: {}, secret: {}}, "not even for a key from outside"


def test_hidden_citations_do_not_crowd_out_a_visible_one(house: House) -> None:
    law = house.add("가법", "제2조")
    for n in range(70):
        house.add(f"비밀{n}", "제1조", ("가법", "제2조"), group=THEIRS)
    seen = house.add("편람", "제1조", ("나법", "제1조"), ("가법", "제2조"))
    assert set(house.near(law)[law]) == {seen}


def test_a_deleted_document_and_an_earlier_version_are_no_link(house: House) -> None:
    law = house.add("가법", "제2조")
    deleted = house.add("가법 시행령", "제5조", ("가법", "제2조"), deleted_at=utcnow())
    revised = house.add("가법 시행규칙", "제5조", ("가법", "제2조"))
    with house.db.write() as connection:
        update = documents.update().where(documents.c.id == revised // UNITS)
        connection.execute(update.values(current_version_id=law // UNITS))
    for principal in (READER, OPERATOR):
        assert house.near(law, principal=principal) == {law: {}}
        assert house.near(deleted, revised, principal=principal) == {deleted: {}, revised: {}}


def test_no_units_have_no_neighbours(house: House) -> None:
    assert house.near() == {}
    assert house.near(4711) == {4711: {}}


# --- pulling --------------------------------------------------------------------------------
def scored(*items: tuple[int, int, float]) -> list[Scored]:
    """Candidates given as (key, unit, score)."""
    return [Scored(k, u, s, 0, 0, 0, 0, 0, 0, 0) for k, u, s in items]


def scores(items: list[Scored]) -> dict[int, float]:
    return {item.key: round(item.score, 6) for item in items}


def test_a_linked_unit_moves_towards_the_better_one() -> None:
    before = scored((1, 1, 3.0), (2, 2, 2.0), (3, 3, 1.0), (4, 3, 0.5))
    after = pull(before, {1: {3: 1.0}})
    gain = PULL * (3.0 - 1.0)
    assert scores(after) == {1: 3.0, 2: 2.0, 3: 1.0 + gain, 4: 0.5 + gain}
    assert [item.key for item in after] == [1, 3, 2, 4]
    assert {item.key: item.link > 0 for item in after} == {1: False, 2: False, 3: True, 4: True}


def test_a_linked_unit_never_passes_the_one_that_pulls_it() -> None:
    for low in (-3.0, -0.1, 0.0, 2.9):
        after = pull(scored((1, 1, 3.0), (2, 2, low)), {1: {2: 1.0}})
        assert [item.key for item in after] == [1, 2]


def test_a_worse_unit_pulls_nothing_down_or_up() -> None:
    before = scored((1, 1, 3.0), (2, 2, 1.0), (3, 3, -1.0))
    assert pull(before, {2: {1: 1.0}}) == before
    assert pull(before, {3: {2: 1.0}}) == before
    assert pull(before, {}) == before


def test_the_strongest_of_several_links_counts_once() -> None:
    links = {1: {3: 0.4}, 2: {3: 1.0}}
    after = pull(scored((1, 1, 3.0), (2, 2, 2.0), (3, 3, 0.0)), links)
    assert scores(after)[3] == round(max(PULL * 0.4 * 3.0, PULL * 2.0), 6)


def test_links_to_what_was_not_found_change_nothing() -> None:
    before = scored((1, 1, 3.0))
    assert pull(before, {1: {9: 1.0}, 8: {1: 1.0}}) == before


def test_equal_scores_after_the_pull_come_by_id() -> None:
    links = {1: {2: 1.0, 3: 1.0}}
    after = pull(scored((1, 1, 3.0), (7, 2, 1.0), (5, 3, 1.0)), links)
    assert [item.key for item in after] == [1, 5, 7]


def test_a_unit_is_as_good_as_its_best_passage() -> None:
    assert best_of_units(scored((1, 1, 3.0), (2, 2, 2.0), (3, 1, 1.0))) == {
        1: 3.0,
        2: 2.0,
    }


# --- through a search -----------------------------------------------------------------------
LAW = "제2조(허가) 하천에 다리를 놓으려는 사람은 허가를 받아야 한다.\n"
DECREE = "제5조(세부 기준) 법 제2조에서 정하는 수수료는 삼천원으로 산정한다.\n"
FILLER = "제1조(잡음) 다른 이야기를 적은 조문이며 아무 상관이 없다.\n"
BY_LAW, BY_DECREE = "하천에 다리를 놓으려는 사람", "수수료는 삼천원으로 산정"


@pytest.fixture
def few(app: App, put: Any, monkeypatch: pytest.MonkeyPatch) -> App:
    """A library in which the two retrievers find one passage each, so that a link alone adds."""
    monkeypatch.setattr(service, "CANDIDATES", 1)
    for n in range(3):
        put(app, f"잡음{n}.txt", FILLER, title=f"잡음 {n}")
    put(app, "법.txt", LAW, title="하천법")
    return app


def found(app: App, query: str, principal: Principal = OPERATOR, **more: Any) -> SearchResult:
    return app.search.search(principal, query, **more)


def titles(result: SearchResult) -> list[str]:
    return [hit.title for hit in result.hits]


@pytest.mark.parametrize(("query", "best"), [(BY_LAW, "하천법"), (BY_DECREE, "하천법 시행령")])
def test_one_of_the_pair_brings_the_other(few: App, put: Any, query: str, best: str) -> None:
    assert found(few, query).trace.linked == 0
    put(few, "영.txt", DECREE, title="하천법 시행령")
    result = found(few, query)
    assert titles(result)[0] == best
    assert set(titles(result)) == {"하천법", "하천법 시행령"}
    assert [hit.rank for hit in result.hits] == [1, 2]


def test_only_a_hybrid_search_of_everything_follows_links(few: App, put: Any) -> None:
    decree = put(few, "영.txt", DECREE, title="하천법 시행령")
    for mode in ("dense", "lexical"):
        assert titles(found(few, BY_DECREE, mode=mode)) == ["하천법 시행령"]
    assert titles(found(few, BY_DECREE, within=[decree.document_id])) == ["하천법 시행령"]


def test_a_link_does_not_pass_a_filter(few: App, put: Any) -> None:
    put(few, "영.txt", DECREE, title="하천법 시행령", kind="시행령")
    only = SearchFilters(kinds=("시행령",))
    assert titles(found(few, BY_DECREE, filters=only)) == ["하천법 시행령"]


def test_a_decree_that_one_may_not_see_changes_nothing(few: App, people: Any, put: Any) -> None:
    put(few, "다른법.txt", FILLER.replace("제1조", "제7조"), title="나법")
    before = {q: found(few, q, people.other) for q in (BY_LAW, BY_DECREE)}
    text = DECREE.replace("법 제2조", "법 제2조와 「나법」 제7조")
    put(few, "영.txt", text, title="하천법 시행령", audience=("회계과",))
    for query, was in before.items():
        now = found(few, query, people.other)
        assert "하천법 시행령" not in titles(now)
        assert [h.passage_id for h in now.hits] == [h.passage_id for h in was.hits]
        assert (now.trace.candidates, now.trace.linked, now.trace.rejected) == (
            was.trace.candidates,
            was.trace.linked,
            was.trace.rejected,
        )
        assert set(titles(found(few, query, people.kim))) >= {"하천법", "하천법 시행령"}


def test_a_law_that_one_may_not_see_is_not_brought_by_its_decree(
    app: App, people: Any, put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "CANDIDATES", 1)
    put(app, "법.txt", LAW, title="하천법", audience=("회계과",))
    put(app, "영.txt", DECREE, title="하천법 시행령")
    assert titles(found(app, BY_DECREE, people.other)) == ["하천법 시행령"]
    assert set(titles(found(app, BY_DECREE, people.kim))) == {"하천법", "하천법 시행령"}


def test_a_right_taken_away_ends_the_link_at_the_next_search(
    few: App, people: Any, put: Any
) -> None:
    decree = put(few, "영.txt", DECREE, title="하천법 시행령", audience=("회계과",))
    assert "하천법 시행령" in titles(found(few, BY_LAW, people.kim))
    with few.db.write() as connection:
        mine = document_groups.c.document_id == decree.document_id
        connection.execute(document_groups.delete().where(mine))
    assert "하천법 시행령" not in titles(found(few, BY_LAW, people.kim))


def test_a_deleted_decree_is_not_brought(few: App, put: Any) -> None:
    decree = put(few, "영.txt", DECREE, title="하천법 시행령")
    few.documents.delete(OPERATOR, decree.document_id)
    assert "하천법 시행령" not in titles(found(few, BY_LAW))
    few.documents.restore(OPERATOR, decree.document_id)
    assert "하천법 시행령" in titles(found(few, BY_LAW))


def test_a_new_version_without_the_citation_is_not_brought(few: App, put: Any) -> None:
    put(few, "영.txt", DECREE, title="하천법 시행령")
    put(few, "영.txt", DECREE.replace("법 제2조", "법 제9조"), title="하천법 시행령")
    assert "하천법 시행령" not in titles(found(few, BY_LAW))
    put(few, "영.txt", DECREE.replace("삼천원", "사천원"), title="하천법 시행령")
    hits = [hit for hit in found(few, BY_LAW).hits if hit.title == "하천법 시행령"]
    assert [("사천원" in hit.text, "삼천원" in hit.text) for hit in hits] == [(True, False)]


def test_texts_that_cite_each_other_are_found_once_each(app: App, put: Any) -> None:
    put(app, "가.txt", "제1조(가) 「나법」 제1조에 따라 다리를 놓는다.\n", title="가법")
    put(app, "나.txt", "제1조(나) 「가법」 제1조에 따라 다리를 헌다.\n", title="나법")
    put(app, "잡음.txt", FILLER, title="잡음")
    result = found(app, "다리를 놓는다")
    keys = [hit.passage_id for hit in result.hits]
    assert len(keys) == len(set(keys)) == 3
    assert titles(result)[:2] == ["가법", "나법"]


def test_a_law_that_half_the_house_cites_brings_a_bounded_number(few: App, put: Any) -> None:
    law = few.documents.by_source(OPERATOR, "/법.txt")
    assert law is not None
    for n in range(6):
        put(
            few,
            f"{n}.txt",
            f"제{n}조(인용) 하천법 이야기 「하천법」 제2조 {n}.\n",
            title=f"편람 {n}",
        )
    result = found(few, BY_LAW, top=50)
    assert titles(result)[0] == "하천법"
    assert result.trace.linked == 6
    assert LEADING < 6, "more than those that pull"


def test_the_article_of_a_law_is_the_one_that_may_be_seen_and_is_in_force(
    app: App, people: Any, put: Any
) -> None:
    deleted = put(app, "하나.txt", LAW, title="하천법")
    put(app, "둘.txt", LAW + "비밀.\n", title="하천법", audience=("회계과",))
    old = put(app, "셋.txt", LAW + "옛날.\n", title="하천법")
    new = put(app, "넷.txt", LAW + "지금.\n", title="하천법")
    app.documents.delete(OPERATOR, deleted.document_id)
    app.documents.supersede(OPERATOR, old.document_id, new.document_id)
    hit = app.search.provision(people.other, "하천법", "제2조")
    assert hit is not None
    assert hit.document_id == new.document_id
    assert app.search.provision(people.other, "하천법", "제3조") is None
    assert app.search.provision(NOBODY, "하천법", "제2조") is None


def test_the_article_of_a_law_begins_with_its_first_passage(app: App, put: Any) -> None:
    long = "제2조(허가) " + "이 조문은 여러 문장으로 되어 있다. " * 60
    put(app, "법.txt", f"제1조(목적) 짧다.\n\n{long}\n", title="하천법")
    hit = app.search.provision(OPERATOR, "하천법", "제2조")
    assert hit is not None
    assert hit.text.startswith("제2조(허가)")
    with app.db.read() as connection:
        query = sa.select(sa.func.count()).select_from(provisions)
        assert connection.execute(query.where(provisions.c.article == "제2조")).scalar() == 1
