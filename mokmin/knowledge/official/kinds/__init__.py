"""Kinds of official documents, by their keys and by the other names that callers use."""

from __future__ import annotations

from mokmin.base.errors import NotFound
from mokmin.knowledge.official.facts import folded
from mokmin.knowledge.official.kinds.civil import DISCLOSURE, NOTICE, REPLY
from mokmin.knowledge.official.kinds.letters import BRIEF, DECISION, LETTER, MEMO
from mokmin.knowledge.official.kinds.model import Kind
from mokmin.knowledge.official.kinds.office import HANDOVER, MINUTES
from mokmin.knowledge.official.kinds.press import PRESS, SPEECH
from mokmin.knowledge.official.kinds.reports import ONE_PAGE, PLAN, REPORT

KINDS: tuple[Kind, ...] = (
    LETTER, MEMO, DECISION, BRIEF, REPORT, PLAN, ONE_PAGE, PRESS, SPEECH, MINUTES, REPLY, DISCLOSURE,
    NOTICE, HANDOVER,
)  # fmt: skip
_BY_NAME = {folded(name): kind for kind in KINDS for name in (kind.key, kind.name, *kind.aliases)}


def kind_of(name: str) -> Kind:
    """The kind of that key or name. Raises NotFound that lists the names."""
    found = _BY_NAME.get(folded(name))
    if found is None:
        known = ", ".join(f"{kind.name}({kind.key})" for kind in KINDS)
        raise NotFound(f"'{name}'(이)라는 문서 종류는 없습니다. 쓸 수 있는 종류: {known}")
    return found
