"""Readings and options to the result of each tool; with a model where one may see the documents."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mokmin.base.errors import InvalidInput
from mokmin.base.llm.ports import ChatModel
from mokmin.features.tools import compare, fields, quiz, summary, timeline
from mokmin.features.tools.model import Citations, Json, Kind, Progress, Unit
from mokmin.features.tools.reading import Reading
from mokmin.features.tools.writer import ToolWriter

EXTRACTED = "발췌"


@dataclass(frozen=True, slots=True)
class Making:
    """What a run has: its options, its documents, who may write, and where it tells its progress."""

    options: Json
    readings: Sequence[Reading]
    citations: Citations
    departments: frozenset[str]
    writer: ToolWriter
    chain: Sequence[ChatModel]
    notices: list[str]
    progress: Progress


def checked(kind: Kind, given: Json) -> Json:
    """The options of a kind, with what was left out at its default. Raises InvalidInput."""
    if kind is Kind.SUMMARY:
        return {
            "length": _one(given, "length", summary.LENGTHS, "half"),
            "audience": _one(given, "audience", summary.AUDIENCES, "staff"),
            "form": _one(given, "form", summary.FORMS, "bullets"),
        }
    if kind is Kind.TABLE:
        names = given.get("fields", "")
        text = ", ".join(map(str, names)) if isinstance(names, list) else str(names)
        return {"fields": fields.field_names(text)}
    if kind is Kind.QUIZ:
        count = str(given.get("count", quiz.COUNTS[0]))
        if not (count.isascii() and count.isdigit() and 1 <= int(count[:6]) <= quiz.MOST):
            raise InvalidInput(f"문답 수는 1부터 {quiz.MOST}까지 적을 수 있습니다.")
        return {"count": int(count)}
    return {}


def _one(
    given: Json, name: str, known: dict[str, object] | dict[str, str] | Json, usual: str
) -> str:
    value = given.get(name) or usual
    if value not in known:
        raise InvalidInput(
            f"‘{value}’은(는) 고를 수 있는 값이 아닙니다. 화면에서 다시 골라 주세요."
        )
    return str(value)


def make(kind: Kind, m: Making) -> Json:
    """The result of a run."""
    makers = {
        Kind.SUMMARY: _summary,
        Kind.TABLE: _table,
        Kind.COMPARE: _compare,
        Kind.TIMELINE: _timeline,
        Kind.QUIZ: _quiz,
    }
    result = makers[kind](m)
    result.setdefault("model", EXTRACTED)
    return result


def _beat(m: Making, percent: int, step: str) -> None:
    m.progress(percent, step)


def _summary(m: Making) -> Json:
    o = m.options
    m.progress(40, "중요한 문장을 고르고 있습니다")
    if m.chain:
        wide = summary.choose(m.readings, length=o["length"], audience=o["audience"], stretch=2.0)
        units = [u for c in wide for u in c.units]
        task = (
            f"[읽는 사람] {summary.AUDIENCES[o['audience']]}\n[형식] {summary.FORMS[o['form']]}\n"
            f"[분량] {summary.LENGTHS[o['length']][1]}자 안팎"
        )
        m.progress(60, "요약을 쓰고 원문과 맞춰 보고 있습니다")
        lines, model = m.writer.lines(
            m.chain, "summary", task, units, m.notices,
            lambda: _beat(m, 70, "요약을 쓰고 원문과 맞춰 보고 있습니다"),
        )  # fmt: skip
        if len(lines) >= 2:
            made = [{"text": x.text, "cites": [m.citations.add(u) for u in x.units]} for x in lines]
            groups = [{"title": "", "section": "", "lines": made}]
            return {"groups": groups, "count": len(made), "model": model}
    return summary.summarise(
        m.readings, m.citations, length=o["length"], audience=o["audience"], form=o["form"]
    )


def _table(m: Making) -> Json:
    rows: list[Json] = []
    names: list[str] = m.options["fields"]
    model = EXTRACTED
    for done, reading in enumerate(m.readings):
        m.progress(30 + 60 * done // len(m.readings), "문서마다 항목을 찾고 있습니다")
        row = fields.extract([reading], names, m.citations, m.departments)["rows"][0]
        missing = [n for n, c in zip(names, row["cells"], strict=True) if not c["values"]]
        if m.chain and missing:
            model = _filled(m, reading, names, missing, row) or model
        rows.append(row)
    return {"columns": names, "rows": rows, "model": model}


def _filled(
    m: Making, reading: Reading, names: Sequence[str], missing: Sequence[str], row: Json
) -> str:
    """Cells that only a model found: their words must stand in the cited sentence."""
    units = [u for u in reading.units if not u.label]
    notices: list[str] = []
    lines, model = m.writer.lines(
        m.chain, "table", f"[항목] {', '.join(missing)}", units, notices,
        lambda: _beat(m, 60, "문서마다 항목을 찾고 있습니다"),
    )  # fmt: skip
    for line in lines:
        name, _, value = (part.strip() for part in line.text.partition("||"))
        at: Unit | None = next(
            (u for u in line.units if _squeezed(value) in _squeezed(u.text)), None
        )
        if name in missing and value and at is not None:
            cell = row["cells"][list(names).index(name)]
            cell["values"].append({"text": value, "note": at.text, "cites": [m.citations.add(at)]})
    return model


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def _compare(m: Making) -> Json:
    old, new = m.readings
    size = max(1, len(new.units))

    def step(done: int) -> None:
        m.progress(min(95, 30 + 65 * done // size), "조문을 맞추어 견주고 있습니다")

    return compare.compare(old, new, m.citations, m.departments, step)


def _timeline(m: Making) -> Json:
    m.progress(50, "날짜와 기한을 찾고 있습니다")
    return timeline.timeline(m.readings, m.citations)


def _quiz(m: Making) -> Json:
    m.progress(40, "물을 만한 문장을 찾고 있습니다")
    count = m.options["count"]
    if m.chain:
        wide = summary.choose(m.readings, length="page", audience="staff", stretch=3.0)
        units = [u for c in wide for u in c.units]
        task = f"[몇 개] {count}개"
        lines, model = m.writer.lines(
            m.chain, "quiz", task, units, m.notices,
            lambda: _beat(m, 70, "문답을 쓰고 원문과 맞춰 보고 있습니다"),
        )  # fmt: skip
        pairs = [_pair(m, line.text, line.units) for line in lines if "||" in line.text]
        pairs = [p for p in pairs if p["question"] and p["answer"]][:count]
        if len(pairs) >= 2:
            return {"pairs": pairs, "possible": len(pairs), "model": model}
    return quiz.quiz(m.readings, m.citations, count=count)


def _pair(m: Making, text: str, units: Sequence[Unit]) -> Json:
    question, _, answer = (part.strip() for part in text.partition("||"))
    return {
        "kind": "물음",
        "question": question,
        "short": "",
        "answer": answer,
        "cites": [m.citations.add(u) for u in units],
        "section": units[0].section,
        "title": m.readings[units[0].source].source.title,
    }
