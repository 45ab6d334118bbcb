"""Two versions of a draft beside each other: what was taken out, what was put in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal

from mokmin.knowledge.official.kinds import kind_of
from mokmin.knowledge.official.model import OfficialDocument
from mokmin.knowledge.official.numbering import marks

Piece = tuple[Literal["same", "del", "ins"], str]
_ALIKE = 0.45


def word_diff(before: str, after: str) -> list[Piece]:
    """The pieces of two wordings, by words."""
    old, new = re.findall(r"\s+|\S+", before), re.findall(r"\s+|\S+", after)
    made: list[Piece] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            made.append(("same", "".join(old[a:b])))
            continue
        if b > a:
            made.append(("del", "".join(old[a:b])))
        if d > c:
            made.append(("ins", "".join(new[c:d])))
    return made


def compared(old: OfficialDocument, new: OfficialDocument) -> list[tuple[str, list[Piece]]]:
    """Each line of both with its label: (label, pieces); lines that are the same as well."""
    before, after = list(_lines(old)), list(_lines(new))
    made: list[tuple[str, list[Piece]]] = []
    matcher = SequenceMatcher(None, [b[1] for b in before], [a[1] for a in after], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            made += [(label, [("same", text)]) for label, text in after[c:d]]
        else:
            made += _changed(before[a:b], after[c:d])
    return made


def _changed(
    before: Sequence[tuple[str, str]], after: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, list[Piece]]]:
    """Lines that were replaced: those alike are told word by word, in their order."""
    left = list(before)
    for label, text in after:
        scores = [SequenceMatcher(None, old, text, autojunk=False).ratio() for _, old in left]
        best = max(range(len(scores)), key=scores.__getitem__, default=None)
        if best is None or scores[best] < _ALIKE:
            yield label, [("ins", text)]
            continue
        for gone, words in left[:best]:
            yield gone, [("del", words)]
        yield label, word_diff(left[best][1], text)
        left = left[best + 1 :]
    for gone, words in left:
        yield gone, [("del", words)]


def _lines(document: OfficialDocument) -> Iterator[tuple[str, str]]:
    order = {field.key: at for at, field in enumerate(kind_of(document.kind).fields)}
    for key in sorted(document.fields, key=lambda name: (order.get(name, len(order)), name)):
        yield key, document.fields[key].text
    for block, mark in zip(document.body, marks(document.body), strict=True):
        if block.style == "table":
            for row in block.rows:
                yield "표", " | ".join(cell.text for cell in row)
        else:
            yield mark, block.text
    for span in document.attachments:
        yield "붙임", span.text
    for one in document.approvers:
        yield one.role, " ".join(filter(None, (one.post, one.name, one.how, one.signed_on)))
