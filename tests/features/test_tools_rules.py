"""The rules of the tools on sentences: endings, facts, alignment, dates, fields, questions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mokmin.base.errors import InvalidInput
from mokmin.base.formats.model import Block, Cell, Locator
from mokmin.features.tools import compare, facts, fields, quiz, reading, summary, timeline
from mokmin.features.tools.endings import noun_ending, question_ending
from mokmin.features.tools.model import Citations, Source


def document(*lines: str | list[list[str]], index: int = 0, title: str = "안내") -> reading.Reading:
    """A reading of paragraphs (``# `` begins a heading), and tables."""
    blocks: list[Block] = []
    section = title
    for line in lines:
        if isinstance(line, list):
            rows = tuple(tuple(Cell(c) for c in row) for row in line)
            blocks.append(Block("table", "", rows=rows, locator=Locator(section=section)))
        elif line.startswith("# "):
            section = f"{title} > {line[2:]}"
            blocks.append(Block("heading", line[2:], level=2, locator=Locator(section=section)))
        else:
            kind = "list" if reading.MARKER.match(line) else "paragraph"
            blocks.append(Block(kind, line, level=2, locator=Locator(section=section)))
    source = Source(
        index, index + 1, index + 1, 1, title, "총무과", "지침", "O", "in_force", None, None
    )
    cutter = reading._Cutter(source, [], [])
    cutter.cut(blocks)
    return reading.Reading(source, tuple(cutter.units), np.zeros((0, 1), np.float32))


# --- endings ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("sentence", "noun"),
    [
        ("10일 이내에 신청하여야 한다.", "10일 이내에 신청하여야 함"),
        ("연장할 수 있다.", "연장할 수 있음"),
        ("연장할 수 없다.", "연장할 수 없음"),
        ("징수하지 아니한다.", "징수하지 아니함"),
        ("지급하지 않는다.", "지급하지 않음"),
        ("이를 만든다.", "이를 만듦"),
        ("수가 줄어든다.", "수가 줄어듦"),
        ("결과를 알려 준다.", "결과를 알려 줌"),
        ("공고일이다.", "공고일임"),
        ("의무가 아닙니다.", "의무가 아님"),
        ("참가할 수 없습니다.", "참가할 수 없음"),
        ("신청하여야 한다(법 제21조제5항).", "신청하여야 함(법 제21조제5항)"),
    ],
)
def test_sure_endings_become_nouns(sentence: str, noun: str) -> None:
    assert noun_ending(sentence) == noun


@pytest.mark.parametrize(
    "sentence",
    [
        "쉼터는 21시까지 연다.",
        "물건을 판다.",
        "이유를 묻는다.",
        "사람을 돕는다.",
        "수가 준다.",
        "되나요?",
        "표 1 참조",
    ],
)
def test_unsure_endings_stay(sentence: str) -> None:
    assert noun_ending(sentence) == sentence


def test_questions_keep_their_verb() -> None:
    assert question_ending("7일 이내에 신청하여야 한다.") == "7일 이내에 신청하여야 하나요?"
    assert question_ending("시장이 만든다.") == "시장이 만드나요?"
    assert question_ending("기본 요율은 5%이다.") == "기본 요율은 5%인가요?"
    assert question_ending("신청할 수 있습니다.") == "신청할 수 있나요?"
    assert question_ending("신청 방법") == ""


# --- facts ------------------------------------------------------------------------------------
def test_facts_are_verbatim_and_apart() -> None:
    text = "「민원 처리에 관한 법률」 제17조에 따라 2026. 3. 2.부터 14일 이내에 1억 2천만원의 100분의 5를 회계과에 낸다."
    found = {(f.name, f.text) for f in facts.facts(text, frozenset(["회계과"]))}
    assert ("근거", "「민원 처리에 관한 법률」 제17조") in found
    assert ("날짜", "2026. 3. 2.") in found
    assert ("기한", "14일 이내") in found
    assert ("금액", "1억 2천만원") in found
    assert ("비율", "100분의 5") in found
    assert ("담당", "회계과") in found


@pytest.mark.parametrize(
    ("text", "force"),
    [
        ("청문을 하여야 한다.", "의무"),
        ("청문을 할 수 있다.", "재량"),
        ("다시 빌려줄 수 없다.", "금지"),
        ("청문을 하여서는 아니 된다.", "금지"),
        ("청문은 10월에 열린다.", ""),
    ],
)
def test_force_of_a_sentence(text: str, force: str) -> None:
    assert facts.force(text) == force


