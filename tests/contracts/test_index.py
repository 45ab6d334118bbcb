"""One suite for every passage index: the one in memory and the one on disk must agree."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import lancedb
import numpy as np
import pytest

from mokmin.adapters.index import generations, graph
from mokmin.adapters.index import lance as on_disk
from mokmin.adapters.index.generations import Generations
from mokmin.adapters.index.lance import LanceIndex
from mokmin.base.errors import Conflict, Unavailable
from mokmin.knowledge.search.fakes import MemoryIndex
from mokmin.knowledge.search.model import SearchFilters
from mokmin.knowledge.search.ports import (
    IndexAttributes,
    IndexEntry,
    IndexFilter,
    PassageIndex,
)

DIMENSIONS = 16
ALL = IndexFilter(None)


def unit(*values: float) -> np.ndarray:
    """A unit vector that begins with the values."""
    vector = np.zeros(DIMENSIONS, np.float32)
    vector[: len(values)] = values
    return vector / np.linalg.norm(vector)


def entry(
    key: int,
    words: str = "공유재산 사용료",
    *,
    document: int | None = None,
    version: int | None = None,
    groups: tuple[int, ...] = (1,),
    vector: np.ndarray | None = None,
    attributes: IndexAttributes | None = None,
) -> IndexEntry:
    """An entry; document and version are those of its passage unless given."""
    return IndexEntry(
        passage_id=key,
        document_id=key if document is None else document,
        version_id=key if version is None else version,
        morphemes=words,
        vector=unit(1.0, key / 100) if vector is None else vector,
        attributes=attributes or IndexAttributes(groups),
    )


@pytest.fixture(params=["memory", "lance"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PassageIndex]:
    if request.param == "memory":
        yield MemoryIndex()
    else:
        yield LanceIndex(tmp_path / "index", dimensions=DIMENSIONS)


def test_an_empty_index_finds_nothing(index: PassageIndex) -> None:
    assert index.search_text(words("재산"), ALL, 5) == {}
    assert index.search_vector(unit(1.0), ALL, 5) == {}
    assert index.health().passages == 0


def test_adding_nothing_is_allowed(index: PassageIndex) -> None:
    index.add([])
    assert index.health().passages == 0


def words(text: str, weight: float = 1.0) -> dict[str, float]:
    """The words of a text as terms of one weight."""
    return dict.fromkeys(text.split(), weight)


def test_text_is_found_by_whole_words_alone(index: PassageIndex) -> None:
    index.add([entry(1, "주차 요금"), entry(2, "주차요금 수영장")])
    found = index.search_text(words("요금"), ALL, 5)
    assert list(found) == [1]
    assert found[1] > 0


def test_a_weight_is_a_share_of_the_score(index: PassageIndex) -> None:
    index.add([entry(1, "조례 감면"), entry(2, "규칙 별표"), entry(3, "공유 재산")])
    whole = index.search_text({"조례": 1.0, "규칙": 1.0}, ALL, 5)
    assert whole[1] == pytest.approx(whole[2], rel=1e-4)
    half = index.search_text({"조례": 1.0, "규칙": 0.5}, ALL, 5)
    assert list(half) == [1, 2]
    assert half[1] == pytest.approx(whole[1], rel=1e-4)
    assert half[2] == pytest.approx(whole[2] / 2, rel=1e-4)


def test_terms_of_several_weights_add_up_in_one_passage(index: PassageIndex) -> None:
    index.add([entry(1, "조례 감면"), entry(2, "조례 별표"), entry(3, "공유 재산")])
    both = index.search_text({"조례": 1.0, "감면": 0.5, "없음": 0.25}, ALL, 5)
    one = index.search_text({"조례": 1.0}, ALL, 5)
    other = index.search_text({"감면": 0.5}, ALL, 5)
    assert set(both) == {1, 2}
    assert both[1] == pytest.approx(one[1] + other[1], rel=1e-4)
    assert both[2] == pytest.approx(one[2], rel=1e-4)


def test_words_of_several_weights_pass_the_same_filter(index: PassageIndex) -> None:
    index.add([entry(1, "조례 감면"), entry(2, "조례 감면", groups=(2,))])
    found = index.search_text({"조례": 1.0, "감면": 0.5}, IndexFilter((2,)), 5)
    assert list(found) == [2]


def test_a_rarer_and_more_frequent_word_scores_higher(index: PassageIndex) -> None:
    index.add(
        [
            entry(1, "조례 조례 규칙"),
            entry(2, "조례 감면"),
            entry(3, "조례 규칙"),
            entry(4, "규칙 별표"),
        ]
    )
    found = index.search_text(words("조례 감면"), ALL, 5)
    assert next(iter(found)) == 2
    assert 4 not in found
    assert found[1] > found[3]


def test_a_word_that_is_not_there_finds_nothing(index: PassageIndex) -> None:
    index.add([entry(1)])
    assert index.search_text(words("우주선"), ALL, 5) == {}
    assert index.search_text(words(""), ALL, 5) == {}


@pytest.mark.parametrize("tokens", ['"', "AND OR NOT", "재산' OR 1=1 --", "* ?", "a:b (c)"])
def test_signs_of_query_languages_are_words(index: PassageIndex, tokens: str) -> None:
    index.add([entry(1, "공유 재산", groups=(1,)), entry(2, "공유 재산", groups=(2,))])
    found = index.search_text(words(tokens) | {"공유": 0.5}, IndexFilter((1,)), 5)
    assert 2 not in found


def test_near_vectors_come_first_with_their_cosine(index: PassageIndex) -> None:
    index.add(
        [entry(1, vector=unit(1, 1)), entry(2, vector=unit(1, 0)), entry(3, vector=unit(0, 1))]
    )
    found = index.search_vector(unit(1, 0), ALL, 3)
    assert list(found) == [2, 1, 3]
    assert found[2] == pytest.approx(1.0, abs=1e-5)
    assert found[1] == pytest.approx(np.sqrt(0.5), abs=1e-5)
    assert found[3] == pytest.approx(0.0, abs=1e-5)


def test_no_more_than_the_limit(index: PassageIndex) -> None:
    index.add([entry(key) for key in range(1, 21)])
    assert len(index.search_text(words("사용료"), ALL, 7)) == 7
    assert len(index.search_vector(unit(1.0), ALL, 7)) == 7


def searches(index: PassageIndex, where: IndexFilter) -> list[set[int]]:
    """What each of the three searches finds."""
    return [
        set(index.search_text(words("사용료"), where, 1000)),
        set(index.search_text({"사용료": 1.0, "재산": 0.5}, where, 1000)),
        set(index.search_vector(unit(1.0), where, 1000)),
    ]


def test_nobody_finds_what_none_of_their_groups_may_read(index: PassageIndex) -> None:
    chance = random.Random(7)
    entries = [
        entry(key, groups=tuple(chance.sample(range(1, 30), chance.randint(0, 5))))
        for key in range(1, 121)
    ]
    index.add(entries[:60])
    index.optimise()
    index.add(entries[60:])
    for _ in range(25):
        mine = tuple(chance.sample(range(1, 30), chance.randint(1, 6)))
        expected = {e.passage_id for e in entries if set(e.attributes.groups) & set(mine)}
        assert searches(index, IndexFilter(mine)) == [expected] * 3


def test_no_groups_see_nothing_and_none_sees_all(index: PassageIndex) -> None:
    index.add([entry(1, groups=()), entry(2, groups=(5,))])
    assert searches(index, IndexFilter(())) == [set()] * 3
    assert searches(index, IndexFilter(None)) == [{1, 2}] * 3


def test_the_documents_of_a_filter(index: PassageIndex) -> None:
    index.add([entry(1, document=10), entry(2, document=20), entry(3, document=10, groups=(2,))])
    assert searches(index, IndexFilter((1,), (10,))) == [{1}] * 3
    assert searches(index, IndexFilter(None, (10, 20))) == [{1, 2, 3}] * 3
    assert searches(index, IndexFilter((1, 2), ())) == [set()] * 3
    assert searches(index, IndexFilter((1, 2), None)) == [{1, 2, 3}] * 3


def test_a_right_taken_away_counts_at_the_next_query(index: PassageIndex) -> None:
    index.add([entry(1, document=10, groups=(1, 2)), entry(2, document=20, groups=(1,))])
    index.optimise()
    index.set_attributes(10, IndexAttributes((2,)))
    assert searches(index, IndexFilter((1,))) == [{2}] * 3
    assert searches(index, IndexFilter((2,))) == [{1}] * 3


def test_a_document_closed_to_all(index: PassageIndex) -> None:
    index.add([entry(1, document=10, groups=(1, 2)), entry(2, document=20, groups=(1,))])
    index.set_attributes(20, IndexAttributes(()))
    assert searches(index, IndexFilter((1, 2))) == [{1}] * 3


def test_a_removed_document_is_gone_with_all_its_versions(index: PassageIndex) -> None:
    index.add([entry(1, document=10), entry(2, document=10, version=9), entry(3, document=20)])
    index.optimise()
    index.remove_document(10)
    index.remove_document(4711)
    assert searches(index, ALL) == [{3}] * 3


# --- what the searcher narrows down to ------------------------------------------------------
HOSTILE = (
    "회계과",
    "",
    "'",
    "''",
    "' OR 1=1 --",
    "\\' OR 1=1 --",
    '" OR "1"="1',
    "o'clock; DROP TABLE passages",
    "a\nb",
    "%",
    "_",
    "NULL",
    "$1",
    "{0}",
    "한'글\\",
)
DAYS = (None, date(1948, 7, 17), date(2024, 2, 29), date(2025, 1, 1), date(2026, 11, 22))


@pytest.mark.parametrize("value", HOSTILE)
def test_any_text_is_a_value_and_nothing_else(index: PassageIndex, value: str) -> None:
    others = [v for v in HOSTILE if v != value]
    index.add(
        [entry(1, attributes=IndexAttributes((1,), department=value, kind=value))]
        + [
            entry(n, attributes=IndexAttributes((1,), department=other, kind=other))
            for n, other in enumerate(others, start=2)
        ]
    )
    for chosen in (SearchFilters(departments=(value,)), SearchFilters(kinds=(value,))):
        assert searches(index, IndexFilter(None, chosen=chosen)) == [{1}] * 3
    nothing = SearchFilters(departments=(value + "?",))
    assert searches(index, IndexFilter(None, chosen=nothing)) == [set()] * 3
    index.set_attributes(2, IndexAttributes((1,), grade="S", department=value, kind=value))
    chosen = SearchFilters(departments=(value,), kinds=(value,))
    assert searches(index, IndexFilter(None, chosen=chosen)) == [{1, 2}] * 3


def some_attributes(chance: random.Random) -> IndexAttributes:
    """Attributes by chance, out of few values each."""
    return IndexAttributes(
        groups=tuple(chance.sample(range(1, 6), chance.randint(0, 3))),
        grade=chance.choice("OSC"),
        department=chance.choice(("회계과", "복지과", "o'hara")),
        kind=chance.choice(("법령", "편람")),
        dated_on=chance.choice(DAYS),
        effective_on=chance.choice(DAYS),
        superseded=chance.random() < 0.3,
    )


def passes(a: IndexAttributes, where: IndexFilter) -> bool:
    """The filter as it reads in ``SearchFilters``, written once more."""
    c = where.chosen
    day = a.dated_on
    return all(
        (
            where.groups is None or bool(set(where.groups) & set(a.groups)),
            not c.departments or a.department in c.departments,
            not c.kinds or a.kind in c.kinds,
            not c.grades or a.grade in c.grades,
            c.dated_from is None or (day is not None and day >= c.dated_from),
            c.dated_to is None or (day is not None and day <= c.dated_to),
            c.in_force_on is None
            or (not a.superseded and (a.effective_on is None or a.effective_on <= c.in_force_on)),
        )
    )


FILTERS = (
    SearchFilters(departments=("회계과",)),
    SearchFilters(departments=("회계과", "o'hara")),
    SearchFilters(kinds=("법령",)),
    SearchFilters(grades=("O", "S")),
    SearchFilters(dated_from=date(2024, 2, 29)),
    SearchFilters(dated_to=date(2024, 2, 29)),
    SearchFilters(dated_from=date(2024, 3, 1), dated_to=date(2025, 1, 1)),
    SearchFilters(in_force_on=date(2024, 12, 31)),
    SearchFilters(in_force_on=date(2025, 1, 1)),
    SearchFilters(
        departments=("회계과", "복지과"),
        kinds=("편람",),
        grades=("O", "C"),
        dated_from=date(1948, 7, 17),
        dated_to=date(2026, 1, 1),
        in_force_on=date(2026, 11, 22),
    ),
)


def test_filters_alone_and_together_leave_exactly_what_passes(index: PassageIndex) -> None:
    chance = random.Random(11)
    entries = {n: entry(n, attributes=some_attributes(chance)) for n in range(1, 201)}
    index.add(list(entries.values())[:120])
    index.optimise()
    index.add(list(entries.values())[120:])
    for number in chance.sample(sorted(entries), 60):
        fresh = some_attributes(chance)
        index.set_attributes(number, fresh)
        entries[number] = entry(number, attributes=fresh)
    for chosen in FILTERS:
        for groups in (None, (1, 4)):
            where = IndexFilter(groups, chosen=chosen)
            expected = {n for n, e in entries.items() if passes(e.attributes, where)}
            assert 0 < len(expected) < len(entries)
            assert searches(index, where) == [expected] * 3, where


# --- one document made to agree -------------------------------------------------------------
def test_a_document_is_replaced_by_what_is_given(index: PassageIndex) -> None:
    index.add([entry(n, document=10, version=1) for n in (1, 2, 3)] + [entry(9, document=90)])
    index.optimise()
    new = IndexAttributes((2,), department="복지과")
    fresh = [entry(n, document=10, version=2, attributes=new) for n in (3, 4)]
    for _ in range(2):
        index.replace_document(10, fresh)
        assert searches(index, ALL) == [{3, 4, 9}] * 3
        assert searches(index, IndexFilter((1,))) == [{9}] * 3
        assert searches(index, IndexFilter((2,))) == [{3, 4}] * 3
        assert index.health().passages == 3
    index.replace_document(10, [])
    index.replace_document(4711, [])
    assert searches(index, ALL) == [{9}] * 3
    index.replace_document(10, fresh)
    assert searches(index, IndexFilter((2,))) == [{3, 4}] * 3


def test_a_removed_version_is_gone_and_the_others_stay(index: PassageIndex) -> None:
    index.add([entry(1, document=10, version=100), entry(2, document=10, version=101)])
    index.optimise()
    index.remove_version(100)
    assert searches(index, ALL) == [{2}] * 3
    assert index.health().passages == 1
    index.remove_version(999)
    assert index.health().passages == 1


def test_a_rebuild_beside_is_seen_only_after_the_switch(index: PassageIndex) -> None:
    index.add([entry(1), entry(2)])
    before = index.health()
    assert before.built_at is None
    built = index.begin_rebuild()
    built.add([entry(3)])
    built.optimise()
    assert searches(index, ALL) == [{1, 2}] * 3
    assert searches(built, ALL) == [{3}] * 3
    index.add([entry(4)])
    built.replace_document(4, [entry(4)])
    index.switch()
    assert searches(index, ALL) == [{3, 4}] * 3
    after = index.health()
    assert after.generation > before.generation
    assert after.built_at is not None
    index.add([entry(5)])
    assert searches(index, ALL) == [{3, 4, 5}] * 3


def test_a_half_built_index_is_thrown_away(index: PassageIndex) -> None:
    index.add([entry(1)])
    index.begin_rebuild().add([entry(2)])
    built = index.begin_rebuild()
    built.add([entry(3)])
    built.optimise()
    index.switch()
    assert searches(index, ALL) == [{3}] * 3
    with pytest.raises(Conflict):
        index.switch()
    assert searches(index, ALL) == [{3}] * 3


def test_health_counts_passages(index: PassageIndex) -> None:
    index.add([entry(key) for key in range(1, 11)])
    index.optimise()
    health = index.health()
    assert (health.passages, health.unindexed) == (10, 0)


# --- the index on disk alone ----------------------------------------------------------------
@pytest.fixture
def lance(tmp_path: Path) -> Callable[[], LanceIndex]:
    return lambda: LanceIndex(tmp_path / "index", dimensions=DIMENSIONS)


def test_another_process_sees_what_was_written(lance: Callable[[], LanceIndex]) -> None:
    writer, reader = lance(), lance()
    writer.add([entry(1)])
    assert searches(reader, ALL) == [{1}] * 3
    writer.set_attributes(1, IndexAttributes((9,)))
    assert searches(reader, IndexFilter((1,))) == [set()] * 3
    writer.optimise()
    writer.remove_version(1)
    assert searches(reader, ALL) == [set()] * 3


def test_what_was_written_outlives_the_object(lance: Callable[[], LanceIndex]) -> None:
    lance().add([entry(1), entry(2)])
    assert lance().health().passages == 2
    assert lance().health().bytes > 0


def test_what_was_added_twice_is_put_right(lance: Callable[[], LanceIndex]) -> None:
    index = lance()
    index.add([entry(1, document=10), entry(2, document=10)])
    index.add([entry(1, document=10)])
    assert index.health().passages == 3
    index.replace_document(10, [entry(1, document=10), entry(2, document=10)])
    assert index.health().passages == 2
    assert searches(index, ALL) == [{1, 2}] * 3


def test_a_document_that_agrees_is_not_written(
    lance: Callable[[], LanceIndex], tmp_path: Path
) -> None:
    index = lance()
    closed = IndexAttributes((), department="복지과", dated_on=date(2025, 1, 1))
    index.add([entry(1, document=10, attributes=closed)])
    index.set_attributes(10, closed)
    before = {p for p in tmp_path.rglob("*") if p.is_file()}
    index.replace_document(10, [entry(1, document=10, attributes=closed)])
    assert {p for p in tmp_path.rglob("*") if p.is_file()} == before


def test_the_filter_on_groups_uses_its_index(lance: Callable[[], LanceIndex]) -> None:
    index = lance()
    index.add([entry(key, groups=(key % 50,)) for key in range(1, 5001)])
    index.optimise()
    plan = index.explain(IndexFilter((3,)))
    assert "ScalarIndexQuery" in plan, plan
    assert "groups_idx" in plan, plan
    index.set_attributes(7, IndexAttributes((3,)))
    assert "groups_idx" in index.explain(IndexFilter((3,), chosen=FILTERS[-1]))


# --- generations on disk --------------------------------------------------------------------
def test_every_process_notices_a_switch(lance: Callable[[], LanceIndex]) -> None:
    builder, reader = lance(), lance()
    builder.add([entry(1)])
    assert searches(reader, ALL) == [{1}] * 3
    built = builder.begin_rebuild()
    built.add([entry(2)])
    built.optimise()
    builder.switch()
    assert searches(reader, ALL) == [{2}] * 3
    reader.add([entry(3)])
    assert searches(builder, ALL) == [{2, 3}] * 3
    assert builder.health().generation == reader.health().generation == 2


def test_two_rebuilds_at_once_are_refused(lance: Callable[[], LanceIndex]) -> None:
    first, second = lance(), lance()
    first.add([entry(1)])
    built = first.begin_rebuild()
    with pytest.raises(Conflict, match="이미 돌고"):
        second.begin_rebuild()
    built.add([entry(2)])
    built.optimise()
    first.switch()
    second.begin_rebuild()
    assert searches(second, ALL) == [{2}] * 3


def test_a_replaced_generation_goes_only_after_a_while(
    lance: Callable[[], LanceIndex], tmp_path: Path
) -> None:
    index = lance()
    index.add([entry(1)])
    built = index.begin_rebuild()
    built.add([entry(2)])
    built.optimise(keep=timedelta(0))
    index.switch()
    old, new = tmp_path / "index" / "g000001", tmp_path / "index" / "g000002"
    index.optimise()
    assert old.is_dir(), "a search of another process may still be under way on it"
    index.optimise(keep=timedelta(0))
    assert not old.exists()
    assert new.is_dir()
    assert searches(lance(), ALL) == [{2}] * 3


def test_searches_go_on_while_the_index_is_folded_and_replaced(
    lance: Callable[[], LanceIndex],
) -> None:
    writer, reader = lance(), lance()
    writer.add([entry(n, document=n) for n in range(1, 301)])
    wrong: list[object] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                found = searches(reader, IndexFilter(None, (5, 6)))
            except Exception as error:
                wrong.append(error)
                return
            if found != [{5, 6}] * 3:
                wrong.append(found)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        for turn in range(4):
            writer.set_attributes(7, IndexAttributes((turn,)))
            writer.optimise()
            built = writer.begin_rebuild()
            built.add([entry(n, document=n) for n in range(1, 301)])
            built.optimise()
            writer.switch()
    finally:
        stop.set()
        thread.join(60)
    assert wrong == []


def test_the_oldest_layout_is_known_as_outdated_until_it_is_rebuilt(
    lance: Callable[[], LanceIndex], tmp_path: Path
) -> None:
    root = tmp_path / "index"
    old = lancedb.connect(str(root)).create_table("passages", [{"passage_id": 1}])
    assert old.count_rows() == 1
    assert Generations(root).outdated
    for index in (lance(), lance()):
        assert index.health().outdated
        assert searches(index, ALL) == [set()] * 3
    index.optimise(keep=timedelta(0))
    assert (root / "passages.lance").exists(), "kept until a rebuild was completed"
    built = index.begin_rebuild()
    built.add([entry(1)])
    built.optimise()
    index.switch()
    assert not index.health().outdated
    assert not Generations(root).outdated
    index.optimise(keep=timedelta(0))
    assert not (root / "passages.lance").exists()
    assert searches(lance(), ALL) == [{1}] * 3


def test_an_index_of_another_schema_is_outdated(
    lance: Callable[[], LanceIndex], monkeypatch: pytest.MonkeyPatch
) -> None:
    lance().add([entry(1)])
    monkeypatch.setattr(generations, "SCHEMA", generations.SCHEMA + 1)
    index = lance()
    assert index.health().outdated
    assert index.health().generation == 2
    assert searches(index, ALL) == [set()] * 3


def test_a_new_index_is_not_outdated(lance: Callable[[], LanceIndex], tmp_path: Path) -> None:
    assert not Generations(tmp_path / "index").outdated
    health = lance().health()
    assert (health.outdated, health.built_at, health.optimised_at) == (False, None, None)
    lance().optimise()
    assert lance().health().optimised_at is not None


def test_writers_go_on_while_the_graph_over_the_vectors_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The build is held up until another writer has added, deleted and changed; then it commits."""
    monkeypatch.setattr(on_disk, "EXACT_ROWS", 500)
    index, other = (LanceIndex(tmp_path, dimensions=DIMENSIONS) for _ in range(2))
    chance = np.random.default_rng(3)
    vectors = chance.standard_normal((700, DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index.add([entry(key, vector=vectors[key]) for key in range(600)])
    build, building, written = on_disk.create_graph_apart, threading.Event(), threading.Event()

    def slow(folder: Path, claim: int) -> None:
        building.set()
        assert written.wait(30)
        build(folder, claim)

    monkeypatch.setattr(on_disk, "create_graph_apart", slow)
    thread = threading.Thread(target=index.optimise)
    thread.start()
    assert building.wait(30)
    other.add([entry(key, vector=vectors[key]) for key in range(600, 700)])
    other.remove_document(5)
    other.set_attributes(7, IndexAttributes((2,)))
    other.optimise()
    assert 5 not in other.search_vector(vectors[5], ALL, 10)
    written.set()
    thread.join(60)
    assert not thread.is_alive()
    assert any("vector" in i.columns for i in other._now().table.list_indices())
    for _ in range(2):
        assert other.health().passages == 699
        for key in (3, 7, 650):
            assert max(other.search_vector(vectors[key], ALL, 10).items(), key=second)[0] == key
        assert 5 not in other.search_vector(vectors[5], ALL, 300)
        assert 7 not in other.search_vector(vectors[7], IndexFilter((1,)), 10)
        other.optimise()


def second(item: tuple[int, float]) -> float:
    """The score of a found passage."""
    return item[1]


def test_a_graph_that_cannot_be_built_leaves_the_index_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_disk, "EXACT_ROWS", 3)
    index = LanceIndex(tmp_path, dimensions=DIMENSIONS)
    index.add([entry(key) for key in range(5)])
    monkeypatch.setattr(on_disk, "create_graph_apart", lambda _f, claim: graph_of_nothing(claim))
    with pytest.raises(Unavailable):
        index.optimise()
    assert len(index.search_vector(unit(1.0), ALL, 10)) == 5
    monkeypatch.undo()
    index.optimise()


def graph_of_nothing(claim: int) -> None:
    """A build that ends with an error: there is no such table."""
    graph.create_graph_apart(Path("/nowhere"), claim)
