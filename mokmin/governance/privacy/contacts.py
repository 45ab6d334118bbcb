"""Where a person is reached or was: telephones, mail, machines and coordinates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address

from mokmin.governance.privacy.numbers import DIGIT, GAP, HEAD, TAIL, Found

_MOBILE = re.compile(
    rf"(?<![0-9A-Za-z])(?:\(?(?:\+|00)?82\)?[ .-]?\(?0?\)?|\(?[0공영빵oO])[1일lI][016789공일육칠팔구oOl]\)?"
    rf"{GAP}{DIGIT}{{3,4}}{GAP}{DIGIT}{{4}}{TAIL}"
)
_MOBILE_WIDE = re.compile(
    rf"(?<![0-9A-Za-z])[0공영]([ .-])[1일]\1[016789공일육칠팔구](?:[ ]?\1[ ]?{DIGIT}){{7,8}}{TAIL}"
)
_COUNTED = re.compile(r"(?:원|명|건|개|천원|백만원|㎡|억|만)")


def mobiles(text: str) -> Iterator[Found]:
    """Mobile numbers, spelt in Hangul or with gaps too."""
    for pattern in (_MOBILE, _MOBILE_WIDE):
        for found in pattern.finditer(text):
            digits = sum(c.isdigit() or c in "공영빵일이삼사오육륙칠팔구" for c in found[0])
            if digits >= 8 and not (found[0].isdigit() and _COUNTED.match(text, found.end())):
                yield found.start(), found.end(), "mobile", 1.0


_PHONE = re.compile(
    rf"{HEAD}(?:\(?(?:\+82[ .-]?)?\(?0?(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4])\)?{GAP}\d{{3,4}}(?: - |[-. ])\d{{4}}"
    rf"|\(?0(?:70|50\d?)\)?{GAP}\d{{3,4}}[-. ]?\d{{4}})(?![0-9]|-\d)"
)
_PRIVATE = re.compile(
    r"(?:아들|딸|남편|아내|어머니|아버지|할머니|할아버지|며느리|사위|손자|손녀|형|누나|언니|오빠|동생|이웃)[ (,:]|자택|집 ?(?:전화|번호|으로|[:(]|$)|댁|본인|신청[인자]|민원인|신고[인자]|보호자|부모|안심번호|연락(?:은|을)|(?:낮|저녁|밤|오전|오후)에는? |피해자|수급자|개인 ?(?:전화|번호|연락처)|어르신|독거|세대주|(?<!여성)(?<!다문화)가족(?!부|과|센터|지원|관계)|배우자|제 (?:전화|번호|연락처)"
)
_OFFICE = re.compile(
    r"문의|대표|팩스|FAX|[Ff]ax|콜센터|상담|당직|담당|민원실|고객|안내|접수|"
    r"(?:과|팀|실|센터|국|소|청|처|위원회|공단|공사|병원|학교|재단|협회|기관|부)[ )\]]{0,2}[(\[:☎☏/,]{0,2}[ ]?(?:전화|연락처|[Tt][Ee][Ll])?[.:☎☏( ]{0,4}$"
)


_PHONE_LABEL = re.compile(
    r"(?:전화|연락처|팩스|번호|(?<![A-Za-z])(?i:tel|phone|fax|t|f|h))(?:번호)? ?(?:\([^)\n]{0,12}\))?[는은.:：|)=]{0,2} ?\(?$|☎ ?$"
)
_SWITCHBOARD = re.compile(
    r"문의|대표|콜센터|상담|당직|담당|민원실|고객|안내|접수처|사무실|[가-힣](?:과|팀|실|센터|국|소|청|처|위원회|공단|공사|병원|학교|재단|협회|기관|은행)[ )\]]{0,2}[(\[:☎☏/,]{0,2} ?(?:전화|연락처|팩스|(?i:tel|fax))?(?:번호)?[.:☎☏( ]{0,4}$"
)


def phones(text: str, official: tuple[str, ...], near: bytearray) -> Iterator[Found]:
    """Landline, internet and safe numbers, less those of offices.

    Nearly all landlines in public documents are an office's: a number counts where the words beside
    it make it a person's (자택, 신청인, 댁), or where it is labelled as one among other numbers of a
    person, which ``near`` marks; and if it does not begin with one of ``official``.
    """
    for found in _PHONE.finditer(text):
        if found[0][0] not in "0(+" or text[found.start() - 1 : found.start()] in ("-", "제"):
            continue
        if any(found[0].startswith(prefix) for prefix in official):
            continue
        start, end = found.span()
        before = re.sub(r" ?\n ?$", "", text[max(0, start - 24) : start]).rpartition("\n")[2]
        after = text[end : end + 16].partition("\n")[0]
        private = _PRIVATE.search(before[-18:]) or _PRIVATE.search(after)
        safe = re.match(r"\(?050", found[0])
        among = near.find(1, max(0, start - 120), end + 80) >= 0 and not _SWITCHBOARD.search(before)
        if (
            private
            or (safe and not _OFFICE.search(before))
            or (among and _PHONE_LABEL.search(before))
        ):
            yield start, end, "phone", 0.9


_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}"
    r"(?:@| ?[(\[{<] ?(?:at|AT|골뱅이|앳) ?[)\]}>] ?| ?골뱅이 ?)"
    r"(?:[A-Za-z0-9-]{1,40}(?:\.| ?[(\[](?:dot|점)[)\]] ?)){1,4}[A-Za-z]{2,10}(?![A-Za-z0-9])"
)


def emails(text: str) -> Iterator[Found]:
    """Mail addresses, ``(at)`` and 골뱅이 included."""
    for found in _EMAIL.finditer(text):
        yield found.start(), found.end(), "email", 1.0


_IPV4 = re.compile(r"(?<![0-9A-Za-z.])\d{1,3}(?:\.\d{1,3}){3}(?![0-9]|\.\d)")
_IPV6 = re.compile(
    r"(?<![0-9A-Za-z.])(?<![0-9A-Fa-f:]:)[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![0-9A-Za-z:])"
)


def addresses_of_machines(text: str) -> Iterator[Found]:
    """IP addresses, less version numbers and numbered headings."""
    for found in _IPV4.finditer(text):
        parts = found[0].split(".")
        before = text[max(0, found.start() - 14) : found.start()]
        if any(int(p) > 255 or (len(p) > 1 and p[0] == "0") for p in parts):
            continue
        after = text[found.end() : found.end() + 8]
        if re.search(
            "버전|펌웨어|릴리스|릴리즈|빌드|[Vv]er|[Vv]\\.? ?$|판 $|제$", before
        ) or re.match("(?:으로|로|을|를)? ?(?:버전|이상|이하|패치|업데이트|배포|설치)", after):
            continue
        told = re.search(r"IP|아이피|접속|주소|서버", before, re.IGNORECASE)
        if told or max(map(int, parts)) >= 50:
            yield found.start(), found.end(), "ip", 1.0 if told else 0.8
    for found in _IPV6.finditer(text):
        try:
            ip_address(found[0])
        except ValueError:
            continue
        yield found.start(), found.end(), "ip", 1.0


_GPS = re.compile(
    r"(?<![0-9.])3[3-9]\.\d{3,12}\s{0,2}[,/ ]\s{0,2}1(?:2[4-9]|3[0-2])\.\d{3,12}(?![0-9])"
)
_GPS_ONE = re.compile(r"(?:위도|경도|[Ll]at|[Ll]ong?)[ :=]{0,3}(?P<v>\d{2,3}\.\d{3,12})")


def coordinates(text: str) -> Iterator[Found]:
    """Places on the Korean peninsula to a hundred metres or better."""
    for found in _GPS.finditer(text):
        yield found.start(), found.end(), "gps", 0.9
    for found in _GPS_ONE.finditer(text):
        yield found.start("v"), found.end("v"), "gps", 1.0