# --- comparing --------------------------------------------------------------------------------
OLD = (
    "# 1. 신청",
    "가. 신청인은 신청서를 낸다.",
    "나. 처리 기한은 14일이다.",
    "다. 수수료 5,000원을 받을 수 있다.",
    "라. 종이 대장에 적는다.",
)
NEW = (
    "# 1. 신청",
    "가. 신청인은 신청서를 낸다.",
    "나. 신청서는 전자우편으로도 3일 이내에 받는다.",
    "다. 처리 기한은 10일이다.",
    "라. 수수료 7,000원을 받아야 한다.",
)


def compared(old: tuple[Any, ...], new: tuple[Any, ...]) -> Any:
    a, b = document(*old), document(*new, index=1)
    return compare.compare(a, b, Citations([a.source, b.source]), frozenset())


def test_changes_of_terms_amounts_and_duty_are_told_first() -> None:
    result = compared(OLD, NEW)
    told = {(m["name"], m["old"], m["new"]) for m in result["meaning"]}
    assert ("기한·기간", "14일", "10일") in told
    assert ("금액", "5,000원", "7,000원") in told
    assert ("의무·재량", "재량", "의무") in told
    assert ("새로 생김", "", "") in told
    assert result["counts"] == {"changed": 2, "added": 1, "removed": 1, "moved": 0, "same": 2}


def test_words_are_marked_and_no_text_is_lost() -> None:
    row = next(r for r in compared(OLD, NEW)["rows"] if r["kind"] == "changed")
    assert "".join(t for _, t in row["old"]) == "나. 처리 기한은 14일이다."
    assert "".join(t for _, t in row["new"]) == "다. 처리 기한은 10일이다."
    assert ["del", "14일이다."] in row["old"] and ["ins", "10일이다."] in row["new"]


def test_renumbering_is_no_change_and_moving_is_found() -> None:
    old = ("# 1. 가", "가. 담당자는 결과를 문서로 알린다.", "# 2. 나", "가. 기록은 5년 보존한다.")
    new = ("# 1. 가", "# 2. 나", "가. 기록은 5년 보존한다.", "나. 담당자는 결과를 문서로 알린다.")
    counts = compared(old, new)["counts"]
    assert counts["moved"] == 1 and counts["added"] == counts["removed"] == counts["changed"] == 0


def test_a_dropped_proviso_is_told() -> None:
    old = ("사용료는 미리 낸다. 다만, 재난 때에는 나중에 낼 수 있다.",)
    new = ("사용료는 미리 낸다.",)
    told = [(m["name"], m["new"]) for m in compared(old, new)["meaning"]]
    assert ("단서·예외", "단서가 없어짐") in told


def test_equal_documents_have_no_rows() -> None:
    result = compared(OLD, OLD)
    assert result["rows"] == [] and result["meaning"] == [] and result["alike"] == 100


def test_a_thousand_pages_are_compared() -> None:
    old = tuple(
        f"{n}. 제{n}호 시설의 사용료는 {n * 10}원이며 담당자가 {n}일마다 살핀다."
        for n in range(1, 6_001)
    )
    new = list(old)
    new[3_000] = new[3_000].replace("30010원", "99원")
    del new[100]
    counts = compared(old, tuple(new))["counts"]
    assert (counts["changed"], counts["removed"], counts["added"]) == (1, 1, 0)


# --- timeline ---------------------------------------------------------------------------------
def lines_of(*lines: str) -> Any:
    made = document(*lines)
    return timeline.timeline([made], Citations([made.source]))


def test_dates_in_order_ranges_and_deadlines() -> None:
    found = lines_of(
        "접수 마감은 2026년 12월 4일까지이다.",
        "대책 기간: 2026. 11. 15. ~ 2027. 3. 15.",
        "신고를 받은 날부터 7일 이내에 답한다.",
        "점검은 매년 9월에 한다.",
    )
    assert [e["shown"].strip() for e in found["events"]] == [
        "2026. 11. 15.  ~ 2027. 3. 15.",
        "2026. 12. 4.",
    ]
    assert found["events"][1]["deadline"] is True
    assert [e["shown"] for e in found["relative"]] == ["신고를 받은 날부터 7일 이내"]
    assert [e["shown"] for e in found["recurring"]] == ["매년 9월"]


def test_a_year_that_is_not_written_is_marked_or_left_out() -> None:
    found = lines_of("# 2026년 계획", "설명회는 5월 3일에 연다.")
    assert found["events"][0]["shown"].strip() == "2026. 5. 3." and found["events"][0]["guessed"]
    assert lines_of("설명회는 5월 3일에 연다.")["events"] == []


