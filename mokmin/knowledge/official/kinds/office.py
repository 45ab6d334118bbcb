"""회의록 and 업무 인수인계서: what an office keeps for itself.

Source: 행정업무의 운영 및 혁신에 관한 규정 제61조 (업무의 인계·인수); 공공기록물 관리에 관한 법률 시행령 제18조 (회의록).
"""

from __future__ import annotations

from typing import Any

from mokmin.knowledge.official.facts import Facts, folded, outline, table_block, table_rows
from mokmin.knowledge.official.kinds.building import (
    attached,
    blank,
    fields,
    head,
    lined,
    of_office,
    remaining,
    section,
    told,
)
from mokmin.knowledge.official.kinds.model import FactField, Kind, Office
from mokmin.knowledge.official.layout.office import handover_pages, minutes_pages
from mokmin.knowledge.official.model import Block, OfficialDocument, Origin, Span, TableCell
from mokmin.knowledge.official.wording import official

MINUTES_FIELDS = (
    FactField("제목", "회의의 이름은?", required=True, group="head", aliases=("회의명", "title", "subject", "meeting")),
    FactField("일시", "회의는 언제 열렸는가?", required=True, group="head", example="2026. 11. 20.(금) 14:00~15:30", aliases=("date", "datetime", "회의일시")),
    FactField("장소", "회의는 어디에서 열렸는가?", required=True, group="head", aliases=("place", "venue", "회의장소")),
    FactField("주재", "누가 주재했는가?", "person", group="head", aliases=("chair", "주재자", "위원장")),
    FactField("참석자", "누가 참석했는가?", "people", required=True, group="head", aliases=("attendees", "참석", "참석위원")),
    FactField("불참자", "누가 참석하지 못했는가?", "people", group="head", aliases=("absent", "불참")),
    FactField("작성자", "누가 적었는가?", "person", required=True, group="head", aliases=("author", "기록자", "서기")),
    FactField("안건", "안건과 나온 말을 쓰면?", "outline", required=True, aliases=("agenda", "논의", "논의사항", "회의내용", "내용", "토의내용")),
    FactField("결정사항", "무엇을 결정했는가?", "lines", required=True, aliases=("decisions", "결정", "의결사항", "심의결과")),
    FactField("할일", "누가 언제까지 무엇을 하는가?", "table", aliases=("actions", "action_items", "후속조치", "조치사항", "할 일")),
    FactField("보류", "정하지 못한 일은?", "lines", aliases=("open", "미결사항", "보류사항")),
    FactField("다음회의", "다음 회의는 언제인가?", aliases=("next_meeting", "차기회의", "다음 회의")),
    FactField("붙임", "붙일 문서는?", "lines", aliases=("attachments", "첨부")),
)  # fmt: skip
HANDOVER_FIELDS = (
    FactField("제목", "문서의 제목은? (비우면 업무 인수인계서)", group="head", aliases=("title",)),
    FactField("부서", "부서는?", required=True, group="head", aliases=("department",)),
    FactField("인계자", "넘기는 사람의 직위와 이름은?", "person", required=True, group="head", aliases=("from", "전임자")),
    FactField("인수자", "받는 사람의 직위와 이름은?", "person", required=True, group="head", aliases=("to", "후임자")),
    FactField("입회자", "지켜본 사람의 직위와 이름은?", "person", group="head", aliases=("witness", "확인자")),
    FactField("기준일", "언제를 기준으로 넘기는가?", "date", required=True, group="head", aliases=("date", "인계일", "인수인계일")),
    FactField("담당업무", "맡은 업무는?", "outline", required=True, aliases=("duties", "업무", "주요업무", "담당 업무", "업무현황")),
    FactField("진행업무", "진행하고 있는 일은 어디까지 왔는가?", "outline", required=True, aliases=("ongoing", "추진중인업무", "진행사항", "주요업무추진상황", "진행 중인 업무")),
    FactField("현안", "급하거나 조심할 일은?", "outline", aliases=("issues", "현안사항", "쟁점", "유의사항")),
    FactField("예정업무", "앞으로 할 일과 기한은?", "outline", aliases=("upcoming", "향후계획", "예정")),
    FactField("예산", "예산과 쓴 돈은?", "outline", aliases=("budget", "예산현황", "예산집행")),
    FactField("문서", "넘기는 문서와 기록은?", "outline", aliases=("records", "관련문서", "주요문서", "서류")),
    FactField("물품", "넘기는 물품과 열쇠는?", "outline", aliases=("goods", "items", "물품목록")),
    FactField("연락처", "함께 일하는 사람들의 연락처는?", "outline", aliases=("contacts", "관계자")),
    FactField("시스템", "쓰는 시스템과 권한은? (비밀번호는 적지 않습니다)", "outline", aliases=("systems", "시스템권한")),
)  # fmt: skip


