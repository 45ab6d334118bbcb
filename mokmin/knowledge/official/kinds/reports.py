"""개조식 보고서, 계획서, 한 장 요약: headed sections of short lines (□ ○ - ※), a summary box, tables."""

from __future__ import annotations

from dataclasses import dataclass

from mokmin.knowledge.official.facts import Facts, table_block, table_rows
from mokmin.knowledge.official.kinds.building import (
    DISCLOSURE,
    attached,
    blank,
    fields,
    head,
    of_office,
    remaining,
    section,
    told,
)
from mokmin.knowledge.official.kinds.letters import TITLE
from mokmin.knowledge.official.kinds.model import FactField, Kind, Office
from mokmin.knowledge.official.layout.reports import one_page, report_pages
from mokmin.knowledge.official.model import Block, OfficialDocument, Span


@dataclass(frozen=True, slots=True)
class Section:
    """A section and the fact that fills it. ``unit`` of its table."""

    key: str
    title: str
    question: str
    needed: bool = False
    aliases: tuple[str, ...] = ()
    unit: str = ""

    @property
    def field(self) -> FactField:
        """What the form asks."""
        return FactField(
            self.key, self.question, "outline", required=self.needed, aliases=self.aliases
        )


HEAD = (
    TITLE,
    FactField("부서", "보고하는 부서는?", group="head", required=True, example="재산관리과", aliases=("department", "담당부서", "작성부서", "소관부서")),
    FactField("보고일", "보고하는 날은?", "date", group="head", required=True, example="2026. 11. 23.", aliases=("date", "작성일", "일자", "날짜")),
    FactField("담당자", "담당자의 직위와 이름, 전화번호는?", "person", group="head", aliases=("contact", "작성자", "author")),
    FactField("요약", "가장 중요한 것을 두세 줄로 쓰면?", "lines", aliases=("summary", "핵심", "개요요약", "요지")),
)  # fmt: skip
TAIL = (
    FactField("표", "함께 보일 표가 있다면?", "table", aliases=("table",)),
    FactField("붙임", "붙일 자료는?", "lines", aliases=("attachments", "첨부", "참고자료", "참고")),
    DISCLOSURE,
)
REPORT_SECTIONS = (
    Section("추진배경", "추진 배경", "왜 이 보고를 하는가?", True, ("배경", "background", "보고배경", "추진 배경", "보고 배경")),
    Section("현황", "현황", "지금 어떠한가?", True, ("current", "current_state", "추진현황", "실태", "status")),
    Section("문제점", "문제점", "무엇이 문제인가?", False, ("problems", "issues", "쟁점", "문제")),
    Section("개선방안", "개선 방안", "어떻게 하려는가?", True, ("계획", "plan", "추진계획", "대책", "개선대책", "방안", "조치계획")),
    Section("일정", "추진 일정", "언제 무엇을 하는가?", False, ("schedule", "추진일정", "향후일정")),
    Section("예산", "소요 예산", "돈은 얼마나 드는가?", False, ("budget", "소요예산", "사업비"), "천원"),
    Section("기대효과", "기대 효과", "무엇이 나아지는가?", False, ("effects", "효과", "expected_effects")),
    Section("행정사항", "행정 사항", "다른 부서가 할 일은?", False, ("협조사항", "건의사항", "향후계획")),
)  # fmt: skip
PLAN_SECTIONS = (
    Section("추진배경", "추진 배경", "왜 하는가?", True, ("배경", "background", "근거", "추진근거", "추진배경 및 근거")),
    Section("목적", "목적", "무엇을 이루려는가?", False, ("purpose", "목표", "추진목적", "goal", "goals")),
    Section("개요", "개요", "언제, 어디서, 누가, 무엇을?", True, ("overview", "사업개요", "추진개요", "행사개요", "기간")),
    Section("세부계획", "세부 추진 계획", "어떻게 하는가?", True, ("계획", "plan", "추진내용", "내용", "세부추진계획", "details", "주요내용")),
    Section("일정", "추진 일정", "언제 무엇을 하는가?", False, ("schedule", "추진일정", "세부일정")),
    Section("추진체계", "추진 체계", "누가 무엇을 맡는가?", False, ("역할", "역할분담", "organization", "부서별임무", "부서별역할")),
    Section("예산", "소요 예산", "돈은 얼마나 들고 어디서 나는가?", False, ("budget", "소요예산", "사업비"), "천원"),
    Section("안전대책", "안전 대책", "위험에 어떻게 대비하는가?", False, ("safety", "안전관리", "비상대책")),
    Section("기대효과", "기대 효과", "무엇이 나아지는가?", False, ("effects", "효과")),
    Section("행정사항", "행정 사항", "다른 부서가 할 일은?", False, ("협조사항", "향후계획")),
)  # fmt: skip
ONE_PAGE_SECTIONS = (
    Section("현황", "현황", "지금 어떠한가?", True, ("current", "개요", "배경", "추진배경", "background")),
    Section("쟁점", "쟁점", "무엇을 결정하거나 알아야 하는가?", False, ("issues", "문제점", "problems")),
    Section("조치", "앞으로 할 일", "무엇을 언제까지 하는가?", True, ("계획", "대책", "next", "조치계획", "향후계획", "개선방안", "세부계획", "plan")),
)  # fmt: skip


