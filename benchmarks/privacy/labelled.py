"""The labelled sentences of this folder, with made-up numbers filled in.

``development.txt`` is looked at while the recognisers change, misses of ``blind.txt`` are not, and
``held_out.txt`` was written after them; each line of theirs stands alone. ``genres_*.txt`` hold
whole documents by genre, an empty line between two, and were written without the recognisers'
author: the genres of one half are read, those of the other only scored. A line that begins with
"- " holds nothing personal. Every value is fictitious; check digits are right where a
recogniser may look at them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
_MARK = re.compile(r"\[\[(\w+):(.+?)\]\]|\{\{(\w+)(?::(\w+))?\}\}", re.DOTALL)
_FULL = str.maketrans("0123456789-", "０１２３４５６７８９－")
_HANGUL = str.maketrans("0123456789", "공일이삼사오육칠팔구")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and its spans (start, end, type)."""

    text: str
    spans: tuple[tuple[int, int, str], ...]


def sentences(half: str) -> list[Sentence]:
    """The sentences or documents of a file of this folder, the same at every call."""
    maker = random.Random(half)
    content = (HERE / f"{half}.txt").read_text(encoding="utf-8")
    lines = content.splitlines()
    if half.startswith("genres_"):
        content = re.sub(r"(?m)^##? .*$", "", content).replace("\n- ", "\n\n- ")
        lines = [part.strip() for part in content.split("\n\n")]
    return [
        _fill(line.removeprefix("- ").replace("\\n", "\n"), maker)
        for line in lines
        if line.strip() and not line.startswith("#")
    ]


def _fill(template: str, maker: random.Random) -> Sentence:
    text, spans, at = "", [], 0
    for found in _MARK.finditer(template):
        text += template[at : found.start()]
        kind = found[1] or found[3]
        value = found[2] or form(MAKERS[kind](maker, found[4] or ""), found[4] or "", maker)
        spans.append((len(text), len(text) + len(value), kind))
        text += value
        at = found.end()
    return Sentence(text + template[at:], tuple(spans))


def form(value: str, shape: str, maker: random.Random) -> str:
    """A value in a disguise: other separators, digits in another script, a line break."""
    changes: dict[str, Callable[[str], str]] = {
        "joined": lambda v: re.sub(r"[-. ]", "", v),
        "spaced": lambda v: v.replace("-", " - ") if maker.random() < 0.4 else v.replace("-", " "),
        "dotted": lambda v: v.replace("-", "."),
        "full": lambda v: v.translate(_FULL),
        "broken": lambda v: v.replace("-", "-\n", 1),
        "zero": lambda v: v[:4] + "\u200b" + v[4:9] + "\u200b" + v[9:],
        "wide": lambda v: " ".join(v.replace("-", "")),
        "hangul": lambda v: v.translate(_HANGUL),
        "mixed": lambda v: v[:3].translate(_HANGUL) + v[3:-4] + v[-4:].translate(_HANGUL),
        "dashed": lambda v: v.replace("-", "–"),
        "lower": lambda v: v.lower(),
        "plus": lambda v: v if "@" in v else "+82 " + v[1:],
        "paren": lambda v: "(" + v.replace("-", ") ", 1),
        "ocr": lambda v: v[:3].replace("0", "O").replace("1", "l") + v[3:],
    }
    return changes[shape](value) if shape in changes else value


def _digits(maker: random.Random, count: int) -> str:
    return "".join(str(maker.randrange(10)) for _ in range(count))


def _date(maker: random.Random, first: int, last: int) -> tuple[int, int, int]:
    return maker.randint(first, last), maker.randint(1, 12), maker.randint(1, 28)


def _check(body: str, offset: int) -> str:
    weights = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
    rest = sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11
    return str((11 - rest + offset) % 10)


def _rrn(maker: random.Random, form: str) -> str:
    new = form == "new"
    year, month, day = _date(maker, 2021, 2025) if new else _date(maker, 1935, 2012)
    sex = maker.choice("12" if year < 2000 else "34")
    body = f"{year % 100:02}{month:02}{day:02}{sex}{_digits(maker, 5)}"
    return f"{body[:6]}-{body[6:]}{_digits(maker, 1) if new else _check(body, 0)}"


def _foreigner(maker: random.Random, _form: str) -> str:
    year, month, day = _date(maker, 1955, 2012)
    sex = maker.choice("56" if year < 2000 else "78")
    body = f"{year % 100:02}{month:02}{day:02}{sex}{_digits(maker, 5)}"
    return f"{body[:6]}-{body[6:]}{_check(body, 2)}"


def _passport(maker: random.Random, form: str) -> str:
    if form == "new":
        letter = maker.choice("ABCDEFGHJKLMNPQRTUVWXYZ")
        return f"M{_digits(maker, 3)}{letter}{_digits(maker, 4)}"
    if form == "spaced":
        return f"M {_digits(maker, 8)}"
    return maker.choice("MSRD") + _digits(maker, 8)


def _licence(maker: random.Random, form: str) -> str:
    rest = f"{_digits(maker, 2)}-{_digits(maker, 6)}-{_digits(maker, 2)}"
    if form == "old":
        return f"{maker.choice(('서울', '부산', '경기', '강원', '충남', '대구'))} {rest}"
    return f"{maker.randint(11, 28)}-{rest}"


def _mobile(maker: random.Random, _form: str) -> str:
    return f"010-{maker.randint(2000, 9999)}-{_digits(maker, 4)}"