def compose_minutes(facts: Facts, office: Office) -> OfficialDocument:
    """회의록: who met when and where, what was said under each item, what was decided, who does what."""
    names = ("제목", "일시", "장소", "주재", "참석자", "불참자", "작성자")
    found = fields(facts, names, needed=("제목", "일시", "장소", "참석자", "작성자"))
    if office.drafter:
        of_office(found, office, {"작성자": "drafter"})
    blocks = section(facts, "안건", "논의한 내용", needed=True)
    blocks += section(facts, "결정사항", "결정한 사항", needed=True)
    todo = facts.get("할일")
    if todo is not None:
        blocks += [head("할 일"), *_tasks(todo.value, todo.origin)]
    blocks += section(facts, "보류", "정하지 못한 사항")
    rest = remaining_but(facts, ("다음회의", "붙임"))
    if rest:
        blocks += [head("그 밖의 사항"), *rest]
    blocks += section(facts, "다음회의", "다음 회의")
    return OfficialDocument("minutes", found, tuple(blocks), attached(facts))


def remaining_but(facts: Facts, keys: tuple[str, ...]) -> list[Block]:
    """Facts that no field took, but for those that come later."""
    made: list[Block] = []
    for fact in facts.rest():
        if fact.key not in keys:
            made += lined(outline({fact.key: fact.value}), fact.origin, "bullet", 1, 4)
    return made


_TASK = (("할 일", ("할일", "내용", "task", "조치", "업무", "what", "조치사항")), ("담당", ("담당", "담당자", "담당부서", "맡은 곳", "맡은 사람", "who", "owner", "assignee", "부서")), ("기한", ("기한", "due", "when", "완료일", "일정")))  # fmt: skip


def _tasks(value: Any, origin: Origin) -> list[Block]:
    """Tasks as a table of what, who and until when; a missing one is a marked blank."""
    records = value if isinstance(value, list) else [value]
    if not all(isinstance(r, dict) for r in records):
        rows = table_rows(records) if isinstance(value, list) else None
        if rows is not None:
            return [table_block(rows, origin)]
        return lined(outline(value), origin, "bullet", 1, 4)
    known = {folded(name) for label, names in _TASK for name in (label, *names)}
    more = list(dict.fromkeys(str(k) for r in records for k in r if folded(str(k)) not in known))
    made = [tuple(TableCell(t, origin=Origin()) for t in (*(label for label, _ in _TASK), *more))]
    for record in records:
        by = {folded(str(k)): str(v) for k, v in record.items() if v not in (None, "")}
        row = []
        for label, names in _TASK:
            text = next((by[folded(n)] for n in names if folded(n) in by), "")
            cell = TableCell(official(text), origin=origin) if text else TableCell("[  ]", origin=Origin("blank", f"할일({label})"))  # fmt: skip
            row.append(cell)
        row += [TableCell(official(by.get(folded(name), "")), origin=origin) for name in more]
        made.append(tuple(row))
    return [Block("table", rows=tuple(made))]


_HANDOVER_SECTIONS = (
    ("담당업무", "담당 업무", True), ("진행업무", "진행 중인 업무", True), ("현안", "현안과 유의 사항", False),
    ("예정업무", "앞으로 할 일", False), ("예산", "예산 현황", False), ("문서", "문서와 기록물", False),
    ("물품", "물품", False), ("시스템", "시스템과 권한", False), ("연락처", "관계자 연락처", False),
)  # fmt: skip


def compose_handover(facts: Facts, office: Office) -> OfficialDocument:
    """업무 인수인계서."""
    names = ("제목", "부서", "인계자", "인수자", "입회자", "기준일")
    found = fields(facts, names, needed=("부서", "인계자", "인수자", "기준일"))
    found.setdefault("제목", Span("업무 인수인계서"))
    of_office(found, office, {"부서": "department", "인계자": "drafter"})
    blocks: list[Block] = []
    for key, title, needed in _HANDOVER_SECTIONS:
        made = told(facts, key, "bullet", most=4)
        if made:
            blocks += [head(title), *made]
        elif needed:
            blocks += [head(title), Block("bullet", (blank(key),), 1)]
    rest = remaining(facts, "bullet", 1, 4)
    if rest:
        blocks += [head("그 밖의 사항"), *rest]
    return OfficialDocument("handover", found, tuple(blocks))


MINUTES = Kind(
    "minutes", "회의록", "회의에서 나온 말과 결정을 적는 문서", MINUTES_FIELDS, compose_minutes, minutes_pages,
    ("회의 결과", "회의결과보고", "meeting-minutes", "meeting_minutes"), ("공공기록물 관리에 관한 법률 시행령 제18조",), ("report", "letter"),
)  # fmt: skip
HANDOVER = Kind(
    "handover", "업무 인수인계서", "자리를 옮길 때 업무를 넘기는 문서", HANDOVER_FIELDS, compose_handover,
    handover_pages, ("인수인계서", "업무인수인계서", "인수인계"), ("행정업무의 운영 및 혁신에 관한 규정 제61조",), (),
)  # fmt: skip
