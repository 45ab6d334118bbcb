"""기안문: letters to others, letters inside the agency, decisions inside the office, and the short form.

Source: 행정업무의 운영 및 혁신에 관한 규정 제8조, 시행규칙 제3조·제4조, 별지 제1호서식·제2호서식.
"""

from __future__ import annotations

from dataclasses import replace

from mokmin.knowledge.official.facts import Facts
from mokmin.knowledge.official.kinds.building import (
    DECISION_FIELDS,
    DISCLOSURE,
    approvers,
    attached,
    fields,
    of_office,
    remaining,
    told,
)
from mokmin.knowledge.official.kinds.model import FactField, Kind, Office
from mokmin.knowledge.official.kinds.purposes import purpose_sentence
from mokmin.knowledge.official.layout.letters import brief_pages, letter_pages
from mokmin.knowledge.official.model import BLANK, Block, OfficialDocument, Origin, Span

INSIDE = "내부결재"
_HEAD = ("행정기관명", "수신", "경유", "제목", "발신명의", "수신자")
_FOOT = (
    "시행번호", "시행일", "접수번호", "접수일", "우편번호", "주소", "홈페이지", "전화", "팩스", "전자우편", "공개구분",
)  # fmt: skip
_OFFICE = {
    "행정기관명": "agency", "주소": "address", "홈페이지": "homepage", "전화": "phone", "팩스": "fax",
    "전자우편": "email",
}  # fmt: skip
TITLE = FactField("제목", "문서의 제목은? (예: 2026년 하반기 불용품 처리 계획 알림)", required=True, group="head", example="2026년 하반기 불용품 처리 계획 알림", aliases=("title", "subject", "건명"))  # fmt: skip
RECEIVER = FactField("수신", "받는 기관이나 사람은? (내부에서 결재만 받으면 '내부결재')", required=True, group="head", example="각 부서장(물품관리관)", aliases=("수신자", "받는 곳", "to", "recipient", "receiver", "수신처"))  # fmt: skip
BODY = (
    FactField("관련", "근거가 되는 문서나 법령은?", "lines", example="재산관리과-3127(2026. 9. 11.)", aliases=("관련근거", "근거", "관련 근거", "basis", "reference", "references")),
    FactField("요지", "무엇을 하려는 문서인지 한 문장으로 쓰면? (비우면 제목으로 씁니다)", "text", aliases=("purpose", "취지", "요약", "summary", "목적")),
    FactField("내용", "알릴 내용을 한 줄에 하나씩 쓰면?", "outline", required=True, example="기간: 2026. 12. 1. ~ 12. 11.", aliases=("본문", "body", "content", "contents", "items", "세부내용", "세부 내용", "주요내용")),
    FactField("표", "함께 보일 표가 있다면?", "table", aliases=("table",)),
    FactField("붙임", "붙일 문서와 부수는?", "lines", example="불용품 처리 절차 안내 1부", aliases=("attachments", "attachment", "첨부", "붙임문서")),
)  # fmt: skip
FOOT_FIELDS = (
    FactField("시행번호", "시행 문서번호는? (결재 뒤에 정해집니다)", group="foot", aliases=("문서번호", "생산등록번호", "document_number")),
    FactField("시행일", "시행일은? (결재 뒤에 정해집니다)", "date", group="foot", aliases=("시행일자", "date", "일자")),
    FactField("접수번호", "접수 문서번호는?", group="foot"),
    FactField("접수일", "접수일은?", "date", group="foot"),
    FactField("우편번호", "우편번호는?", group="foot", aliases=("우", "zip", "postal_code")),
    FactField("주소", "주소는?", group="foot", aliases=("address",)),
    FactField("홈페이지", "홈페이지 주소는?", group="foot", aliases=("homepage", "website")),
    FactField("전화", "전화번호는?", group="foot", aliases=("전화번호", "phone", "tel", "연락처")),
    FactField("팩스", "팩스번호는?", group="foot", aliases=("팩스번호", "전송", "fax")),
    FactField("전자우편", "전자우편주소는?", group="foot", aliases=("이메일", "email", "전자우편주소")),
    DISCLOSURE,
)  # fmt: skip
AGENCY = FactField("행정기관명", "행정기관의 이름은?", required=True, group="head", example="해온특별자치시", aliases=("기관명", "기관", "agency", "organization", "organisation"))  # fmt: skip
SENDER = FactField("발신명의", "누구의 이름으로 보내는가?", required=True, group="foot", example="해온특별자치시장", aliases=("발신", "sender", "from", "발신자"))  # fmt: skip
VIA = FactField("경유", "거쳐야 하는 기관은?", group="head", aliases=("via",))


def compose_letter(facts: Facts, office: Office) -> OfficialDocument:
    """A letter; with 수신 내부결재 a decision inside the office."""
    return _letter(facts, office)


