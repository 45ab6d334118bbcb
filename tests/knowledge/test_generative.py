"""The writer's stream: wherever a stream is cut into pieces, the same comes out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from mokmin.base.formats.model import Locator
from mokmin.base.korean.fakes import SimpleAnalyser
from mokmin.knowledge.answering.generative import MAX_ANSWER_CHARS, without_thinking, write
from mokmin.knowledge.answering.model import Sentence
from mokmin.knowledge.answering.verification import Verifier
from mokmin.knowledge.documents.model import Freshness
from mokmin.knowledge.search.model import Hit

SOURCES = ("사용료는 연 4회까지 나누어 낼 수 있다.", "연체료율은 연 7.5퍼센트이다.")


def hit(number: int, text: str) -> Hit:
    tokens = " ".join(SimpleAnalyser().morphemes([text])[0])
    return Hit(
        rank=number, score=1.0, dense=0.9, passage_id=number, document_id=number,
        version_id=number, title=f"문서 {number}", header="", text=text, tokens=tokens,
        locator=Locator(), grade="O", department="", kind="문서", format="txt", dated_on=None,
        effective_on=None, freshness=Freshness.IN_FORCE, blocks=(0, 1),
    )  # fmt: skip


VERIFIER = Verifier(SimpleAnalyser())
HITS = [hit(n, text) for n, text in enumerate(SOURCES, start=1)]


def written(pieces: Sequence[str]) -> list[Sentence]:
    """The finished sentences of a stream."""
    return [
        p.sentence
        for p in write(pieces, HITS, SimpleAnalyser(), VERIFIER)
        if p.sentence is not None
    ]


def said(pieces: Sequence[str]) -> list[tuple[str, tuple[int, ...]]]:
    """Text and citations of each sentence."""
    return [(s.text, s.citations) for s in written(pieces)]


def cuts(text: str) -> Iterator[list[str]]:
    """The text in one piece, cut in two at every place, and letter by letter."""
    yield [text]
    for at in range(1, len(text)):
        yield [text[:at], text[at:]]
    yield list(text)


ONE_EACH = [
    "사용료는 연 4회까지 나누어 낸다 [1].\n연체료율은 연 7.5퍼센트이다 [2].",
    "사용료는 연 4회까지 나누어 낸다. [1]\n연체료율은 연 7.5퍼센트이다. [2]\n",
    "사용료는 연 4회까지 나누어 낸다[1]. 연체료율은 연 7.5퍼센트이다[2].",
]


@pytest.mark.parametrize("text", ONE_EACH)
def test_wherever_the_stream_is_cut_the_sentences_are_the_same(text: str) -> None:
    expected = [("사용료는 연 4회까지 나누어 낸다.", (1,)), ("연체료율은 연 7.5퍼센트이다.", (2,))]
    for pieces in cuts(text):
        assert said(pieces) == expected, pieces


@pytest.mark.parametrize(
    "text",
    ["둘에서 나온다. [1] [2] 다음 글이다. [1]", "둘에서 나온다. [1][2]\n다음 글이다. [1]"],
)
def test_two_marks_of_one_sentence_stay_together(text: str) -> None:
    expected = [("둘에서 나온다.", (1, 2)), ("다음 글이다.", (1,))]
    assert said([text]) == expected
    for pieces in cuts(text):
        assert said(pieces) == expected, pieces


def test_list_marks_and_empty_lines_are_no_sentences() -> None:
    assert said(["## 답\n\n- 연 4회까지 나눈다 [1]\n- [2]\n\n* 끝 [2]\n"]) == [
        ("답", ()),
        ("연 4회까지 나눈다", (1,)),
        ("끝", (2,)),
    ]


def test_a_repeated_mark_counts_once_and_a_foreign_one_not_at_all() -> None:
    assert said(["연 4회까지 나눈다 [1] [1] [3] [999]."]) == [("연 4회까지 나눈다.", (1,))]


def test_an_endless_answer_is_cut() -> None:
    def endless() -> Iterator[str]:
        while True:
            yield "연 4회까지 나눈다 [1].\n"

    found = list(write(endless(), HITS, SimpleAnalyser(), VERIFIER))
    total = sum(len(p.sentence.text) for p in found if p.sentence)
    assert 0 < total <= MAX_ANSWER_CHARS + 100


def test_the_tail_shows_what_is_being_written_without_marks() -> None:
    tails = [p.tail for p in write(["연 4회", "까지 [1", "] 나"], HITS, SimpleAnalyser(), VERIFIER)]
    assert tails[0] == "연 4회"
    assert all("[1]" not in tail for tail in tails)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("<think>생각</think>답", "답"),
        ("앞<think>생각</think>뒤", "앞뒤"),
        ("<think>하나</think>가<think>둘</think>나", "가나"),
        ("<think>끝나지 않음", ""),
        ("3 < 5 이고 a<b 이다", "3 < 5 이고 a<b 이다"),
        ("<thin 이 아님", "<thin 이 아님"),
        ("끝의 <", "끝의 <"),
        ("", ""),
    ],
)
def test_thoughts_are_dropped_wherever_the_stream_is_cut(text: str, kept: str) -> None:
    for pieces in cuts(text):
        assert "".join(without_thinking(pieces)) == kept, pieces