def test_history_of_a_law_is_no_event() -> None:
    assert lines_of("제5조(기간) 5년으로 한다. <개정 2021. 1. 5.>")["events"] == []
    assert lines_of("제6조 삭제 <2002.12.30>")["events"] == []


# --- fields -----------------------------------------------------------------------------------
def cells_of(made: reading.Reading, *names: str) -> list[list[str]]:
    row = fields.extract([made], names, Citations([made.source]), frozenset(["회계과"]))["rows"][0]
    return [[v["text"] for v in cell["values"]] for cell in row["cells"]]


def test_values_by_label_table_and_pattern_and_never_invented() -> None:
    made = document(
        "1. 입찰 기간: 2026. 10. 12. ~ 10. 20.",
        "2. 문의: 회계과 070-0000-1234",
        [["항목", "지급 기준"], ["숙박비", "70,000원 이내"], ["식비", "1일 25,000원"]],
        "「공무원 여비 규정」 제3조에 따른다.",
    )
    found = cells_of(made, "기한", "담당부서", "숙박비", "근거 법령", "참가 인원")
    assert found[0] == ["2026. 10. 12. ~ 10. 20."]
    assert found[1] == ["회계과"]
    assert found[2] == ["70,000원 이내"]
    assert found[3] == ["「공무원 여비 규정」 제3조"]
    assert found[4] == []


def test_every_value_stands_in_its_source() -> None:
    made = document(
        "가. 신청인은 받은 날부터 10일 이내에 3만원을 낸다.", "나. 2026. 5. 1.부터 시행한다."
    )
    for reading_cell in cells_of(made, "기한", "금액", "시행일"):
        assert reading_cell
        assert all(any(v in u.text for u in made.units) for v in reading_cell)


@pytest.mark.parametrize("text", ["", " , ", "가" * 31, ",".join(f"항목{n}" for n in range(13))])
def test_field_names_are_checked(text: str) -> None:
    with pytest.raises(InvalidInput):
        fields.field_names(text)


# --- questions --------------------------------------------------------------------------------
def asked(*lines: Any) -> list[tuple[str, str]]:
    made = document(*lines)
    pairs = quiz.quiz([made], Citations([made.source]), count=20)["pairs"]
    return [(p["question"], p["short"] or p["answer"]) for p in pairs]


def test_questions_from_terms_amounts_actors_and_exceptions() -> None:
    found = asked(
        "여비를 미리 받은 사람은 마친 날부터 14일 이내에 정산하여야 한다.",
        "# 나",
        "숙박비가 들지 않으면 1박에 20,000원을 지급한다.",
        "# 다",
        "계약의 해지는 금액과 관계없이 행정국장이 결재한다.",
        "# 라",
        "사용허가는 일반입찰로 한다. 다만, 2회 유찰되면 수의로 할 수 있다.",
    )
    assert (
        "여비를 미리 받은 사람은 언제까지 정산하여야 하나요?",
        "마친 날부터 14일 이내에",
    ) in found
    assert ("숙박비가 들지 않으면 1박에 얼마를 지급하나요?", "20,000원") in found
    assert ("계약의 해지는 금액과 관계없이 누가 결재하나요?", "행정국장") in found
    assert any(q.startswith("사용허가에 관한 원칙의 예외") and "수의로" in a for q, a in found)


def test_no_question_gives_its_answer_away() -> None:
    for question, answer in asked(
        "신청은 15일 이내에 결정하여야 한다.", "요율은 100분의 5로 정한다."
    ):
        assert answer not in question


# --- summaries --------------------------------------------------------------------------------
def summed(*lines: Any, length: str = "paragraph", form: str = "bullets") -> list[str]:
    made = document(*lines)
    found = summary.summarise(
        [made], Citations([made.source]), length=length, audience="staff", form=form
    )
    return [line["text"] for group in found["groups"] for line in group["lines"]]


def test_an_exception_travels_with_its_rule() -> None:
    lines = summed("사용료는 60일 이내에 내야 한다. 다만, 재난 때에는 그러하지 아니하다.")
    assert lines == ["사용료는 60일 이내에 내야 함. 다만, 재난 때에는 그러하지 아니함"]


def test_nothing_is_said_twice_and_the_length_is_kept() -> None:
    same = "신청인은 신청서를 받은 날부터 10일 이내에 담당 부서에 내야 한다."
    lines = summed(
        same, same, *[f"{n}번 시설은 담당자가 {n}일 이내에 살펴야 한다." for n in range(2, 60)]
    )
    assert sum("신청서를 받은" in line for line in lines) <= 1
    assert sum(map(len, lines)) <= 360
