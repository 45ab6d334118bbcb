"""Blanks in a line of a form: 성명:      (인), (      ), 2026.   .   ., ○○○, {{이름}}, ____, □ 예 □ 아니요."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "date", "check", "choice"]
BARRIER = "\ufffc"
OPEN_BOXES, CHECKED_BOXES = "□☐▢", "☑■"
MOST_LABEL = 40
_PLACEHOLDER = re.compile(
    r"\{\{\s*(?P<name>[^{}\n]{1,60}?)\s*\}\}|«\s*(?P<mail>[^«»\n]{1,60}?)\s*»"
)
# A year with or without its number, then blanks where month and day go.
_DATE = re.compile(
    r"(?:(?<=^)|(?<=[ \u3000]{2}))월[ \u3000]{2,}일|"
    r"(?:(?:19|20)\d{0,2}|['’]\d{2})?[ \u3000]*(?:년)[ \u3000]*\d{0,2}[ \u3000]*월[ \u3000]*\d{0,2}[ \u3000]*일"
    r"|(?:19|20)\d{0,2}[ \u3000]*\.[ \u3000]*\d{0,2}[ \u3000]*\.[ \u3000]*\d{0,2}[ \u3000]*\."
)
_WHOLE_DATE = re.compile(r"\d{4}\D+\d{1,2}\D+\d{1,2}")
_CIRCLES = re.compile(r"[○◯〇◦]{2,}|(?<![A-Za-z])O{3,}(?![A-Za-z])|(?<!ㅇ)ㅇ{2,}")
_PHONE = re.compile(r"(?:0\d{1,2})?[ \u3000]*[-–][ \u3000]{2,}[-–](?=[ \u3000]{2,}|\)|$)[ \u3000]*")
_LINE = re.compile(r"_{3,}|＿{2,}")
_BRACKETS = re.compile(r"[(（\[【〔][ \u3000]{2,}[)）\]】〕]")
# 전화번호:        ) or (₩           ): a bracket that holds a label and its blank.
_COLON = re.compile(
    r"(?P<label>[가-힣A-Za-z][가-힣A-Za-z0-9 ·ㆍ\u3000]{0,24}?)[ \u3000]*[:：](?P<gap>[ \u3000]*)"
    r"(?=$|\n|[ \u3000]{2}|[)）\]]|[(（\[](?:인|서명|직인|전화|팩스)|㊞|" + BARRIER + r"$)"
)
_MONEY = re.compile(r"(?P<label>일금|금|₩|￦)(?P<gap>[ \u3000]{3,})(?=원|정|[)）])")
_CHECKS = re.compile(r"[□☐▢☑■]|\[[ \u3000]?\](?![ \u3000]*\()")
_SEAL = re.compile(
    r"^[ \u3000]*(?P<seal>[(（](?:인|서명|직인|서명 ?또는 ?인|인 ?또는 ?서명)[)）]|㊞)[ \u3000]*$"
)
_UNIT = re.compile(r"^[ \u3000]*(?P<unit>원|천원|만원|명|건|개|㎡|%|시간|세|일|개월|년)[ \u3000]*$")
_PROSE = re.compile(r"(?:다|음|같다|함|것|등|및|또는|바람|기준)$")
_DIGIT_BOXES = re.compile(r"[□☐▢](?:[ \u3000\-–]*[□☐▢]){2,}")
_EMPTY_BRACKETS = re.compile(r"[(（\[][ \u3000]*[)）\]]")
_BULLET = re.compile(r"^[\s□■○●◦ㅇ\-–·∙•▪※◇◆▶▷*]+(?=\S)")


@dataclass(frozen=True, slots=True)
class Blank:
    """A place in a line, counted in characters. ``pad``: blanks after the value keep what follows in its
    place; ``lead`` goes before it; ``signs`` are the boxes of a choice with their names."""

    start: int
    end: int
    label: str
    kind: Kind = "text"
    pad: bool = False
    lead: str = ""
    signs: tuple[tuple[int, int, str], ...] = ()


def plain_label(text: str) -> str:
    """A label in one line: ``성    명`` and ``대 표 자`` as one word, without bullet and colon."""
    text = _BULLET.sub("", _EMPTY_BRACKETS.sub(" ", text.replace(BARRIER, " "))).strip()
    words = text.rstrip(":： ").split()
    if words and all(_is_syllable(word) for word in words):
        return "".join(words)
    return " ".join(words)[:MOST_LABEL]


def tail_label(text: str) -> str:
    """The label that a stretch of text ends with: ``서약자    주  소`` is ``주소``."""
    words = text.replace(BARRIER, " ").rstrip(" \u3000:：").split()
    spelled = 0
    while spelled < len(words) and _is_syllable(words[-1 - spelled]):
        spelled += 1
    if spelled > 1:
        return "".join(words[-spelled:])
    return plain_label(re.split(r"[ \u3000]{3,}", text.rstrip(" \u3000:："))[-1])


def _is_syllable(word: str) -> bool:
    return len(word) == 1 and "가" <= word <= "힣"


def blanks(text: str, *, lone_boxes: bool) -> list[Blank]:
    """The blanks of one paragraph, from left to right, none over another. ``lone_boxes``: a box that
    begins the paragraph is one to check, no bullet."""
    found: list[Blank] = []
    taken = [False] * (len(text) + 1)

    def keep(blank: Blank) -> None:
        if any(taken[blank.start : max(blank.end, blank.start + 1)]):
            return
        taken[blank.start : max(blank.end, blank.start + 1)] = [True] * max(
            1, blank.end - blank.start
        )
        found.append(blank)

    for finder in (_placeholders, _dates, _seals):
        for blank in finder(text):
            keep(blank)
    for blank in _checks(text, lone_boxes):
        keep(blank)
    for finder in (_lines, _colons, _money, _brackets):
        for blank in finder(text):
            keep(blank)
    return sorted(found, key=lambda b: b.start)


def _placeholders(text: str) -> list[Blank]:
    return [
        Blank(m.start(), m.end(), plain_label(m["name"] or m["mail"] or ""))
        for m in _PLACEHOLDER.finditer(text)
    ]


def _dates(text: str) -> list[Blank]:
    found = []
    for m in _DATE.finditer(text):
        if _WHOLE_DATE.search(m[0]) or len(re.sub(r"\S", "", m[0])) < 2:
            continue
        lead = len(m[0]) - len(m[0].lstrip(" \u3000"))
        found.append(Blank(m.start() + lead, m.end(), _before(text, m.start()) or "날짜", "date"))
    return found


def _seals(text: str) -> list[Blank]:
    m = _SEAL.match(text) or _UNIT.match(text)
    return [Blank(0, m.start(1), "", pad=True)] if m else []


def _checks(text: str, lone_boxes: bool) -> list[Blank]:
    digits = [
        Blank(m.start(), m.end(), _before(text, m.start())) for m in _DIGIT_BOXES.finditer(text)
    ]
    if digits:
        return digits
    marks = list(_CHECKS.finditer(text))
    if not any(m[0] not in CHECKED_BOXES for m in marks):
        return []
    leads = not text[: marks[0].start()].strip()
    if leads and ((len(marks) == 1 and not lone_boxes) or len(text) > 200):
        return []  # a bullet of a report
    signs, head = _signs(text, marks, leads)
    if len(signs) == 1:
        start, end, name = signs[0]
        return [Blank(start, end, head or name, "check", signs=tuple(signs))]
    return [Blank(signs[0][0], signs[0][1], head, "choice", signs=tuple(signs))]


def _signs(
    text: str, marks: list[re.Match[str]], leads: bool
) -> tuple[list[tuple[int, int, str]], str]:
    """The boxes with their names, which stand behind them (□ 예) or before (동의함 □), and the name of
    the choice."""
    before = not leads and not text[marks[-1].end() :].strip(" \u3000)）]")
    signs = []
    for number, m in enumerate(marks):
        if before:
            name = text[marks[number - 1].end() if number else 0 : m.start()]
        else:
            name = text[
                m.end() : marks[number + 1].start() if number + 1 < len(marks) else len(text)
            ]
        name = re.split(r"[ \u3000]{3,}|[,，/]\s*$", name.strip())[0]
        signs.append((m.start(), m.end(), plain_label(name.strip(" ,，/·")) or f"{number + 1}번"))
    if not before:
        return signs, "" if leads else plain_label(text[: marks[0].start()].strip(" (（"))
    head, colon, rest = signs[0][2].partition(":")
    if colon and len(signs) > 1:
        signs[0] = (signs[0][0], signs[0][1], rest.strip() or head.strip())
    return signs, head.strip() if colon else ""


def _colons(text: str) -> list[Blank]:
    found = []
    for m in _COLON.finditer(text):
        gap = re.match(r"[ \u3000]*", text[m.end("gap") :])
        end = m.end("gap") + (gap.end() if gap else 0)
        rest = text[end:].split("\n")[0]
        label = tail_label(m["label"])
        if not label or _PROSE.search(label) or _goes_on(rest, end - m.start("gap")):
            continue
        pad = bool(rest.strip())
        found.append(Blank(m.start("gap"), end, label, pad=pad, lead="" if pad else " "))
    return found


def _goes_on(rest: str, gap: int) -> bool:
    """Whether words follow that are the answer already, not the next label, a seal or a bracket."""
    bare = rest.strip(BARRIER).strip()
    if not bare or bare[0] in "(（)）[]㊞":
        return False
    return gap < 6


def _money(text: str) -> list[Blank]:
    return [Blank(m.start("gap"), m.end("gap"), "금액", pad=True) for m in _MONEY.finditer(text)]


def _brackets(text: str) -> list[Blank]:
    found = []
    for m in _BRACKETS.finditer(text):
        label = "요일" if text[: m.start()].rstrip().endswith("일") else _before(text, m.start())
        found.append(Blank(m.start() + 1, m.end() - 1, label, pad=True))
    return found


def _lines(text: str) -> list[Blank]:
    found = []
    for m in _PHONE.finditer(text):
        found.append(Blank(m.start(), m.end(), _before(text, m.start()) or "전화번호"))
    for m in [*_CIRCLES.finditer(text), *_LINE.finditer(text)]:
        label = _before(text, m.start()) or plain_label(
            re.split(r"[ \u3000,.]", text[m.end() :].strip())[0]
        )
        found.append(Blank(m.start(), m.end(), label))
    return found


def _before(text: str, at: int) -> str:
    """The words that stand right before a place, as its name."""
    head = re.split(r"[,.;·|\n)]|" + BARRIER, text[:at].rstrip(" \u3000:：(（"))[-1]
    label = tail_label(head).strip("(（[ ")
    return " ".join(label.split()[-3:]) if len(label) > 20 else label
