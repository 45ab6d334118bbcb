"""민원 회신, 정보공개 결정통지서, 공고문: what citizens receive.

Sources: 민원 처리에 관한 법률 제27조·제35조, 행정심판법 제27조, 공공기관의 정보공개에 관한 법률 제13조·제18조·제19조와
시행규칙 별지 제7호서식, 행정업무의 운영 및 혁신에 관한 규정 제6조제3항.
"""

from __future__ import annotations

from mokmin.knowledge.official.facts import Facts
from mokmin.knowledge.official.kinds.building import (
    DECISION_FIELDS,
    approvers,
    attached,
    blank,
    fields,
    of_office,
    remaining,
    told,
)
from mokmin.knowledge.official.kinds.letters import AGENCY, FOOT_FIELDS, SENDER, TITLE
from mokmin.knowledge.official.kinds.model import FactField, Kind, Office
from mokmin.knowledge.official.layout.civil import decision_pages, notice_pages
from mokmin.knowledge.official.layout.letters import letter_pages
from mokmin.knowledge.official.model import Block, OfficialDocument, Origin, Span

ACCEPTED, PARTLY, REFUSED, TOLD = "수용", "일부 수용", "수용 불가", "안내"
RESULTS = (ACCEPTED, PARTLY, REFUSED, TOLD)
_OFFICE = {
    "행정기관명": "agency", "주소": "address", "홈페이지": "homepage", "전화": "phone", "팩스": "fax",
    "전자우편": "email", "담당부서": "department",
}  # fmt: skip
_FOOT = (
    "시행번호", "시행일", "접수번호", "접수일", "우편번호", "주소", "홈페이지", "전화", "팩스", "전자우편", "공개구분",
)  # fmt: skip

REPLY_FIELDS = (
    FactField("수신", "누구에게 답하는가?", required=True, group="head", example="김○○ 귀하", aliases=("민원인", "신청인", "to", "recipient")),
    TITLE, AGENCY,
    FactField("접수", "민원은 언제 어떤 번호로 접수했는가?", example="2026. 11. 10. 접수 1AA-2611-0012345", aliases=("접수정보", "민원번호", "received")),
    FactField("민원요지", "민원인이 바라는 것은?", "text", required=True, aliases=("민원내용", "요지", "request", "민원 요지", "신청내용", "민원")),
    FactField("결과", "수용, 일부 수용, 수용 불가, 안내 가운데 무엇인가?", "choice", required=True, choices=RESULTS, aliases=("처리결과", "result", "decision")),
    FactField("검토내용", "무엇을 확인했고 왜 그렇게 결정했는가?", "outline", required=True, aliases=("답변", "내용", "회신내용", "answer", "body", "검토결과", "답변내용", "처리내용")),
    FactField("법적근거", "근거가 되는 법령은?", "lines", aliases=("근거", "legal_basis", "관련법령", "근거법령", "관련")),
    FactField("조치계획", "언제까지 무엇을 하는가?", "lines", aliases=("next", "향후계획", "조치")),
    FactField("법정민원", "허가나 신고처럼 법령에 따른 신청(법정민원)을 거부하는가?", "choice", choices=("예", "아니요"), aliases=("legal_petition",)),
    FactField("담당부서", "담당 부서는?", required=True, aliases=("부서", "department")),
    FactField("담당자", "담당자의 이름은?", "person", aliases=("contact",)),
    FactField("붙임", "붙일 문서는?", "lines", aliases=("attachments", "첨부")),
    SENDER, *DECISION_FIELDS, *(f for f in FOOT_FIELDS if f.key != "접수번호"),
)  # fmt: skip
_SORRY = {
    ACCEPTED: "귀하께서 바라신 대로 처리하였음을 알려드립니다.",
    PARTLY: "귀하께서 바라신 것 가운데 일부를 다음과 같이 처리하였음을 알려드립니다.",
    REFUSED: "귀하의 사정은 충분히 이해하나, 다음과 같은 까닭으로 바라시는 대로 처리해 드리지 못함을 양해하여 주시기 바랍니다.",
    TOLD: "문의하신 내용을 다음과 같이 알려드립니다.",
}


