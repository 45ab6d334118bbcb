import math

import pytest

from mokmin.knowledge.search.metrics import mrr_at, ndcg_at, recall_at


def test_perfect_and_empty_rankings() -> None:
    for metric in (ndcg_at, recall_at, mrr_at):
        assert metric(["a", "b"], ["a", "b"], 10) == pytest.approx(1.0)
        assert metric(["x"], ["a"], 10) == 0.0
        assert metric([], {"a"}, 10) == 0.0


def test_figures_worked_by_hand() -> None:
    ranked, relevant = [9, 1, 8, 2], [1, 2, 3]
    ideal = 1 + 1 / math.log2(3) + 1 / 2
    assert ndcg_at(ranked, relevant, 10) == pytest.approx(
        (1 / math.log2(3) + 1 / math.log2(5)) / ideal
    )
    assert recall_at(ranked, relevant, 10) == pytest.approx(2 / 3)
    assert recall_at(ranked, relevant, 3) == pytest.approx(1 / 3)
    assert mrr_at(ranked, relevant, 10) == pytest.approx(0.5)
    assert mrr_at(ranked, relevant, 1) == 0.0


def test_more_relevant_than_places_can_still_be_perfect() -> None:
    assert ndcg_at([1, 2], [1, 2, 3, 4], 2) == pytest.approx(1.0)


def test_a_question_without_relevant_ids_is_an_error() -> None:
    with pytest.raises(ValueError, match="no relevant"):
        recall_at([1], [], 10)