def _compose(
    kind: str, sections: tuple[Section, ...], facts: Facts, office: Office
) -> OfficialDocument:
    found = fields(
        facts,
        ("제목", "부서", "보고일", "담당자", "공개구분"),
        needed=("제목", "부서", "보고일"),
    )
    of_office(found, office, {"부서": "department"})
    blocks: list[Block] = []
    summary = facts.texts("요약")
    if summary:
        spans: list[Span] = []
        for number, span in enumerate(summary):
            spans += [Span("\n"), span] if number else [span]
        blocks.append(Block("box", tuple(spans)))
    for one in sections:
        blocks += _section(facts, one)
    table = told(facts, "표", "bullet")
    attachments = attached(facts)
    rest = remaining(facts, "bullet", 1, 4)
    if table or rest:
        blocks += [head("참고 사항" if rest else "참고 표"), *rest, *table]
    return OfficialDocument(kind, found, tuple(blocks), attachments)


def _section(facts: Facts, one: Section) -> list[Block]:
    fact = facts.get(one.key)
    if fact is not None and isinstance(fact.value, list):
        rows = table_rows(fact.value)
        if rows is not None:
            return [head(one.title), table_block(rows, fact.origin, unit=_unit(rows, one.unit))]
    return section(facts, one.key, one.title, needed=one.needed) or (
        [head(one.title), Block("bullet", (blank(one.key),), 1)] if one.needed else []
    )


def _unit(rows: tuple[tuple[str, ...], ...], unit: str) -> str:
    """The unit of a table is never guessed: cells that carry their own need none, others are asked."""
    said = any(cell.endswith(("원", "%", "명", "건")) for row in rows[1:] for cell in row)
    named = any("원" in cell for cell in rows[0])
    return "" if said or named or not unit else "[  ]"


def compose_report(facts: Facts, office: Office) -> OfficialDocument:
    """A report (개조식 보고서)."""
    return _compose("report", REPORT_SECTIONS, facts, office)


def compose_plan(facts: Facts, office: Office) -> OfficialDocument:
    """A plan (계획서)."""
    return _compose("plan", PLAN_SECTIONS, facts, office)


def compose_one_page(facts: Facts, office: Office) -> OfficialDocument:
    """One page for somebody in a hurry (한 장 요약)."""
    return _compose("one-page", ONE_PAGE_SECTIONS, facts, office)


def _fields(sections: tuple[Section, ...]) -> tuple[FactField, ...]:
    return (*HEAD, *(one.field for one in sections), *TAIL)


_SOURCE = (
    "행정업무의 운영 및 혁신에 관한 규정 제7조",
    "행정안전부 「행정업무운영 편람」 보고서 작성",
)
REPORT = Kind(
    "report", "보고서", "배경, 현황, 문제, 방안을 짧은 줄로 알리는 문서", _fields(REPORT_SECTIONS),
    compose_report, report_pages, ("개조식보고서", "개조식 보고서", "업무보고", "현안보고"), _SOURCE, ("one-page", "press", "decision"),
)  # fmt: skip
PLAN = Kind(
    "plan", "계획서", "무엇을 언제 어떻게 할지 정하는 문서", _fields(PLAN_SECTIONS),
    compose_plan, report_pages, ("추진계획", "추진계획서", "사업계획서", "계획"), _SOURCE, ("press", "decision", "one-page", "letter"),
)  # fmt: skip
ONE_PAGE = Kind(
    "one-page", "한 장 요약", "바쁜 사람이 한 쪽으로 읽는 요약", _fields(ONE_PAGE_SECTIONS),
    compose_one_page, one_page, ("한장요약", "한장보고", "요약보고", "onepage", "summary", "one-pager"), _SOURCE, ("report",),
)  # fmt: skip