def compose_reply(facts: Facts, office: Office) -> OfficialDocument:
    """An answer to a petition (민원 회신): thanks, what was asked, what was decided and why, how to
    appeal, whom to call. The way to appeal is quoted from the law and stands only where it applies."""
    found = fields(
        facts,
        ("수신", "제목", "행정기관명", "발신명의", "담당부서", *_FOOT),
        needed=("수신", "제목", "행정기관명", "발신명의", "담당부서"),
    )
    of_office(found, office, _OFFICE)
    if found["발신명의"].origin.kind == "blank" and office.head_post:
        found["발신명의"] = Span(office.head_post, Origin("fact", "우리 기관"))
    result = facts.text("결과")
    received = facts.span("접수")
    blocks = [
        Block("item", (Span("시정에 관심을 가지고 의견을 주셔서 감사합니다."),)),
        _asked(facts, received),
        _decided(facts, result),
        *(told(facts, "검토내용", level=2) or [Block("item", (blank("검토내용"),), 2)]),
    ]
    basis = facts.texts("법적근거")
    if basis:
        spans: list[Span] = [Span("관련 근거: ")]
        for number, span in enumerate(basis):
            spans += [Span(", "), span] if number else [span]
        blocks.append(Block("item", tuple(spans), 2))
    plan = told(facts, "조치계획", level=2)
    if plan:
        blocks += [Block("item", (Span("앞으로 다음과 같이 하겠습니다."),)), *plan]
    blocks += _appeal(facts, result)
    contact = facts.span("담당자")
    rest = remaining(facts, level=2)
    spans = [Span("더 궁금하신 점은 "), found["담당부서"]]
    if contact:
        spans += [Span(" "), contact]
    phone = found.get("전화") or blank("전화")
    spans += [Span("(전화 "), phone, Span(")에 문의하시면 친절히 안내해 드리겠습니다.")]
    blocks += [*rest, Block("item", tuple(spans))]
    return OfficialDocument(
        "reply", found, tuple(blocks), attached(facts), approvers(facts, office)
    )


def _asked(facts: Facts, received: Span | None) -> Block:
    asked = facts.needed("민원요지")
    words = asked.text.rstrip(" .")
    opening = (
        [Span("귀하의 민원("), received, Span(")은 ")] if received else [Span("귀하의 민원은 ")]
    )
    if asked.origin.kind == "blank":
        closing = Span("에 관한 것으로 이해하였습니다.")
    elif words.endswith("다"):
        return Block(
            "item",
            (*opening, Span("다음과 같이 이해하였습니다. “"), Span(words, asked.origin), Span("”")),
        )
    else:
        closing = Span("에 관한 것으로 이해하였습니다.")
    return Block("item", (*opening, Span(f"“{words}”", asked.origin), closing))


def _decided(facts: Facts, result: str) -> Block:
    if result in _SORRY:
        return Block("item", (Span(f"이를 검토한 결과, {_SORRY[result]}", Origin("fact", "결과")),))
    if result:
        span = facts.needed("결과")
        return Block("item", (Span("이를 검토한 결과는 다음과 같습니다. "), span))
    return Block("item", (Span("이를 검토한 결과는 다음과 같습니다. "), blank("결과")))


def _appeal(facts: Facts, result: str) -> list[Block]:
    """How to appeal: only where something was refused and the petition is one by law."""
    legal = facts.text("법정민원")
    if result not in (REFUSED, PARTLY) or legal in ("아니요", "아니오", "false"):
        return []
    if not legal:
        return [Block("item", (Span("이 결정에 대한 불복 절차: "), blank("법정민원")))]
    return [
        Block("item", (Span("이 결정에 불복하시면 다음 절차를 이용하실 수 있습니다."),)),
        Block(
            "item",
            (
                Span(
                    "이의신청: 거부처분을 받은 날부터 60일 이내에 문서로 신청(「민원 처리에 관한 법률」 제35조)"
                ),
            ),
            2,
        ),
        Block(
            "item",
            (
                Span(
                    "행정심판: 처분이 있음을 알게 된 날부터 90일 이내에 청구(「행정심판법」 제27조)"
                ),
            ),
            2,
        ),
    ]


