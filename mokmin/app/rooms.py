"""Conversations, the library, stewardship, privacy, forms and tools."""

from __future__ import annotations

import importlib
from functools import cached_property
from typing import TYPE_CHECKING

from mokmin.app.offices import Offices
from mokmin.base.files.sources import Known, Limits, RemotePlace, Source
from mokmin.features.assistant.attaching import AttachingService
from mokmin.features.assistant.conversations import ConversationService
from mokmin.features.assistant.folders import FolderService
from mokmin.features.assistant.service import AssistantService
from mokmin.features.assistant.shared_reading import SharedReading
from mokmin.features.assistant.sharing import SharingService
from mokmin.features.assistant.temporary import TemporaryConversations
from mokmin.features.assistant.unanswered import AskedQuestions
from mokmin.features.auditing.activity import ActivityService
from mokmin.features.auditing.service import AuditingService
from mokmin.features.forms.batches import BatchService
from mokmin.features.forms.service import FormService
from mokmin.features.library.service import LibrarySearch
from mokmin.features.privacy.service import PrivacyService
from mokmin.features.stewardship.collecting import CollectionDesk
from mokmin.features.stewardship.documents import DocumentDesk
from mokmin.features.stewardship.homes import Homes
from mokmin.features.stewardship.questions import QuestionDesk
from mokmin.features.stewardship.reaching import Network, Reach
from mokmin.features.stewardship.scanning import Root, read_roots
from mokmin.features.stewardship.service import CuratedDesk
from mokmin.features.stewardship.syncing import FolderSync
from mokmin.features.stewardship.watching import WatchDesk
from mokmin.features.tools.service import ToolService
from mokmin.features.work_assistants.using import AssistantUse
from mokmin.governance.people.sealing import Sealer
from mokmin.governance.privacy.detection import detect
from mokmin.governance.privacy.redaction import Purpose, screened
from mokmin.knowledge.answering.gaps import Gaps
from mokmin.knowledge.documents.rights_audience import Audience

if TYPE_CHECKING:
    pass


