"""One suite for every passage index: the one in memory and the one on disk must agree."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from mokmin.adapters.index.lance import LanceIndex
from mokmin.knowledge.search.fakes import MemoryIndex
from mokmin.knowledge.search.ports import IndexEntry, IndexFilter, PassageIndex

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
    bigrams: str = "",
) -> IndexEntry:
    """An entry; document and version are those of its passage unless given."""
    return IndexEntry(
        passage_id=key,
        document_id=key if document is None else document,
        version_id=key if version is None else version,
        morphemes=words,
        bigrams=bigrams or words,
        vector=unit(1.0, key / 100) if vector is None else vector,
        groups=groups,
        grade="O",
    )


@pytest.fixture(params=["memory", "lance"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PassageIndex]:
    if request.param == "memory":
        yield MemoryIndex()
    else:
        yield LanceIndex(tmp_path / "index", dimensions=DIMENSIONS)


def test_an_empty_index_finds_nothing(index: PassageIndex) -> None:
    assert index.search_text("morphemes", "재산", ALL, 5) == {}
    assert index.search_vector(unit(1.0), ALL, 5) == {}
    assert index.health().passages == 0


def test_adding_nothing_is_allowed(index: PassageIndex) -> None:
    index.add([])
    assert index.health().passages == 0


@pytest.mark.parametrize("field", ["morphemes", "bigrams"])
def test_text_is_found_in_the_named_field_alone(index: PassageIndex, field: str) -> None:
    index.add(
        [entry(1, "주차 요금", bigrams="수영 영장"), entry(2, "수영 영장", bigrams="주차 요금")]
    )
    expected = 1 if field == "morphemes" else 2
    found = index.search_text(field, "요금", ALL, 5)
    assert list(found) == [expected]
    assert found[expected] > 0


def test_a_rarer_and_more_frequent_word_scores_higher(index: PassageIndex) -> None:
    index.add(
        [
            entry(1, "조례 조례 규칙"),
            entry(2, "조례 감면"),
            entry(3, "조례 규칙"),
            entry(4, "규칙 별표"),
        ]
    )
    found = index.search_text("morphemes", "조례 감면", ALL, 5)
    assert next(iter(found)) == 2
    assert 4 not in found
    assert found[1] > found[3]


def test_a_word_that_is_not_there_finds_nothing(index: PassageIndex) -> None:
    index.add([entry(1)])
    assert index.search_text("morphemes", "우주선", ALL, 5) == {}
    assert index.search_text("morphemes", "", ALL, 5) == {}


@pytest.mark.parametrize("tokens", ['"', "AND OR NOT", "재산' OR 1=1 --", "* ?", "a:b (c)"])
def test_signs_of_query_languages_are_words(index: PassageIndex, tokens: str) -> None:
    index.add([entry(1, "공유 재산", groups=(1,)), entry(2, "공유 재산", groups=(2,))])
    found = index.search_text("morphemes", tokens, IndexFilter((1,)), 5)
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
    assert len(index.search_text("morphemes", "사용료", ALL, 7)) == 7
    assert len(index.search_vector(unit(1.0), ALL, 7)) == 7


def searches(index: PassageIndex, where: IndexFilter) -> list[set[int]]:
    """What each of the three searches finds."""
    return [
        set(index.search_text("morphemes", "사용료", where, 1000)),
        set(index.search_text("bigrams", "사용료", where, 1000)),
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
        expected = {e.passage_id for e in entries if set(e.groups) & set(mine)}
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
    index.set_groups(10, (2,))
    assert searches(index, IndexFilter((1,))) == [{2}] * 3
    assert searches(index, IndexFilter((2,))) == [{1}] * 3


def test_a_document_closed_to_all(index: PassageIndex) -> None:
    index.add([entry(1, document=10, groups=(1, 2)), entry(2, document=20, groups=(1,))])
    index.set_groups(20, ())
    assert searches(index, IndexFilter((1, 2))) == [{1}] * 3


def test_a_removed_version_is_gone_and_the_others_stay(index: PassageIndex) -> None:
    index.add([entry(1, document=10, version=100), entry(2, document=10, version=101)])
    index.optimise()
    index.remove_version(100)
    assert searches(index, ALL) == [{2}] * 3
    assert index.health().passages == 1
    index.remove_version(999)
    assert index.health().passages == 1


def test_clear_empties_and_the_index_goes_on(index: PassageIndex) -> None:
    index.add([entry(1), entry(2)])
    index.clear()
    assert index.health().passages == 0
    assert searches(index, ALL) == [set()] * 3
    index.add([entry(3)])
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
    writer.set_groups(1, (9,))
    assert searches(reader, IndexFilter((1,))) == [set()] * 3
    writer.optimise()
    writer.remove_version(1)
    assert searches(reader, ALL) == [set()] * 3


def test_what_was_written_outlives_the_object(lance: Callable[[], LanceIndex]) -> None:
    lance().add([entry(1), entry(2)])
    assert lance().health().passages == 2
    assert lance().health().bytes > 0


def test_the_filter_on_groups_uses_its_index(lance: Callable[[], LanceIndex]) -> None:
    index = lance()
    index.add([entry(key, groups=(key % 50,)) for key in range(1, 301)])
    index.optimise()
    query = index._table.search(unit(1.0), vector_column_name="vector")
    plan = query.where("array_has_any(groups, [3])", prefilter=True).limit(5).explain_plan(True)
    assert "ScalarIndexQuery" in plan, plan
    assert "groups_idx" in plan, plan
