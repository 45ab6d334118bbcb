"""The only wiring: settings to adapters to services to features."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TypeVar

from mokmin import features, migrations
from mokmin.adapters.files.local import LocalBlobStore
from mokmin.adapters.index.generations import Generations
from mokmin.adapters.llm.e5 import E5Embedder
from mokmin.base.db import Database
from mokmin.base.files import BlobStore
from mokmin.base.formats.limits import ReadLimits
from mokmin.base.formats.model import ParsedDocument
from mokmin.base.formats.reader import read_isolated
from mokmin.base.jobs import JobQueue
from mokmin.base.korean.kiwi import KiwiAnalyser
from mokmin.base.korean.ports import Analyser
from mokmin.base.llm.ports import ChatModel, Embedder, Reranker
from mokmin.features.assistant.folders import FolderService
from mokmin.features.assistant.service import AssistantService
from mokmin.features.assistant.sharing import SharingService
from mokmin.features.library.service import LibrarySearch
from mokmin.features.tools.service import ToolService
from mokmin.governance.audit.service import AuditLog
from mokmin.governance.people.service import PeopleService
from mokmin.governance.people.viewpoints import Viewpoints
from mokmin.governance.privacy.redaction import Purpose, Redactor
from mokmin.governance.usage.switches import Switches
from mokmin.knowledge.answering.reviews import ReviewService
from mokmin.knowledge.answering.service import AnswerService
from mokmin.knowledge.answering.writing import WritingPolicy
from mokmin.knowledge.backup.restore import Restore
from mokmin.knowledge.backup.service import Backup
from mokmin.knowledge.documents.service import DocumentService
from mokmin.knowledge.ingestion.caches import DiskCache, ShippedCache
from mokmin.knowledge.ingestion.features import FeatureExtractor
from mokmin.knowledge.ingestion.indexing import has_passages
from mokmin.knowledge.ingestion.service import Ingestion
from mokmin.knowledge.search.dictionary import DictionaryService
from mokmin.knowledge.search.entries import LiveVocabulary
from mokmin.knowledge.search.inspection import InspectionService
from mokmin.knowledge.search.ports import PassageIndex
from mokmin.knowledge.search.reranking import Reranking
from mokmin.knowledge.search.service import SearchService
from mokmin.settings import Settings

DIMENSIONS = 384
FEATURES = Path(__file__).parent / "demo" / "features"
T = TypeVar("T")


class App:
    """Everything that runs, built on first use. Models load once a process."""

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
    def reviews(self) -> ReviewService:
        """Answers that people reported, graded by stewards."""
        return ReviewService(self.db, self.audit)

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

    def index_is_outdated(self) -> bool:
        """Whether the index must be rebuilt from the database: it was made by an older version, or
        it is missing. Asked without opening it."""
        generations = Generations(self.settings.home / "index")
        if generations.outdated:
            return True
        return generations.read() is None and has_passages(self.db)

    @cached_property
    def models(self) -> list[ChatModel]:
        """Chat models that the operator named; often none."""
        if self._models is not None:
            return self._models
        endpoints = self.settings.chat_endpoints()
        if not endpoints:
            return []
        chat = import_module("mokmin.adapters.llm.openai_chat").OpenAIChat
        return [
            chat(
                base_url=endpoint.base_url,
                model=endpoint.model,
                api_key=endpoint.api_key,
                grade=endpoint.grade,
                timeout_seconds=endpoint.timeout_seconds,
                name=endpoint.name,
                profile=endpoint.profile,
            )
            for endpoint in endpoints
        ]

    @cached_property
    def documents(self) -> DocumentService:
        """The library."""
        return DocumentService(
            self.db,
            self.blobs,
            self.people,
            self.audit,
            max_bytes=self.settings.max_upload_mb * 2**20,
        )

    @cached_property
    def feature_extractor(self) -> FeatureExtractor:
        """Tokens and vectors, with the cache that ships with the demo and the one on disk."""
        return FeatureExtractor(
            self.analyser,
            self.embedder,
            shipped=[ShippedCache(FEATURES)],
            disk=DiskCache(self.settings.cache) if self.settings.cache is not None else None,
        )

    @property
    def read_limits(self) -> ReadLimits:
        """Limits for reading one file."""
        return ReadLimits(
            seconds=float(self.settings.read_timeout_seconds),
            file_bytes=self.settings.max_upload_mb * 2**20,
        )

    def read_file(self, path: Path, name: str) -> ParsedDocument:
        """Read one file in a killable subprocess."""
        return read_isolated(path, name=name, limits=self.read_limits)

    @cached_property
    def ingestion(self) -> Ingestion:
        """Files to passages."""
        return Ingestion(
            self.db, self.blobs, self.index, lambda: self.feature_extractor, self.read_file
        )

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

    @cached_property
    def search(self) -> SearchService:
        """Passages under rights, in the order of the reranker when there is one."""
        return self._search(Reranking(self.reranker) if self.reranker is not None else None)

    @cached_property
    def search_without_reranker(self) -> SearchService:
        """The same search as without a reranker, to measure what it gains."""
        return self._search(None)

    def _search(self, reranking: Reranking | None) -> SearchService:
        return SearchService(
            self.db,
            lambda: self.index,
            self.analyser,
            self.embedder,
            self.vocabulary,
            reranking=reranking,
        )

    @cached_property
    def vocabulary(self) -> LiveVocabulary:
        """Everyday words and the official ones: what ships and what departments added."""
        return LiveVocabulary(self.db, self.analyser)

    @cached_property
    def dictionary(self) -> DictionaryService:
        """The dictionary of administrative terms."""
        return DictionaryService(self.db, self.analyser, self.vocabulary, self.audit)

    @cached_property
    def viewpoints(self) -> Viewpoints:
        """Through whose eyes stewards and administrators may look."""
        return Viewpoints(self.db, self.people)

    @cached_property
    def inspection(self) -> InspectionService:
        """Searches looked into."""
        return InspectionService(
            self.db, self.search, lambda: self.index, self.viewpoints, self.audit
        )

    @cached_property
    def answers(self) -> AnswerService:
        """Cited answers."""
        return AnswerService(
            self.search,
            self.people,
            self.audit,
            self.analyser,
            self.embedder,
            self.models,
            policy=WritingPolicy(
                unverified="drop" if self.settings.unverified == "drop" else "mark",
                redact=Redactor().masker(Purpose.MODEL),
            ),
            switches=self.switches,
        )

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
    def backup(self) -> Backup:
        """The whole home in one file."""
        return Backup(
            self.db,
            self.blobs,
            self.audit,
            self.settings.home,
            lambda: str(migrations.state(self.db)[0]),
        )

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
            self.analyser,
            self.people.department_names,
            self.models,
            redact=Redactor().masker(Purpose.MODEL),
            check=lambda: self.switches.check("tools"),
            model_is_on=self.switches.model_is_on,
        )

    def warm_up(self) -> None:
        """Load the models and touch the index, so that the first question is quick."""
        self.analyser().morphemes(["준비"])
        self.embedder().embed_query("준비")
        self.index.health()
        self.vocabulary().widen(["준비"])


def restore(settings: Settings) -> Restore:
    """A backup into the home of the settings, which nothing has opened yet."""
    return Restore(
        settings.home,
        settings.sqlalchemy_url,
        migrations,
        lambda folder, url: App(replace(settings, home=folder, database_url=url)),
    )


AppFactory = Callable[[], App]
