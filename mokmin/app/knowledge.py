"""Storey 3: documents, search, answers."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from pathlib import Path

from mokmin import migrations
from mokmin.adapters.index.generations import Generations
from mokmin.app.governance import Governance
from mokmin.base.formats.limits import ReadLimits
from mokmin.base.formats.model import ParsedDocument
from mokmin.base.formats.reader import read_isolated
from mokmin.base.llm.prompts import Prompts
from mokmin.governance.endpoints.model import Endpoint
from mokmin.governance.endpoints.others import Registered
from mokmin.governance.privacy.redaction import Purpose
from mokmin.governance.prompts.guardrails import Guard
from mokmin.knowledge.answering.curated import CuratedAnswers
from mokmin.knowledge.answering.leaning import Leaning
from mokmin.knowledge.answering.reviews import ReviewService
from mokmin.knowledge.answering.service import AnswerService
from mokmin.knowledge.answering.verification import Verifier
from mokmin.knowledge.answering.writing import WritingPolicy
from mokmin.knowledge.backup.service import Backup
from mokmin.knowledge.documents.attachments import AttachedDocuments
from mokmin.knowledge.documents.collections import Collections
from mokmin.knowledge.documents.masking import DocumentMasking
from mokmin.knowledge.documents.rights import RightsService
from mokmin.knowledge.documents.rights_audience import Audience
from mokmin.knowledge.documents.rights_viewing import RightsViewing
from mokmin.knowledge.documents.service import DocumentService
from mokmin.knowledge.ingestion.caches import DiskCache, ShippedCache
from mokmin.knowledge.ingestion.embedding_desk import EmbeddingDesk, Offer
from mokmin.knowledge.ingestion.features import FeatureExtractor
from mokmin.knowledge.ingestion.indexing import has_passages
from mokmin.knowledge.ingestion.privacy_scan import PrivacyScan
from mokmin.knowledge.ingestion.reembedding import Reembedding
from mokmin.knowledge.ingestion.service import Ingestion
from mokmin.knowledge.search.dictionary import DictionaryService
from mokmin.knowledge.search.embedding import Choice, RawEmbedder, SearchModels
from mokmin.knowledge.search.entries import LiveVocabulary
from mokmin.knowledge.search.inspection import InspectionService
from mokmin.knowledge.search.reranking import LiveReranking, Reranking
from mokmin.knowledge.search.service import SearchService

# Tokens and vectors of the demo city, computed beforehand.
DEMO_FEATURES = Path(__file__).parent.parent / "demo" / "features"
DEMO_QUESTIONS = Path(__file__).parent.parent / "demo" / "questions.json"


def shipped_questions() -> list[tuple[str, frozenset[str]]]:
    """Questions of the demo city and the files that answer them; they count where the files are here."""
    told = json.loads(DEMO_QUESTIONS.read_text(encoding="utf-8"))
    items = [*told["starters"], *told["evaluation"]]
    return [(q["text"], frozenset(q["expected"])) for q in items if q.get("expected")]


class Knowledge(Governance):
    """The library, search and answers."""

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
    def attached(self) -> AttachedDocuments:
        """Files attached to conversations."""
        return AttachedDocuments(
            self.db,
            self.blobs,
            self.people,
            self.audit,
            max_bytes=self.settings.max_upload_mb * 2**20,
        )

    @cached_property
    def collections(self) -> Collections:
        """Collections as scopes."""
        return Collections(self.db)

    @cached_property
    def rights(self) -> RightsService:
        """Rights of documents, to see and to change."""
        audience = Audience(self.db, self.people)
        return RightsService(
            self.db, audience, self.audit, follow=lambda key: self.ingestion.refresh(key)
        )

    @cached_property
    def rights_viewing(self) -> RightsViewing:
        """Who sees what, and why."""
        return RightsViewing(self.db, Audience(self.db, self.people), self.audit)

    @cached_property
    def feature_extractor(self) -> FeatureExtractor:
        """Tokens and vectors, with the cache that ships with the demo and the one on disk."""
        return FeatureExtractor(
            self.analyser,
            self.embedder,
            shipped=[ShippedCache(DEMO_FEATURES)],
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

    def read_upload(self, content: bytes, name: str) -> ParsedDocument:
        """Read the bytes of a file that is not kept."""
        with tempfile.TemporaryDirectory(prefix="mokmin-upload-") as folder:
            path = Path(folder) / "file"
            path.write_bytes(content)
            return self.read_file(path, name)

    @cached_property
    def search_models(self) -> SearchModels:
        """The models whose vectors the library may be searched with."""
        return SearchModels(self.db, self.embedder, self._reach_embedder)

    @cached_property
    def _searching_embedders(self) -> Registered[RawEmbedder]:
        return Registered(self.endpoint_directory, "embeddings", self._connect_searching)

    def _connect_searching(self, endpoint: Endpoint, sealed: str) -> RawEmbedder | None:
        key = self._endpoint_key(endpoint, sealed)
        if key is None:
            return None
        made: RawEmbedder = import_module("mokmin.adapters.llm.embeddings").EndpointEmbedder(
            endpoint.id,
            endpoint.form,
            key,
            self.settings.allowed_hosts,
            self.redactor.masker(Purpose.MODEL),
        )
        return made

    @cached_property
    def _folder_embedders(self) -> dict[str, RawEmbedder]:
        return {}

    def _reach_embedder(self, choice: Choice) -> RawEmbedder | None:
        """What reaches a chosen model; the same as long as nothing of the way to it changes."""
        if choice.source == "endpoint":
            known = self._searching_embedders.all()
            found = (e for e in known if getattr(e, "endpoint_id", 0) == choice.endpoint_id)
            return next(found, None)
        models, name = self.settings.home / "models", choice.folder
        adapter = import_module("mokmin.adapters.llm.folder_embedder")
        if name not in adapter.folders(models):
            return None
        if name not in self._folder_embedders:
            threads = self.settings.model_threads
            self._folder_embedders[name] = adapter.FolderEmbedder(models, name, threads)
        return self._folder_embedders[name]

    def _offered_embedders(self) -> list[Offer]:
        offers = []
        for endpoint in self.endpoint_directory.now().endpoints:
            form = endpoint.form
            if form.kind == "embeddings" and endpoint.is_on:
                choice = Choice("endpoint", endpoint_id=endpoint.id)
                offers.append(Offer(choice, form.name, form.grade, form.model))
        adapter = import_module("mokmin.adapters.llm.folder_embedder")
        models = self.settings.home / "models"
        for name in adapter.folders(models):
            offers.append(Offer(Choice("folder", folder=name), name, "C", "이 기기의 모델 폴더"))
        return offers

    @cached_property
    def reembedding(self) -> Reembedding:
        """The change of the embedding model, as the worker does it."""
        return Reembedding(
            self.db, lambda: self.index, self.search_models, self.audit, shipped_questions
        )

    @cached_property
    def embedding_desk(self) -> EmbeddingDesk:
        """The embedding model, chosen, checked and changed."""
        return EmbeddingDesk(
            self.db,
            self.audit,
            lambda: self.index,
            self.search_models,
            self._reach_embedder,
            self._offered_embedders,
            self.settings.home,
        )

    @cached_property
    def ingestion(self) -> Ingestion:
        """Files to passages."""
        return Ingestion(
            self.db,
            self.blobs,
            self.index,
            lambda: self.feature_extractor,
            self.read_file,
            self.intake,
            lambda version_id: self.reembedding.embed_version(version_id),
        )

    @cached_property
    def privacy_scan(self) -> PrivacyScan:
        """Personal information in documents from before."""
        return PrivacyScan(self.db, self.intake)

    @cached_property
    def document_masking(self) -> DocumentMasking:
        """Documents as they may be shown."""
        return DocumentMasking(self.db, self.intake, self.redactor)

    @cached_property
    def search(self) -> SearchService:
        """Passages under rights, in the order of the reranker when there is one."""
        if self.reranker is not None:
            return self._search(Reranking(self.reranker))
        return self._search(LiveReranking(self.registered_rerankers.first))

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
            models=self.search_models,
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
    def inspection(self) -> InspectionService:
        """Searches looked into."""
        return InspectionService(
            self.db, self.search, lambda: self.index, self.viewpoints, self.audit
        )

    @cached_property
    def answers(self) -> AnswerService:
        """Cited answers."""
        return self.answers_with(self.prompts, self.prompts.guard)

    def answers_with(self, prompts: Prompts, guard: Callable[[], Guard]) -> AnswerService:
        """Answers with other prompts or guardrails than those in use, to try them."""
        return AnswerService(
            self.search,
            self.people,
            self.audit,
            self.analyser,
            self.embedder,
            self.models,
            policy=WritingPolicy(
                unverified="drop" if self.settings.unverified == "drop" else "mark",
                redact=self.redactor.masker(Purpose.MODEL),
            ),
            gate=self.gate,
            mask=self.redactor.graded_masker(Purpose.ANSWER),
            curated=self.curated,
            cited=lambda ids: self.leaning.count(ids),
            prompts=prompts,
            guard=guard,
        )

    @cached_property
    def leaning(self) -> Leaning:
        """How often answers lean on a document."""
        return Leaning(self.db)

    @cached_property
    def curated(self) -> CuratedAnswers:
        """Answers that stewards wrote."""
        return CuratedAnswers(
            self.db, self.search, self.analyser, self.embedder, lambda: self.people.today()
        )

    @cached_property
    def verifier(self) -> Verifier:
        """Sentences against what they cite."""
        return Verifier(self.analyser(), self.embedder())

    @cached_property
    def reviews(self) -> ReviewService:
        """Answers that people reported, graded by stewards."""
        return ReviewService(self.db, self.audit)

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

    def index_is_outdated(self) -> bool:
        """Whether the index must be rebuilt from the database: it was made by an older version, or
        it is missing. Asked without opening it."""
        generations = Generations(self.settings.home / "index")
        if generations.outdated:
            return True
        return generations.read() is None and has_passages(self.db)
