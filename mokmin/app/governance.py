"""Storey 2: people, access, privacy, usage, audit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from importlib import import_module

from mokmin import features
from mokmin.app.foundation import Foundation
from mokmin.base.llm.endpoints import ModelEndpoint
from mokmin.base.llm.ports import ChatModel, RemoteEmbedder, Reranker
from mokmin.features.ai_register.own import own_uses
from mokmin.governance.audit.care import AuditCare
from mokmin.governance.audit.reading import AuditReader
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.endpoints.directory import Directory
from mokmin.governance.endpoints.gate import ModelGate
from mokmin.governance.endpoints.model import Endpoint, Examination, Form
from mokmin.governance.endpoints.others import Registered
from mokmin.governance.endpoints.pool import FIRST_ORDER, ModelPool, Route
from mokmin.governance.endpoints.service import EndpointRegister, owner
from mokmin.governance.endpoints.watching import EndpointWatch
from mokmin.governance.people.oidc import AccountRules, OidcSignIn
from mokmin.governance.people.sealing import Sealer
from mokmin.governance.people.second_factor import SecondFactors
from mokmin.governance.people.service import PeopleService
from mokmin.governance.people.sessions import SessionLimits, Sessions
from mokmin.governance.people.sign_in import SignIn
from mokmin.governance.people.tokens import ApiTokens
from mokmin.governance.people.viewpoints import Viewpoints
from mokmin.governance.privacy.findings import Intake
from mokmin.governance.privacy.policies import PolicyService, PrivacyRules
from mokmin.governance.privacy.redaction import Redactor
from mokmin.governance.prompts.published import PublishedPrompts
from mokmin.governance.prompts.service import PromptDesk
from mokmin.governance.records.log_keeping import log_is_held
from mokmin.governance.transparency.first_use import FirstUse
from mokmin.governance.transparency.register import AiRegister
from mokmin.governance.transparency.takeover import Takeovers
from mokmin.governance.usage.gate import Gate
from mokmin.governance.usage.limits import Limits
from mokmin.governance.usage.metering import meter
from mokmin.governance.usage.places import Places
from mokmin.governance.usage.quality import QualityReader
from mokmin.governance.usage.reading import UsageReader
from mokmin.governance.usage.switches import Feature, Switches
from mokmin.plugins import Loaded, load

# Names that mean something else where a model is named.
TAKEN_NAMES = ("mokmin", "mokmin-extractive", "발췌")
# A search waits no longer for a registered reranker, whatever its own limit.
RERANK_SECONDS = 3.0


class Governance(Foundation):
    """Who may do what, and what is recorded."""

    @cached_property
    def people(self) -> PeopleService:
        """Accounts and sign-in."""
        return PeopleService(self.db)

    @cached_property
    def sessions(self) -> Sessions:
        """Who is signed in where."""
        limits = SessionLimits(
            idle=timedelta(minutes=self.settings.session_idle_minutes),
            absolute=timedelta(hours=self.settings.session_hours),
            second_factor_roles=self.settings.factor_roles,
        )
        return Sessions(self.db, self.people.principal_of_account, limits)

    @cached_property
    def second_factors(self) -> SecondFactors:
        """Codes beside the password."""
        return SecondFactors(self.db, Sealer(self.settings.home / "keys" / "second-factor"))

    @cached_property
    def sign_in(self) -> SignIn:
        """The way in with a local account."""
        return SignIn(
            self.db,
            self.sessions,
            self.people.passwords,
            self.second_factors,
            address_failures=self.settings.sign_in_address_failures,
        )

    @cached_property
    def api_tokens(self) -> ApiTokens:
        """Programs' keys."""
        return ApiTokens(self.db, self.people.principal_of_account)

    @cached_property
    def oidc(self) -> OidcSignIn | None:
        """The way in over the city's identity provider, when the operator named one."""
        settings = self.settings
        if not settings.oidc_issuer:
            return None
        provider = import_module("mokmin.adapters.identity.oidc").HttpIdentityProvider(
            issuer=settings.oidc_issuer,
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret,
            scopes=settings.oidc_scopes,
        )
        rules = AccountRules(
            settings.oidc_link_claim,
            settings.oidc_provision,
            settings.oidc_role_claim,
            settings.provider_roles,
        )
        redirect_uri = settings.public_url.rstrip("/") + "/signin/oidc/back"
        return OidcSignIn(self.db, self.people, self.sessions, provider, rules, redirect_uri)

    @cached_property
    def audit(self) -> AuditLog:
        """The append-only log; use of AI is counted with it."""
        log = AuditLog(self.db, self.settings.home / "audit")
        log.meter = meter
        return log

    @cached_property
    def audit_reader(self) -> AuditReader:
        """Looking through the log."""
        return AuditReader(self.db, self.audit.folder)

    @cached_property
    def audit_care(self) -> AuditCare:
        """Anchors, closed months and the end of the log's time."""
        return AuditCare(
            self.db,
            self.audit,
            self.settings.home / "audit",
            live_months=self.settings.audit_live_months,
            keep_months=self.settings.audit_keep_months,
            held=log_is_held(self.db, self.people.today),
        )

    @cached_property
    def plugins(self) -> Loaded:
        """Features of others that the operator named."""
        return load([n.strip() for n in self.settings.plugins.split(",") if n.strip()])

    @property
    def ai_features(self) -> list[Feature]:
        """All that uses AI, and so can be switched off and limited."""
        return [*features.AI_FEATURES, *self.plugins.features]

    @cached_property
    def switches(self) -> Switches:
        """AI features and models that may be switched off."""
        return Switches(
            self.db,
            self.audit,
            self.ai_features,
            lambda: [m.name for m in self.models],
            self.places,
        )

    @cached_property
    def models(self) -> Sequence[ChatModel]:
        """Chat models that may be asked now: those of the settings and those registered; often none.
        Look at it when one is needed, keep no copy."""
        models = self.operator_models
        named = {e.name or e.model: e.model for e in self.settings.chat_endpoints()}
        given = [
            Route(model, named.get(model.name, model.name), FIRST_ORDER * (n + 1))
            for n, model in enumerate(models)
        ]
        return ModelPool(given, self.endpoint_directory, self._connect)

    @cached_property
    def endpoint_directory(self) -> Directory:
        """Registered endpoints, and which departments may use which model."""
        return Directory(self.db, self.places)

    @cached_property
    def endpoint_sealer(self) -> Sealer:
        """Keys of registered endpoints."""
        return Sealer(self.settings.home / "keys" / "endpoints")

    @cached_property
    def registered_rerankers(self) -> Registered[Reranker]:
        """Rerankers of the register."""
        return Registered(self.endpoint_directory, "rerank", self._connect_reranker)

    @cached_property
    def registered_embedders(self) -> Registered[RemoteEmbedder]:
        """Embedders of the register, for programs."""
        return Registered(self.endpoint_directory, "embeddings", self._connect_embedder)

    def _endpoint_key(self, endpoint: Endpoint, sealed: str) -> str | None:
        return self.endpoint_sealer.open(sealed, owner(endpoint.id)) if sealed else ""

    def _connect_reranker(self, endpoint: Endpoint, sealed: str) -> Reranker | None:
        key, form = self._endpoint_key(endpoint, sealed), endpoint.form
        if key is None:
            return None
        made: Reranker = import_module("mokmin.adapters.llm.rerank").HttpReranker(
            base_url=form.base_url,
            model=form.model,
            api_key=key,
            grade=form.grade,
            timeout_seconds=min(form.timeout_seconds, RERANK_SECONDS),
            hosts=self.settings.allowed_hosts,
        )
        return made

    def _connect_embedder(self, endpoint: Endpoint, sealed: str) -> RemoteEmbedder | None:
        key = self._endpoint_key(endpoint, sealed)
        if key is None:
            return None
        adapter = import_module("mokmin.adapters.llm.embeddings")
        made: RemoteEmbedder = adapter.HttpEmbedder(endpoint.form, key, self.settings.allowed_hosts)
        return made

    def _connect(self, endpoint: Endpoint, sealed: str) -> ChatModel | None:
        key = self._endpoint_key(endpoint, sealed)
        if key is None:
            return None
        form = endpoint.form
        return self.chat_model(
            ModelEndpoint(
                form.base_url,
                form.model,
                key or "none",
                form.grade,
                form.timeout_seconds,
                form.name,
                form.profile,
            ),
            self.settings.allowed_hosts,
        )

    @cached_property
    def endpoints(self) -> EndpointRegister:
        """The register of model endpoints."""

        def examine(form: Form, key: str, given: bool) -> Examination:
            hosts = None if given else self.settings.allowed_hosts
            adapter = import_module("mokmin.adapters.llm.examining")
            found: Examination = adapter.examine(form, key, hosts)
            return found

        return EndpointRegister(
            self.db,
            self.audit,
            self.endpoint_directory,
            self.endpoint_sealer,
            self.settings.allowed_hosts,
            self.settings.chat_endpoints(),
            examine,
            lambda: self.models,
            TAKEN_NAMES,
        )

    @cached_property
    def endpoint_watch(self) -> EndpointWatch:
        """Whether models that failed are there again."""
        return EndpointWatch(lambda: self.models)

    @cached_property
    def prompts(self) -> PublishedPrompts:
        """Prompts and guardrails in use."""
        return PublishedPrompts(self.db)

    @cached_property
    def prompt_desk(self) -> PromptDesk:
        """Prompts and guardrails, edited."""
        return PromptDesk(self.db, self.audit, self.prompts)

    @cached_property
    def places(self) -> Places:
        """Departments above and below each other."""
        return Places(self.db)

    @cached_property
    def limits(self) -> Limits:
        """How much may be used."""
        return Limits(self.db, self.audit, self.places, self.ai_features)

    @cached_property
    def usage(self) -> UsageReader:
        """What was used."""
        return UsageReader(self.db, self.places)

    @cached_property
    def quality(self) -> QualityReader:
        """How answers came out."""
        return QualityReader(self.db)

    @cached_property
    def gate(self) -> Gate:
        """Asked before every use of AI."""
        return ModelGate(self.switches, self.limits, self.endpoint_directory.allows)

    @cached_property
    def privacy_rules(self) -> PrivacyRules:
        """What is decided on personal information."""
        return PrivacyRules(self.db, self.people.department_phones)

    @cached_property
    def redactor(self) -> Redactor:
        """Masks personal information as it was decided."""
        return Redactor(rules=self.privacy_rules)

    @cached_property
    def intake(self) -> Intake:
        """Finds personal information in documents that come in."""
        return Intake(self.privacy_rules)

    @cached_property
    def policies(self) -> PolicyService:
        """Changing what is decided on personal information."""
        return PolicyService(self.db, self.privacy_rules, self.audit.append)

    @cached_property
    def first_use(self) -> FirstUse:
        """The notice before the first use of AI."""
        return FirstUse(self.db, self.audit)

    @cached_property
    def takeovers(self) -> Takeovers:
        """Texts of AI that an official answers for."""
        return Takeovers(self.db, self.audit)

    @cached_property
    def ai_register(self) -> AiRegister:
        """AI in use in the city."""
        return AiRegister(
            self.db,
            self.audit,
            lambda: own_uses(self.ai_features, [m.name for m in self.models]),
        )

    @cached_property
    def viewpoints(self) -> Viewpoints:
        """Through whose eyes stewards and administrators may look."""
        return Viewpoints(self.db, self.people)
