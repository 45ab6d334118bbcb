"""Storey 4: the features' services."""

from __future__ import annotations

import importlib
from datetime import date
from functools import cache, cached_property
from typing import TYPE_CHECKING

from mokmin.app.knowledge import Knowledge, shipped_questions
from mokmin.base.files.sources import Known, Limits, RemotePlace, Source
from mokmin.base.llm.ports import ChatModel
from mokmin.features.account import telling as tokens_telling
from mokmin.features.assistant import telling as shares_telling
from mokmin.features.assistant.attaching import AttachingService
from mokmin.features.assistant.attachment_retention import AttachmentHolding
from mokmin.features.assistant.conversations import ConversationService
from mokmin.features.assistant.disclosing import DisclosableConversations
from mokmin.features.assistant.folders import FolderService
from mokmin.features.assistant.handover import SharedConversations
from mokmin.features.assistant.retention import ConversationHolding
from mokmin.features.assistant.service import AssistantService
from mokmin.features.assistant.shared_reading import SharedReading
from mokmin.features.assistant.sharing import SharingService
from mokmin.features.assistant.temporary import TemporaryConversations
from mokmin.features.assistant.unanswered import AskedQuestions
from mokmin.features.auditing.activity import ActivityService
from mokmin.features.auditing.service import AuditingService
from mokmin.features.curation import telling as reviews_telling
from mokmin.features.drafting import api as drafting_api
from mokmin.features.drafting import telling as drafting_telling
from mokmin.features.drafting.comments import CommentService
from mokmin.features.drafting.disclosing import DisclosableDrafts
from mokmin.features.drafting.flow import FlowService
from mokmin.features.drafting.handover import DraftsInWork
from mokmin.features.drafting.model import Draft
from mokmin.features.drafting.opining import OpinionService
from mokmin.features.drafting.retention import DraftHolding
from mokmin.features.drafting.reviewing import ReviewService
from mokmin.features.drafting.service import DraftingService
from mokmin.features.drafting.suggesting import SuggestionService
from mokmin.features.drafting.writers import WriterService
from mokmin.features.endpoints.service import ComparisonService
from mokmin.features.forms.batches import BatchService
from mokmin.features.forms.service import FormService
from mokmin.features.gateway.assistants import AssistantModels
from mokmin.features.gateway.service import GatewayService
from mokmin.features.know_how import telling as know_how_telling
from mokmin.features.know_how.board import board
from mokmin.features.know_how.model import Board
from mokmin.features.know_how.service import KnowHowService
from mokmin.features.library import telling as uploads_telling
from mokmin.features.library.handover import SavedSearches
from mokmin.features.library.service import LibrarySearch
from mokmin.features.notices.service import NoticeService, Send
from mokmin.features.privacy.service import PrivacyService
from mokmin.features.prompts.service import Means, PromptTrials
from mokmin.features.records.activity import DisclosableActivity
from mokmin.features.records.service import DisclosureService
from mokmin.features.stewardship import telling as folders_telling
from mokmin.features.stewardship.collecting import CollectionDesk
from mokmin.features.stewardship.documents import DocumentDesk
from mokmin.features.stewardship.homes import Homes
from mokmin.features.stewardship.questions import QuestionDesk
from mokmin.features.stewardship.reaching import Network, Reach
from mokmin.features.stewardship.scanning import Root, read_roots
from mokmin.features.stewardship.service import CuratedDesk
from mokmin.features.stewardship.syncing import FolderSync
from mokmin.features.stewardship.watching import WatchDesk
from mokmin.features.tools.disclosing import DisclosableToolRuns
from mokmin.features.tools.retention import ToolRunHolding
from mokmin.features.tools.service import ToolService
from mokmin.features.usage import weekly
from mokmin.features.webhooks.service import Sender, WebhookService
from mokmin.features.work_assistants import telling as assistants_telling
from mokmin.features.work_assistants.bench import TestBench
from mokmin.features.work_assistants.embedding import EmbedService
from mokmin.features.work_assistants.handover import OwnedAssistants
from mokmin.features.work_assistants.service import WorkAssistantService
from mokmin.features.work_assistants.using import AssistantUse
from mokmin.governance.access.model import Principal
from mokmin.governance.audit.model_calls import RecordedModel
from mokmin.governance.endpoints.pool import routed
from mokmin.governance.people.accounts import AccountService
from mokmin.governance.people.groups import GroupService
from mokmin.governance.people.importing import ImportService
from mokmin.governance.people.new_day import NewDay
from mokmin.governance.people.organisation import OrganisationService
from mokmin.governance.people.rotation import RotationService
from mokmin.governance.people.scim import ScimUsers
from mokmin.governance.people.scim_groups import ScimGroups
from mokmin.governance.people.sealing import Sealer
from mokmin.governance.privacy.detection import detect
from mokmin.governance.privacy.redaction import Purpose, screened
from mokmin.governance.records.disposal import DisposalService
from mokmin.governance.records.holds import RecordsSchedule
from mokmin.knowledge.answering.asking import tokens
from mokmin.knowledge.answering.gaps import Gaps
from mokmin.knowledge.answering.handover import StewardDesk
from mokmin.knowledge.documents.disclosing import DisclosableDocuments
from mokmin.knowledge.documents.handover import DocumentLibrary, OwnedDocuments
from mokmin.knowledge.documents.retention import DocumentHolding
from mokmin.knowledge.documents.rights_audience import Audience
from mokmin.knowledge.official.checks.library import LibraryLaws
from mokmin.knowledge.official.checks.model import Context
from mokmin.knowledge.official.opinions import OpinionReader
from mokmin.knowledge.official.prose import ProseWriter
from mokmin.knowledge.search.model import Hit, SearchFilters

