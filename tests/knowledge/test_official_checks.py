"""The reviewer: what each family of rules finds, what it leaves alone, and what a fix does."""

from __future__ import annotations

import importlib.util
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

from mokmin.base.errors import InvalidInput
from mokmin.governance.privacy.detection import detect
from mokmin.knowledge.official.checks.endings import conjugated
from mokmin.knowledge.official.checks.model import Context, Finding, LawState
from mokmin.knowledge.official.checks.register import BY_KEY, RULES
from mokmin.knowledge.official.checks.review import repaired, review
from mokmin.knowledge.official.checks.wording import entries
from mokmin.knowledge.official.model import (
    Approver,
    Block,
    OfficialDocument,
    Origin,
    Span,
    TableCell,
)

TODAY = date(2026, 11, 23)
PLAIN = Context(TODAY)
FACT = Origin("fact", "내용")


def paper(*texts: str, kind: str = "plan", **fields: str) -> OfficialDocument:
    """Items on the first level."""
    body = tuple(Block("item", (Span(text, FACT),)) for text in texts)
    return OfficialDocument(kind, {k: Span(v) for k, v in fields.items()}, body)


def table(*rows: str, unit: str = "", heads: int = 1) -> OfficialDocument:
    """A table of cells parted by /; ``a*2`` covers two columns, ``a^2`` two rows."""

    def cell(text: str) -> TableCell:
        for sign, name in (("*", "col_span"), ("^", "row_span")):
            words, found, count = text.partition(sign)
            if found and count.isdigit():
                return replace(TableCell(words), **{name: int(count)})
        return TableCell(text)

    made = tuple(tuple(cell(part.strip()) for part in row.split("/")) for row in rows)
    return OfficialDocument("plan", {}, (Block("table", rows=made, heads=heads, unit=unit),))


def told(document: OfficialDocument, context: Context = PLAIN) -> list[tuple[str, str | None]]:
    """Rule and fix of all findings."""
    return [(one.rule, one.fix) for one in review(document, context)]


@pytest.mark.parametrize(
    ("text", "rule", "fix"),
    [
        ("회의는 2026. 11. 24.(월)에 엽니다", "date.weekday", "화"),
        ("기간: 2026. 12. 28.(월) ~ 1. 8.(목)", "date.period", None),
        ("2026.11.24 확정", "date.format", "2026. 11. 24."),
        ("2027. 2. 29. 마감", "date.invalid", None),
        ("제출 기한: 2026. 10. 5.", "date.past", None),
        ("제출 기한: 2027. 2. 9.", "date.holiday", None),
        ("운영: 2026. 12. 1. ~ 12. 5.(6일간)", "date.duration", "5"),
        ("오후 3시 20분에 시작", "time.format", "15:20"),
        ("접수 09:00 ~ 08:00", "time.period", None),
        ("금113,560원(금일십일만삼천오백육십일원)", "money.hangul", "금113,560원(금일십일만삼천오백육십원)"),
        ("금113,560원(금십일만삼천오백육십원)", "money.format", "금113,560원(금일십일만삼천오백육십원)"),
        ("11억 2천만원(1,210,000천원)을 쓴다", "money.equal", "1,120,000"),
        ("참석 인원 1250명", "number.comma", "1,250"),
        ("1,200명 중 300명(30%)이 답했다", "number.percent", "25"),
        ("대상은 총 5개소(가동, 나동, 다동, 라동)", "total.list", "4"),
        ("가. 기간: 두 달", "numbering.typed", ""),
        ("붙임과 같이 보고합니다.  끝.", "end.mark", ""),
        ("체납율이 높다", "spelling.word", "체납률"),
        ("할수 있는 일", "spelling.spacing", "할 수 있"),
        ("익일까지 낸다", "wording.plain", "다음 날까지"),
        ("서류를 송부하오니 보십시오", "wording.plain", "보내니"),
        ("금년도와 내년", "wording.plain", "올해와"),
        ("학부형이 모였다", "wording.respect", "학부모가"),
        ("길이 넓게 보여집니다", "sentence.passive", "보입니다"),
        ("행정절차법 제21조에 따른다", "law.marks", "「행정절차법」 "),
        ("「행정절차법」 제21조 제1항에 따른다", "law.format", "제21조제1항"),
        ("자세한 것은 붙임 2를 본다", "attachment.missing", None),
    ],
)  # fmt: skip
def test_a_rule_finds_its_error_and_says_what_is_right(
    text: str, rule: str, fix: str | None
) -> None:
    found = dict(told(paper(text, "둘째 항목")))
    assert rule in found
    assert found[rule] == fix


