"""What the forms hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mokmin.base.formats.hwpx_form_model import FormField

TemplateState = Literal["draft", "published", "retired"]
BatchState = Literal["checking", "queued", "running", "done", "failed", "cancelled"]
TEMPLATE_STATES: dict[str, str] = {
    "draft": "준비 중",
    "published": "쓰는 중",
    "retired": "쓰지 않음",
}
BATCH_STATES: dict[str, str] = {
    "checking": "확인 중", "queued": "차례를 기다림", "running": "만드는 중", "done": "다 됨",
    "failed": "멈춤", "cancelled": "그만둠",
}  # fmt: skip
MOST_ROWS = 2_000
KEPT_DAYS = 7
PATTERN = "{{순번}}"
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]')
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)")


@dataclass(frozen=True, slots=True)
class FieldUse:
    """How a field of the form is used: ``name`` is the fact or column that fills it (several fields may
    share one), ``used`` is false for what stays blank."""

    key: str
    name: str
    label: str
    required: bool = False
    default: str = ""
    used: bool = True


@dataclass(frozen=True, slots=True)
class Template:
    """A form of the library in its newest version."""

    id: int
    name: str
    about: str
    state: TemplateState
    grade: str
    department_id: int | None
    department: str
    version_id: int
    version: int
    blob: str
    file_name: str
    fields: tuple[FormField, ...]
    uses: tuple[FieldUse, ...]
    updated_at: datetime
    may_manage: bool

    @property
    def used(self) -> tuple[tuple[FormField, FieldUse], ...]:
        """The fields that are filled, with their use."""
        return tuple(pair for pair in zip(self.fields, self.uses, strict=True) if pair[1].used)

    @property
    def names(self) -> tuple[str, ...]:
        """What fills them, each once."""
        return tuple(dict.fromkeys(use.name for _, use in self.used))


@dataclass(frozen=True, slots=True)
class Version:
    """One edition of a form's file."""

    number: int
    file_name: str
    fields: int
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """One form for many recipients. Its rows and files lie in a folder of its own and go after
    ``KEPT_DAYS``."""

    id: int
    template_id: int
    edition_id: int
    user_id: int
    name: str
    state: BatchState
    grade: str
    pattern: str
    total: int
    made: int
    wrong: int
    error: str
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with a row (its number in the sheet). ``stops``: no file is made of it."""

    row: int
    message: str
    stops: bool


def folded(name: str) -> str:
    """A column's name for comparison."""
    return re.sub(r"[\s·ㆍ_()\[\]{}/:*-]+", "", name).casefold()


def file_name(pattern: str, number: int, values: Mapping[str, str]) -> str:
    """The name of a recipient's file without its extension: safe on every system."""
    known = {folded(name): value for name, value in values.items()} | {"순번": f"{number:03d}"}

    def put(found: re.Match[str]) -> str:
        return known.get(folded(found[1]), "")

    text = re.sub(r"\{\{\s*([^{}]{1,60}?)\s*\}\}", put, pattern)
    text = re.sub(r"\s+", " ", _UNSAFE.sub("_", text)).strip(" .")[:80].strip(" .")
    if not text or _RESERVED.match(text):
        return f"{number:03d}_{text}".strip("_")
    return text
