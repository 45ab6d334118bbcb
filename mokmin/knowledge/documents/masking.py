"""A document as it may be shown: places with personal information masked by policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mokmin.base.db import Database
from mokmin.base.formats.model import Block, Cell
from mokmin.governance.privacy.findings import (
    HIDDEN,
    Intake,
    Place,
    joined,
    places_of,
    starts_of,
)
from mokmin.governance.privacy.masking import masked
from mokmin.governance.privacy.redaction import Action, Purpose, Redactor
from mokmin.knowledge.documents.passages import block_text

Blocks = tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """Blocks with what policy hides masked; ``hidden``: how many places that are."""

    blocks: Blocks
    hidden: int


class DocumentMasking:
    """Masks a version's blocks by its findings; by looking through it now, when nobody did yet."""

    def __init__(self, db: Database, intake: Intake, redactor: Redactor) -> None:
        self._db = db
        self._intake = intake
        self._redactor = redactor

    def shown(self, version_id: int, blocks: Blocks, grade: str, kind: str) -> Shown:
        """The blocks for a reader of the document."""
        hidden = [
            place
            for place in self.places(version_id, blocks, kind)
            if place.state in HIDDEN
            and self._redactor.action(Purpose.DISPLAY, grade, place.type) is not Action.ALLOW
        ]
        return Shown(masked_blocks(blocks, hidden), len(hidden))

    def places(self, version_id: int, blocks: Blocks, kind: str) -> tuple[Place, ...]:
        """Where personal information stands in a version, whatever the policy."""
        with self._db.read() as connection:
            known = places_of(connection, version_id)
        if known is not None:
            return known
        return self._intake.find([block_text(block) for block in blocks], kind).places


def masked_blocks(blocks: Blocks, places: Sequence[Place]) -> Blocks:
    """Blocks with places masked; tables cell by cell."""
    if not places:
        return blocks
    texts = [block_text(block) for block in blocks]
    whole, begins = joined(texts), starts_of(texts)
    made = list(blocks)
    for n, (block, begin, text) in enumerate(zip(blocks, begins, texts, strict=True)):
        inside = [p for p in places if p.start < begin + len(text) and p.end > begin]
        if not inside:
            continue
        if block.type == "table" and block.rows:
            values = [(p.type, whole[p.start : p.end]) for p in inside]
            rows = tuple(tuple(_cell(cell, values) for cell in row) for row in block.rows)
            made[n] = replace(block, rows=rows)
        else:
            made[n] = replace(block, text=_cut(text, begin, inside, whole))
    return tuple(made)


def _cut(text: str, begin: int, places: Sequence[Place], whole: str) -> str:
    spans = []
    for place in places:
        start, end = max(0, place.start - begin), min(len(text), place.end - begin)
        hidden = masked(place.type, whole[place.start : place.end])
        if end - start < place.end - place.start:  # runs over the end of the block
            hidden = "○" * (end - start)
        spans.append((start, end, hidden))
    parts, at = [], 0
    for start, end, hidden in sorted(spans):
        if start < at:
            continue
        parts += [text[at:start], hidden]
        at = end
    return "".join([*parts, text[at:]])


def _cell(cell: Cell, values: Sequence[tuple[str, str]]) -> Cell:
    """A cell without the values; of one that runs over several cells, its pieces."""
    text = cell.text
    for kind, value in values:
        if value in text:
            text = text.replace(value, masked(kind, value))
            continue
        for piece in value.split("\n"):
            for word in piece.split(" "):
                if len(word) > 1 and word in text:
                    text = text.replace(word, "○" * len(word))
    return cell if text == cell.text else replace(cell, text=text)