@pytest.mark.parametrize(
    "text",
    [
        "기간: 2026. 12. 28.(월) ~ 2027. 1. 8.(금)",
        "접수: 2026. 11. 30. ~ 12. 4. 09:00 ~ 18:00",
        "야간 근무는 22:00 ~ 06:00",
        "2012. 4. 9. 실수 없이 처리하였다",
        "비율은 3:2이고 면적은 12,000㎡이다",
        "쉼터는 모두 142곳이다. 경로당 96곳, 동 행정복지센터 18곳, 도서관과 복지관 28곳이다.",
        "총 5명(과장 등)이 참석한다",
        "「부정청탁 및 금품등 수수의 금지에 관한 법률」 제8조제3항제2호에 따른다",
        "11. 22.(일)까지 여는 행사이다",
        "○○동 주민 3명이 왔다",
        "능률과 법률, 비율과 환율을 본다",
        "금113,560원(금일십일만삼천오백육십원)을 낸다",
        "축사는 3,200명 앞에서 한다",
    ],
)
def test_what_is_right_is_left_alone(text: str) -> None:
    assert told(paper(text, "둘째 항목")) == []


def test_sums_of_a_table_with_merged_cells_subtotals_and_dashes() -> None:
    rows = (
        "구분^2 / 사업^2 / 예산*2 / 합계^2",
        "국비 / 시비",
        "복지^2 / 돌봄 / 1,000 / 500 / 1,500",
        "난방 / - / 700 / 700",
        "소계*2 / 1,000 / 1,200 / 2,200",
        "안전 / 제설 / 300 / △100 / 200",
        "소계*2 / 300 / △100 / 200",
        "합계*2 / 1,300 / 1,100 / 2,400",
    )
    assert told(table(*rows, heads=2, unit="천원")) == []
    for wrong, right in (("1,200 / 2,200", "1,210 / 2,210"), ("1,300 / 1,100", "1,400 / 1,100")):
        broken = [row.replace(wrong, right) for row in rows]
        assert {rule for rule, _ in told(table(*broken, heads=2))} == {"table.sum"}
    spoilt = [row.replace("500 / 1,500", "500 / 1,600") for row in rows]
    findings = review(table(*spoilt, heads=2), PLAIN)
    assert any((f.place.row, f.place.cell, f.fix) == (2, 4, "1,500") for f in findings)


def test_shares_changes_averages_and_products() -> None:
    good = (
        "항목 / 2025년 / 2026년 / 증감 / 비중(%)",
        "가 / 100 / 150 / 50 / 30.0",
        "나 / 400 / 350 / △50 / 70.0",
        "계 / 500 / 500 / 0 / 100.0",
    )
    assert told(table(*good)) == []
    assert told(table(*(r.replace("△50", "50") for r in good)))[0] == ("table.change", "△50")
    assert told(table(*(r.replace("30.0", "35.0") for r in good))) == [("table.share", "30.0")]
    prices = (
        "품명 / 수량 / 단가(원) / 금액(천원)",
        "책상 / 12 / 15,000 / 180",
        "의자 / 4 / 8,000 / 23",
    )
    assert told(table(*prices)) == [("table.product", "32")]
    means = ("동 / 점수", "가동 / 80", "나동 / 91", "평균 / 86.5")
    assert told(table(*means)) == [("table.average", "85.5")]


