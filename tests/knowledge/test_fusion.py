import itertools

import pytest

from mokmin.knowledge.search.fusion import (
    FusionWeights,
    RetrieverScores,
    fuse,
    weights_for,
)


def order(lists: RetrieverScores, weights: FusionWeights) -> list[int]:
    return [key for key, _ in fuse(lists, weights)]


LISTS = RetrieverScores(
    morphemes={1: 9.0, 2: 4.0, 3: 3.5},
    bigrams={1: 20.0, 3: 12.0, 4: 11.0},
    dense={1: 0.80, 2: 0.81, 3: 0.82, 4: 0.88, 5: 0.79},
)


def test_every_candidate_appears_once_best_first() -> None:
    ranked = fuse(LISTS, FusionWeights())
    assert sorted(key for key, _ in ranked) == [1, 2, 3, 4, 5]
    assert all(a[1] >= b[1] for a, b in itertools.pairwise(ranked))


def test_weights_decide_between_words_and_meaning() -> None:
    assert order(LISTS, FusionWeights(dense=0.0))[0] == 1
    assert order(LISTS, FusionWeights(dense=1.0)) == [4, 3, 2, 1, 5]


def test_a_clear_lead_counts_more_than_a_rank() -> None:
    narrow = RetrieverScores(morphemes={1: 5.01, 2: 5.0, 3: 1.0}, dense={1: 0.80, 2: 0.90, 3: 0.79})
    assert order(narrow, FusionWeights(dense=0.5))[0] == 2
    wide = RetrieverScores(morphemes={1: 30.0, 2: 5.0, 3: 4.9}, dense={1: 0.80, 2: 0.801, 3: 0.7})
    assert order(wide, FusionWeights(dense=0.5))[0] == 1


def test_missing_counts_as_the_lowest_found() -> None:
    lists = RetrieverScores(morphemes={1: 3.0, 2: 1.0}, dense={1: 0.5, 2: 0.8, 3: 0.8})
    scores = dict(fuse(lists, FusionWeights(dense=0.5)))
    assert scores[3] == pytest.approx(scores[2])


def test_an_empty_retriever_takes_no_part() -> None:
    dense_only = RetrieverScores(dense={7: 0.8, 8: 0.9})
    assert order(dense_only, FusionWeights(dense=0.0, bigrams=0.5)) == [7, 8]
    assert order(dense_only, FusionWeights(dense=0.4)) == [8, 7]
    assert fuse(RetrieverScores(), FusionWeights()) == []


def test_scale_of_a_retriever_does_not_matter() -> None:
    scaled = RetrieverScores(
        {k: 100 * v for k, v in LISTS.morphemes.items()},
        LISTS.bigrams,
        {k: v / 7 - 3 for k, v in LISTS.dense.items()},
    )
    before, after = fuse(LISTS, FusionWeights()), fuse(scaled, FusionWeights())
    assert [k for k, _ in before] == [k for k, _ in after]
    assert [s for _, s in before] == pytest.approx([s for _, s in after])


def test_a_single_hit_and_equal_scores_stay_finite_and_ordered_by_id() -> None:
    lists = RetrieverScores(morphemes={5: 2.0}, dense={4: 0.8, 5: 0.8, 6: 0.8})
    assert order(lists, FusionWeights()) == [5, 4, 6]


def test_weights_lean_to_words_for_keywords_and_named_laws() -> None:
    plain = weights_for("아이가 다니는 어린이집에 보조금이 나오는지 알고 싶어요", 6)
    assert weights_for("주민등록법 제5조에 따른 신고는 누가 하나요?", 6).dense < plain.dense
    assert weights_for("도로점용 허가", 4).dense < plain.dense
    assert weights_for("여권 어떻게 만들어요?", 3) == plain
    assert weights_for("???", 0).dense > plain.dense
