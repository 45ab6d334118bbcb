"""Storey 2: people, access, privacy, usage, audit."""

from __future__ import annotations

from functools import cached_property

from mokmin import features
from mokmin.app.foundation import Foundation
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.service import PeopleService
from mokmin.governance.people.viewpoints import Viewpoints
from mokmin.governance.usage.switches import Switches


class Governance(Foundation):
    """Who may do what, and what is recorded."""

    @cached_property
    def people(self) -> PeopleService:
        """Accounts and sign-in."""
        return PeopleService(self.db)

    @cached_property
    def audit(self) -> AuditLog:
        """The append-only log."""
        return AuditLog(self.db)

    @cached_property
    def switches(self) -> Switches:
        """AI features and models that may be switched off."""
        return Switches(
            self.db, self.audit, features.AI_FEATURES, lambda: [m.name for m in self.models]
        )

    @cached_property
    def viewpoints(self) -> Viewpoints:
        """Through whose eyes stewards and administrators may look."""
        return Viewpoints(self.db, self.people)
