"""Review of a document by all rules, and the repair of one finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from mokmin.base.errors import InvalidInput
from mokmin.knowledge.official.checks.arithmetic import check_tables
from mokmin.knowledge.official.checks.attachments import check_attachments
from mokmin.knowledge.official.checks.consistency import check_consistency
from mokmin.knowledge.official.checks.dates import check_dates
from mokmin.knowledge.official.checks.form import check_form
from mokmin.knowledge.official.checks.laws import check_laws
from mokmin.knowledge.official.checks.marks import check_marks
from mokmin.knowledge.official.checks.model import Context, Finding, Place
from mokmin.knowledge.official.checks.money import check_money
from mokmin.knowledge.official.checks.parts import Reading
from mokmin.knowledge.official.checks.privacy import check_privacy
from mokmin.knowledge.official.checks.sentences import check_sentences
from mokmin.knowledge.official.checks.spelling import check_spelling
from mokmin.knowledge.official.checks.times import check_times
from mokmin.knowledge.official.checks.totals import check_totals
from mokmin.knowledge.official.checks.wording import check_wording
from mokmin.knowledge.official.model import OfficialDocument, Origin, Span

Check = Callable[[Reading, Context], Iterable[Finding]]


def _alone(check: Callable[[Reading], Iterable[Finding]]) -> Check:
    """A check that needs the document only."""
    return lambda reading, _context: check(reading)


# Where two rules mark the same words, the earlier one speaks.
CHECKS: tuple[Check, ...] = (
    check_form,
    _alone(check_marks),
    check_dates,
    _alone(check_times),
    _alone(check_money),
    _alone(check_tables),
    _alone(check_totals),
    _alone(check_attachments),
    check_laws,
    check_privacy,
    check_consistency,
    _alone(check_spelling),
    _alone(check_sentences),
    _alone(check_wording),
)
MOST = 200
"""Findings of one rule in one document; more tell a reader nothing new."""
_LANGUAGE = ("spelling", "wording", "sentence")


def review(document: OfficialDocument, context: Context) -> tuple[Finding, ...]:
    """All findings in reading order; the same for the same document and context. Rules in
    ``context.off`` are left out."""
    reading = Reading(document)
    found: list[Finding] = []
    counts: Counter[str] = Counter()
    taken: dict[Place, list[tuple[int, int]]] = {}
    for check in CHECKS:
        for one in check(reading, context):
            counts[one.rule] += 1
            if one.rule in context.off or counts[one.rule] > MOST:
                continue
            here = taken.setdefault(replace(one.place, start=0, end=0), [])
            start, end = one.place.start, one.place.end
            language = one.rule.split(".")[0] in _LANGUAGE and one.rule != "sentence.long"
            if language and any(s < end and start < e for s, e in here):
                continue
            if language or one.fix is not None:
                here.append((start, end))
            found.append(one)
    unique = dict.fromkeys(found)
    return tuple(sorted(unique, key=reading.order))


def repaired(document: OfficialDocument, finding: Finding, by: str = "") -> OfficialDocument:
    """The document with a finding's fix applied. Changed words get the origin of the person ``by``, or
    keep theirs when it is empty. Raises InvalidInput when there is no fix or its place is gone."""
    place, fix = finding.place, finding.fix
    if fix is None:
        raise InvalidInput("이 지적은 자동으로 고칠 수 없습니다. 내용을 보고 직접 고쳐 주십시오.")
    origin = Origin("person", by) if by else None
    try:
        if place.part == "field":
            span = document.fields[place.key]
            (new,) = _whole(_spliced((span,), place, fix, origin))
            return document.with_field(place.key, new)
        if place.part == "attachment":
            lines = list(document.attachments)
            (lines[place.index],) = _whole(_spliced((lines[place.index],), place, fix, origin))
            return replace(document, attachments=tuple(lines))
        if place.part == "body":
            return _body_repaired(document, place, fix, origin)
    except (KeyError, IndexError) as error:
        raise InvalidInput("고칠 곳이 바뀌었습니다. 다시 검토해 주십시오.") from error
    raise InvalidInput("이 지적은 자동으로 고칠 수 없습니다. 내용을 보고 직접 고쳐 주십시오.")


def _body_repaired(
    document: OfficialDocument, place: Place, fix: str, origin: Origin | None
) -> OfficialDocument:
    blocks = list(document.body)
    block = blocks[place.index]
    if place.key in ("caption", "unit"):
        old = block.caption if place.key == "caption" else block.unit
        new = old[: place.start] + fix + old[place.end :]
        blocks[place.index] = (
            replace(block, caption=new) if place.key == "caption" else replace(block, unit=new)
        )
    elif place.row >= 0:
        rows = [list(row) for row in block.rows]
        cell = rows[place.row][place.cell]
        text = cell.text[: place.start] + fix + cell.text[place.end :]
        rows[place.row][place.cell] = replace(cell, text=text, origin=origin or cell.origin)
        blocks[place.index] = replace(block, rows=tuple(tuple(row) for row in rows))
    else:
        blocks[place.index] = replace(block, spans=_spliced(block.spans, place, fix, origin))
    return replace(document, body=tuple(blocks))


def _spliced(
    spans: tuple[Span, ...], place: Place, fix: str, origin: Origin | None
) -> tuple[Span, ...]:
    """The spans with the characters of the place replaced; those of other spans keep their origins."""
    if place.end > sum(len(span.text) for span in spans):
        raise IndexError(place)
    before: list[Span] = []
    after: list[Span] = []
    touched: Origin | None = None
    at = 0
    for span in spans:
        end = at + len(span.text)
        head, tail = span.text[: max(0, place.start - at)], span.text[max(0, place.end - at) :]
        if head:
            before.append(Span(head, span.origin))
        if touched is None and at <= place.start <= end:
            touched = span.origin
        if tail and place.end <= end:
            after.append(Span(tail, span.origin))
        at = end
    new = [Span(fix, origin or touched or Origin())] if fix else []
    return _joined([*before, *new, *after])


def _joined(spans: list[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for span in spans:
        if joined and joined[-1].origin == span.origin:
            joined[-1] = Span(joined[-1].text + span.text, span.origin)
        else:
            joined.append(span)
    return tuple(joined)


def _whole(spans: tuple[Span, ...]) -> tuple[Span]:
    """One span of several, with the origin of the part that a person wrote, else of the first."""
    if not spans:
        return (Span(""),)
    text = "".join(span.text for span in spans)
    person = next((s.origin for s in spans if s.origin.kind == "person"), spans[0].origin)
    return (Span(text, person),)
