"""Personal information in a document, against its disclosure class and grade."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mokmin.base.korean.josa import with_josa
from mokmin.governance.privacy.model import TYPES
from mokmin.knowledge.official.checks.model import Context, Finding, PersonalSpan, Place
from mokmin.knowledge.official.checks.parts import CONTACT, Part, Reading
from mokmin.knowledge.official.checks.register import finding

_GRAVE = frozenset(
    [
        "rrn",
        "foreigner",
        "card",
        "licence",
        "passport",
        "health",
        "account",
        "mobile",
        "birth",
        "number",
    ]
)
_PUBLIC_KINDS = frozenset(["press", "notice", "speech", "address"])
_LIGHT = frozenset(["name", "address", "plate", "gps"])
_POST = re.compile(
    r"(?:시장|군수|구청장|과장|팀장|국장|실장|소장|주무관|사무관|서기관|담당관|계장|본부장|위원장|위원|의원|장관|차관|대표|교수|기자|의장|이사장|관장|원장|센터장|동장|부시장|담당|기안자|검토자|결재권자|협조자|직원)"
)
_COUNTED = re.compile(r"\d+\s?부\s*\.?\s*(?:끝\s*\.?)?\s*$")
_OFFICIAL_FIELDS = frozenset(
    ["수신", "수신자", "발신명의", "기안자", "검토자", "협조자", "결재권자", "행정기관명", "경유"]
)


def check_privacy(reading: Reading, context: Context) -> Iterator[Finding]:
    """Personal information that the class or the grade does not allow; contradictions of the two."""
    said = reading.document.value("공개구분").replace(" ", "")
    public = said.startswith(("대국민공개", "공개")) or reading.document.kind in _PUBLIC_KINDS
    if public and context.grade in ("C", "S") and said:
        message = f"등급이 {context.grade}인 문서를 '{said}'로 정하였습니다. 등급이나 공개구분을 고치십시오."
        place = Place("field", key="공개구분", end=len(reading.document.value("공개구분")))
        yield finding("privacy.grade", message, place)
    if context.detect is None:
        return
    for part in reading.parts:
        if part.place.key in CONTACT or part.place.key in _OFFICIAL_FIELDS:
            continue
        for span in context.detect(part.text):
            yield from _span(part, span, public, context.grade, reading.document.kind)


def _span(
    part: Part, span: PersonalSpan, public: bool, grade: str, kind_of_paper: str
) -> Iterator[Finding]:
    kind = TYPES.get(span.type, "개인정보")
    if span.type in _GRAVE:
        if public:
            message = f"공개하는 문서에 {with_josa(kind, '이/가')} 있습니다. 지우거나 가리고, 꼭 필요하면 공개구분을 고치십시오."
            yield part.finding("privacy.personal", message, span.start, span.end, severity="error")
        elif grade == "O":
            message = f"{with_josa(kind, '이/가')} 있습니다. 꼭 필요한지 확인하고, 필요하면 등급을 민감(S)으로 올리십시오."
            yield part.finding("privacy.personal", message, span.start, span.end)
    elif span.type in _LIGHT and public and span.confidence >= 0.5:
        near = part.text[max(0, span.start - 14) : span.end + 8]
        # Press releases name who speaks and whom to ask.
        if span.type == "name" and kind_of_paper == "press":
            return
        listed = part.place.part == "attachment" or _COUNTED.search(part.text)
        if span.type == "name" and (_POST.search(near) or listed):
            return
        if span.type == "address" and not re.search(
            r"\d+\s?호|\d+동\s|신청인|거주|자택|성명", part.text
        ):
            return
        message = f"공개하는 문서에 개인의 {with_josa(kind, '으로/로')} 보이는 말이 있습니다. 공개해도 되는지 확인하십시오."
        yield part.finding("privacy.personal", message, span.start, span.end)
