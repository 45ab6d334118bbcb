"""Numbers that give a person away: by their form, their check digits, and the words before them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from ipaddress import ip_address

Found = tuple[int, int, str, float]

_GAP = r"[ ]{0,2}[-.·/~_]?[ \n]{0,2}"
_DIGIT = "[0-9공영빵일이삼사오육륙칠팔구oOlI]"
_HEAD = r"(?<![0-9A-Za-z.])"
_TAIL = r"(?![0-9])"


def _digits(text: str) -> str:
    """The digits of a number, those written in Hangul or as look-alike letters included."""
    return "".join(c for c in text.translate(_DIGITS_OF) if c.isdigit())


_DIGITS_OF = str.maketrans(
    {
        **dict.fromkeys("공영빵oO", "0"),
        **dict.fromkeys("일lI", "1"),
        **dict(zip("이삼사오", "2345", strict=True)),
        **dict.fromkeys("육륙", "6"),
        **dict(zip("칠팔구", "789", strict=True)),
    }
)

_RESIDENT = re.compile(
    rf"(?<![0-9])\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?P<gap>{_GAP})[1-8]\d{{6}}{_TAIL}"
)
_RESIDENT_WIDE = re.compile(
    rf"(?<![0-9]){_DIGIT}(?:(?P<sep>[ .])?{_DIGIT}){{5}}[ .]?[-.]?[ .]?{_DIGIT}(?:(?(sep)[ .]?|){_DIGIT}){{6}}{_TAIL}"
)
_COMPANY = re.compile(r"(?:법인|사업자|고유번호|등기)[가-힣]{0,6}[\s:(]{0,3}$")
_PERSON = re.compile(r"주민|외국인|거소|생년")
_ISSUED_WITHOUT_CHECK = date(2020, 10, 1)


def residents(text: str) -> Iterator[Found]:
    """Resident and foreigner registration numbers.

    Numbers issued before October 2020 end in a check digit. Later ones (births since, and changed
    numbers) do not, so a hyphenated number with a real date is taken without one; an unbroken row
    of digits needs the check digit, a late birth date or a telling word before it.
    """
    for found in _RESIDENT.finditer(text):
        checked = _resident(text, found.start(), found.end(), bool(found["gap"]))
        if checked:
            yield checked
    for found in _RESIDENT_WIDE.finditer(text):
        if len(found[0]) > 14 or not found[0].replace("-", "").isascii():
            checked = _resident(text, found.start(), found.end(), False)
            if checked:
                yield checked


def _resident(text: str, start: int, end: int, parted: bool) -> Found | None:
    digits = _digits(text[start:end])
    sex = int(digits[6])
    if not 1 <= sex <= 8:
        return None
    century = 2000 if sex in (3, 4, 7, 8) else 1900
    try:
        born = date(century + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        return None
    before = text[max(0, start - 16) : start]
    if born > date.today() or _COMPANY.search(before):
        return None
    kind = "foreigner" if sex >= 5 else "rrn"
    weights = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
    rest = sum(int(d) * w for d, w in zip(digits, weights, strict=False)) % 11
    if int(digits[12]) == (11 - rest + (2 if sex >= 5 else 0)) % 10:
        return start, end, kind, 1.0
    if born >= _ISSUED_WITHOUT_CHECK or _PERSON.search(before):
        return start, end, kind, 0.9
    return (start, end, kind, 0.7) if parted else None


_MOBILE = re.compile(
    rf"(?<![0-9A-Za-z])(?:\(?(?:\+|00)?82\)?[ .-]?\(?0?\)?|\(?[0공영빵oO])[1일lI][016789공일육칠팔구oOl]\)?"
    rf"{_GAP}{_DIGIT}{{3,4}}{_GAP}{_DIGIT}{{4}}{_TAIL}"
)
_MOBILE_WIDE = re.compile(
    rf"(?<![0-9A-Za-z])[0공영]([ .-])[1일]\1[016789공일육칠팔구](?:[ ]?\1[ ]?{_DIGIT}){{7,8}}{_TAIL}"
)
_COUNTED = re.compile(r"\s?(?:원|명|건|개|천원|백만원|㎡|억|만)")


def mobiles(text: str) -> Iterator[Found]:
    """Mobile numbers, spelt in Hangul or with gaps too."""
    for pattern in (_MOBILE, _MOBILE_WIDE):
        for found in pattern.finditer(text):
            if (
                sum(c.isdigit() for c in found[0])
                + sum(c in "공영빵일이삼사오육륙칠팔구" for c in found[0])
                < 9
            ):
                continue
            if not _COUNTED.match(text, found.end()):
                yield found.start(), found.end(), "mobile", 1.0


_PHONE = re.compile(
    rf"{_HEAD}(?:\(?(?:\+82[ .-]?)?\(?0?(?:2|3[1-3]|4[1-4]|5[1-5]|6[1-4])\)?{_GAP}\d{{3,4}}[-. ]\d{{4}}"
    rf"|\(?0(?:70|50\d?)\)?{_GAP}\d{{3,4}}[-. ]?\d{{4}})(?![0-9]|-\d)"
)
_PRIVATE = re.compile(
    r"자택|집 ?(?:전화|번호|으로|[:(]|$)|댁|본인|신청[인자]|민원인|신고[인자]|보호자|부모|안심번호|연락(?:은|을)|(?:낮|저녁|밤|오전|오후)에는? |피해자|수급자|개인 ?(?:전화|번호|연락처)|어르신|독거|세대주|가족|배우자|제 (?:전화|번호|연락처)"
)
_OFFICE = re.compile(
    r"문의|대표|팩스|FAX|[Ff]ax|콜센터|상담|당직|담당|민원실|고객|안내|접수|"
    r"(?:과|팀|실|센터|국|소|청|처|위원회|공단|공사|병원|학교|재단|협회|기관|부)[ )\]]{0,2}[(\[:☎☏/,]{0,2}[ ]?(?:전화|연락처|[Tt][Ee][Ll])?[.:☎☏( ]{0,4}$"
)


def phones(text: str, official: tuple[str, ...]) -> Iterator[Found]:
    """Landline, internet and safe numbers, less those of offices.

    Nearly all landlines in public documents are an office's: a number counts where the words beside
    it make it a person's (자택, 신청인, 댁) and it does not begin with one of ``official``.
    """
    for found in _PHONE.finditer(text):
        if found[0][0] not in "0(+" or text[found.start() - 1 : found.start()] in ("-", "제"):
            continue
        if any(found[0].startswith(prefix) for prefix in official):
            continue
        before = text[max(0, found.start() - 24) : found.start()].rpartition("\n")[2]
        after = text[found.end() : found.end() + 16].partition("\n")[0]
        near = _PRIVATE.search(before[-14:]) or _PRIVATE.search(after)
        safe = re.match(r"\(?050", found[0])
        if near or (safe and not _OFFICE.search(before)):
            yield found.start(), found.end(), "phone", 0.9


_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}"
    r"(?:@| ?[(\[{<] ?(?:at|AT|골뱅이|앳) ?[)\]}>] ?| ?골뱅이 ?)"
    r"(?:[A-Za-z0-9-]{1,40}(?:\.| ?[(\[](?:dot|점)[)\]] ?)){1,4}[A-Za-z]{2,10}(?![A-Za-z0-9])"
)


def emails(text: str) -> Iterator[Found]:
    """Mail addresses, ``(at)`` and 골뱅이 included."""
    for found in _EMAIL.finditer(text):
        yield found.start(), found.end(), "email", 1.0


_CARD = re.compile(
    rf"{_HEAD}(?:\d{{4}}(?:[-. ]{{0,3}}\d{{4}}){{3}}|3[47]\d{{2}}[-. ]{{0,3}}\d{{6}}[-. ]{{0,3}}\d{{5}})(?![0-9]|-\d)"
)


def cards(text: str) -> Iterator[Found]:
    """Card numbers with the right check digit (Luhn) and a card issuer's first digit."""
    for found in _CARD.finditer(text):
        digits = _digits(found[0])
        total = 0
        for place, digit in enumerate(reversed(digits)):
            value = int(digit) * (1 + place % 2)
            total += value - 9 if value > 9 else value
        if total % 10 == 0 and digits[0] in "3456792" and len(set(digits)) > 3:
            yield found.start(), found.end(), "card", 1.0


