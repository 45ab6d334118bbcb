"""Documents to units: sentences, items and table rows with their place and passage."""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy import Connection

from mokmin.base.errors import InvalidInput, NotFound, TooLarge
from mokmin.base.formats.model import Block, Locator
from mokmin.base.korean.sentences import sentence_spans
from mokmin.features.tools.model import Pick, Source, Unit
from mokmin.governance.access.model import Principal
from mokmin.governance.access.rules import visible
from mokmin.knowledge.answering.citing import place
from mokmin.knowledge.documents.model import State
from mokmin.knowledge.documents.passages import block_text
from mokmin.knowledge.documents.store import (
    blocks_of,
    documents,
    passages,
    select_documents,
    to_document,
    unpack_vectors,
    versions,
)

MOST_UNITS = 60_000
"""About 3,000 pages in all; beyond it a run is refused with the number."""
MARKER = re.compile(
    r"^\s*(?:\d{1,3}(?:-\d{1,3})?\.(?!\d)|\d{1,3}\)|[가-하][.)](?=\s)|\(\d{1,3}\)|\([가-하]\)|[①-⑳]"
    r"|제\d+조(?:의\d+)?(?:\([^)]{1,60}\))?|[○●◦■□▪▶*ㅇ❍∙·※-](?=\s))\s*"
)
_PREDICATE = re.compile(r"(?:다|함|음|임|됨|요|까)[.?]?$")


@dataclass(frozen=True, slots=True)
class Reading:
    """A document as it was read: units in order, vectors of its passages (one row each)."""

    source: Source
    units: tuple[Unit, ...]
    vectors: NDArray[np.float32]


def sources_of(connection: Connection, principal: Principal, picks: Sequence[Pick]) -> list[Source]:
    """The chosen documents, under the reader's rights. Raises NotFound, InvalidInput."""
    wanted = [pick.document_id for pick in picks]
    query = select_documents(
        sa.and_(visible(principal, documents.c.id), documents.c.id.in_(wanted))
    )
    known = {row.id: to_document(row) for row in connection.execute(query)}
    found: list[Source] = []
    for index, pick in enumerate(picks):
        document = known.get(pick.document_id)
        if document is None:
            raise NotFound(
                "고른 문서 가운데 지워졌거나 볼 권한이 없는 것이 있습니다. 다시 골라 주세요."
            )
        chosen = sa.select(versions.c.id, versions.c.number, versions.c.state).where(
            versions.c.document_id == document.id
        )
        if pick.number is not None:
            chosen = chosen.where(versions.c.number == pick.number)
        else:
            chosen = chosen.where(versions.c.id == document.current_version_id)
        version = connection.execute(chosen).first()
        if version is None or version.state != State.READY:
            raise InvalidInput(
                f"‘{document.title}’은(는) 아직 읽는 중이거나 읽지 못한 문서입니다. "
                "문서고에서 준비된 뒤 다시 해 주세요."
            )
        found.append(
            Source(
                index=index,
                document_id=document.id,
                version_id=version.id,
                number=version.number,
                title=document.title,
                department=document.department,
                kind=document.kind,
                grade=document.grade,
                freshness=document.freshness.value,
                dated_on=document.dated_on,
                effective_on=document.effective_on,
                latest=version.id == document.current_version_id,
            )
        )
    return found


def read(connection: Connection, source: Source) -> Reading:
    """Units and vectors of one version. The caller has checked that it may be read."""
    blocks = blocks_of(connection, source.version_id)
    query = sa.select(passages.c.id, passages.c.start, passages.c.vector).where(
        passages.c.version_id == source.version_id
    )
    rows = connection.execute(query.order_by(passages.c.start)).all()
    vectors = unpack_vectors([row.vector for row in rows]) if rows else np.zeros((0, 1), np.float32)
    cutter = _Cutter(source, [row.start for row in rows], [row.id for row in rows])
    cutter.cut(blocks)
    return Reading(source, tuple(cutter.units), vectors)


def check_size(readings: Sequence[Reading]) -> None:
    """Raises TooLarge when there is more than the tools take at once, InvalidInput for nothing."""
    count = sum(len(reading.units) for reading in readings)
    if count > MOST_UNITS:
        raise TooLarge(
            f"고른 문서가 모두 {count:,}문장입니다. 한 번에 {MOST_UNITS:,}문장(약 3,000쪽)까지 "
            "다룹니다. 문서를 나누어 다시 해 주세요. 문서는 그대로 있습니다."
        )
    if not count:
        raise InvalidInput("고른 문서에 글이 없습니다. 다른 문서를 골라 주세요.")


class _Cutter:
    def __init__(self, source: Source, starts: list[int], ids: list[int]) -> None:
        self.units: list[Unit] = []
        self._source, self._starts, self._ids = source, starts, ids
        self._offset = self._clause = 0
        self._section = ""
        self._fresh = True

    def cut(self, blocks: Sequence[Block]) -> None:
        """All blocks in order."""
        for number, block in enumerate(blocks):
            text = block_text(block)
            following = blocks[number + 1] if number + 1 < len(blocks) else None
            if block.type == "table":
                self._table(block, text)
            elif block.type != "image" and text.strip():
                self._block(block, text, _labels(block, text, following))
            self._offset += len(text) + 1
            self._clause += 1

    def _block(self, block: Block, text: str, label: bool) -> None:
        section = _section(block.locator, self._source.title)
        if section != self._section:
            self._section, self._fresh = section, True
        opening = True
        for start, end in sentence_spans(text):
            sentence = text[start:end]
            if not re.search(r"\w", sentence):
                continue
            kind = "heading" if block.type == "heading" else block.type
            self._add(sentence, kind, block.locator, start, label=label, opening=opening)
            opening = False

    def _table(self, block: Block, text: str) -> None:
        at = 0
        for line in text.split("\n"):
            if line.strip():
                cells = tuple(
                    (head.strip(), value.strip())
                    for head, sep, value in (part.partition(": ") for part in line.split(" · "))
                    if sep
                )
                self._add(line.strip(), "table", block.locator, at, cells=cells)
            at += len(line) + 1

    def _add(
        self,
        text: str,
        kind: str,
        locator: Locator,
        at: int,
        *,
        label: bool = False,
        opening: bool = True,
        cells: tuple[tuple[str, str], ...] = (),
    ) -> None:
        row = bisect.bisect_right(self._starts, self._offset + at) - 1
        row = max(row, 0) if self._ids else -1
        first = self._fresh and kind != "heading" and opening
        if first:
            self._fresh = False
        self.units.append(
            Unit(
                source=self._source.index,
                order=len(self.units),
                text=" ".join(text.split()),
                kind=kind,
                clause=self._clause,
                section=_section(locator, self._source.title),
                place=place(replace(locator, boxes=()), self._source.title),
                passage_id=self._ids[row] if row >= 0 else None,
                vector_row=row,
                first=first,
                label=label or kind == "heading",
                cells=cells,
            )
        )


def _section(locator: Locator, title: str) -> str:
    path = [p for p in locator.section.split(" > ") if p and p != title]
    if locator.article:
        return locator.article
    return path[-1] if path else ""


def _labels(block: Block, text: str, following: Block | None) -> bool:
    """``8. 유의 사항`` above its items: it only names what follows."""
    if block.type == "heading":
        return True
    short = len(text) <= 40 and ":" not in text and not _PREDICATE.search(text.strip())
    if block.type != "list" or following is None or not short:
        return False
    return following.type == "table" or following.level > block.level


def bare(text: str) -> str:
    """A line without the number or mark before it."""
    return MARKER.sub("", text, count=1).strip()
