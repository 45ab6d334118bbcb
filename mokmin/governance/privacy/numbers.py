"""Numbers that give a person away: by their form, their check digits, and the words before them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

Found = tuple[int, int, str, float]

# Between a label and its value, in prose, forms, logs and tables.
_FIELD = r"[\"']?[은는이가]?(?: ?[-=:：(/|] ?[\"'(|]?|[ \n]{1,3}){0,2}[ ]?"
GAP = r"[ ]{0,2}[-.·/~_]?[ \n]{0,2}"
DIGIT = "[0-9공영빵일이삼사오육륙칠팔구oOlI]"
HEAD = r"(?<![0-9A-Za-z.])"
TAIL = r"(?![0-9])"


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
    rf"(?<![0-9])\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?P<gap>{GAP})[1-8]\d{{6}}{TAIL}"
)
_RESIDENT_WIDE = re.compile(
    rf"(?<![0-9]){DIGIT}(?:(?P<sep>[ .])?{DIGIT}){{5}}[ .]?[-.]?[ .]?{DIGIT}(?:(?(sep)[ .]?|){DIGIT}){{6}}{TAIL}"
)
_COMPANY = re.compile(
    r"(?:법인|사업자|고유번호|등기)[가-힣]{0,6}[\s:(|]{0,4}$|(?:\(주\)|㈜|주식회사|유한회사|재단|협동조합)[^\n]{0,12}$"
)
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
        plain = sum(c.isascii() and c.isdigit() for c in found[0])
        if plain < 13 or len(found[0]) > 14:
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


_CARD = re.compile(
    rf"{HEAD}(?:\d{{4}}(?P<sep>[ ]{{0,2}}[-. ]?[ ]{{0,2}})\d{{4}}(?P=sep)\d{{4}}(?P=sep)\d{{4}}|3[47]\d{{2}}[-. ]{{0,3}}\d{{6}}[-. ]{{0,3}}\d{{5}})(?![0-9]|-\d)"
)
_CARD_WORD = re.compile(r"카드|(?i:\bcard|visa|master)")


def cards(text: str) -> Iterator[Found]:
    """Card numbers with a card issuer's first digit and the right check digit (Luhn), which a word
    such as 카드 before a number in groups of four makes up for."""
    for found in _CARD.finditer(text):
        digits = _digits(found[0])
        if digits[0] not in "3456792" or len(set(digits)) <= 3:
            continue
        told = _CARD_WORD.search(text[max(0, found.start() - 12) : found.start()])
        if _luhn(digits):
            yield found.start(), found.end(), "card", 1.0
        elif told and (found["sep"] or len(digits) == 16):
            yield found.start(), found.end(), "card", 0.7


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


_BANK = (
    r"국민|신한|우리|하나|농협|기업|수협|우체국|새마을금고|신협|카카오뱅크|토스뱅크|케이뱅크|K뱅크|"
    r"부산은행|대구은행|iM뱅크|아이엠뱅크|광주은행|전북은행|경남은행|제주은행|SC제일|씨티|산업은행|산림조합|저축은행|은행|증권|뱅크|KB|NH|IBK|MG|SC|"
    r"Shinhan|Woori|Kookmin|Hana|Nonghyup|[Bb]ank|BANK"
)
_ACCOUNT = re.compile(
    r"(?<![0-9-])\d{2,7}(?:[ ]?-[ ]?\d{1,7}|[ ]\d{1,7}){1,4}(?![0-9-])|(?<![0-9-])\d{10,15}(?![0-9-])"
)
_ACCOUNT_BEFORE = re.compile(
    rf"계좌|통장|입금|송금|예금|환급받|이체|급여|(?i:account|acct)|(?:{_BANK})(?:은행| ?[Bb]ank)?[ (:;,/|\n]{{0,4}}$"
)
_ACCOUNT_AFTER = re.compile(
    rf"\s?[(,/|;]?\s?(?:(?:{_BANK})(?:은행)?(?:[)\s,.;|/]|[가-힣]{{0,2}}(?![가-힣])|$)|예금주|(?:으)?로 (?:입금|이체|송금|환급|지급|보내))"
)
_NOT_ACCOUNT = re.compile(
    r"사업자|법인|등록번호|고지서|납부|접수|공고|문서|관리번호|우편|예산|코드|계약|과목|콜센터|전화|문의|가상계좌|번호[는은]? ?[:：(]? ?$"
)


def accounts(text: str) -> Iterator[Found]:
    """Bank accounts: 10 to 15 digits by a bank's name or a word such as 계좌."""
    for found in _ACCOUNT.finditer(text):
        count = sum(c.isdigit() for c in found[0])
        if not 10 <= count <= 15:
            continue
        before = text[max(0, found.start() - 24) : found.start()]
        told = _ACCOUNT_BEFORE.search(before) or _ACCOUNT_AFTER.match(text, found.end())
        near = re.split("(?<!가상)계좌(?:번호)?|통장(?:번호)?", before[-14:])[-1]
        if told and not _NOT_ACCOUNT.search(near):
            yield found.start(), found.end(), "account", 0.9


