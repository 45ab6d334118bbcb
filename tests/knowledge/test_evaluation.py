"""The evaluation harness: files, intervals, the judge of answers, and both evaluations end to end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mokmin.app import App
from mokmin.base.errors import InvalidInput
from mokmin.knowledge.evaluation.answers import AnswerEvaluation, Judged, summary
from mokmin.knowledge.evaluation.indexing import index_corpus
from mokmin.knowledge.evaluation.intervals import Resamples
from mokmin.knowledge.evaluation.judging import (
    contains_answer,
    contains_text,
    numbers,
    quotes_evidence,
)
from mokmin.knowledge.evaluation.loading import (
    CorpusItem,
    Query,
    Question,
    load_corpus,
    load_queries,
    load_questions,
)
from mokmin.knowledge.evaluation.retrieval import RetrievalEvaluation, score

CORPUS = [
    CorpusItem("주차", "주차장 조례", "주차요금은 한 시간에 1,000원으로 한다.\n장애인은 면제한다."),
    CorpusItem("수영", "수영장 안내", "수영장 이용료는 하루에 3,000원이다.\n월요일은 쉰다."),
    CorpusItem("빈 글", "빈 글", ""),
]


def quiet(label: str, done: int, everything: int) -> None:
    """No progress."""


# --- files ------------------------------------------------------------------------------------
@pytest.fixture
def lines(tmp_path: Path) -> Callable[..., Path]:
    """Write objects, or text as it is, one a line."""

    def write(*items: object) -> Path:
        path = tmp_path / "질문.jsonl"
        texts = (x if isinstance(x, str) else json.dumps(x, ensure_ascii=False) for x in items)
        path.write_text("\n".join(texts), encoding="utf-8")
        return path

    return write


def test_files_are_read_as_the_contract_has_them(lines: Callable[..., Path]) -> None:
    path = lines(
        {"id": 7, "text": "언제?", "relevant": ["a", "b"], "exclude": ["c"], "answer": "5일"},
        "",
        {"id": "u", "text": "누가?", "relevant": [], "answer": None, "type": "none"},
    )
    assert load_queries(path)[0] == Query("7", "언제?", frozenset("ab"), frozenset("c"))
    asked = load_questions(path)
    assert asked[0] == Question("7", "언제?", frozenset("ab"), "5일")
    assert (asked[1].answerable, asked[1].kind) == (False, "none")
    assert len(load_questions(path, 1)) == 1
    corpus = lines({"id": "a", "text": "본문"}, {"id": "b", "title": None, "text": "본문"})
    assert [(item.id, item.title) for item in load_corpus(corpus)] == [("a", ""), ("b", "")]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "2행이 올바른 JSON이 아닙니다"),
        ("[1]", "2행이 JSON 객체가 아닙니다"),
        ({"text": "?", "relevant": [], "answer": None}, "2행에 id 항목이 없습니다"),
        ({"id": "1", "text": "?", "relevant": []}, "2행에 answer 항목이 없습니다"),
        ({"id": "1", "text": "?", "relevant": "a", "answer": None}, "relevant에는 문서 id의 목록"),
        ({"id": "1", "text": "?", "relevant": [], "answer": ""}, "answer에는 정답 글이나 null"),
        ({"id": "1", "text": " ", "relevant": [], "answer": None}, "text가 비어 있습니다"),
    ],
)
def test_a_bad_line_is_named(lines: Callable[..., Path], line: object, told: str) -> None:
    good = {"id": "0", "text": "?", "relevant": [], "answer": None}
    path = lines(good, line)
    with pytest.raises(InvalidInput, match=told):
        load_questions(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="읽을 수 없습니다"):
        load_corpus(tmp_path / "없음.jsonl")
    path = tmp_path / "euckr.jsonl"
    path.write_bytes('{"id": "가"}'.encode("euc-kr"))
    with pytest.raises(InvalidInput, match="UTF-8"):
        load_corpus(path)


# --- intervals --------------------------------------------------------------------------------
def test_interval_covers_the_true_mean_as_often_as_it_says() -> None:
    generator = np.random.default_rng(7)
    draws = Resamples(60, times=500)
    held = 0
    for _ in range(200):
        estimate = draws.estimate((generator.random(60) < 0.7).astype(float).tolist())
        held += estimate.low <= 0.7 <= estimate.high
    assert 178 <= held <= 198


def test_interval_agrees_with_the_normal_one() -> None:
    values = np.random.default_rng(3).normal(5, 2, 400)
    estimate = Resamples(400).estimate(values.tolist())
    half = 1.96 * values.std() / np.sqrt(400)
    assert estimate.mean == pytest.approx(values.mean())
    assert estimate.low == pytest.approx(values.mean() - half, abs=0.04)
    assert estimate.high == pytest.approx(values.mean() + half, abs=0.04)


def test_a_paired_difference_is_narrower_than_the_parts() -> None:
    generator = np.random.default_rng(5)
    theirs = generator.random(100)
    ours = theirs + 0.02 + generator.normal(0, 0.01, 100)
    draws = Resamples(100)
    gap = draws.difference(ours.tolist(), theirs.tolist())
    alone = draws.estimate(ours.tolist())
    assert gap.low > 0
    assert gap.high - gap.low < (alone.high - alone.low) / 5
    assert draws.difference([0.5] * 100, [0.5] * 100).high == 0
    again = Resamples(100).difference(ours.tolist(), theirs.tolist())
    assert again == gap, "the same draws every time"


def test_resamples_want_one_value_a_question() -> None:
    with pytest.raises(ValueError, match="no questions"):
        Resamples(0)
    with pytest.raises(ValueError, match="one value"):
        Resamples(3).estimate([1.0])


# --- scores of a ranking ----------------------------------------------------------------------
def test_excluded_ids_are_taken_out_before_scoring() -> None:
    query = Query("q", "?", frozenset({"a", "b"}), frozenset({"x"}))
    scores = score(["x", "a", "b"], query, 2)
    assert (scores.ndcg, scores.recall, scores.mrr, scores.complete) == (1, 1, 1, 1)
    assert score(["x", "a", "c", "b"], query, 2).complete == 0


# --- the judge --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,000,000원 이하", {"1000000원"}),
        ("30만 원", {"300000원"}),
        ("1억 2천만원", {"120000000원"}),
        ("3만5천원", {"35000원"}),
        ("30만 5000원", {"305000원"}),
        ("2.5퍼센트", {"2.5%"}),
        ("100분의 5", {"5%"}),
        ("2024. 1. 5.까지", {"2024년", "1월", "5일"}),
        ("열흘 이내", {"10일"}),
        ("한 달 안에", {"1월"}),
        ("석 달", {"3월"}),
        ("중요한 달라짐", set()),
    ],
)
def test_numbers_in_one_way_of_writing(text: str, found: set[str]) -> None:
    assert numbers(text) == found


@pytest.mark.parametrize(
    ("answer", "gold", "right"),
    [
        ("신청은 30일 이내에 하여야 한다.", "30일 이내", True),
        ("신청은 130일 이내에 하여야 한다.", "30일 이내", False),
        ("수수료는 1,000 원이다", "1000원", True),
        ("수수료는 1,0005원이다", "1000", False),
        ("양로시설ㆍ노인 복지주택을 말한다", "양로시설, 노인복지주택", True),
        ("제2조 10일", "10일", True),
        ("과태료는 30만원으로 한다.", "300,000원", True),
        ("무엇이든", "…", False),
    ],
)
def test_text_as_it_is(answer: str, gold: str, right: bool) -> None:
    assert contains_text(answer, gold) is right


def judged_by_words(answer: str, gold: str, question: str) -> bool:
    return contains_answer(
        answer,
        gold,
        question,
        answer_terms=answer.split(),
        gold_terms=gold.split(),
        question_terms=question.split(),
    )


def test_a_paraphrase_needs_the_numbers_and_the_new_words() -> None:
    question = "전입 신고 기한"
    gold = "전입 14일 안 신고 읍장"
    assert judged_by_words("읍장 에게 14일 이내 신고 전입", gold, question)
    assert not judged_by_words("읍장 에게 30일 이내 신고 전입", gold, question), "another number"
    assert not judged_by_words("전입 신고 는 14일", gold, question + " 14일"), "only asked words"
    assert not judged_by_words("제14조 읍장 신고 전입", gold, question), "another unit"
    assert judged_by_words("14일 읍장 신고", "14일 읍장 신고", "16세 신고")
    assert judged_by_words("신고 읍장 접수", "16세 신고 읍장", "16세 신고"), "the question's number"


# --- end to end -------------------------------------------------------------------------------
def test_retrieval_of_an_indexed_corpus(app: App) -> None:
    indexed = index_corpus(app.db, app.index, app.feature_extractor, CORPUS, quiet)
    assert set(indexed.ids.values()) == {"주차", "수영", "빈 글"}
    assert indexed.passages == len(indexed.features.tokens) >= 2
    evaluation = RetrievalEvaluation(app.search, indexed.ids, quiet)
    queries = [
        Query("1", "주차요금 한 시간", frozenset({"주차"})),
        Query("2", "수영장 이용료", frozenset({"수영"})),
        Query("3", "수영장 이용료", frozenset({"없음"})),
    ]
    result = evaluation.run(queries, top=10, mode="hybrid")
    assert result["ndcg@10"] == pytest.approx(2 / 3, abs=1e-4)
    assert result["mrr@10"] == pytest.approx(2 / 3, abs=1e-4)
    assert (result["queries"], result["mode"]) == (3, "hybrid")


def test_answers_of_an_indexed_corpus(app: App) -> None:
    indexed = index_corpus(app.db, app.index, app.feature_extractor, CORPUS, quiet)
    evaluation = AnswerEvaluation(app.answers, app.analyser(), indexed.ids, quiet)
    judged = evaluation.run(
        [
            Question("1", "주차요금은 한 시간에 얼마인가요", frozenset({"주차"}), "1,000원"),
            Question("2", "수영장 이용료는 하루에 얼마인가요", frozenset({"수영"}), "5,000원"),
            Question("3", "화성 기지 건설 비용 추산", frozenset(), None),
        ]
    )
    assert [j.contained for j in judged] == [True, False, None]
    assert "주차" in judged[0].cited
    assert judged[2].refused
    assert judged[2].answer == ""
    figures = summary(judged)
    assert figures["answer_contained"] == 0.5
    assert (figures["abstained_right"], figures["abstained_wrong"]) == (1.0, 0.0)
    assert figures["unsupported_sentences"] == 0.0


def row(**changes: object) -> Judged:
    values: dict[str, object] = {
        "id": "1",
        "kind": "",
        "question": "?",
        "answerable": True,
        "refused": False,
        "gold": "x",
        "answer": "x",
        "contained": True,
        "relevant": ("a", "b"),
        "cited": ("a", "c"),
        "sentences": 2,
        "unsupported": 1,
        "seconds": 1.0,
        "pairs": 3,
        "pairs_supported": 2,
        "sentences_supported": 1,
    }
    return Judged(**(values | changes))  # type: ignore[arg-type]


def test_figures_worked_by_hand() -> None:
    refused = {"refused": True, "contained": False, "cited": (), "sentences": 0, "unsupported": 0}
    refused |= {"pairs": 0, "pairs_supported": 0, "sentences_supported": 0}
    unanswerable = {"answerable": False, "contained": None, "gold": None, "relevant": ()}
    figures = summary(
        [
            row(),
            row(cited=("a", "b"), unsupported=0),
            row(**refused),
            row(**unanswerable, seconds=9.0),
            row(**(refused | unanswerable)),
        ]
    )
    assert figures == {
        "questions": 5,
        "answer_contained": pytest.approx(2 / 3, abs=1e-4),
        "citation_precision": pytest.approx(6 / 9, abs=1e-4),
        "citation_recall": pytest.approx(3 / 6, abs=1e-4),
        "source_precision": 0.75,
        "source_recall": 0.5,
        "abstained_right": 0.5,
        "abstained_wrong": pytest.approx(1 / 3, abs=1e-4),
        "unsupported_sentences": pytest.approx(2 / 6, abs=1e-4),
        "p50_seconds": 1.0,
    }


def test_gold_quotes_are_looked_for_when_the_file_names_them(app: App) -> None:
    indexed = index_corpus(app.db, app.index, app.feature_extractor, CORPUS, quiet)
    evaluation = AnswerEvaluation(app.answers, app.analyser(), indexed.ids, quiet)
    text, relevant = "주차요금은 한 시간에 얼마인가요", frozenset({"주차"})
    judged = evaluation.run(
        [
            Question("1", text, relevant, "1,000원", quotes=("한 시간에\n1,000원으로",)),
            Question("2", text, relevant, "1,000원", quotes=("1,000원으로", "2,000원으로")),
            Question("3", text, relevant, "1,000원"),
        ]
    )
    assert [j.quoted for j in judged] == [True, False, None]
    assert summary(judged)["evidence_quoted"] == 0.5
    assert "evidence_quoted" not in summary(judged[2:])


def test_a_table_row_is_quoted_by_its_cells() -> None:
    row = "부서: 도로과 · 기한: 2026. 8. 28."
    assert quotes_evidence(row, ["도로과 | 2026.8.28."])
    assert not quotes_evidence(row, ["도로과 | 2026.9.28."])


def test_a_share_of_nothing_is_none() -> None:
    figures = summary(
        [
            row(
                refused=True,
                sentences=0,
                unsupported=0,
                cited=(),
                contained=False,
                pairs=0,
                pairs_supported=0,
                sentences_supported=0,
            )
        ]
    )
    assert figures["abstained_right"] is None
    assert figures["citation_precision"] is None
    assert figures["unsupported_sentences"] is None
    assert figures["citation_recall"] is None
    assert figures["source_recall"] == 0.0
