"""Storey 1 and the adapters: database, files, jobs, index, models."""

from __future__ import annotations

import threading
from functools import cached_property
from importlib import import_module

from mokmin import migrations
from mokmin.adapters.files.local import LocalBlobStore
from mokmin.adapters.llm.e5 import E5Embedder
from mokmin.base.db import Database
from mokmin.base.files import BlobStore
from mokmin.base.jobs import JobQueue
from mokmin.base.korean.kiwi import KiwiAnalyser
from mokmin.base.korean.ports import Analyser
from mokmin.base.llm.endpoints import ModelEndpoint
from mokmin.base.llm.ports import ChatModel, Embedder, Reranker
from mokmin.base.net.hosts import AllowedHosts
from mokmin.knowledge.search.ports import PassageIndex
from mokmin.settings import Settings

DIMENSIONS = 384


class Foundation:
    """What everything rests on; each part is built on first use, models load once a process."""

    def __init__(
        self,
        settings: Settings,
        *,
        embedder: Embedder | None = None,
        analyser: Analyser | None = None,
        index: PassageIndex | None = None,
        models: list[ChatModel] | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        self.settings = settings
        settings.home.mkdir(parents=True, exist_ok=True)
        self._embedder, self._analyser = embedder, analyser
        self._index: PassageIndex | None = index
        self._models = models
        self._reranker = reranker
        self._lock = threading.RLock()

    @cached_property
    def db(self) -> Database:
        """The database, at the newest schema."""
        db = Database(self.settings.sqlalchemy_url)
        migrations.upgrade(db)
        return db

    @cached_property
    def blobs(self) -> BlobStore:
        """Original files."""
        return LocalBlobStore(self.settings.home / "files")

    @cached_property
    def queue(self) -> JobQueue:
        """Durable jobs."""
        return JobQueue(self.db)

    def embedder(self) -> Embedder:
        """The embedded dense model."""
        with self._lock:
            if self._embedder is None:
                self._embedder = E5Embedder(
                    self.settings.home / "models", threads=self.settings.model_threads
                )
            return self._embedder

    def analyser(self) -> Analyser:
        """Korean morphemes and sentences."""
        with self._lock:
            if self._analyser is None:
                self._analyser = KiwiAnalyser()
            return self._analyser

    @cached_property
    def index(self) -> PassageIndex:
        """The search index."""
        # Imported on first use: LanceDB alone takes more than a second, and the first page needs none.
        with self._lock:
            if self._index is None:
                lance = import_module("mokmin.adapters.index.lance")
                self._index = lance.LanceIndex(self.settings.home / "index", dimensions=DIMENSIONS)
            return self._index

    @cached_property
    def operator_models(self) -> list[ChatModel]:
        """Chat models that the operator named in the settings; often none."""
        if self._models is not None:
            return self._models
        return [self.chat_model(endpoint) for endpoint in self.settings.chat_endpoints()]

    @staticmethod
    def chat_model(endpoint: ModelEndpoint, hosts: AllowedHosts | None = None) -> ChatModel:
        """The model at an endpoint. ``hosts``: where it may lead; None: the operator named it."""
        # Imported on first use: most homes have no model, and the HTTP client takes its time.
        made: ChatModel = import_module("mokmin.adapters.llm.openai_chat").OpenAIChat(
            base_url=endpoint.base_url,
            model=endpoint.model,
            api_key=endpoint.api_key,
            grade=endpoint.grade,
            timeout_seconds=endpoint.timeout_seconds,
            name=endpoint.name,
            profile=endpoint.profile,
            hosts=hosts,
        )
        return made

    @cached_property
    def reranker(self) -> Reranker | None:
        """The reranker that the operator named; usually none."""
        endpoint = self.settings.rerank_endpoint
        if self._reranker is not None or endpoint is None:
            return self._reranker
        reranker: Reranker = import_module("mokmin.adapters.llm.rerank").HttpReranker(
            base_url=endpoint.base_url,
            model=endpoint.model,
            api_key=endpoint.api_key,
            grade=endpoint.grade,
            timeout_seconds=endpoint.timeout_seconds,
        )
        return reranker