def test_text_against_the_table_and_the_items_below() -> None:
    block = table(
        "부서 / 예산액", "총무과 / 90,000", "회계과 / 10,000", "합계 / 100,000", unit="단위: 천원"
    )
    text = Block("text", (Span("총사업비는 1억 1천만원이다."),))
    found = review(replace(block, body=(text, *block.body)), PLAIN)
    assert [f.rule for f in found] == ["total.table"]
    three = Block("item", (Span("과제: 총 3개"),))
    below = tuple(Block("item", (Span(name),), 2) for name in ("개방", "교육"))
    assert told(OfficialDocument("plan", {}, (three, *below))) == [("total.list", "2")]


def test_form_of_a_letter() -> None:
    letter = paper(
        "다음과 같이 알립니다.", kind="letter", 수신="내부결재", 제목="계획을 알립니다.", 발신명의="시장", 공개구분="비공개"
    )  # fmt: skip
    rules = [one.rule for one in review(letter, replace(PLAIN, required=("수신", "행정기관명")))]
    assert rules.count("form.receiver") == 1
    assert {"form.title", "form.disclosure", "form.follows", "form.required"} <= set(rules)
    blank = replace(
        letter, body=(Block("item", (Span("기한: "), Span("[  ]", Origin("blank", "기한")))),)
    )
    (found,) = [one for one in review(blank, PLAIN) if one.rule == "form.blank"]
    assert "(기한)" in found.message


def test_attachments_and_typed_marks_of_a_paper_read_from_a_file() -> None:
    lines = (
        "1. 관련 문서를 보냅니다.",
        "2. 점검합니다.",
        "  가. 기간",
        "  다. 장소",
        "붙임  1. 계획 1부.",
        "      2. 명단.  끝.",
    )
    made = OfficialDocument("text", {}, tuple(Block("text", (Span(line),)) for line in lines))
    found = review(made, PLAIN)
    assert [(f.rule, f.place.index, f.fix) for f in found] == [
        ("numbering.order", 3, "나."),
        ("attachment.form", 5, " 1부"),
    ]


def test_laws_people_and_personal_information_need_what_the_caller_gives() -> None:
    def laws(name: str, article: str, _day: date) -> LawState:
        if name != "행정절차법":
            return LawState(False, similar="행정절차법")
        return LawState(True, article=article in ("", "제21조"), paragraphs=2)

    made = paper(
        "「행정절차법」 제21조제3항과 「행정절차벌」 제5조, 「행정절차법」 제99조를 본다",
        "안전총괄과장 김하늘이 900101-1234568을 적었다",
        "안전총괄과장 김하은이 안전총관과에 보냈다",
        공개구분="대국민공개",
    )
    assert [rule for rule, _ in told(made)] == ["consistency.person", "consistency.department"]
    full = Context(TODAY, laws, detect, "S", (), ("안전총괄과",))
    found = [rule for rule, _ in told(made, full)]
    assert found == [
        "privacy.grade", "law.article", "law.unknown", "law.article", "privacy.personal",
        "consistency.person", "consistency.department",
    ]  # fmt: skip
    off = replace(full, off=frozenset({"law.article", "law.unknown"}))
    assert not [rule for rule, _ in told(made, off) if rule.startswith("law")]


def test_a_post_that_differs_from_the_decision_block() -> None:
    made = replace(
        paper("담당: 문서준 팀장이 맡는다", "둘"), approvers=(Approver("기안", "주무관", "문서준"),)
    )
    assert [rule for rule, _ in told(made)] == ["consistency.person"]


