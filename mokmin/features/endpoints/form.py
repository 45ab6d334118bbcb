"""The form of an endpoint as it is sent: what is wrong with it is said in words."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from mokmin.base.errors import InvalidInput
from mokmin.base.llm.ports import ModelProfile
from mokmin.features.endpoints import present
from mokmin.governance.endpoints.model import KINDS
from mokmin.governance.endpoints.model import Form as EndpointForm


class Sent(BaseModel):
    """All of it text, so that no framework complains first."""

    kind: str = ""
    name: str = ""
    base_url: str = ""
    model: str = ""
    key: str = ""
    drop_key: str = ""
    grade: str = ""
    timeout_seconds: str = ""
    fallback_order: str = ""
    weight: str = ""
    context_tokens: str = ""
    won_in: str = ""
    won_out: str = ""
    won_per_hour: str = ""
    watts: str = ""
    abilities: list[str] = []
    departments: list[str] = []

    def read(self) -> EndpointForm:
        """What was meant. Raises InvalidInput."""
        if self.kind not in KINDS:
            raise InvalidInput("모델의 종류를 목록에서 골라 주세요.")
        profile = ModelProfile(
            context_tokens=_whole(self.context_tokens, "문맥 길이"),
            won_in=_number(self.won_in or "0", "넣는 값"),
            won_out=_number(self.won_out or "0", "나오는 값"),
            won_per_hour=_number(self.won_per_hour or "0", "시간당 값"),
            watts=_number(self.watts or "0", "전력"),
            **{name: name in self.abilities for name in present.ABILITIES},
        )
        return EndpointForm(
            self.kind,
            self.name,
            self.base_url,
            self.model,
            self.grade,
            _number(self.timeout_seconds, "기다리는 시간"),
            _whole(self.fallback_order, "묻는 차례"),
            _whole(self.weight, "비중"),
            profile,
            ids_of(self.departments),
        )

    def again(self) -> dict[str, Any]:
        """The form to be filled in once more; the key is not sent back."""
        return self.model_dump(exclude={"key", "drop_key"})


def _number(text: str, what: str) -> float:
    """A number of a form. Raises InvalidInput."""
    plain = text.replace(",", "").strip()
    try:
        if len(plain) > 20 or not plain.isascii() or "_" in plain:
            raise ValueError(plain)
        return float(plain)
    except ValueError as error:
        raise InvalidInput(f"‘{what}’은(는) 수로 적어 주세요. 예: 1,500") from error


def _whole(text: str, what: str) -> int:
    """A whole number of a form. Raises InvalidInput."""
    number = _number(text, what)
    if not number.is_integer() or abs(number) > 1e9:
        raise InvalidInput(f"‘{what}’은(는) 정수로 적어 주세요. 예: 100")
    return int(number)


def ids_of(texts: list[str]) -> tuple[int, ...]:
    """Departments of a form. Raises InvalidInput."""
    if not all(t.isascii() and t.isdecimal() and len(t) < 10 for t in texts):
        raise InvalidInput("부서를 목록에서 골라 주세요.")
    return tuple(int(t) for t in texts)