def _letter(facts: Facts, office: Office, *, inside: bool = False) -> OfficialDocument:
    inside = inside or facts.text("수신").replace(" ", "") == INSIDE
    needed = ("행정기관명", "수신", "제목") + (() if inside else ("발신명의",))
    found = fields(facts, (*_HEAD, *_FOOT), needed=needed)
    of_office(found, office, _OFFICE)
    if inside:
        found.pop("발신명의", None)
    elif found["발신명의"].origin.kind == "blank" and office.agency and office.head_post:
        found["발신명의"] = Span(office.head_post, Origin("fact", "우리 기관"))
    people = approvers(facts, office)
    attachments = attached(facts)
    body = _body(facts, inside=inside, attachments=bool(attachments))
    return OfficialDocument("letter", found, body, attachments, people)


def compose_decision(facts: Facts, office: Office) -> OfficialDocument:
    """A decision inside the office: 수신 is 내부결재 whatever the facts say."""
    made = _letter(facts, office, inside=True)
    inside = made.with_field("수신", Span(INSIDE))
    kept = {k: v for k, v in inside.fields.items() if k not in ("발신명의", "경유")}
    return replace(inside, kind="decision", fields=kept)


def compose_memo(facts: Facts, office: Office) -> OfficialDocument:
    """A letter between offices of one agency (대내문서)."""
    return replace(compose_letter(facts, office), kind="memo")


def compose_brief(facts: Facts, office: Office) -> OfficialDocument:
    """The short form (간이기안문) for a report or plan that stays inside the office."""
    found = fields(
        facts, ("제목", "시행번호", "시행일", "공개구분", "부서", "보고일"), needed=("제목",)
    )
    of_office(found, office, {"부서": "department"})
    people = approvers(facts, office)
    attachments = attached(facts)
    body = _body(facts, inside=True, attachments=bool(attachments))
    return OfficialDocument("brief", found, body, attachments, people)


def _body(facts: Facts, *, inside: bool, attachments: bool) -> tuple[Block, ...]:
    related = told(facts, "관련", level=2)
    # 표 is used before the rest is asked for, so that it stands where it belongs.
    content = told(facts, "내용", level=2)
    tables = told(facts, "표", level=2)
    lead = _lead(facts, bool(related), inside, attached=attachments and not (content or tables))
    content += remaining(facts, level=2) + tables
    if not content and not attachments:
        content = [Block("item", (Span(BLANK, Origin("blank", "내용")),), 2)]
    if not related:
        # An item alone has no mark: the sentence stands free, and what follows begins with 1.
        lifted = [replace(b, level=b.level - 1) if b.style == "item" else b for b in content]
        return (Block("text", (lead,)), *lifted)
    if len(related) == 1:
        first = replace(related[0], level=1, spans=(Span("관련: "), *related[0].spans))
        opening = [first]
    else:
        opening = [Block("item", (Span("관련"),), 1), *related]
    return (*opening, Block("item", (lead,), 1), *content)


def _lead(facts: Facts, related: bool, inside: bool, *, attached: bool) -> Span:
    given = facts.span("요지")
    if given is not None:
        return given
    title = facts.text("제목")
    if not title:
        return Span(BLANK, Origin("blank", "요지"))
    how = "붙임과 같이" if attached else "다음과 같이"
    said = purpose_sentence(title, how, related=related, inside=inside)
    return Span(said, Origin("fact", "제목"))


_LAW = (
    "행정업무의 운영 및 혁신에 관한 규정 제8조",
    "같은 규정 시행규칙 제3조·제4조, 별지 제1호서식",
)
LETTER = Kind(
    "letter", "기안문(대외)", "다른 기관이나 시민에게 보내는 문서",
    (RECEIVER, VIA, TITLE, AGENCY, *BODY, SENDER, *DECISION_FIELDS, *FOOT_FIELDS),
    compose_letter, letter_pages,
    ("기안문", "대외기안문", "시행문", "공문", "공문서", "gian", "official-letter", "대외"), _LAW, ("press", "notice"),
)  # fmt: skip
MEMO = Kind(
    "memo", "기안문(대내)", "같은 기관의 다른 부서에 보내는 문서",
    (RECEIVER, VIA, TITLE, AGENCY, *BODY, SENDER, *DECISION_FIELDS, *FOOT_FIELDS),
    compose_memo, letter_pages, ("대내기안문", "대내", "협조문", "internal-letter"), _LAW, ("report",),
)  # fmt: skip
DECISION = Kind(
    "decision", "기안문(내부결재)", "부서 안에서 결재를 받는 문서",
    (TITLE, AGENCY, *BODY, *DECISION_FIELDS, *FOOT_FIELDS),
    compose_decision, letter_pages, ("내부결재", "내부기안문", "internal"), _LAW, ("letter", "press"),
)  # fmt: skip
BRIEF = Kind(
    "brief", "간이기안문", "보고서나 계획서에 결재란을 붙인 짧은 문서",
    (TITLE, FactField("부서", "보고하는 부서는?", group="head", aliases=("department",)),
     FactField("보고일", "보고하는 날은?", "date", group="head"), *BODY, *DECISION_FIELDS,
     *(f for f in FOOT_FIELDS if f.key in ("시행번호", "시행일", "공개구분"))),
    compose_brief, brief_pages, ("간이기안", "brief-decision"),
    ("같은 규정 시행규칙 제3조, 별지 제2호서식",), ("report",),
)  # fmt: skip
