"""Storey 4: the features' services."""

from __future__ import annotations

import importlib
from functools import cache, cached_property
from typing import TYPE_CHECKING

from mokmin.app.knowledge import shipped_questions
from mokmin.app.rooms import Rooms
from mokmin.base.llm.ports import ChatModel
from mokmin.features.account import telling as tokens_telling
from mokmin.features.assistant import telling as shares_telling
from mokmin.features.curation import telling as reviews_telling
from mokmin.features.drafting import api as drafting_api
from mokmin.features.drafting import telling as drafting_telling
from mokmin.features.drafting.comments import CommentService
from mokmin.features.drafting.flow import FlowService
from mokmin.features.drafting.model import Draft
from mokmin.features.drafting.opining import OpinionService
from mokmin.features.drafting.reviewing import ReviewService
from mokmin.features.drafting.service import DraftingService
from mokmin.features.drafting.suggesting import SuggestionService
from mokmin.features.drafting.writers import WriterService
from mokmin.features.endpoints.service import ComparisonService
from mokmin.features.gateway.assistants import AssistantModels
from mokmin.features.gateway.service import GatewayService
from mokmin.features.know_how import telling as know_how_telling
from mokmin.features.know_how.board import board
from mokmin.features.know_how.model import Board
from mokmin.features.know_how.service import KnowHowService
from mokmin.features.library import telling as uploads_telling
from mokmin.features.notices.service import NoticeService, Send
from mokmin.features.prompts.service import Means, PromptTrials
from mokmin.features.stewardship import telling as folders_telling
from mokmin.features.usage import weekly
from mokmin.features.webhooks.service import Sender, WebhookService
from mokmin.features.work_assistants import telling as assistants_telling
from mokmin.features.work_assistants.bench import TestBench
from mokmin.features.work_assistants.embedding import EmbedService
from mokmin.features.work_assistants.service import WorkAssistantService
from mokmin.governance.access.model import Principal
from mokmin.governance.audit.model_calls import RecordedModel
from mokmin.governance.endpoints.pool import routed
from mokmin.governance.people.sealing import Sealer
from mokmin.governance.privacy.detection import detect
from mokmin.governance.privacy.redaction import Purpose, screened
from mokmin.knowledge.answering.asking import tokens
from mokmin.knowledge.documents.rights_audience import Audience
from mokmin.knowledge.official.checks.library import LibraryLaws
from mokmin.knowledge.official.checks.model import Context
from mokmin.knowledge.official.opinions import OpinionReader
from mokmin.knowledge.official.prose import ProseWriter
from mokmin.knowledge.search.model import Hit, SearchFilters

if TYPE_CHECKING:
    from mokmin.features.gateway.mcp_tools import McpTools


class Features(Rooms):
    """What people open. ``agency_name``: the agency of drafts where no setting names it."""

    agency_name = ""

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
