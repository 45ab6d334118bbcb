"""Stated fields of documents as a table: labelled values, table cells, then patterns of the field's
kind. A value is verbatim text of its place; what is not found stays empty."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from mokmin.base.errors import InvalidInput
from mokmin.base.korean.josa import with_josa
from mokmin.features.tools import facts
from mokmin.features.tools.model import Citations, Json, Unit
from mokmin.features.tools.reading import Reading, bare

SUGGESTED = ("담당부서", "기한", "금액", "근거 법령", "대상", "시행일", "문의처", "제출 서류")
MOST_FIELDS, MOST_VALUES, MOST_NAME = 12, 5, 30
# Other words for a field, without blanks.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "담당부서": ("담당부서", "담당", "소관부서", "소관", "주관부서", "주관", "담당기관", "부서"),
    "기한": ("기한", "신청기한", "제출기한", "납부기한", "마감", "신청기간", "접수", "접수기간", "공고기간", "입찰기간", "처리기한", "처리기간", "제출기간"),
    "금액": ("금액", "지급액", "예산", "사업비", "예정가격", "요금", "수수료", "사용료", "지원금액", "소요예산", "단가"),
    "근거법령": ("근거법령", "근거", "관련법령", "법적근거", "관계법령"),
    "대상": ("대상", "지원대상", "신청대상", "적용대상", "참가자격", "자격", "신청자격", "응시자격"),
    "시행일": ("시행일", "적용일", "시행시기", "시행"),
    "문의처": ("문의처", "문의", "연락처", "전화", "전화번호"),
    "제출서류": ("제출서류", "구비서류", "첨부서류", "서류", "신청서류", "준비물"),
    "장소": ("장소", "곳", "위치", "회의장소"),
    "일시": ("일시", "날짜", "때", "회의일시", "개최일시"),
    "기간": ("기간", "운영기간", "대책기간", "사용허가기간", "접수기간"),
    "목적": ("목적", "추진목적", "목표"),
}  # fmt: skip
_LABELLED = re.compile(r"^([가-힣A-Za-z0-9·()\s]{1,24}?)\s?[:：]\s*(\S.*)$")
# Fields that a document rightly has several of.
_MANY = ("기한", "금액", "근거법령")
_DEPARTMENT_CUE = re.compile(r"담당|소관|문의(?:처)?\s*[:(]|주관|접수")


@dataclass(frozen=True, slots=True)
class Value:
    """A value as it stands in a unit; ``note`` is the sentence around it."""

    text: str
    unit: Unit
    note: str = ""


Finder = Callable[[Sequence[Unit], frozenset[str]], Iterator[Value]]


def field_names(text: str) -> list[str]:
    """Field names out of what a person typed, without repeats. Raises InvalidInput."""
    names = [" ".join(part.split()) for part in re.split(r"[,\n;，]", text)]
    kept = list(dict.fromkeys(name for name in names if name))
    if not kept:
        raise InvalidInput("뽑을 항목을 하나 이상 고르거나 적어 주세요. 예: 담당부서, 기한, 금액")
    if len(kept) > MOST_FIELDS:
        raise InvalidInput(f"항목은 한 번에 {MOST_FIELDS}개까지입니다. 나누어 해 주세요.")
    if any(len(name) > MOST_NAME for name in kept):
        raise InvalidInput(f"항목 이름은 {MOST_NAME}자까지 적을 수 있습니다.")
    return kept


def extract(
    readings: Sequence[Reading],
    names: Sequence[str],
    citations: Citations,
    departments: frozenset[str],
) -> Json:
    """``columns`` and ``rows``: a row a document, a cell a list of values with their citations."""
    rows: list[Json] = []
    for reading in readings:
        cells = [cell(reading, name, citations, departments) for name in names]
        rows.append(
            {
                "title": reading.source.title,
                "document_id": reading.source.document_id,
                "cells": cells,
            }
        )
    return {"columns": list(names), "rows": rows}


def cell(reading: Reading, name: str, citations: Citations, departments: frozenset[str]) -> Json:
    """Values of one field in one document."""
    found = _distinct(values(reading, name, departments))
    shown = [
        {
            "text": v.text,
            "note": "" if v.note.rstrip(".") == v.text else v.note,
            "cites": [citations.add(v.unit)],
        }
        for v in found[:MOST_VALUES]
    ]
    key = "".join(name.split())
    if not shown and key in ("담당부서", "소관부서") and reading.source.department:
        shown = [{"text": reading.source.department, "note": "문서 정보의 소관 부서", "cites": []}]
    return {"values": shown, "more": max(0, len(found) - MOST_VALUES)}


def values(reading: Reading, name: str, departments: frozenset[str]) -> list[Value]:
    """All values, the surest first: labels, table cells, headings, then patterns and sentences."""
    key = "".join(name.split())
    known = SYNONYMS.get(key, (key,))
    sure = [*_labelled(reading.units, known, key), *_cells(reading.units, known)]
    if sure and key not in _MANY:
        return sure
    below = list(_below_heading(reading.units, known))
    pattern = _PATTERNS.get(key)
    if pattern is not None:
        known_units = {v.unit.order for v in sure}
        more = pattern(reading.units, departments)
        return [*sure, *(v for v in more if v.unit.order not in known_units)]
    return below or list(_sentences(reading.units, name))


def _distinct(found: Sequence[Value]) -> list[Value]:
    kept: dict[str, Value] = {}
    for value in found:
        kept.setdefault("".join(value.text.split()), value)
    return list(kept.values())


def _matches(label: str, known: Sequence[str]) -> bool:
    plain = "".join(re.sub(r"\([^)]*\)", "", label).split())
    return plain in known


def _labelled(units: Sequence[Unit], known: Sequence[str], key: str) -> Iterator[Value]:
    for unit in units:
        if unit.kind == "table":
            continue
        match = _LABELLED.match(bare(unit.text))
        if match is None:
            continue
        label = "".join(match[1].split())
        if _matches(label, known) or (len(key) > 2 and label.endswith(key)):
            yield Value(re.sub(r"(?<=[^\d\s])\.$", "", match[2].strip()), unit, match[1].strip())


def _cells(units: Sequence[Unit], known: Sequence[str]) -> Iterator[Value]:
    for unit in units:
        for head, text in unit.cells:
            if _matches(head, known):
                rest = " · ".join(f"{h}: {t}" for h, t in unit.cells if h != head)
                yield Value(text, unit, rest)
        if len(unit.cells) >= 2 and _matches(unit.cells[0][1], known):
            yield Value(unit.cells[1][1], unit, unit.text)


def _below_heading(units: Sequence[Unit], known: Sequence[str]) -> Iterator[Value]:
    for unit in units:
        section = "".join(bare(unit.section).split())
        if not unit.label and section in known:
            yield Value(bare(unit.text).rstrip("."), unit)


def _sentences(units: Sequence[Unit], name: str) -> Iterator[Value]:
    """Sentences that speak of the field as their topic (``숙박비는 …``)."""
    topics = (with_josa(name, "은/는"), with_josa(name, "이/가"))
    for unit in units:
        text = bare(unit.text)
        if not unit.label and any(t + " " in text for t in topics):
            yield Value(text, unit)


def _deadlines(units: Sequence[Unit], _departments: frozenset[str]) -> Iterator[Value]:
    for unit in units:
        if unit.label:
            continue
        text = bare(unit.text)
        for match in facts.DEADLINE.finditer(text):
            begun = facts.term_start(text, *match.span())
            yield Value(text[begun : match.end()].strip(" ,·"), unit, text)
        for match in facts.DATE.finditer(text):
            end = re.match(
                r"(?:\s?\(.\))?\s?(?:\d{1,2}[시:]\d{0,2}분?)?\s?까지", text[match.end() :]
            )
            if end:
                yield Value(match.group().strip() + end.group(), unit, text)


def _found(pattern: re.Pattern[str]) -> Finder:
    def find(units: Sequence[Unit], _departments: frozenset[str]) -> Iterator[Value]:
        for unit in units:
            if not unit.label:
                for match in pattern.finditer(unit.text):
                    yield Value(match.group().strip(), unit, bare(unit.text))

    return find


def _departments_of(units: Sequence[Unit], departments: frozenset[str]) -> Iterator[Value]:
    for unit in units:
        if unit.label or not _DEPARTMENT_CUE.search(unit.text):
            continue
        for fact in facts.facts(unit.text, departments):
            if fact.name == "담당" and (fact.text in departments or fact.text.endswith("팀")):
                yield Value(fact.text, unit, bare(unit.text))


def _starts(units: Sequence[Unit], _departments: frozenset[str]) -> Iterator[Value]:
    for unit in units:
        text = bare(unit.text)
        for match in facts.DATE.finditer(text):
            if re.match(r"\s?(?:부터|이후|자로|에)?\s?.{0,16}(?:시행|적용)", text[match.end() :]):
                yield Value(match.group().strip(), unit, text)


_PATTERNS: dict[str, Finder] = {
    "기한": _deadlines,
    "금액": _found(facts.AMOUNT),
    "근거법령": _found(facts.LAW),
    "문의처": _found(facts.PHONE),
    "담당부서": _departments_of,
    "시행일": _starts,
}
