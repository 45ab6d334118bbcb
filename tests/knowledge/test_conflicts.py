"""Sources that disagree are named; those of another matter are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from mokmin.base.formats.model import Locator
from mokmin.base.korean.fakes import SimpleAnalyser
from mokmin.knowledge.answering.clauses import Clause
from mokmin.knowledge.answering.conflicts import disagreements, rank_name, rank_of
from mokmin.knowledge.answering.selection import Selected
from mokmin.knowledge.documents.model import Freshness
from mokmin.knowledge.search.model import Hit

RULE = "이의신청은 결과를 통지받은 날부터 {} 이내에 서면으로 하여야 한다."


def clause(key: int, title: str, text: str, year: int = 2026, old: bool = False) -> Clause:
    hit = Hit(
        rank=1, score=1.0, dense=0.9, passage_id=key, document_id=key, version_id=key, title=title,
        header=title, text=text, tokens="", locator=Locator(), grade="O", department="", kind="법령",
        format="txt", dated_on=date(year, 1, 2), effective_on=None,
        freshness=Freshness.SUPERSEDED if old else Freshness.IN_FORCE, blocks=(0, 1), unit=key,
    )  # fmt: skip
    return Clause(hit, 0, text, 1)


def told(*clauses: Clause, older: tuple[Clause, ...] = (), own: float = 0.8) -> list[str]:
    selected = [Selected(c, n, own, True) for n, c in enumerate(clauses)]
    return [d.text for d in disagreements(selected, older, SimpleAnalyser())]


def test_a_law_goes_before_a_manual_whatever_the_order() -> None:
    manual = clause(1, "민원 업무 매뉴얼", RULE.format("14일"))
    law = clause(2, "민원 처리에 관한 법률", RULE.format("60일"))
    (text,) = told(manual, law)
    assert text.index("‘60일’") < text.index("‘14일’")
    assert "효력은 법률이 앞섭니다." in text
    assert "2026. 1. 2." in text


def test_a_former_edition_is_told_as_one() -> None:
    now = clause(1, "여비 매뉴얼(2026년판)", "친지 집에서 자면 1박에 20,000원을 지급한다.")
    before = clause(
        2, "여비 매뉴얼(2024년판)", "친지 집에서 자면 1박에 15,000원을 지급한다.", 2024, old=True
    )
    (text,) = told(now, older=(before,))
    assert text.startswith("지난 판과 다릅니다. 지금은 ‘20,000원’이고")
    assert "‘15,000원’으로 적혀 있었습니다." in text


def test_what_agrees_or_is_of_another_matter_is_not_told() -> None:
    one = clause(1, "가 조례", RULE.format("14일"))
    assert told(one, clause(2, "나 조례", RULE.format("14일"))) == []
    assert told(one, clause(2, "나 조례", "도서는 한 사람이 5권까지 7일 동안 빌린다.")) == []
    same_document = replace(one, position=1, text=RULE.format("30일"))
    assert told(one, same_document) == []


def test_the_rank_of_norms() -> None:
    titles = ("지방자치법", "주민등록법 시행령", "건축법 시행규칙", "해온시 주차장 조례",
              "해온시 위임 규칙", "복무 매뉴얼(2026년판)")  # fmt: skip
    found = [rank_of(clause(1, title, "x")) for title in titles]
    assert found == sorted(found)
    assert len(set(found)) == len(titles)
    assert rank_name(clause(1, titles[-1], "x")) == "지침"
