"""The way to models: switches and limits, and the departments that a model is kept to."""

from __future__ import annotations

from collections.abc import Callable

from mokmin.base.errors import NotFound
from mokmin.governance.access.model import Principal
from mokmin.governance.usage.gate import Gate
from mokmin.governance.usage.limits import Limits
from mokmin.governance.usage.switches import Switches


class ModelGate(Gate):
    """A ``Gate`` at which a model that is kept to other departments is as good as none.

    ``allows``: whether a person may use a model of this name.
    """

    def __init__(
        self, switches: Switches, limits: Limits, allows: Callable[[str, Principal], bool]
    ) -> None:
        super().__init__(switches, limits)
        self._allows = allows

    def allows(self, name: str, principal: Principal) -> bool:
        """Whether a model is there for this person at all, switched on or not."""
        return self._allows(name, principal)

    def model_is_on(self, name: str, principal: Principal) -> bool:
        """Whether this person may ask a model, and it is switched on."""
        return self._allows(name, principal) and super().model_is_on(name, principal)

    def check_model(self, name: str, feature: str, principal: Principal) -> None:
        """Raise NotFound where the model is kept to others; see ``Gate.check_model``."""
        if not self._allows(name, principal):
            raise NotFound(
                f"'{name[:60]}' 모델이 없거나 쓸 수 없습니다. 다른 모델을 골라 주세요.",
                code="model-not-found",
            )
        super().check_model(name, feature, principal)


def allows(gate: Gate | None, name: str, principal: Principal) -> bool:
    """Whether a model is there for this person at all; a gate without departments keeps none away."""
    return not isinstance(gate, ModelGate) or gate.allows(name, principal)
