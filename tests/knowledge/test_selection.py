"""Clauses, what they carry along, and the one line above them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mokmin.base.formats.model import Locator
from mokmin.base.korean.fakes import SimpleAnalyser
from mokmin.knowledge.answering import extractive
from mokmin.knowledge.answering.clauses import Clause, clauses
from mokmin.knowledge.answering.direct import direct
from mokmin.knowledge.answering.selection import Scored, select
from mokmin.knowledge.documents.model import Freshness
from mokmin.knowledge.search.model import Hit

ARTICLE = (
    "제7조(교부 신청) ① 보조금을 받으려는 자는 신청서를 제출하여야 한다. <개정 2020.1.1>\n"
    "② 시장은 공모절차를 통하여 신청서를 제출받아야 한다. "
    "다만, 다음 각 호의 어느 하나에 해당하는 경우는 그러하지 아니하다.\n"
    "1. 조례에 다르게 규정된 경우\n2. 용도가 지정된 기부금의 경우\n"
    "③ 삭제 <2021.1.1>\n"
    "④ 시장은 신청을 받은 날부터 14일 이내에 결정하여야 한다."
)


def hit(text: str, key: int = 1, title: str = "보조금 조례") -> Hit:
    return Hit(
        rank=1, score=1.0, dense=0.9, passage_id=key, document_id=key, version_id=key, title=title,
        header=title, text=text, tokens="", locator=Locator(), grade="O", department="",
        kind="법령", format="txt", dated_on=None, effective_on=None,
        freshness=Freshness.IN_FORCE, blocks=(0, 1), unit=key,
    )  # fmt: skip


@pytest.fixture
def found() -> list[Clause]:
    return clauses([hit(ARTICLE)], SimpleAnalyser())


def scored(found: list[Clause], *likely: int, unit: int = 0, top: float = 0.9) -> list[Scored]:
    return [Scored(unit, c, top if c.position in likely else 0.001, 0.8, 0.5) for c in found]


def test_an_article_is_taken_apart(found: list[Clause]) -> None:
    texts = [c.text for c in found]
    assert texts[0] == "① 보조금을 받으려는 자는 신청서를 제출하여야 한다."
    assert not any("삭제" in t or "<" in t for t in texts)
    exception = next(c for c in found if c.text.startswith("다만"))
    assert found[exception.rule or 0].text.startswith("② 시장은 공모절차")
    items = [c for c in found if c.level == 2]
    assert [c.stem for c in items] == [exception.position] * 2
    assert found[-1].stem is None
    for clause in found:
        assert clause.text in ARTICLE


def test_an_item_takes_its_stem_and_the_rule_of_that_along(found: list[Clause]) -> None:
    item = next(c for c in found if c.text.startswith("1."))
    quoted = [s.clause.text for s in select(scored(found, item.position))]
    assert quoted[0].startswith("② 시장은")
    assert quoted[1].startswith("다만, 다음 각 호")
    assert quoted[2].startswith("1. 조례에")


def test_a_rule_takes_its_exception_and_its_list_along(found: list[Clause]) -> None:
    rule = next(c for c in found if c.text.startswith("②"))
    quoted = [s.clause.text[:2] for s in select(scored(found, rule.position))]
    assert quoted == ["② ", "다만", "1.", "2."]


def test_a_long_list_is_shortened_and_says_so() -> None:
    lines = "\n".join(f"{n}. {'아주 긴 항목의 이름 ' * 12}{n}" for n in range(1, 13))
    found = clauses([hit(f"다음 각 호의 서류를 낸다.\n{lines}")], SimpleAnalyser())
    chosen = select(scored(found, 0))
    assert chosen[0].left_out == 12 - (len(chosen) - 1) > 0
    sentences, _ = extractive.compose("무엇을 내나요?", chosen, [])
    assert f"{chosen[0].left_out}개 항목이 더 있습니다" in sentences[-1].text


def test_a_weaker_article_is_related_and_a_hopeless_one_left_out(found: list[Clause]) -> None:
    other = clauses([hit("시장은 7일 이내에 알려야 한다.", 2)], SimpleAnalyser())
    third = clauses([hit("날씨가 좋으면 소풍을 간다.", 3)], SimpleAnalyser())
    chosen = select(
        [
            *scored(found, found[-1].position),
            *scored(other, 0, unit=1, top=0.1),
            *scored(third, unit=2),
        ]
    )
    assert [(s.unit, s.main) for s in chosen] == [(0, True), (1, False)]


def test_every_sentence_has_its_citation_and_is_in_its_quote(found: list[Clause]) -> None:
    chosen = select(scored(found, found[-1].position))
    sentences, citations = extractive.compose("며칠 안에 결정하나요?", chosen, [])
    assert sentences[0].role == "direct"
    assert sentences[0].text == "기한: 신청을 받은 날부터 14일 이내"
    quotes = {c.n: c.quote for c in citations}
    for sentence in sentences[1:]:
        assert all(sentence.text in quotes[n] for n in sentence.citations)


@pytest.mark.parametrize(
    ("question", "text", "line"),
    [
        ("며칠 안에 통보하나요?", "그 요구를 받은 날부터 7일 이내에 통보해야 한다.", "기한: 그 요구를 받은 날부터 7일 이내"),
        ("과태료는 얼마인가요?", "① 위반한 자에게는 500만원 이하의 과태료를 부과한다.", "금액·비율: 500만원 이하의 과태료"),
        ("누가 결정하나요?", "시장은 그 여부를 결정한다.", None),
        ("누가 승인하나요?", "지방자치단체의 장은 이를 승인한다.", "정하는 사람: 지방자치단체의 장"),
        ("나누어 낼 수 있나요?", "사용료는 나누어 낼 수 있다.", "할 수 있는지: “낼 수 있다”"),
        ("며칠인가요?", "3일 이내에 내거나 10일 이내에 알린다.", None),
        ("제목이 뭔가요?", "3일 이내에 낸다.", None),
    ],
)  # fmt: skip
def test_the_line_is_a_fragment_or_nothing(question: str, text: str, line: str | None) -> None:
    clause = Clause(hit(text), 0, text, 1)
    told = direct(question, clause, 0.8, exception=False)
    assert (told.text if told else None) == line
    if told and told.label != "할 수 있는지":
        assert told.fragment in text


def test_no_line_when_the_clause_is_not_likely() -> None:
    clause = Clause(hit("x"), 0, "7일 이내에 통보한다.", 1)
    assert direct("며칠?", clause, 0.1, exception=False) is None
    told = direct("며칠 안에 하나요?", clause, 0.8, exception=True)
    assert told is not None
    assert told.text.endswith("(예외가 있습니다)")
    assert replace(told, note="").text == "기한: 7일 이내"


@pytest.mark.parametrize(("other", "line"), [("7일 이내에", True), ("10일 이내에", False)])
def test_a_clause_that_says_the_same_does_not_cast_doubt(other: str, line: bool) -> None:
    first = clauses([hit("시장은 7일 이내에 알려야 한다.")], SimpleAnalyser())
    second = clauses([hit(f"결과는 {other} 통지한다.", 2)], SimpleAnalyser())
    chosen = select([*scored(first, 0), *scored(second, 0, unit=1, top=0.8)])
    sentences, _ = extractive.compose("며칠 안에 알리나요?", chosen, [])
    assert (sentences[0].role == "direct") is line