_BANK = (
    r"국민|신한|우리|하나|농협|기업|수협|우체국|새마을금고|신협|카카오뱅크|토스뱅크|케이뱅크|K뱅크|"
    r"부산은행|대구은행|iM뱅크|광주은행|전북은행|경남은행|제주은행|SC제일|씨티|산업은행|산림조합|은행|KB|NH|IBK|MG"
)
_ACCOUNT = re.compile(
    r"(?<![0-9-])\d{2,7}(?:[ ]?-[ ]?\d{1,7}|[ ]\d{1,7}){1,4}(?![0-9-])|(?<![0-9-])\d{10,15}(?![0-9-])"
)
_ACCOUNT_BEFORE = re.compile(rf"계좌|통장|입금|송금|예금|환급받|({_BANK})(?:은행)?[ (:]{{0,3}}$")
_ACCOUNT_AFTER = re.compile(
    rf"\s?[(,/]?\s?(?:(?:{_BANK})(?:은행)?[)\s,]|예금주|(?:으)?로 (?:입금|이체|송금|환급))"
)
_NOT_ACCOUNT = re.compile(
    r"사업자|법인|등록번호|고지서|납부|접수|공고|문서|관리번호|우편|예산|코드|계약|과목|콜센터|전화|문의"
)


def accounts(text: str) -> Iterator[Found]:
    """Bank accounts: 10 to 15 digits by a bank's name or a word such as 계좌."""
    for found in _ACCOUNT.finditer(text):
        count = sum(c.isdigit() for c in found[0])
        if not 10 <= count <= 15:
            continue
        before = text[max(0, found.start() - 24) : found.start()]
        told = _ACCOUNT_BEFORE.search(before) or _ACCOUNT_AFTER.match(text, found.end())
        if told and not _NOT_ACCOUNT.search(before[-14:]):
            yield found.start(), found.end(), "account", 0.9


