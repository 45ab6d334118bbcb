"""People, rotations, records: what the offices that look after them open."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from mokmin.app.knowledge import Knowledge
from mokmin.features.assistant.attachment_retention import AttachmentHolding
from mokmin.features.assistant.disclosing import DisclosableConversations
from mokmin.features.assistant.handover import SharedConversations
from mokmin.features.assistant.retention import ConversationHolding
from mokmin.features.drafting.disclosing import DisclosableDrafts
from mokmin.features.drafting.handover import DraftsInWork
from mokmin.features.drafting.retention import DraftHolding
from mokmin.features.library.handover import SavedSearches
from mokmin.features.records.activity import DisclosableActivity
from mokmin.features.records.service import DisclosureService
from mokmin.features.tools.disclosing import DisclosableToolRuns
from mokmin.features.tools.retention import ToolRunHolding
from mokmin.features.work_assistants.handover import OwnedAssistants
from mokmin.governance.people.accounts import AccountService
from mokmin.governance.people.groups import GroupService
from mokmin.governance.people.importing import ImportService
from mokmin.governance.people.new_day import NewDay
from mokmin.governance.people.organisation import OrganisationService
from mokmin.governance.people.rotation import RotationService
from mokmin.governance.people.scim import ScimUsers
from mokmin.governance.people.scim_groups import ScimGroups
from mokmin.governance.records.disposal import DisposalService
from mokmin.governance.records.holds import RecordsSchedule
from mokmin.knowledge.answering.handover import StewardDesk
from mokmin.knowledge.documents.disclosing import DisclosableDocuments
from mokmin.knowledge.documents.handover import DocumentLibrary, OwnedDocuments
from mokmin.knowledge.documents.retention import DocumentHolding

if TYPE_CHECKING:
    pass


class Offices(Knowledge):
    """Organisation, accounts, retention, disclosure."""

    @cached_property
    def organisation(self) -> OrganisationService:
        """Departments and their changes."""
        return OrganisationService(self.db, self.audit, DocumentLibrary(), today=self._today)

    @cached_property
    def accounts(self) -> AccountService:
        """Accounts and posts."""
        return AccountService(self.db, self.audit, today=self._today)

    @cached_property
    def free_groups(self) -> GroupService:
        """Groups across departments."""
        return GroupService(self.db, self.audit)

    @cached_property
    def imports(self) -> ImportService:
        """Departments and people from CSV."""
        return ImportService(self.db, self.audit, self.organisation, self.accounts)

    @cached_property
    def rotations(self) -> RotationService:
        """Personnel rotations, with everything that is handed over."""
        holdings = (
            OwnedDocuments(),
            StewardDesk(),
            SharedConversations(),
            SavedSearches(),
            DraftsInWork(),
            OwnedAssistants(),
        )
        return RotationService(self.db, self.audit, DocumentLibrary(), holdings, today=self._today)

    @cached_property
    def scim_users(self) -> ScimUsers:
        """Accounts for the city's identity system."""
        return ScimUsers(self.db, self.audit, self.accounts, self.organisation)

    @cached_property
    def scim_groups(self) -> ScimGroups:
        """Departments and groups for the city's identity system."""
        return ScimGroups(self.db, self.audit, self.organisation, self.free_groups)

    @cached_property
    def new_day(self) -> NewDay:
        """What begins with a day."""
        return NewDay(self.db, self.rotations, self.organisation, today=self._today)

    def _today(self) -> date:
        return self.people.today()

    @cached_property
    def records(self) -> RecordsSchedule:
        """Retention periods and legal holds."""
        return RecordsSchedule(self.db, self.audit)

    @cached_property
    def disposals(self) -> DisposalService:
        """Records that are deleted for good."""
        files = DocumentHolding(self.blobs, self.settings.home / "cache" / "pages")
        holdings = (
            files,
            ConversationHolding(files),
            AttachmentHolding(files),
            ToolRunHolding(),
            DraftHolding(),
        )
        return DisposalService(self.db, self.audit, holdings, self._today)

    @cached_property
    def disclosures(self) -> DisclosureService:
        """What a disclosure request asks for."""
        return DisclosureService(
            self.db,
            self.audit,
            (
                DisclosableDocuments(self.blobs),
                DisclosableConversations(),
                DisclosableToolRuns(),
                DisclosableDrafts(),
                DisclosableActivity(self.audit_reader),
            ),
            self.redactor,
            self.people.principal_of_account,
            self.settings.home / "disclosures",
        )