_LICENCE = re.compile(
    rf"{HEAD}(?:1[1-9]|2[0-8])(?P<gap>{GAP})\d{{2}}{GAP}\d{{6}}{GAP}\d{{2}}(?![0-9]|-\d)"
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


_HEALTH_WORD = re.compile("보험증|건보|증 ?번호|건강 ?보험")


def healths(text: str) -> Iterator[Found]:
    """Numbers of health-insurance cards, by the words before them."""
    if not _HEALTH_WORD.search(text):
        return
    for found in _HEALTH.finditer(text):
        around = text[max(0, found.start() - 20) : found.end() + 10]
        if _HEALTH_WORD.search(around):
            yield found.start(), found.end(), "health", 0.9


_PLATE = re.compile(
    rf"(?:(?<![가-힣])(?P<region>{_PROVINCE}) ?)?(?<![0-9제.-])(?P<class>\d{{2,3}})(?P<one>[ ]?)"
    r"(?P<letter>[가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주하허호배바사아자])"
    r"(?P<two>[ ]?)\d{4}(?![0-9]|[.-]\d|,\d{3}(?!\d)|(?:명|원|건|억|만|개|호|년|㎡|세대|가구|천|백|톤|km|m)| (?:명|원|억|만|세대|가구))"
)
# Numbers of court cases look like plates.
_CASE = re.compile(r"선고|법원|헌재|사건|\d\.자 |\|[^가-힣]{0,20}(?:판결|결정|전원합의체)")
_PLATE_WORD = re.compile(
    r"차량|번호판|자동차|승용|화물|주차|견인|운전|차 |택시|버스|오토바이|차를|차는"
)


def plates(text: str) -> Iterator[Found]:
    """Number plates; spaced ones and letters that are also counting words need a telling word."""
    for found in _PLATE.finditer(text):
        if _CASE.search(
            text[max(0, found.start() - 12) : found.start()]
            + "|"
            + text[found.end() : found.end() + 24]
        ):
            continue
        told = _PLATE_WORD.search(text[max(0, found.start() - 24) : found.end() + 12])
        spaced = found["one"] or found["two"]
        if told or found["region"] or not (spaced or found["letter"] in "조도로"):
            yield found.start(), found.end(), "plate", 1.0 if told else 0.8


_DATE = (
    r"(?:19|20)\d{2}(?:년 ?| ?[-./] ?)(?:1[0-2]|0?[1-9])(?:월 ?| ?[-./] ?)(?:3[01]|[12]\d|0?[1-9])(?:일|\.)?"
    r"|\d{2}[.-] ?(?:1[0-2]|0?[1-9])[.-] ?(?:3[01]|[12]\d|0?[1-9])\.?"
)
_DATE_ENGLISH = (
    r"\d{1,2}[ -](?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}[ -](?:19|20)\d{2}"
)
_BIRTH_LABEL = re.compile(
    r"(?:생년 ?월일|출생 ?(?:일자|일|연월일)?|(?<!발)생일|(?<![A-Za-z])(?i:dob|date of birth|birth ?(?:day|date)?))(?: ?[(][^)\n]{0,12}[)])?"
    rf"{_FIELD}(?P<v>{_DATE_ENGLISH}|{_DATE}|\d{{6}}|(?:19|20)\d{{6}})(?![0-9])"
)
_BIRTH_AFTER = re.compile(
    rf"(?<![0-9.-])(?P<v>{_DATE}) ?(?:생(?!산|활|기|긴|명|태|성|중)|출생(?!률|아|자)|에 ?(?:태어난? ?(?!사람|자)|출생(?!한 (?:사람|자|경우))))"
)


_BIRTH_ENGLISH = re.compile("dob|birth", re.IGNORECASE)


def births(text: str) -> Iterator[Found]:
    """Dates of birth to the day, by 생년월일 before or 생 after."""
    if "생" not in text and "태어" not in text and not _BIRTH_ENGLISH.search(text):
        return
    for pattern in (_BIRTH_LABEL, _BIRTH_AFTER):
        for found in pattern.finditer(text):
            yield found.start("v"), found.end("v"), "birth", 0.9


_BIRTH_BESIDE = re.compile(
    rf"(?: ?(?:님|씨|귀하|군|양))?[ ,/|(]{{1,4}}(?P<v>{_DATE})(?![0-9]| ?[~～부까])"
)


def birth_beside(text: str, end: int) -> Found | None:
    """A date right behind a name that ends at ``end``, in a year in which people were born.

    Years of two digits count only where they cannot be those of a recent paper.
    """
    found = _BIRTH_BESIDE.match(text, end)
    if not found:
        return None
    value = found["v"]
    if re.match(r"\d{2}[.-]", value):
        return (
            (*found.span("v"), "birth", 0.6) if int(value[:2]) > date.today().year % 100 else None
        )
    return (
        (*found.span("v"), "birth", 0.6)
        if value[:2] == "19" or value[:3] in ("200", "201")
        else None
    )


_NUMBER = re.compile(
    r"(?:학번|사번|사원번호|직원번호|교직원번호|행정번호|군번|수험번호|응시번호|교번)(?:\([^)\n]{0,10}\)|[)])?"
    rf"{_FIELD}(?P<v>[A-Z]{{0,2}}\d{{2,10}}(?:-\d{{2,9}})?)(?![0-9])"
)
_USER = re.compile(
    r"(?P<label>아이디|\bID|Id|계정|인스타그램|인스타|트위터|페이스북|텔레그램|유튜브|블로그|카톡|카카오톡|사용자|접속자|로그인|글쓴이|작성자|닉네임|(?<![A-Za-z])(?:user(?:_?id|_?name)?|login|uid))"
    rf"(?: ?(?:ID|계정|아이디))?(?P<sep>{_FIELD})(?P<v>@?[A-Za-z][A-Za-z0-9_.]{{2,29}}(?<!\.))(?![A-Za-z0-9@/])"
)


_NUMBER_AFTER = re.compile(
    r"(?<![0-9A-Za-z.-])(?P<v>[A-Z]{0,2}\d{4,10}(?:-\d{2,9})?)(?:,|\()? ?\(?(?:학번|사번|군번|교번|직번|수험번호)"
)


_USER_AFTER = re.compile(
    r"(?<![A-Za-z0-9_.@/-])(?P<v>(?=[A-Za-z_.]*[0-9])[A-Za-z][A-Za-z0-9_.]{2,29}) (?:계정|아이디)(?:으로|에서|이|은|을|의|를|로)"
)
_LATIN = re.compile("[A-Za-z][A-Za-z0-9_.]{2}")


def labelled(text: str) -> Iterator[Found]:
    """Student, staff and service numbers and accounts of services, by their label."""
    if "번" in text:
        for found in _NUMBER_AFTER.finditer(text):
            yield found.start("v"), found.end("v"), "number", 0.7
        for found in _NUMBER.finditer(text):
            if sum(c.isdigit() for c in found["v"]) >= 4:
                yield found.start("v"), found.end("v"), "number", 0.9
    if not _LATIN.search(text):
        return
    for found in _USER_AFTER.finditer(text):
        yield found.start("v"), found.end("v"), "user", 0.7
    for found in _USER.finditer(text):
        if found["v"].endswith((".com", ".kr", ".net", ".org")):
            continue
        plain = found["v"].isalpha()
        if (
            not plain
            or found["v"][0] == "@"
            or (":" in found["sep"] and found["label"] not in ("사용자", "작성자", "글쓴이"))
        ):
            yield found.start("v"), found.end("v"), "user", 0.9