if TYPE_CHECKING:
    from mokmin.features.gateway.mcp_tools import McpTools


class Features(Knowledge):
    """What people open. ``agency_name``: the agency of drafts where no setting names it."""

    agency_name = ""

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

    @cached_property
    def drafting(self) -> DraftingService:
        """Drafts of official documents."""
        return DraftingService(
            self.db,
            self.audit,
            self.documents,
            lambda: self.settings.agency or self.agency_name,
            self._today,
        )

    @cached_property
    def draft_flow(self) -> FlowService:
        """Decision lines."""
        return FlowService(self.db, self.audit, self.drafting)

    @cached_property
    def draft_writers(self) -> WriterService:
        """Who writes a draft along."""
        return WriterService(self.db, self.audit, self.drafting)

    @cached_property
    def draft_comments(self) -> CommentService:
        """Comments on drafts."""
        return CommentService(self.db, self.audit, self.drafting)

    @cached_property
    def draft_review(self) -> ReviewService:
        """The reviewer of drafts."""
        return ReviewService(self.drafting, self._draft_context)

    def _draft_context(
        self, principal: Principal, draft: Draft, required: tuple[str, ...]
    ) -> Context:
        return Context(
            today=self._today(),
            laws=LibraryLaws(self.db, principal),
            detect=detect,
            grade=draft.grade,
            required=required,
            departments=tuple(self.people.department_names()),
        )

    def _draft_models(self, principal: Principal, grade: str) -> list[ChatModel]:
        """The endpoints that write for a person now, every call on the log."""
        return [
            RecordedModel(m, self.audit, principal, purpose="draft", grade=grade, count=tokens)
            for m in routed(self.models)
            if self.gate.model_is_on(m.name, principal)
            and not self.gate.models_stopped("drafting", principal)
        ]

    @cached_property
    def draft_opinions(self) -> OpinionService:
        """The reviewer's part that needs a model."""
        return OpinionService(
            self.audit,
            self.drafting,
            OpinionReader(self.redactor.masker(Purpose.MODEL), self.prompts),
            self._draft_models,
            lambda who: self.gate.check("drafting", who),
        )

    @cached_property
    def suggestions(self) -> SuggestionService:
        """Paragraphs of drafts in other words."""

        def provision(principal: Principal, text: str) -> Hit | None:
            laws = SearchFilters(kinds=("법령",))
            hits = self.search.search(principal, text[:400], top=3, filters=laws).hits
            return next((h for h in hits if h.locator.article), None)

        return SuggestionService(
            self.db,
            self.audit,
            self.drafting,
            ProseWriter(lambda: self.verifier, self.redactor.masker(Purpose.MODEL), self.prompts),
            self._draft_models,
            provision,
            lambda draft: Context(today=self._today(), grade=draft.grade),
            check=lambda who: self.gate.check("drafting", who),
        )

    @cached_property
    def prompt_trials(self) -> PromptTrials:
        """Prompts and guardrails, tried."""
        means = Means(
            self.answers_with, lambda: self.models, self.gate, self.redactor.masker(Purpose.MODEL)
        )
        return PromptTrials(self.prompt_desk, self.prompts, self.audit, means)

    @property
    def trial_questions(self) -> list[str]:
        """Development questions to try an edit with."""
        return [text for text, _files in shipped_questions()]

    @cached_property
    def comparisons(self) -> ComparisonService:
        """Answers of several models beside each other."""
        return ComparisonService(
            self.db,
            self.audit,
            self.answers,
            screen=lambda question: screened(self.redactor, question),
        )

    @cached_property
    def know_how(self) -> KnowHowService:
        """What staff share with each other."""
        return KnowHowService(
            self.db,
            self.audit,
            Audience(self.db, self.people),
            self.analyser,
            lambda text: bool(detect(text)),
            self._today,
        )

    def week_of_know_how(self, principal: Principal) -> Board:
        """The board of the week."""
        return board(self.db, principal, self._today())

    @cached_property
    def webhooks(self) -> WebhookService:
        """Other systems told of what happened."""
        hosts = self.settings.allowed_hosts

        @cache
        def sender() -> Sender:
            made: Sender = importlib.import_module("mokmin.adapters.webhooks.http").HttpSender(
                hosts
            )
            return made

        return WebhookService(
            self.db,
            self.audit,
            Sealer(self.settings.home / "keys" / "webhooks"),
            lambda url, body, headers: sender()(url, body, headers),
            hosts.check,
        )

    @cached_property
    def weekly_reports(self) -> weekly.WeeklyReports:
        """The report of use, once a week."""
        return weekly.WeeklyReports(
            self.db,
            self.audit,
            self.usage,
            self.people.principal,
            self.drafting.office,
            lambda: {feature.key: feature.name for feature in self.ai_features},
        )

    @cached_property
    def notices(self) -> NoticeService:
        """What concerns a person, in the app and by e-mail."""
        settings = self.settings

        @cache
        def sender() -> Send:
            made: Send = importlib.import_module("mokmin.adapters.mail.smtp").SmtpSender(
                settings.smtp_host,
                settings.smtp_port,
                settings.smtp_security,
                settings.smtp_user,
                settings.smtp_password,
                settings.smtp_from,
            )
            return made

        return NoticeService(
            self.db,
            self.audit,
            (
                drafting_telling.tell,
                assistants_telling.tell,
                know_how_telling.tell,
                shares_telling.tell,
                reviews_telling.tell,
                weekly.tell,
            ),
            (tokens_telling.due, folders_telling.due),
            (uploads_telling.due,),
            self._today,
            send=(lambda to, title, text: sender()(to, title, text))
            if settings.smtp_host
            else None,
            domains=settings.letter_domains,
            site=settings.public_url or f"http://{settings.host}:{settings.port}",
        )

    @cached_property
    def gateway(self) -> GatewayService:
        """The OpenAI protocol."""
        return GatewayService(
            self.answers,
            self.models,
            self.embedder,
            self.audit,
            self.gate,
            screen=lambda text: screened(self.redactor, text),
            redact=self.redactor.masker(Purpose.MODEL),
            mask=self.redactor.graded_masker(Purpose.ANSWER),
            assistants=AssistantModels(
                self.assistant_use, self.answers, lambda text: screened(self.redactor, text)
            ),
            remote=lambda: self.registered_embedders.all(),
        )

    @cached_property
    def assistant_use(self) -> AssistantUse:
        """Assistants of departments, for those who ask them."""
        return AssistantUse(self.db, self.documents)

    @cached_property
    def work_assistants(self) -> WorkAssistantService:
        """Assistants of departments, for those who make them."""
        return WorkAssistantService(
            self.db,
            self.audit,
            self.documents,
            Audience(self.db, self.people),
            self.answers.names_for,
            screen=lambda text: screened(self.redactor, text),
        )

    @cached_property
    def assistant_embeds(self) -> EmbedService:
        """Assistants inside other pages of the city."""
        return EmbedService(self.db, self.audit)

    @cached_property
    def test_bench(self) -> TestBench:
        """The test bench of assistants."""
        return TestBench(
            self.db,
            self.audit,
            self.documents,
            self.answers,
            self.work_assistants,
            self.assistant_use,
        )

    @cached_property
    def mcp_tools(self) -> McpTools:
        """The Model Context Protocol; its SDK is loaded at the first call."""
        module = importlib.import_module("mokmin.features.gateway.mcp_tools")
        made: McpTools = module.McpTools(
            self.search,
            self.answers,
            self.documents,
            self.document_masking,
            self.audit,
            self.gate,
            self.redactor.graded_masker(Purpose.DISPLAY),
            drafting_api.all_kinds,
            lambda who, kind, facts, grade: drafting_api.begun(
                self.drafting, self.draft_review, who, kind, facts, grade
            ),
        )
        return made