def _phone(maker: random.Random, form: str) -> str:
    rest = f"{maker.randint(200, 899)}-{_digits(maker, 4)}"
    if form == "seoul":
        return f"02-{maker.randint(2000, 8999)}-{_digits(maker, 4)}"
    if form == "safe":
        return f"050{maker.randint(2, 8)}-{maker.randint(1000, 9999)}-{_digits(maker, 4)}"
    if form == "voip":
        return f"070-{maker.randint(2000, 8999)}-{_digits(maker, 4)}"
    return f"{maker.choice(('031', '051', '042', '064', '055'))}-{rest}"


_WORDS = [
    "haneul",
    "byeol",
    "sonamu",
    "maru",
    "narae",
    "dalbit",
    "parang",
    "sallim",
    "gureum",
    "yeoul",
]
_HOSTS = ["example.com", "mail.example.org", "post.example.co.kr", "example.net"]


def _email(maker: random.Random, form: str) -> str:
    name, host = maker.choice(_WORDS) + _digits(maker, 2), maker.choice(_HOSTS)
    if form == "dots":
        name = f"{maker.choice(_WORDS)}.{maker.choice(_WORDS)}"
    if form == "plus":
        name += "+notice"
    if form == "at":
        return maker.choice((f"{name}(at){host}", f"{name} [at] {host}", f"{name} 골뱅이 {host}"))
    return f"{name}@{host}"


def _luhn(body: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def _card(maker: random.Random, form: str) -> str:
    if form == "amex":
        body = "37" + _digits(maker, 12)
        body += _luhn(body)
        return f"{body[:4]}-{body[4:10]}-{body[10:]}"
    body = maker.choice(("4", "52", "9410", "54", "6250")) + _digits(maker, 15)
    body = body[:15]
    body += _luhn(body)
    return "-".join(body[i : i + 4] for i in range(0, 16, 4))


# Digits between the hyphens, by bank.
ACCOUNTS = {
    "kb": (6, 2, 6),
    "shinhan": (3, 3, 6),
    "woori": (4, 3, 6),
    "hana": (3, 6, 5),
    "nh": (3, 4, 4, 2),
    "ibk": (3, 6, 2, 3),
    "post": (6, 2, 6),
    "mg": (4, 4, 4, 1),
    "kakao": (4, 2, 7),
    "toss": (4, 4, 4),
    "sh": (3, 3, 6),
    "sc": (3, 2, 6),
    "im": (3, 2, 6, 1),
    "bnk": (3, 4, 4, 2),
    "jeju": (2, 2, 6),
    "kdb": (3, 4, 4, 3),
    "old": (3, 2, 5, 1),
}


def _account(maker: random.Random, form: str) -> str:
    shape = ACCOUNTS.get(form) or maker.choice(list(ACCOUNTS.values()))
    return "-".join(f"{maker.randint(1, 9)}{_digits(maker, n - 1)}" for n in shape)


def _health(maker: random.Random, form: str) -> str:
    first, rest = maker.choice("12578"), _digits(maker, 10)
    return f"{first} {rest}" if form == "spaced" else f"{first}-{rest}"


def _plate(maker: random.Random, form: str) -> str:
    letter, rest = (
        maker.choice("가나다라마거너더러머버서어저허하호"),
        f"{maker.randint(1000, 9999)}",
    )
    if form == "three":
        return f"{maker.randint(100, 699)}{letter}{rest}"
    if form == "region":
        return f"{maker.choice(('서울', '경기', '부산', '전남'))} {maker.randint(10, 99)} {maker.choice('바사아자')} {rest}"
    if form == "spaced":
        return f"{maker.randint(10, 69)}{letter} {rest}"
    return f"{maker.randint(10, 69)}{letter}{rest}"


def _birth(maker: random.Random, form: str) -> str:
    year, month, day = _date(maker, 1936, 2019)
    return {
        "dots": f"{year}. {month}. {day}.",
        "iso": f"{year}-{month:02}-{day:02}",
        "short": f"{year % 100:02}.{month:02}.{day:02}.",
        "joined": f"{year % 100:02}{month:02}{day:02}",
        "eng": f"{day:02} {('JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG')[month % 8]} {year}",
    }.get(form, f"{year}년 {month}월 {day}일")


def _ip(maker: random.Random, form: str) -> str:
    if form == "six":
        return f"2001:db8:{maker.randrange(16**4):x}::{maker.randrange(1, 16**4):x}"
    return maker.choice(("203.0.113.", "198.51.100.", "192.0.2.")) + str(maker.randint(2, 254))


def _user(maker: random.Random, form: str) -> str:
    name = maker.choice(_WORDS) + maker.choice(("_", "", ".")) + _digits(maker, 3)
    return "@" + name if form == "at" else name


def _number(maker: random.Random, form: str) -> str:
    if form == "student":
        return f"20{maker.randint(18, 26)}{_digits(maker, maker.choice((4, 5, 6)))}"
    if form == "army":
        return f"{maker.randint(10, 24)}-7{_digits(maker, 7)}"
    return maker.choice((_digits(maker, 7), f"{_digits(maker, 4)}-{_digits(maker, 3)}"))


def _gps(maker: random.Random, form: str) -> str:
    lat, lon = f"{maker.uniform(33.2, 38.2):.5f}", f"{maker.uniform(126.2, 129.4):.5f}"
    return {"lat": lat, "lon": lon}.get(form, f"{lat}, {lon}")


MAKERS: dict[str, Callable[[random.Random, str], str]] = {
    "rrn": _rrn,
    "foreigner": _foreigner,
    "passport": _passport,
    "licence": _licence,
    "mobile": _mobile,
    "phone": _phone,
    "email": _email,
    "card": _card,
    "account": _account,
    "health": _health,
    "plate": _plate,
    "birth": _birth,
    "ip": _ip,
    "user": _user,
    "number": _number,
    "gps": _gps,
}
