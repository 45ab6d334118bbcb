"""The way to every use of AI: switches first, then limits."""

from __future__ import annotations

from mokmin.base.errors import RateLimited
from mokmin.governance.access.model import Principal
from mokmin.governance.usage.limits import Limits
from mokmin.governance.usage.switches import MODEL, Switches


class Gate:
    """Asked by every feature that uses AI, before it does."""

    def __init__(self, switches: Switches, limits: Limits) -> None:
        self._switches, self._limits = switches, limits

    def check(self, feature: str, principal: Principal) -> None:
        """Raise Unavailable where the feature is switched off for this person, RateLimited where a limit
        is reached."""
        self._switches.check(feature, principal)
        self._limits.check(principal, feature)

    def is_on(self, feature: str, principal: Principal) -> bool:
        """Whether what is under way may go on; limits are asked at the beginning alone."""
        return self._switches.is_on(feature, principal)

    def model_is_on(self, name: str, principal: Principal) -> bool:
        """Whether a model is switched on for this person."""
        return self._switches.model_is_on(name, principal)

    def check_model(self, name: str, feature: str, principal: Principal) -> None:
        """Raise Unavailable or RateLimited where this model may not be asked now."""
        self._switches.check(MODEL + name, principal)
        if stopped := self._limits.models_stopped(principal, feature):
            raise RateLimited(stopped, code="limit-reached")

    def models_stopped(self, feature: str, principal: Principal) -> str:
        """Why no model is asked now, in a sentence; empty while models may be."""
        return self._limits.models_stopped(principal, feature)
