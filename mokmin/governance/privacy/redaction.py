"""What may go where: personal information allowed, masked or blocked by purpose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from mokmin.governance.privacy.detection import OFFICIAL_PHONES, detect
from mokmin.governance.privacy.masking import mask
from mokmin.governance.privacy.model import TYPES, Span


class Action(StrEnum):
    """What happens to personal information of a type."""

    ALLOW = "allow"
    MASK = "mask"
    BLOCK = "block"


class Purpose(StrEnum):
    """Where a text is going."""

    MODEL = "model"
    LOG = "log"
    EXPORT = "export"
    CITIZEN = "citizen"


@dataclass(frozen=True, slots=True)
class Policy:
    """The action for each type (``default`` where ``actions`` names none)."""

    default: Action = Action.MASK
    actions: Mapping[str, Action] = field(default_factory=lambda: MappingProxyType({}))

    def action(self, kind: str) -> Action:
        """The action for a type of :data:`~mokmin.governance.privacy.model.TYPES`."""
        return self.actions.get(kind, self.default)


@dataclass(frozen=True, slots=True)
class Redaction:
    """A text made fit for a purpose. ``counts`` (by type) may be logged, ``text`` may not."""

    text: str
    masked: tuple[Span, ...]
    blocked: tuple[Span, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many spans of each type were masked or blocked."""
        return dict(Counter(span.type for span in (*self.masked, *self.blocked)))

    def sentence(self) -> str:
        """What was found, for the user: ``주민등록번호 1건, 이름 2건`` (empty for nothing)."""
        return ", ".join(f"{TYPES[kind]} {n}건" for kind, n in sorted(self.counts.items()))


# A log never carries anything; the others mask until a policy says otherwise.
DEFAULT_POLICIES: Mapping[Purpose, Policy] = MappingProxyType({p: Policy() for p in Purpose})


class Redactor:
    """Detection and masking under policies; safe to share between threads."""

    def __init__(
        self,
        policies: Mapping[Purpose, Policy] = DEFAULT_POLICIES,
        official_phones: tuple[str, ...] = (),
    ) -> None:
        self._policies = dict(policies)
        self._official = OFFICIAL_PHONES + official_phones

    def apply(self, text: str, purpose: Purpose) -> Redaction:
        """``text`` for ``purpose``. Blocked spans are masked too, but the text must not be sent."""
        policy = self._policies.get(purpose, Policy())
        hidden, blocked = [], []
        for span in detect(text, self._official):
            action = policy.action(span.type)
            if action is Action.BLOCK:
                blocked.append(span)
            elif action is Action.MASK:
                hidden.append(span)
        spans = sorted([*hidden, *blocked], key=lambda s: s.start)
        return Redaction(mask(text, spans), tuple(hidden), tuple(blocked))

    def masker(self, purpose: Purpose) -> Callable[[str], str]:
        """A function that masks a text for ``purpose``."""
        return lambda text: self.apply(text, purpose).text


def redact_for_model(text: str) -> tuple[str, int]:
    """``text`` as an endpoint without clearance for personal data may see it, and the spans masked."""
    spans = detect(text)
    return mask(text, spans), len(spans)
