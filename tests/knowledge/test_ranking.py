"""One score out of several signals: each decides when the others are equal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mokmin.base.korean.fakes import SimpleAnalyser
from mokmin.base.llm.fakes import HashEmbedder
from mokmin.base.llm.ports import Vectors
from mokmin.knowledge.search.embedding import SearchModel
from mokmin.knowledge.search.question import Question, analysed, embedded
from mokmin.knowledge.search.ranking import Candidate, Counts, Scored, rank
from mokmin.knowledge.search.vocabulary import Vocabulary, Widening

EAST = np.array([1.0, 0.0], np.float32)
MODES = ("hybrid", "lexical", "dense")


class East(HashEmbedder):
    """Every question looks east."""

    def embed_query(self, text: str) -> Vectors:
        """See ``Embedder.embed_query``."""
        return EAST


def question(text: str = "주차 요금", **more: Any) -> Question:
    """A question whose words are those of the text, with what is said of it otherwise."""
    analyser = SimpleAnalyser()
    return replace(
        embedded(analysed(text, analyser, Vocabulary(analyser, ())), SearchModel(0, East())), **more
    )


def candidate(key: int, text: str = "같은 글", *, cosine: float = 0.8, **more: Any) -> Candidate:
    """A candidate in a unit of its own unless given."""
    made: dict[str, Any] = {"unit": key, "title": "제목"}
    vector = np.array([cosine, np.sqrt(1 - cosine**2)], np.float32)
    return Candidate(key=key, text=text, vector=vector, **made | more)


def order(scored: list[Scored]) -> list[int]:
    """Their keys."""
    return [item.key for item in scored]


# --- one signal at a time: the later id is the better one, so that ties cannot pass ------------
def test_meaning_decides() -> None:
    made = rank(question(), [candidate(1, cosine=0.7), candidate(2, cosine=0.9)], {}, {})
    assert order(made) == [2, 1]
    assert made[0].cosine == pytest.approx(0.9, abs=1e-6)


def test_words_found_by_the_index_decide() -> None:
    made = rank(question(), [candidate(n) for n in (1, 2, 3)], {2: 3.0, 3: 9.0}, {})
    assert order(made)[0] == 3
    assert (made[0].meaning, made[0].characters, made[0].unit_words) == (0, 0, 0)


def test_what_was_not_found_by_words_counts_as_the_lowest_that_was() -> None:
    made = {
        s.key: s for s in rank(question(), [candidate(n) for n in (1, 2, 3)], {2: 3.0, 3: 9.0}, {})
    }
    assert made[1].words == made[2].words < made[3].words


def test_a_single_hit_by_words_decides() -> None:
    assert order(rank(question(), [candidate(1), candidate(2)], {2: 5.0}, {})) == [2, 1]


def test_characters_decide() -> None:
    texts = [candidate(1, "수영장이용료"), candidate(2, "주차장의요금")]
    made = rank(question(), texts, {}, {})
    assert order(made) == [2, 1]
    assert (made[0].words, made[0].unit_words) == (0, 0)


def test_words_elsewhere_in_the_unit_decide() -> None:
    tokens = {1: "수영장 이용료 안내", 2: "주차 요금 안내"}
    made = rank(question(), [candidate(1), candidate(2)], {}, tokens)
    assert order(made) == [2, 1]
    assert made[0].characters == 0


def test_neighbours_in_one_unit_share_what_it_says() -> None:
    same = {"unit": 1}
    tokens = {1: "주차 요금 안내", 2: "수영장 이용료 안내"}
    texts = [candidate(2), candidate(5, **same), candidate(7, **same)]
    made = {s.key: s for s in rank(question(), texts, {}, tokens)}
    assert made[5].unit_words == made[7].unit_words > made[2].unit_words


def test_a_word_repeated_in_a_unit_counts_more_even_as_neighbours() -> None:
    tokens = {1: "주차 다른 말이 있다", 2: "주차 주차 주차 있다 말이"}
    assert order(rank(question("주차"), [candidate(1), candidate(2)], {}, tokens)) == [2, 1]


def test_a_part_of_a_word_in_a_unit_does_not_count() -> None:
    tokens = {1: "주차장 요금표", 2: "주차 안내"}
    made = {s.key: s.unit_words for s in rank(question(), [candidate(1), candidate(2)], {}, tokens)}
    assert made[2] > made[1]


def test_a_word_of_the_dictionary_counts_less_than_an_own_one() -> None:
    widened = question("공짜", widening=Widening((), ("무상",)))
    tokens = {1: "다른 말", 2: "무상 말", 3: "공짜 말"}
    made = rank(widened, [candidate(n) for n in (1, 2, 3)], {}, tokens)
    assert order(made) == [3, 2, 1]


def test_the_form_of_the_answer_decides() -> None:
    made = rank(
        question("며칠", bigrams=()),
        [candidate(1, "서면으로 한다"), candidate(2, "15일 이내에 한다")],
        {},
        {},
    )
    assert order(made) == [2, 1]
    assert [s.form for s in made] == [1.0, 0.0]


def test_a_current_text_comes_before_an_outdated_one_unless_earlier_is_asked() -> None:
    both = [candidate(1, outdated=True), candidate(2)]
    assert order(rank(question(), both, {}, {})) == [2, 1]
    assert order(rank(question(past=True), both, {}, {})) == [1, 2]


def test_an_outdated_text_that_is_far_better_still_wins() -> None:
    """Outdated is a handicap, not a ban: when only the old text has the answer, it is shown."""
    both = [candidate(1, cosine=0.95, outdated=True), candidate(2, cosine=0.7)]
    assert order(rank(question(), both, {1: 20.0}, {1: "주차 요금"})) == [1, 2]


def test_a_year_that_is_named_decides() -> None:
    both = [
        candidate(1, title="지침(2025)"),
        candidate(2, title="지침(2023)", outdated=True),
        candidate(3, title="지침"),
    ]
    assert order(rank(question(years=frozenset({"2023"})), both, {}, {})) == [2, 1, 3]
    assert order(rank(question(), both, {}, {})) == [1, 3, 2]


def test_the_newest_first_only_when_that_is_asked() -> None:
    both = [candidate(1, age=1.0), candidate(2, age=0.0), candidate(3, age=0.5), candidate(4)]
    assert order(rank(question(recent=True), both, {}, {})) == [2, 3, 1, 4]
    assert order(rank(question(), both, {}, {})) == [1, 2, 3, 4]


# --- the edges ------------------------------------------------------------------------------
@pytest.mark.parametrize("mode", MODES)
def test_nothing_to_rank(mode: Any) -> None:
    assert rank(question(), [], {}, {}, mode) == []
    assert rank(question(), [], {7: 1.0}, {}, mode) == []


@pytest.mark.parametrize("mode", MODES)
def test_one_candidate_has_a_finite_score(mode: Any) -> None:
    (made,) = rank(question(), [candidate(1)], {1: 4.0}, {1: "주차"}, mode)
    assert np.isfinite(made.score)


@pytest.mark.parametrize("mode", MODES)
def test_equal_scores_come_by_id_whatever_the_order_given(mode: Any) -> None:
    texts = [candidate(n) for n in range(1, 30)]
    for given in (texts, texts[::-1], texts[::2] + texts[1::2]):
        assert order(rank(question(), given, {}, {}, mode)) == list(range(1, 30))


def test_the_order_does_not_depend_on_the_order_given() -> None:
    chance = np.random.default_rng(5)
    texts = [
        candidate(n, f"주차 {n % 5} 요금 {n % 3}일", cosine=float(chance.uniform(0.6, 0.9)))
        for n in range(40)
    ]
    words = {n: float(n % 7) for n in range(0, 40, 3)}
    tokens = {n: "주차 " * (n % 4) + "안내" for n in range(40)}
    first = rank(question(), texts, words, tokens)
    for _ in range(5):
        chance.shuffle(texts)  # type: ignore[arg-type]
        again = rank(question(), texts, words, tokens)
        assert order(again) == order(first)
    assert [s.score for s in first] == sorted((s.score for s in first), reverse=True)


def test_a_question_without_words_goes_by_meaning() -> None:
    empty = question("??", terms=(), bigrams=())
    made = rank(empty, [candidate(1, cosine=0.6), candidate(2, cosine=0.9)], {}, {1: "말"})
    assert order(made) == [2, 1]
    assert all(np.isfinite(s.score) for s in made)


def test_each_mode_listens_to_its_own_signal_alone() -> None:
    texts = [candidate(1, cosine=0.95, outdated=True), candidate(2, "주차 요금", cosine=0.6)]
    words, tokens = {1: 1.0, 2: 8.0}, {2: "주차 요금"}
    assert order(rank(question(), texts, words, tokens, "dense")) == [1, 2]
    assert order(rank(question(), texts, words, tokens, "lexical")) == [2, 1]


def test_a_clear_lead_counts_more_than_a_rank() -> None:
    near = [candidate(1, cosine=0.801), candidate(2, cosine=0.800), candidate(3, cosine=0.5)]
    assert order(rank(question(), near, {2: 9.0, 3: 1.0}, {}))[0] == 2
    far = [candidate(1, cosine=0.95), candidate(2, cosine=0.6), candidate(3, cosine=0.59)]
    assert order(rank(question(), far, {1: 4.9, 2: 5.0, 3: 1.0}, {}))[0] == 1


def test_ranking_on_with_earlier_counts_is_ranking_anew() -> None:
    texts = [candidate(n, f"주차 {n} 요금 안내", unit=n // 2) for n in range(8)]
    tokens = {n: "주차 " * n + "요금 안내" for n in range(4)}
    asked = question()
    counts = Counts(asked)
    rank(asked, texts[:5], {1: 2.0}, {n: tokens[n] for n in range(3)}, counts=counts)
    again = rank(asked, texts[::-1], {1: 2.0, 6: 4.0}, tokens, counts=counts)
    assert again == rank(asked, texts[::-1], {1: 2.0, 6: 4.0}, tokens)