DISCLOSURE_FIELDS = (
    FactField("행정기관명", "행정기관의 이름은?", group="head", required=True, aliases=("기관명", "agency")),
    FactField("접수번호", "접수번호는?", group="head", required=True, aliases=("number",)),
    FactField("접수일", "접수일은?", "date", group="head", required=True, aliases=("접수일자", "received")),
    FactField("청구인", "청구한 사람은?", group="head", required=True, aliases=("성명", "applicant", "수신")),
    FactField("청구인주소", "청구인의 주소는?", group="head", aliases=("청구인 주소",)),
    FactField("청구내용", "무엇을 공개해 달라고 하는가?", "lines", required=True, aliases=("청구정보", "request", "정보내용")),
    FactField("결정", "공개, 부분공개, 비공개 가운데 무엇인가?", "choice", required=True, choices=("공개", "부분공개", "비공개"), aliases=("decision", "결정구분", "공개여부")),
    FactField("공개내용", "공개하는 정보는?", "lines", aliases=("disclosed",)),
    FactField("공개일시", "언제 공개하는가?", "date", aliases=("공개일", "disclosed_on")),
    FactField("공개장소", "어디에서 공개하는가?", aliases=("place",)),
    FactField("공개방법", "열람, 사본, 전자파일 가운데 어떻게 공개하는가?", aliases=("method", "공개형태", "교부방법", "수령방법")),
    FactField("수수료", "수수료와 우송료는 얼마인가?", aliases=("fee",)),
    FactField("비공개내용", "공개하지 않는 정보는?", "lines", aliases=("withheld",)),
    FactField("비공개사유", "정보공개법 제9조 제1항 몇 호에 해당하며 왜 그런가?", "lines", aliases=("reason", "비공개 사유", "사유")),
    FactField("통지일", "통지하는 날은?", "date", group="foot", required=True, aliases=("date", "결정일")),
    FactField("발신명의", "누구의 이름으로 통지하는가?", group="foot", required=True, aliases=("sender",)),
    FactField("담당부서", "담당 부서는?", group="foot", required=True, aliases=("부서", "department")),
    FactField("담당자", "담당자의 직위와 이름은?", "person", group="foot", aliases=("contact", "기안자")),
    FactField("전화", "전화번호는?", group="foot", aliases=("phone", "전화번호")),
)  # fmt: skip


def compose_disclosure(facts: Facts, office: Office) -> OfficialDocument:
    """정보(공개·부분공개·비공개) 결정 통지서."""
    decision = facts.text("결정")
    needed = [
        "행정기관명",
        "접수번호",
        "접수일",
        "청구인",
        "청구내용",
        "결정",
        "통지일",
        "발신명의",
        "담당부서",
    ]
    if decision in ("공개", "부분공개"):
        needed += ["공개내용", "공개일시", "공개방법"]
    if decision in ("부분공개", "비공개"):
        needed += ["비공개내용", "비공개사유"]
    # Several lines of one fact stand below each other in their cell.
    found: dict[str, Span] = {}
    for field in DISCLOSURE_FIELDS:
        texts = facts.texts(field.key)
        if texts:
            found[field.key] = Span("\n".join(t.text for t in texts), texts[0].origin)
        elif field.key in needed:
            found[field.key] = blank(field.key)
    of_office(
        found,
        office,
        {
            "행정기관명": "agency",
            "담당부서": "department",
            "전화": "phone",
            "발신명의": "head_post",
        },
    )
    title = (
        f"정보 {decision} 결정 통지서" if decision else "정보 (공개·부분공개·비공개) 결정 통지서"
    )
    found["제목"] = Span(title)
    blocks = list(remaining(facts, level=1))
    if decision != "공개":
        blocks += [
            Block("note", (Span("이 결정에 불복하시면 결정 통지를 받은 날부터 30일 이내에 문서로 이의신청을 하실 수 있습니다(「공공기관의 정보공개에 관한 법률」 제18조)."),)),
            Block("note", (Span("또는 처분이 있음을 알게 된 날부터 90일 이내에 행정심판을 청구하거나(같은 법 제19조, 「행정심판법」 제27조) 행정소송을 제기하실 수 있습니다(같은 법 제20조)."),)),
        ]  # fmt: skip
    return OfficialDocument("disclosure", found, tuple(blocks))


