"""The work of making a disclosure pack out of what was decided.

How much is masked follows the decision. 공개: what the privacy policies for files that leave (내보내기)
mask at the record's grade; 부분공개: all personal information that is found, whatever the policies
allow. What a policy blocks never goes in. A person whom the request names is masked like everybody
else: one's own data are asked for by 개인정보 보호법 제35조, not by a disclosure request.

The original file goes in beside the text where the record is 공개, of grade O, and nothing in its text
had to be masked; pictures and file properties cannot be masked, which the index says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from mokmin.features.records import packing
from mokmin.features.records.activity import DisclosableActivity
from mokmin.governance.access.model import Principal
from mokmin.governance.privacy.masking import mask
from mokmin.governance.privacy.redaction import Purpose, Redactor
from mokmin.governance.records.holds import held, holds_in
from mokmin.governance.records.model import (
    ABSENT,
    DECISION_NAMES,
    KINDS,
    Content,
    Disclosure,
    DisclosureLine,
    Hold,
    Item,
)
from mokmin.governance.records.ports import Disclosable

_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}")
HELD = "보존 조치 중"
NOT_ALL = "원본 없음: 본문에 가린 개인정보가 있음"
AS_IS = "원본 포함: 그림과 문서 속성은 가려지지 않음"


@dataclass
class Made:
    """Files by their name in the pack, and the rows of its index."""

    files: dict[str, bytes | Path] = field(default_factory=dict)
    rows: list[list[str]] = field(default_factory=list)


class PackBuilder:
    """``sources`` by kind."""

    def __init__(self, sources: Mapping[str, Disclosable], redactor: Redactor) -> None:
        self._sources = sources
        self._redactor = redactor

    def build(
        self,
        connection: Connection,
        found: Disclosure,
        maker: Principal | None,
        lines: Sequence[DisclosureLine],
        certificates: Mapping[tuple[str, int], int],
    ) -> Made:
        """Every line, with its record where that is decided and its maker may still have it.
        ``maker``: None once the maker lost the right to make packs."""
        made, holds = Made(), holds_in(connection)
        for n, line in enumerate(lines, start=1):
            content = None
            if maker is not None and line.decision != ABSENT:
                content = self._content(connection, found, maker, line)
            certificate = certificates.get((line.kind, line.item_id)) if content is None else None
            self._add(made, n, line, content, holds, certificate)
        title = f"정보공개 자료 {found.id}"
        made.files["index.html"] = packing.index_page(title, made.rows)
        made.files["index.xlsx"] = packing.index_sheet(made.rows)
        return made

    def _content(
        self, connection: Connection, found: Disclosure, maker: Principal, line: DisclosureLine
    ) -> Content | None:
        source = self._sources[line.kind]
        if isinstance(source, DisclosableActivity):
            return source.between(connection, line.item_id, found.from_on, found.until_on)
        return source.content(connection, maker, line.item_id)

    def _add(
        self,
        made: Made,
        n: int,
        line: DisclosureLine,
        content: Content | None,
        holds: Sequence[Hold],
        certificate: int | None,
    ) -> None:
        name, ground, remarks = "", line.ground, []
        item = Item(line.kind, line.item_id, line.person, line.made_on, line.made_on)
        if held(holds, content.item if content is not None else item):
            remarks.append(HELD)
        if certificate is not None:
            remarks.append(f"처분함 (처분 확인서 {certificate})")
        if content is not None and content.remark:
            remarks.append(content.remark)
        if line.decision in ("open", "part"):
            page = self._masked(content, line.decision) if content is not None else None
            if page is not None and content is not None:
                name = f"records/{n:04d}-{line.kind}-{line.item_id}.html"
                made.files[name] = page[0]
                remarks += self._original(made, n, line, content, whole=page[1])
            elif content is not None:
                ground = ground or "6"
                remarks.append("반출이 막힌 개인정보가 있어 넣지 않음")
            elif certificate is None:
                remarks.append("지금은 없거나 만든 사람이 열람할 수 없음")
        gone = line.decision == ABSENT or certificate is not None
        decision = line.decision if name else ABSENT if gone else "closed"
        made.rows.append(
            [
                str(n),
                KINDS[line.kind].name,
                str(line.item_id),
                line.made_on.isoformat(),
                DECISION_NAMES[decision],
                f"정보공개법 제9조 제1항 제{ground}호" if ground else "",
                self._redactor.apply(line.note, Purpose.EXPORT).text,
                name,
                " · ".join(remarks),
            ]
        )

    @staticmethod
    def _original(
        made: Made, n: int, line: DisclosureLine, content: Content, *, whole: bool
    ) -> list[str]:
        if line.decision != "open" or content.original is None or content.grade != "O":
            return []
        if not whole:
            return [NOT_ALL]
        filename, path = content.original
        ending = Path(filename).suffix
        ending = ending.lower() if _ENDING.fullmatch(ending) else ""
        made.files[f"originals/{n:04d}-{line.kind}-{line.item_id}{ending}"] = path
        return [AS_IS]

    def _masked(self, content: Content, decision: str) -> tuple[bytes, bool] | None:
        """The record as a page, and whether nothing had to be masked; None when policy blocks what is
        in it."""
        if content.item.kind == DisclosableActivity.kind:
            return packing.table_page(content.title, ("때", "한 일"), content.sections), True
        texts = [content.title, *(text for pair in content.sections for text in pair)]
        made = [self._redactor.apply(text, Purpose.EXPORT, content.grade) for text in texts]
        if any(m.blocked for m in made):
            return None
        words = [m.text for m in made]
        if decision == "part":
            words = [mask(text, self._redactor.spans(text)) for text in texts]
        page = packing.page(words[0], list(zip(words[1::2], words[2::2], strict=True)))
        return page, words == texts