_LICENCE = re.compile(
    rf"{_HEAD}(?:1[1-9]|2[0-8])(?P<gap>{_GAP})\d{{2}}{_GAP}\d{{6}}{_GAP}\d{{2}}(?![0-9]|-\d)"
)
_PROVINCE = "서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주"
_LICENCE_OLD = re.compile(
    rf"(?:{_PROVINCE})[ -]?\d{{2}}[ ]?[-. ][ ]?\d{{6}}[ ]?[-. ][ ]?\d{{2}}(?![0-9]|-\d)"
)


def licences(text: str) -> Iterator[Found]:
    """Driving licences, with a region's number (new) or name (old) in front."""
    for found in _LICENCE_OLD.finditer(text):
        yield found.start(), found.end(), "licence", 0.9
    for found in _LICENCE.finditer(text):
        around = text[max(0, found.start() - 24) : found.end() + 12]
        if "면허" in around:
            yield found.start(), found.end(), "licence", 1.0
        elif re.fullmatch(r"\d{2}-\d{2}-\d{6}-\d{2}", found[0]) and not (
            _ACCOUNT_BEFORE.search(around[:24])
        ):
            yield found.start(), found.end(), "licence", 0.8


_PASSPORT = re.compile(
    r"(?<![0-9A-Za-z])(?:[MSRDGOTmsrdgot][ -]?(?:\d{8}|\d{3}[ ]?[A-Za-z][ ]?\d{4})|[A-Z]{2}\d{7})(?![0-9A-Za-z])"
)
_PASSPORT_WORD = re.compile(r"여권|[Pp]assport|PASSPORT")


def passports(text: str) -> Iterator[Found]:
    """Passport numbers; the form of before 2021 only near the word."""
    for found in _PASSPORT.finditer(text):
        told = _PASSPORT_WORD.search(text[max(0, found.start() - 24) : found.end() + 12])
        if told or re.fullmatch(r"[MSRDGOT]\d{3}[A-Z]\d{4}", found[0]):
            yield found.start(), found.end(), "passport", 1.0 if told else 0.7


_HEALTH = re.compile(r"(?<![0-9-])[1-9] ?[- ] ?\d{10}(?![0-9-])|(?<![0-9-])\d{11}(?![0-9-])")


def healths(text: str) -> Iterator[Found]:
    """Numbers of health-insurance cards, by the words before them."""
    for found in _HEALTH.finditer(text):
        if re.search(
            r"보험증|건보|증번호|건강보험", text[max(0, found.start() - 20) : found.start()]
        ):
            yield found.start(), found.end(), "health", 0.9


_IPV4 = re.compile(r"(?<![0-9A-Za-z.])\d{1,3}(?:\.\d{1,3}){3}(?![0-9]|\.\d)")
_IPV6 = re.compile(r"(?<![0-9A-Za-z:.])[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![0-9A-Za-z:])")


def addresses_of_machines(text: str) -> Iterator[Found]:
    """IP addresses, less version numbers and numbered headings."""
    for found in _IPV4.finditer(text):
        parts = found[0].split(".")
        before = text[max(0, found.start() - 14) : found.start()]
        if any(int(p) > 255 or (len(p) > 1 and p[0] == "0") for p in parts):
            continue
        if re.search(r"버전|[Vv]er|[Vv]\.? ?$|판 $|제$", before):
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