NOTICE_FIELDS = (
    FactField("공고번호", "공고번호는? (예: 해온시 공고 제2026-123호)", group="head", required=True, aliases=("번호", "number")),
    FactField("제목", "무엇을 공고하는가?", group="head", required=True, aliases=("title", "공고명", "건명")),
    FactField("취지", "어떤 근거로 무엇을 알리는가?", "text", aliases=("요지", "purpose", "전문", "서문", "summary")),
    FactField("근거", "근거가 되는 법령은?", "lines", aliases=("법적근거", "legal_basis", "관련")),
    FactField("내용", "공고할 내용을 한 줄에 하나씩 쓰면?", "outline", required=True, aliases=("본문", "body", "content", "공고내용", "주요내용")),
    FactField("신청방법", "신청하거나 의견을 내는 방법은?", "outline", aliases=("접수방법", "how_to_apply", "의견제출")),
    FactField("문의", "문의할 곳과 전화번호는?", "lines", required=True, aliases=("contact", "문의처", "담당부서")),
    FactField("표", "함께 보일 표가 있다면?", "table", aliases=("table",)),
    FactField("효력발생일", "효력이 생기는 때는? (비우면 공고한 날부터 5일이 지난 때)", "date", aliases=("시행일", "effective")),
    FactField("붙임", "붙일 문서는?", "lines", aliases=("attachments", "첨부")),
    FactField("공고일", "공고하는 날은?", "date", group="foot", required=True, aliases=("date", "일자")),
    FactField("발신명의", "누구의 이름으로 공고하는가?", group="foot", required=True, aliases=("sender", "공고자")),
)  # fmt: skip


def compose_notice(facts: Facts, office: Office) -> OfficialDocument:
    """공고문."""
    found = fields(
        facts,
        ("공고번호", "제목", "공고일", "발신명의"),
        needed=("공고번호", "제목", "공고일", "발신명의"),
    )
    of_office(found, office, {"발신명의": "head_post"})
    blocks: list[Block] = [_preamble(facts, found)]
    content = told(facts, "내용")
    blocks += content or [Block("item", (blank("내용"),))]
    for key, label in (("신청방법", "신청 방법"),):
        lines = told(facts, key, level=2)
        if len(lines) == 1 and lines[0].style == "item":
            blocks.append(Block("item", (Span(f"{label}: "), *lines[0].spans)))
        elif lines:
            blocks += [Block("item", (Span(label),)), *lines]
    effective = facts.span("효력발생일")
    if effective:
        blocks.append(Block("item", (Span("효력이 생기는 날: "), effective)))
    tables = told(facts, "표")
    asked = facts.texts("문의") or [blank("문의")]
    rest = [f for f in facts.rest() if f.key != "붙임"]
    if rest:
        blocks += remaining(facts)
    spans: list[Span] = [Span("문의: ")]
    for number, span in enumerate(asked):
        spans += [Span(", "), span] if number else [span]
    blocks.append(Block("item", tuple(spans)))
    return OfficialDocument("notice", found, (*blocks, *tables), attached(facts))


def _preamble(facts: Facts, found: dict[str, Span]) -> Block:
    given = facts.span("취지")
    basis = facts.texts("근거")
    if given is not None:
        return Block("text", (given,))
    subject = found["제목"].text.removesuffix(" 공고").removesuffix("공고")
    spans: list[Span] = []
    for number, span in enumerate(basis):
        spans += [Span(", "), span] if number else [span]
    if basis:
        spans.append(Span("에 따라 "))
    if found["제목"].origin.kind == "blank":
        return Block("text", (*spans, blank("취지")))
    said = f"{subject}에 관한 사항을 다음과 같이 공고합니다."
    return Block("text", (*spans, Span(said, Origin("fact", "제목"))))


REPLY = Kind(
    "reply", "민원 회신", "민원에 답하는 문서", REPLY_FIELDS, compose_reply, letter_pages,
    ("민원회신", "민원답변", "회신", "civil-reply", "complaint-reply", "petition-reply"),
    ("민원 처리에 관한 법률 제27조·제35조", "행정심판법 제27조"), ("report",),
)  # fmt: skip
DISCLOSURE = Kind(
    "disclosure", "정보공개 결정통지서", "정보공개 청구에 답하는 문서", DISCLOSURE_FIELDS, compose_disclosure,
    decision_pages, ("정보공개", "결정통지서", "정보공개결정통지서", "disclosure-decision"),
    ("공공기관의 정보공개에 관한 법률 제13조·제18조·제19조·제20조, 시행규칙 별지 제7호서식",), (),
)  # fmt: skip
NOTICE = Kind(
    "notice", "공고문", "시민에게 널리 알리는 문서", NOTICE_FIELDS, compose_notice, notice_pages,
    ("공고", "고시", "public-notice"), ("행정업무의 운영 및 혁신에 관한 규정 제4조·제6조제3항",), ("press",),
)  # fmt: skip
