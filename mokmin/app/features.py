"""Storey 4: the features' services."""

from __future__ import annotations

from functools import cached_property

from mokmin.app.knowledge import Knowledge
from mokmin.features.assistant.folders import FolderService
from mokmin.features.assistant.service import AssistantService
from mokmin.features.assistant.sharing import SharingService
from mokmin.features.library.service import LibrarySearch
from mokmin.features.tools.service import ToolService
from mokmin.governance.privacy.redaction import Purpose, Redactor


class Features(Knowledge):
    """What people open."""

    @cached_property
    def assistant(self) -> AssistantService:
        """Conversations."""
        return AssistantService(self.db, self.answers, self.documents, self.audit, self.reviews)

    @cached_property
    def folders(self) -> FolderService:
        """Folders and pins of conversations."""
        return FolderService(self.db)

    @cached_property
    def sharing(self) -> SharingService:
        """Conversations shared read-only."""
        return SharingService(self.db, self.audit)

    @cached_property
    def library_search(self) -> LibrarySearch:
        """The search page."""
        return LibrarySearch(
            self.db, self.search, self.documents, self.analyser, self.audit, switches=self.switches
        )

    @cached_property
    def tools(self) -> ToolService:
        """Tools on documents."""
        return ToolService(
            self.db,
            self.audit,
            lambda: self.verifier,
            self.people.department_names,
            self.models,
            redact=Redactor().masker(Purpose.MODEL),
            check=lambda: self.switches.check("tools"),
            model_is_on=self.switches.model_is_on,
        )
