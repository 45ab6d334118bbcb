"""What the writers take: a document of blocks with numbered notes, free of any file format."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mokmin.base.formats.ai_label import VISIBLE, AiLabel
from mokmin.base.formats.model import Block

_HOSTILE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Footnote:
    """One cited source; ``number`` is the ``[n]`` that the text carries."""

    number: int
    title: str
    place: str = ""
    date: str = ""
    grade: str = ""
    quote: str = ""

    @property
    def text(self) -> str:
        """The note in one line: title, place, date, grade, then the quoted words."""
        head = ", ".join(part for part in (self.title, self.place, self.date, self.grade) if part)
        return " ".join((f"{head}: “{self.quote}”" if self.quote else head).split())


@dataclass(frozen=True, slots=True)
class OutputDocument:
    """A document to write; ``grade`` is its security mark, empty where it has none; with a ``label`` the
    file also tells programs that AI made it, and who took it over."""

    title: str
    blocks: tuple[Block, ...]
    footnotes: tuple[Footnote, ...] = ()
    grade: str = ""
    label: AiLabel | None = None

    @property
    def label_line(self) -> str:
        """What a reader sees of the label."""
        return self.label.line if self.label else VISIBLE

    @property
    def label_fields(self) -> dict[str, str]:
        """What programs see of the label."""
        return self.label.fields if self.label else {"ai-generated": "true"}


def clean(text: str) -> str:
    """Return ``text`` without the characters that XML 1.0 cannot hold."""
    return _HOSTILE.sub("", text)