class Rooms(Offices):
    """What officials and stewards open around answers and documents."""

    @cached_property
    def assistant_use(self) -> AssistantUse:
        """Assistants of departments, for those who ask them."""
        return AssistantUse(self.db, self.documents, self.collections)

    @cached_property
    def assistant(self) -> AssistantService:
        """Asking."""
        return AssistantService(
            self.answers,
            self.documents,
            self.attached,
            self.conversations,
            screen=lambda question: screened(self.redactor, question),
            unanswered=lambda *noted: self.gaps.note(*noted),
            collections=self.collections,
            assistants=self.assistant_use,
        )

    @cached_property
    def gaps(self) -> Gaps:
        """Questions without an answer."""
        return Gaps(self.db, self.embedder, AskedQuestions())

    @cached_property
    def steward_homes(self) -> Homes:
        """Departments that stewards look after."""
        return Homes(self.db, self.places)

    @cached_property
    def curated_desk(self) -> CuratedDesk:
        """Curated answers under the steward's rights."""
        return CuratedDesk(
            self.db, self.audit, self.curated, self.search, self.steward_homes, self._today
        )

    @cached_property
    def collection_desk(self) -> CollectionDesk:
        """Collections under the steward's rights."""
        return CollectionDesk(
            self.db,
            self.audit,
            self.documents,
            self.collections,
            self.steward_homes,
            self._today,
        )

    @cached_property
    def watched_roots(self) -> tuple[Root, ...]:
        """Folders below which folders may be watched."""
        return read_roots(self.settings.watched_roots)

    @cached_property
    def watch_desk(self) -> WatchDesk:
        """Watched folders under the steward's rights."""
        return WatchDesk(
            self.db,
            self.audit,
            self.steward_homes,
            lambda who, key: self.collection_desk.get(who, key),
            self.source_reach,
        )

    @cached_property
    def source_reach(self) -> Reach:
        """The way to watched folders."""
        hosts = self.settings.sync_allowed

        def connect(place: RemotePlace, limits: Limits, known: Known) -> Source:
            adapter = importlib.import_module("mokmin.adapters.sources.connecting")
            made: Source = adapter.connect(hosts, place, limits, known)
            return made

        sealer = Sealer(self.settings.home / "keys" / "sources")
        network = Network(hosts, connect, sealer, self.settings.sync_max_gb * 2**30)
        return Reach(self.steward_homes, self.watched_roots, network, self.documents.max_bytes)

    @cached_property
    def folder_sync(self) -> FolderSync:
        """Runs over watched folders."""
        return FolderSync(
            self.db, self.audit, self.documents, lambda: self.people, self.source_reach.source
        )

    @cached_property
    def document_desk(self) -> DocumentDesk:
        """Documents that stewards should look at."""
        return DocumentDesk(
            self.db,
            self.documents,
            self.search,
            self.leaning,
            self.collections,
            self.steward_homes,
            self.analyser,
            self._today,
        )

    @cached_property
    def question_desk(self) -> QuestionDesk:
        """Questions without an answer, in groups."""
        return QuestionDesk(
            self.db,
            self.audit,
            self.gaps,
            self.reviews,
            self.steward_homes,
            self.analyser,
            self.redactor.masker(Purpose.LOG),
        )

    @cached_property
    def conversations(self) -> ConversationService:
        """Conversations, stored and temporary."""
        return ConversationService(
            self.db,
            self.audit,
            self.reviews,
            self.attached,
            TemporaryConversations(),
            rated=self.assistant_use.rated,
        )

    @cached_property
    def attaching(self) -> AttachingService:
        """Files attached to conversations."""
        return AttachingService(self.conversations, self.attached)

    @cached_property
    def auditing(self) -> AuditingService:
        """The audit log for auditors."""
        return AuditingService(self.db, self.audit, self.audit_reader)

    @cached_property
    def activity(self) -> ActivityService:
        """What people did with AI, for themselves."""
        return ActivityService(
            self.db,
            self.audit,
            self.audit_reader,
            lambda who: {c.id: c.title for c in self.conversations.recent(who, limit=1_000)},
        )

    @cached_property
    def folders(self) -> FolderService:
        """Folders and pins of conversations."""
        return FolderService(self.db)

    @cached_property
    def sharing(self) -> SharingService:
        """Conversations shared read-only."""
        return SharingService(self.db, self.audit)

    @cached_property
    def shared(self) -> SharedReading:
        """What colleagues share."""
        return SharedReading(self.db, self.audit, mask=self.redactor.graded_masker(Purpose.SHARE))

    @cached_property
    def library_search(self) -> LibrarySearch:
        """The search page."""
        return LibrarySearch(
            self.db,
            self.search,
            self.documents,
            self.analyser,
            self.audit,
            gate=self.gate,
            mask=self.redactor.graded_masker(Purpose.DISPLAY),
            collections=self.collections,
        )

    @cached_property
    def privacy(self) -> PrivacyService:
        """The privacy officer's desk."""
        return PrivacyService(
            self.db,
            self.audit,
            self.documents,
            self.document_masking,
            self.privacy_rules,
            self.privacy_scan,
        )

    @cached_property
    def forms(self) -> FormService:
        """The library of HWPX forms."""
        return FormService(self.db, self.blobs, self.audit, Audience(self.db, self.people))

    @cached_property
    def form_batches(self) -> BatchService:
        """Forms for whole lists of recipients."""
        return BatchService(
            self.db,
            self.audit,
            self.forms,
            self.settings.home / "forms",
            lambda text: bool(detect(text)),
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
            redact=self.redactor.masker(Purpose.MODEL),
            check=lambda who: self.gate.check("tools", who),
            model_is_on=self.gate.model_is_on,
            models_stopped=lambda who: self.gate.models_stopped("tools", who),
            mask=self.redactor.graded_masker(Purpose.ANSWER),
            mask_export=self.redactor.graded_masker(Purpose.EXPORT),
            prompts=self.prompts,
        )