_PLATE = re.compile(
    rf"(?:(?<![가-힣])(?P<region>{_PROVINCE}) ?)?(?<![0-9제.,-])(?P<class>\d{{2,3}})(?P<one>[ ]?)"
    r"(?P<letter>[가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주하허호배바사아자])"
    r"(?P<two>[ ]?)\d{4}(?![0-9]|[.,-]\d| ?(?:명|원|건|억|만|개|호|년|㎡|세대|가구|천|백|톤|km|m))"
)
# Numbers of court cases look like plates.
_CASE = re.compile(r"선고|법원|헌재|사건|\| ?(?:판결|결정|전원합의체)")
_PLATE_WORD = re.compile(
    r"차량|번호판|자동차|승용|화물|주차|견인|운전|차 |택시|버스|오토바이|차를|차는"
)


def plates(text: str) -> Iterator[Found]:
    """Number plates; spaced ones and letters that are also counting words need a telling word."""
    for found in _PLATE.finditer(text):
        if _CASE.search(
            text[max(0, found.start() - 12) : found.start()]
            + "|"
            + text[found.end() : found.end() + 12]
        ):
            continue
        told = _PLATE_WORD.search(text[max(0, found.start() - 24) : found.end() + 12])
        spaced = found["one"] or found["two"]
        if told or found["region"] or not (spaced or found["letter"] in "조호도로"):
            yield found.start(), found.end(), "plate", 1.0 if told else 0.8


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


_DATE = (
    r"(?:19|20)\d{2}(?:년 ?| ?[-./] ?)(?:1[0-2]|0?[1-9])(?:월 ?| ?[-./] ?)(?:3[01]|[12]\d|0?[1-9])(?:일|\.)?"
    r"|\d{2}[.-] ?(?:1[0-2]|0?[1-9])[.-] ?(?:3[01]|[12]\d|0?[1-9])\.?"
)
_BIRTH_LABEL = re.compile(
    rf"(?:생년월일|출생일자?|출생|(?<!발)생일)(?: ?[(][^)\n]{{0,12}}[)])?[은는이가]?[ :：(/|]{{0,4}}(?P<v>{_DATE}|\d{{6}}|(?:19|20)\d{{6}})(?![0-9])"
)
_BIRTH_AFTER = re.compile(
    rf"(?<![0-9.-])(?P<v>{_DATE}) ?(?:생(?!산|활|기|긴|명|태|성|중)|출생(?!률|아|자))"
)


def births(text: str) -> Iterator[Found]:
    """Dates of birth to the day, by 생년월일 before or 생 after."""
    for pattern in (_BIRTH_LABEL, _BIRTH_AFTER):
        for found in pattern.finditer(text):
            yield found.start("v"), found.end("v"), "birth", 0.9


_BIRTH_BESIDE = re.compile(rf"[ ,/|(]{{1,4}}(?P<v>{_DATE})(?![0-9]| ?[~～부까])")


def birth_beside(text: str, end: int) -> Found | None:
    """A date right behind a name that ends at ``end``, in a year in which people were born."""
    found = _BIRTH_BESIDE.match(text, end)
    if found and (found["v"][:2] == "19" or found["v"][:3] in ("200", "201")):
        return found.start("v"), found.end("v"), "birth", 0.6
    return None


_NUMBER = re.compile(
    r"(?:학번|사번|사원번호|직원번호|교직원번호|행정번호|군번|수험번호|응시번호|교번)(?:[은는이가]|\([^)\n]{0,10}\)|[)])?[ :：(]{0,3}"
    r"(?P<v>[A-Z]{0,2}\d{2,10}(?:-\d{2,9})?)(?![0-9])"
)
_USER = re.compile(
    r"(?P<label>아이디|\bID|Id|계정|인스타그램|인스타|트위터|페이스북|텔레그램|유튜브|블로그|카톡|카카오톡|사용자|접속자|로그인)"
    r"(?: ?(?:ID|계정|아이디))?(?P<sep>[은는이가]? ?[:：]? ?\(?)(?P<v>@?[A-Za-z][A-Za-z0-9_.]{2,29}(?<!\.))(?![A-Za-z0-9@/])"
)


def labelled(text: str) -> Iterator[Found]:
    """Student, staff and service numbers and accounts of services, by their label."""
    for found in _NUMBER.finditer(text):
        if sum(c.isdigit() for c in found["v"]) >= 4:
            yield found.start("v"), found.end("v"), "number", 0.9
    for found in _USER.finditer(text):
        if found["v"].endswith((".com", ".kr", ".net", ".org")):
            continue
        plain = found["v"].isalpha()
        if (
            not plain
            or found["v"][0] == "@"
            or (":" in found["sep"] and found["label"] != "사용자")
        ):
            yield found.start("v"), found.end("v"), "user", 0.9
