"""What may go where: personal information allowed, masked or blocked by purpose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from mokmin.base.errors import InvalidInput
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

    DISPLAY = "display"
    """The viewer and the lists of what was found, for those who may read the document."""
    QUESTION = "question"
    """What a person types, as it is kept in the conversation."""
    MODEL = "model"
    ANSWER = "answer"
    SHARE = "share"
    EXPORT = "export"
    CITIZEN = "citizen"
    LOG = "log"


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


class Rules(Protocol):
    """What an installation decided; see ``policies.PrivacyRules``."""

    def policy(self, purpose: Purpose, grade: str | None, /) -> Policy:
        """The policy for what holds a grade; None: unknown, the strictest of all."""
        ...

    def official_phones(self) -> tuple[str, ...]:
        """Beginnings of numbers that are the city's own."""
        ...

    def excluded(self, kind: str, value: str, document_kind: str, /) -> bool:
        """Whether people said that this is no personal information."""
        ...


class FixedRules:
    """Policies by purpose alone, and no exclusions."""

    def __init__(self, policies: Mapping[Purpose, Policy], official: tuple[str, ...]) -> None:
        self._policies = dict(policies)
        self._official = OFFICIAL_PHONES + official

    def policy(self, purpose: Purpose, _grade: str | None, /) -> Policy:
        """See ``Rules.policy``."""
        return self._policies.get(purpose, Policy())

    def official_phones(self) -> tuple[str, ...]:
        """See ``Rules.official_phones``."""
        return self._official

    def excluded(self, _kind: str, _value: str, _document_kind: str, /) -> bool:
        """See ``Rules.excluded``."""
        return False


class Redactor:
    """Detection and masking under policies; safe to share between threads."""

    def __init__(
        self,
        policies: Mapping[Purpose, Policy] = DEFAULT_POLICIES,
        official_phones: tuple[str, ...] = (),
        *,
        rules: Rules | None = None,
    ) -> None:
        self._rules = rules or FixedRules(policies, official_phones)

    def spans(self, text: str, document_kind: str = "") -> tuple[Span, ...]:
        """Personal information in ``text`` without what is excluded."""
        found = detect(text, self._rules.official_phones())
        return tuple(s for s in found if not self._rules.excluded(s.type, s.text, document_kind))

    def action(self, purpose: Purpose, grade: str | None, kind: str) -> Action:
        """What happens to a type."""
        return self._rules.policy(purpose, grade).action(kind)

    def apply(self, text: str, purpose: Purpose, grade: str | None = None) -> Redaction:
        """``text`` of a grade for ``purpose``. Blocked spans are masked too, but the text must not be
        sent."""
        policy = self._rules.policy(purpose, grade)
        hidden, blocked = [], []
        for span in self.spans(text):
            action = policy.action(span.type)
            if action is Action.BLOCK:
                blocked.append(span)
            elif action is Action.MASK:
                hidden.append(span)
        spans = sorted([*hidden, *blocked], key=lambda s: s.start)
        return Redaction(mask(text, spans), tuple(hidden), tuple(blocked))

    def masker(self, purpose: Purpose) -> Callable[[str], str]:
        """A function that masks a text for ``purpose``, of whatever grade."""
        return lambda text: self.apply(text, purpose).text

    def graded_masker(self, purpose: Purpose) -> Callable[[str, str], str]:
        """A function that masks a text of a grade for ``purpose``."""
        return lambda text, grade: self.apply(text, purpose, grade).text


def screened(redactor: Redactor, question: str) -> str:
    """A question as it may be sent and kept. Raises InvalidInput when policy blocks what is in it."""
    made = redactor.apply(question, Purpose.QUESTION)
    if made.blocked:
        what = Redaction("", (), made.blocked).sentence()
        raise InvalidInput(
            f"질문에 적으면 안 되는 개인정보가 있습니다({what}). 지우고 다시 물어 주세요. 보내거나 저장하지 않았습니다.",
            code="personal-data",
        )
    return made.text


def redact_for_model(text: str) -> tuple[str, int]:
    """``text`` as an endpoint without clearance for personal data may see it, and the spans masked."""
    spans = detect(text)
    return mask(text, spans), len(spans)