def test_a_fix_changes_only_its_words_and_tells_who_did_it() -> None:
    spans = (Span("회의는 "), Span("2026. 11. 24.(월)", FACT), Span("에 엽니다"))
    made = OfficialDocument("plan", {}, (Block("item", spans), Block("item", (Span("둘"),))))
    (found,) = review(made, PLAIN)
    fixed = repaired(made, found, "seo.haneul")
    assert fixed.body[0].text == "회의는 2026. 11. 24.(화)에 엽니다"
    assert [s.origin for s in fixed.body[0].spans if s.text == "화"] == [
        Origin("person", "seo.haneul")
    ]
    assert fixed.body[0].spans[1] == Span("2026. 11. 24.(", FACT)
    assert review(fixed, PLAIN) == ()
    kept = repaired(made, found)
    assert {s.origin for s in kept.body[0].spans} == {Origin(), FACT}
    with pytest.raises(InvalidInput):
        repaired(made, replace(found, fix=None))
    with pytest.raises(InvalidInput):
        repaired(OfficialDocument("plan"), found)
    with pytest.raises(InvalidInput):
        repaired(made, replace(found, place=replace(found.place, start=90, end=99)))


def test_findings_come_in_reading_order_and_the_same_each_time() -> None:
    made = replace(
        paper("익일 할수 있다", "2026.11.24 확정", 제목="몇일 뒤 알림"),
        attachments=(Span("계획"), Span("명단 1부")),
    )
    first = review(made, PLAIN)
    assert first == review(made, PLAIN)
    places = [(f.place.part, f.place.index, f.place.start) for f in first]
    order = {"field": 0, "body": 1, "attachment": 2}
    assert places == sorted(places, key=lambda p: (order[p[0]], *p[1:]))
    assert all(f.source and f.message.endswith(".") for f in first)


@pytest.mark.parametrize(
    "text", ["가나다라", "1", "1,", "1억 ", "총 5명: 가,", "2026. 1. 1. ~ ", "「", "금1원("]
)
def test_no_text_makes_the_review_slow(text: str) -> None:
    """A run of 20,000 letters without an end once took minutes: every quantifier is bounded."""
    long = (text * 20_000)[:20_000]
    begin = time.perf_counter()
    review(paper(long, "둘", kind="letter"), PLAIN)
    assert time.perf_counter() - begin < 10


def test_the_register_is_complete_and_the_list_of_words_large() -> None:
    assert len(BY_KEY) == len(RULES)
    assert len(entries()) >= 400
    assert len({entry.word for entry in entries()}) == len(entries())
    assert {entry.form for entry in entries()} == {"n", "v", "x"}


@pytest.mark.parametrize(
    ("stem", "ending", "said"),
    [("보내", "었다", "보냈다"), ("낮추", "어", "낮춰"), ("알리", "ㅂ니다", "알립니다"), ("받", "ㄴ", "받은"),
     ("받", "었다", "받았다"), ("만들", "는", "만드는"), ("적", "면", "적으면"), ("되", "어", "되어"), ("고르게 하", "었다", "고르게 하였다")],
)  # fmt: skip
def test_endings(stem: str, ending: str, said: str) -> None:
    assert conjugated(stem, ending) == said


def _benchmark() -> ModuleType:
    file = Path(__file__).parents[2] / "benchmarks/official/seeded.py"
    spec = importlib.util.spec_from_file_location("seeded", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["seeded"] = module
    spec.loader.exec_module(module)
    return module


def test_seeded_errors_are_found_and_clean_papers_stay_quiet() -> None:
    """The bar of the issue: 95 % of at least 200, dates and arithmetic without a miss."""
    seeded = _benchmark()
    planted = [seed for name in ("first", "second", "third") for seed in seeded.seeds(name)]
    missed = [seed for seed in planted if seeded.finding_of(seed) is None]
    assert len(planted) >= 200
    assert len(missed) <= 0.05 * len(planted), [seed.name for seed in missed]
    assert not [seed.name for seed in missed if seed.rule.startswith(seeded.SURE)]
    assert {seed.rule for seed in planted} == set(BY_KEY) - {"law.force", "privacy.grade"}
    clean: list[Finding] = []
    for document in seeded.documents().values():
        clean += review(document, seeded.context())
    assert clean == []
