"""Form: required fields, blanks, title, 수신 and 발신명의, 공개구분, what a kind always needs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mokmin.knowledge.official.checks.model import Context, Finding, Place
from mokmin.knowledge.official.checks.parts import LETTERS, Part, Reading
from mokmin.knowledge.official.checks.register import finding
from mokmin.knowledge.official.model import Span

_BLANK = re.compile(
    r"\[\s{1,6}\]|\(\s{3,}\)|_{3,}|…{2,}|(?<![○\d가-힣A-Za-z-])[○]{2,}(?=\s?(?:원|명|일|월|건|개|시\s))|\{\{[^{}]*\}\}|(?:TODO|TBD|XXX)"
)
_VERB = re.compile(
    r"(?:다|요|까|오|시오|음니다|습니다|니다|바람|하여|하고|관하여|대하여|따른|위한)[.!?]?\s*$"
)
_DOUBLE_HONOUR = re.compile(r"(?:님\s?귀하|귀하\s?귀중|귀중\s?귀하|님\s?귀중)$")
_INSIDE = "내부결재"
_VALUES = re.compile(
    r"^(?P<value>대국민\s?공개|공개|부분\s?공개|비공개)\s*(?:\(\s*(?P<items>[^()]*)\s*\))?\s*(?P<rest>(?:제?\s?\d.*|호.*)?)$"
)
_ITEM = re.compile(r"(?P<n>\d+)\s*(?:호)?")
_FOLLOWS = re.compile(r"(?:다음|아래)(?:과|와)\s?같(?:이|습니다|다)|아래\s?(?:내용|사항)을\s?참고")
_REFUSED = re.compile(
    r"불가(?:함|합니다|하다|능)|거부|반려|기각|허가할 수 없|받아들일 수 없|수용할 수 없|어렵습니다|비공개|부분공개"
)
_APPEAL = re.compile(r"이의\s?신청|행정심판|행정소송|불복")
_REJECTS = frozenset(["reply", "disclosure", "disclosure_decision", "decision_notice"])
_PHONE = re.compile(r"\d{2,4}[-)]\s?\d{3,4}-?\d{0,4}|☎|문의")
_GREETING = re.compile(r"안녕하(?:십니까|세요)|무궁한 발전을")


def check_form(reading: Reading, context: Context) -> Iterator[Finding]:
    """What the form itself asks for."""
    yield from _required(reading, context)
    for part in reading.parts:
        if part.style != "quoted":
            yield from _blanks(reading, part)
    yield from _title(reading)
    yield from _receiver(reading)
    yield from _disclosure(reading)
    yield from _follows(reading)
    yield from _by_kind(reading)


def _required(reading: Reading, context: Context) -> Iterator[Finding]:
    document = reading.document
    names = {a.role for a in document.approvers}
    roles = {"기안자": "기안", "검토자": "검토", "협조자": "협조", "결재권자": "결재"}
    for key in context.required:
        if key in ("내용", "본문"):
            missing = not any(block.text.strip() for block in document.body)
        elif key in ("붙임", "첨부"):
            missing = not document.attachments
        elif key in roles:
            missing = roles[key] not in names and not document.value(key).strip()
        elif key in document.fields or key in _HEAD:
            missing = not document.value(key).strip()
        else:
            # Facts of the body became sentences; where one is missing there is a marked blank.
            missing = False
        if missing:
            message = f"'{key}' 항목이 비어 있습니다. 이 문서에는 반드시 적습니다."
            yield finding("form.required", message, Place("field", key=key))


_HEAD = frozenset(["수신", "제목", "행정기관명", "발신명의", "공개구분", "시행일", "시행번호"])


def _blanks(reading: Reading, part: Part) -> Iterator[Finding]:
    names = {start: name for start, name in _blank_spans(reading, part) if name}
    for match in _BLANK.finditer(part.text):
        name = names.get(match.start(), "")
        said = (
            f"채우지 않은 빈칸이 남아 있습니다({name})."
            if name
            else "채우지 않은 빈칸이 남아 있습니다."
        )
        yield part.finding("form.blank", f"{said} 사실을 확인하여 적으십시오.", *match.span())


def _blank_spans(reading: Reading, part: Part) -> Iterator[tuple[int, str]]:
    """Where the marked blanks of a text begin, and the names of the facts that they wait for."""
    place, document = part.place, reading.document
    spans: tuple[Span, ...] = ()
    if place.part == "field":
        spans = (document.fields[place.key],)
    elif place.part == "body" and place.row < 0 and not place.key:
        spans = document.body[place.index].spans
    at = 0
    for span in spans:
        if span.origin.kind == "blank":
            yield at + len(span.text) - len(span.text.lstrip()), span.origin.ref
        at += len(span.text)


def _title(reading: Reading) -> Iterator[Finding]:
    part = next(
        (p for p in reading.parts if p.place.key == "제목" and p.place.part == "field"), None
    )
    if part is None:
        return
    text = part.text.rstrip()
    if text.endswith(".") and not re.search(r"\d\.$", text):
        yield part.finding(
            "form.title", "제목 끝에는 온점을 찍지 않습니다.", len(text) - 1, len(text), ""
        )
    kind = reading.document.kind
    if kind in LETTERS | {"report", "plan", "notice", "reply"}:
        if _VERB.search(text) and not re.search(
            r"(?:필요|중요|주요|수요|개요|소요|현황|바다|판다|제작소)$|(?:개|수|소|필|중|주)요$",
            text,
        ):
            message = "제목은 문장으로 끝내지 않고 '알림', '요청', '보고'처럼 하려는 일의 이름으로 끝냅니다."
            yield part.finding("form.title", message)
        elif match := re.search(r"(?:에\s?관한|에\s?대한|의)\s?건$", text):
            message = "'~의 건'을 빼고 '알림', '요청', '보고'처럼 하려는 일의 이름으로 끝냅니다."
            yield part.finding("form.title", message, *match.span())
        elif len(text) > 60:
            message = f"제목이 깁니다({len(text)}자). 무엇을 하려는지 40자 안팎으로 줄이십시오."
            yield part.finding("form.title", message, severity="advice")


def _receiver(reading: Reading) -> Iterator[Finding]:
    document = reading.document
    yield from _honorifics(reading)
    if document.kind not in ("letter", "memo", "decision"):
        return
    to = document.value("수신").replace(" ", "")
    at = next((p for p in reading.parts if p.place.key == "수신"), None)
    place = at.at(0, len(at.text)) if at else Place("field", key="수신")
    if document.kind == "decision" and to and to != _INSIDE:
        message = "내부에서 결재만 받는 문서의 수신은 '내부결재'로 씁니다."
        yield finding("form.receiver", message, place, _INSIDE)
    inside = document.kind == "decision" or to == _INSIDE
    sender = document.value("발신명의").strip()
    if inside and sender:
        message = "내부결재 문서에는 발신명의를 쓰지 않습니다."
        yield finding("form.receiver", message, Place("field", key="발신명의", end=len(sender)), "")
    elif not inside and not sender and "발신명의" not in document.blanks:
        message = (
            "다른 곳에 보내는 문서인데 발신명의가 없습니다. 보내는 기관의 장의 이름으로 씁니다."
        )
        yield finding("form.receiver", message, Place("field", key="발신명의"))
    if to == "수신자참조" and not document.value("수신자").strip():
        message = "수신이 '수신자 참조'이면 결문의 '수신자'에 받는 곳을 모두 적습니다."
        yield finding("form.receiver", message, place)


def _honorifics(reading: Reading) -> Iterator[Finding]:
    part = next((p for p in reading.parts if p.place.key == "수신"), None)
    match = _DOUBLE_HONOUR.search(part.text) if part else None
    if part and match:
        message = "높임말을 겹쳐 썼습니다. 사람에게는 '귀하', 기관에는 '귀중' 하나만 씁니다."
        fix = "귀하" if "님" in match[0] else "귀중"
        start = match.start() + (0 if match[0].startswith(("님", "귀")) else 1)
        yield part.finding(
            "form.receiver", message, start, match.end(), f" {fix}" if "님" in match[0] else fix
        )


def _disclosure(reading: Reading) -> Iterator[Finding]:
    document = reading.document
    said = document.value("공개구분").strip()
    place = Place("field", key="공개구분", end=len(document.value("공개구분")))
    if not said:
        if document.kind in LETTERS:
            message = "공개구분이 없습니다. 대국민공개, 부분공개, 비공개 가운데 하나를 정하십시오."
            yield finding("form.disclosure", message, place)
        return
    match = _VALUES.match(said)
    if match is None:
        if "[" not in said:
            message = "공개구분은 대국민공개, 부분공개, 비공개 가운데 하나로 씁니다."
            yield finding("form.disclosure", message, place)
        return
    value = match["value"].replace(" ", "")
    items = [
        int(n)
        for n in _ITEM.findall(
            f"{match['items'] or ''} {match['rest']}".replace("제9조", "").replace("제1항", "")
        )
    ]
    if value in ("비공개", "부분공개"):
        if not items:
            message = f"{value}이면 정보공개법 제9조제1항 가운데 몇 호에 해당하는지 '{value}(5)'처럼 밝힙니다."
            yield finding("form.disclosure", message, place)
        elif any(not 1 <= n <= 8 for n in items):
            message = "정보공개법 제9조제1항은 제1호부터 제8호까지입니다. 비공개 근거의 호를 확인하십시오."
            yield finding("form.disclosure", message, place)
    elif items:
        message = "공개하는 문서에는 비공개 근거(호)를 적지 않습니다. 공개구분을 확인하십시오."
        yield finding("form.disclosure", message, place, severity="warning")


def _follows(reading: Reading) -> Iterator[Finding]:
    document = reading.document
    blocks = [p for p in reading.blocks if p.style in ("item", "text", "bullet", "lead")]
    for part in blocks:
        match = _FOLLOWS.search(part.text)
        if match is None or re.search(r"\n\s*\S", part.text[match.end() :]):
            continue
        rest = document.body[part.place.index + 1 :]
        tail = part.text[match.end() :]
        spoken = re.search(r"[:：]\s*\S", tail) or len(re.findall(r"[.다]\s+\S{4,}", tail)) > 1
        if not any(block.text.strip() for block in rest) and not spoken:
            message = f"'{match[0]}'라고 하였으나 뒤에 내용이 없습니다."
            yield part.finding("form.follows", message, *match.span())


def _by_kind(reading: Reading) -> Iterator[Finding]:
    document = reading.document
    text = reading.text
    refusing = document.kind in _REJECTS or "통지" in document.kind
    if refusing and _REFUSED.search(text) and not _APPEAL.search(text):
        message = "받아들이지 않는 결정에는 이의신청, 행정심판 등 불복할 수 있는 방법과 기간을 함께 알립니다."
        yield finding("form.appeal", message, Place("document"))
    if document.kind != "press":
        return
    if not _PHONE.search(text) and "전화" not in document.fields:
        message = "보도자료에는 담당 부서와 전화번호를 적습니다."
        yield finding("form.press", message, Place("document"))
    for part in reading.parts:
        if match := _GREETING.search(part.text):
            message = "보도자료는 인사말 없이 핵심 사실부터 씁니다."
            yield part.finding("form.press", message, *match.span())
        for found in re.finditer(r"(?<![가-힣])우리\s?시(?=[는가의를도에,\s])", part.text):
            if (
                part.style != "quote"
                and part.text.count('"', 0, found.start()) % 2 == 0
                and part.text.count("“", 0, found.start()) == part.text.count("”", 0, found.start())
            ):
                message = "보도자료에서는 '우리 시' 대신 기관의 이름을 씁니다."
                yield part.finding("form.press", message, *found.span(), severity="advice")
