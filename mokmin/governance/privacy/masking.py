"""Personal information hidden so that a sentence still reads: 김○○, 900101-1******."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from mokmin.governance.privacy.model import Span

# Digits left at the beginning and at the end.
_KEPT = {
    "rrn": (7, 0),
    "foreigner": (7, 0),
    "card": (4, 4),
    "licence": (2, 0),
    "health": (1, 0),
    "number": (2, 0),
    "account": (3, 0),
}
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_DIGIT = re.compile(r"[0-9０-９공영빵일이삼사오육륙칠팔구]")
_PLAIN_DIGIT = re.compile(r"[0-9０-９]")
_YEAR = re.compile(r"(?:19|20|１９|２０)[0-9０-９]{2}")
_PROVINCE = re.compile(
    r"서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충청?[북남]|전라?[북남]|경상?[북남]|제주"
)


def mask(text: str, spans: Sequence[Span]) -> str:
    """``text`` with every span masked; ``spans`` in order and without overlap, as from detect."""
    parts, at = [], 0
    for span in spans:
        parts += [text[at : span.start], masked(span.type, span.text)]
        at = span.end
    return "".join([*parts, text[at:]])


def masked(kind: str, value: str) -> str:
    """One value masked after the custom of its type."""
    value = unicodedata.normalize("NFC", value)
    if kind == "name":
        return _name(value)
    if kind == "address":
        return _address(value)
    if kind in ("mobile", "phone"):
        return _phone(value)
    if kind == "email":
        name, sign, host = re.split(
            r"( ?(?:@|[(\[{<] ?[aA][tT] ?[)\]}>]|골뱅이|앳) ?)", value, maxsplit=1
        )
        return f"{name[:1]}***{sign}{host}"
    if kind in ("ip", "gps"):
        return _after_point(kind, value)
    if kind == "user":
        return value[: 2 if value[0] == "@" else 1] + "***"
    if kind == "passport":
        return value[:2] + re.sub(r"[0-9A-Za-z０-９]", "*", value[2:])
    if kind == "plate":
        return re.sub(r"[0-9０-９](?=[0-9０-９ ]{0,3}$)", "*", value)
    if kind == "birth":
        # 일 is a word here, not a digit in Hangul.
        return _digits(value, 4 if _YEAR.match(value) else 2, 0, _PLAIN_DIGIT)
    return _digits(value, *_KEPT[kind])


def _name(value: str) -> str:
    """김○○, 남궁○○, 마이○ ○○, J*** ******."""
    value = _UNSEEN.sub("", value)
    head = 2 if len(value.replace(" ", "")) > 3 and not value[0].isascii() else 1
    return value[:head] + re.sub("[A-Za-z]", "*", re.sub("[가-힣]", "○", value[head:]))


def _digits(value: str, head: int, tail: int, digit: re.Pattern[str] = _DIGIT) -> str:
    count = len(digit.findall(value))
    place = iter(range(count))
    return digit.sub(lambda d: d[0] if not head <= next(place) < count - tail else "*", value)


def _phone(value: str) -> str:
    count = len(_DIGIT.findall(value))
    international = value.lstrip("(").startswith(("+", "＋"))
    area = 2 if value.lstrip("(").startswith(("02", "０２")) else 3
    return _digits(value, count - 8 if international else area, 4)


def _address(value: str) -> str:
    """The province stays; city, county or district keeps its kind; the rest goes."""
    words = value.split()
    if not _PROVINCE.match(words[0]):
        return "○○" if len(words) < 3 else f"○○{words[0][-1]} ○○"
    shown = [words[0]]
    if len(words) > 1 and words[1][-1] in "시군구":
        shown.append("○○" + words[1][-1])
    return " ".join([*shown, "○○○"])


def _after_point(kind: str, value: str) -> str:
    if kind == "ip":
        sign = ":" if ":" in value else "."
        parts = value.split(sign)
        return sign.join([*parts[:2], "***"])
    return re.sub(r"([.．])[0-9０-９]+", r"\1***", value)
