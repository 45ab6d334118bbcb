"""Cells of tables and of comma-separated lines, by the heading of their column."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mokmin.governance.privacy.lexicon import DOUBLE, SURNAMES
from mokmin.governance.privacy.names import labels, words
from mokmin.governance.privacy.numbers import Found

_RULE = re.compile(r"[|:\-+ =]+$")
_DATE = re.compile(
    r"(?:19|20)?\d{2} ?[-./년] ?(?:1[0-2]|0?[1-9]) ?[-./월] ?(?:3[01]|[12]\d|0?[1-9])[일.]?|(?:19|20)?\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
)
_SHAPES = {
    "birth": _DATE,
    "number": re.compile(r"[A-Za-z]{0,2}\d{2,10}(?:-\d{2,9})?"),
    "account": re.compile(r"\d{2,7}(?:[- ]\d{1,7}){1,4}|\d{10,15}"),
    "user": re.compile(r"@?(?=[\w.]*[A-Za-z])[A-Za-z0-9][\w.-]{2,29}", re.ASCII),
    "phone": re.compile(r"\(?0\d{1,2}\)?[- .]?\d{3,4}[- .]?\d{4}"),
    "health": re.compile(r"\d[- ]?\d{10}"),
    "rrn": re.compile(r"\d{6}[- ]?[1-4]\d{6}"),
    "licence": re.compile(r"(?:[가-힣]{2} ?)?\d{2}-?\d{2,6}-?\d{2,6}(?:-\d{2})?"),
    "passport": re.compile(r"[A-Za-z]{1,2}\d{7,8}|[A-Za-z]\d{3}[A-Za-z]\d{4}"),
    "card": re.compile(r"\d{4}([- ]?)\d{4}\1\d{4}\1\d{4}"),
    "address": re.compile(
        r"(?=[가-힣]{2})(?=.*(?:로|길|[동리가]|산) ?\d|.*\d(?:동|호|번지))[가-힣0-9A-Za-z ,()·.-]{5,70}"
    ),
}
_HEADS = (
    ("birth", re.compile(r"생년월일|출생일|생일|(?i:birth ?(?:day|date)?|dob|date of birth)")),
    ("number", re.compile(r"(?:사|학|군|직|교)번|(?:수험|응시|직원|사원|교직원|학생)번호")),
    (
        "account",
        re.compile(r"(?:환급|입금|지급|급여|은행)?계좌(?:번호)?|통장번호|(?i:account(?:_no)?)"),
    ),
    ("user", re.compile(r"아이디|(?:사용자|로그인|접속)?(?:계정|ID)|(?i:user_?(?:id|name)|login)")),
    ("phone", re.compile(r"(?:집|자택)?전화(?:번호)?|연락처|(?i:phone|tel|mobile|contact)")),
    ("health", re.compile(r"(?:건강)?보험증(?:번호)?|증번호")),
    ("rrn", re.compile(r"주민(?:등록)?번호|(?i:rrn|ssn)")),
    ("licence", re.compile(r"(?:운전)?면허(?:증)?번호")),
    ("passport", re.compile(r"여권번호|(?i:passport(?:_no)?)")),
    ("card", re.compile(r"카드번호|(?i:card(?:_no)?)")),
    (
        "address",
        re.compile(r"(?:거주지|현|등록기준지|자택)?주소(?:지)?|거주지|물건지|(?i:address)"),
    ),
    (
        "name",
        re.compile(
            r"[가-힣]{0,6}(?:성명|이름|성함|자명|인명|생명|원명)|(?i:name|full_?name|user_?name)"
        ),
    ),
)
_COMPANY = re.compile(r"\(주\)|㈜|주식회사|\(유\)|유한회사|협동조합|재단법인|사단법인|의료법인")
_KOREAN = re.compile(r"[가-힣]{2,4}|[가-힣] [가-힣] [가-힣]|[가-힣]  ?[가-힣]")
_FOREIGN = re.compile(
    r"[A-Z][A-Za-z'.-]{1,15}(?:,? [A-Z][A-Za-z'.-]{0,15}){0,4}|[가-힣]{2,7}(?:[ ·][가-힣]{1,7}){0,3}"
)


def cells(text: str, lined: str) -> Iterator[Found]:
    """Values below a heading such as 성명, 생년월일 or 계좌번호.

    ``lined`` is ``text`` with its tabs still in place. A heading line is one of two or more cells
    of which one or more are known headings; its rows are the lines below with as many cells.
    """
    columns: list[str | None] = []
    sign, at = "", 0
    for line in lined.split("\n"):
        if sign:
            row = _split(line, sign)
            if len(row) == len(columns):
                if not _COMPANY.search(line):
                    yield from _row(text, at, row, columns)
                at += len(line) + 1
                continue
            if not (_RULE.match(line) and line.strip()):
                sign = ""
        if not sign:
            sign, columns = _heading(line)
        at += len(line) + 1


def _split(line: str, sign: str) -> list[tuple[int, int]]:
    """Where the cells of a line lie."""
    if sign == ",":
        return _comma_separated(line)
    parting = " / " if sign == "/" else sign
    inner = line.strip().strip("|") if sign == "|" else line
    start = line.find(inner)
    places = []
    for part in inner.split(parting):
        places.append((start, start + len(part)))
        start += len(part) + len(parting)
    return places


def _comma_separated(line: str) -> list[tuple[int, int]]:
    """The cells of a line after RFC 4180, quotes included."""
    places, start = [], 0
    while start <= len(line):
        close = line.find('"', start + 1) if line[start : start + 1] == '"' else -1
        end = close + 1 if close > 0 else line.find(",", start)
        end = len(line) if end < 0 else end
        places.append((start, end))
        start = end + 1
    return places


def _heading(line: str) -> tuple[str, list[str | None]]:
    if len(line) > 300:
        return "", []
    for sign in ("|", "\t", ";", ",", "/"):
        if sign not in line:
            continue
        places = _split(line, sign)
        if len(places) < 2:
            continue
        titles = [line[a:b].strip(' "') for a, b in places]
        if any(len(t) > 20 for t in titles):
            continue
        columns = [_kind(title) for title in titles]
        if any(columns):
            return sign, columns
    return "", []


def _kind(title: str) -> str | None:
    plain = re.sub(r"\([^)]*\)", "", title).replace(" ", "")
    for kind, pattern in _HEADS:
        if pattern.fullmatch(plain):
            return kind
    return "name" if len(plain) > 1 and labels(plain) else None


def _row(
    text: str, at: int, row: list[tuple[int, int]], columns: list[str | None]
) -> Iterator[Found]:
    for (start, end), kind in zip(row, columns, strict=True):
        if kind is None:
            continue
        raw = text[at + start : at + end]
        value = raw.strip(' "')
        if not value:
            continue
        begin = at + start + raw.index(value)
        if kind == "name":
            if not _name(value):
                continue
        elif not _SHAPES[kind].fullmatch(value) or (
            kind == "phone" and value.lstrip("(").startswith("01")
        ):
            continue
        yield begin, begin + len(value), kind, 0.8


def _name(value: str) -> bool:
    plain = value.replace(" ", "")
    if plain in words() or plain[:3] in words() or labels(plain):
        return False
    if _KOREAN.fullmatch(value) and (plain[0] in SURNAMES or plain[:2] in DOUBLE):
        return True
    if not _FOREIGN.fullmatch(value) or plain[:2] in words():
        return False
    return value[0].isascii() or " " in value
