"""Train the low-rank adapter of the question side of the embedder (mokmin/adapters/llm/query_adapter.npz).

    python tools/train_query_adapter.py DATA CORPORA OUT.npz

DATA is the folder with welfare/ and parakqc/; CORPORA holds NAME.npz files with ``doc`` (document number
of each passage), ``vectors`` and ``ids`` of the corpora statutes, welfare and parakqc, as the shipped
embedder makes them. Needs torch, which Mokmin itself does not. Passages stay as they are: their vectors
are the fixed targets, all passages of a corpus are the negatives, and a document's best passages count
together. The adapter (LoRA, Hu et al. 2021) sits in the upper eight layers; a penalty on the distance
from the original vector keeps what the model knows. The sets that judge (statutes-a, statutes-b,
manuals, paraphrase, easylaw) are never trained on. About 13 minutes on two cores.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mokmin.adapters.llm.e5 import _tokenizer
from mokmin.adapters.llm.e5_weights import WeightFile, dequantise, locate_weights

FROZEN, RANK = 4, 32
EPOCHS, BATCH, RATE, TEMPERATURE, KEEP = 5, 48, 1e-3, 0.02, 0.05
SCALE = 0.8
# Welfare documents whose questions are kept out of training, to judge by.
HELD_OUT = {f"wf-{number:03d}" for number in random.Random(7).sample(range(464), 150)}
PER_EPOCH = {"welfare": 700, "parakqc": 250}
WEIGHTS = WeightFile(locate_weights())
HIDDEN = WEIGHTS.hidden


class Linear(nn.Module):
    """A fixed linear map and what training adds to it."""

    def __init__(self, name: str, width: int) -> None:
        super().__init__()
        matrix = dequantise(WEIGHTS.blocks(name + ".w", width))
        self.matrix, self.bias = torch.tensor(matrix), torch.tensor(WEIGHTS.floats(name + ".b"))
        self.A = nn.Parameter(torch.randn(RANK, width) * 0.02)
        self.B = nn.Parameter(torch.zeros(len(matrix), RANK))
        self.name, self.on = name, True

    def forward(self, x: Tensor) -> Tensor:
        """The map, with the addition unless it is switched off."""
        y = functional.linear(x, self.matrix, self.bias)
        return y + functional.linear(functional.linear(x, self.A), self.B) if self.on else y


def norm(x: Tensor, name: str) -> Tensor:
    """Layer normalisation with the model's weights."""
    weight, bias = (torch.tensor(WEIGHTS.floats(f"{name}.{part}")) for part in "wb")
    return functional.layer_norm(x, (HIDDEN,), weight, bias, float(WEIGHTS.epsilon))


class Layer(nn.Module):
    """One encoder layer of the BERT kind."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.name = f"l{number}"
        self.q, self.k, self.v, self.ao, self.fi = (
            Linear(f"{self.name}.{part}", HIDDEN) for part in ("q", "k", "v", "ao", "fi")
        )
        self.fo = Linear(f"{self.name}.fo", WEIGHTS.inner)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Attention and feed-forward, each with its residual."""
        size, length, _ = x.shape
        heads = [
            y.view(size, length, WEIGHTS.heads, -1).transpose(1, 2)
            for y in (self.q(x), self.k(x), self.v(x))
        ]
        seen = functional.scaled_dot_product_attention(*heads, attn_mask=mask[:, None, None, :])
        x = norm(
            x + self.ao(seen.transpose(1, 2).reshape(size, length, HIDDEN)), self.name + ".aln"
        )
        return norm(x + self.fo(functional.gelu(self.fi(x))), self.name + ".oln")


class Tower(nn.Module):
    """The question side. The lower layers are run once a text."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(n) for n in range(WEIGHTS.layers))
        self.tokenizer = _tokenizer(WEIGHTS)
        self.words = WEIGHTS.blocks("emb.word", HIDDEN)
        position = WEIGHTS.floats("emb.pos").reshape(-1, HIDDEN)
        self.position = torch.tensor(position + WEIGHTS.floats("emb.type")[:HIDDEN])
        self.lower: dict[str, Tensor] = {}
        for layer in list(self.layers)[:FROZEN]:
            layer.requires_grad_(False)
            for part in layer.modules():
                if isinstance(part, Linear):
                    part.on = False

    @torch.no_grad()
    def _lower(self, text: str) -> Tensor:
        if text not in self.lower:
            inner = self.tokenizer.encode(f"query: {text}".strip()).ids[:510]
            ids = [WEIGHTS.bos, *inner, WEIGHTS.eos]
            x = torch.tensor(dequantise(self.words[ids])) + self.position[: len(ids)]
            x, mask = norm(x, "emb.ln")[None], torch.ones(1, len(ids), dtype=torch.bool)
            for layer in list(self.layers)[:FROZEN]:
                x = layer(x, mask)
            self.lower[text] = x[0]
        return self.lower[text]

    def forward(self, texts: list[str]) -> Tensor:
        """Unit vectors of questions, (texts, hidden)."""
        parts = [self._lower(text) for text in texts]
        longest = max(map(len, parts))
        x = torch.zeros(len(parts), longest, HIDDEN)
        mask = torch.zeros(len(parts), longest, dtype=torch.bool)
        for row, part in enumerate(parts):
            x[row, : len(part)], mask[row, : len(part)] = part, True
        for layer in list(self.layers)[FROZEN:]:
            x = layer(x, mask)
        mean = (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return functional.normalize(mean, dim=-1)


class Corpus:
    """Fixed passages of a corpus."""

    def __init__(self, path: Path) -> None:
        data = np.load(path, allow_pickle=False)
        self.documents = torch.tensor(data["doc"])
        self.vectors = torch.tensor(data["vectors"].astype(np.float32))
        self.number = {str(key): at for at, key in enumerate(data["ids"])}

    def marks(self, ids: list[list[str]]) -> Tensor:
        """For each question, which passages belong to its documents: (questions, passages)."""
        marks = torch.zeros(len(ids), len(self.number), dtype=torch.bool)
        for row, keys in enumerate(ids):
            for key in keys:
                marks[row, self.number[key]] = True
        return marks[:, self.documents]


def read(path: Path) -> list[dict[str, Any]]:
    """JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def batches(sets: dict[str, list[dict[str, Any]]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """All batches of all epochs, each of one corpus."""
    found: list[tuple[str, list[dict[str, Any]]]] = []
    for _ in range(EPOCHS):
        epoch: list[tuple[str, list[dict[str, Any]]]] = []
        for name, questions in sets.items():
            chosen = random.sample(questions, min(len(questions), PER_EPOCH.get(name, 10**9)))
            epoch += [(name, chosen[at : at + BATCH]) for at in range(0, len(chosen), BATCH)]
        random.shuffle(epoch)
        found += epoch
    return found


def main() -> None:
    """Train and write the adapter."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    random.seed(0)
    torch.manual_seed(0)
    training = Path(__file__).parents[1] / "benchmarks" / "retrieval" / "training"
    sets = {
        "statutes": [line for path in sorted(training.glob("*.jsonl")) for line in read(path)],
        "welfare": [
            question
            for question in read(options.data / "welfare" / "queries.jsonl")
            if not HELD_OUT & set(question["relevant"])
        ],
        "parakqc": read(options.data / "parakqc" / "queries.jsonl")[::2],
    }
    corpora = {name: Corpus(options.corpora / f"{name}.npz") for name in sets}
    tower = Tower()
    maps = [m for m in tower.modules() if isinstance(m, Linear) and m.A.requires_grad]
    parameters = [p for p in tower.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0.01)
    steps = batches(sets)
    for at, (name, questions) in enumerate(steps):
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1, (at + 1) / 10) * max(0.05, 1 - at / len(steps))
        corpus, texts = corpora[name], [q["text"] for q in questions]
        with torch.no_grad():
            for part in maps:
                part.on = False
            before = tower(texts)
            for part in maps:
                part.on = True
        vectors = tower(texts)
        near = vectors @ corpus.vectors.T / TEMPERATURE
        near = near.masked_fill(corpus.marks([q.get("exclude", []) for q in questions]), -1e4)
        right = corpus.marks([q["relevant"] for q in questions])
        best = torch.logsumexp(near.masked_fill(~right, -1e4), 1)
        loss = (torch.logsumexp(near, 1) - best).mean()
        moved = (1 - (vectors * before).sum(1)).mean()
        optimiser.zero_grad()
        (loss + KEEP * moved / TEMPERATURE).backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        if math.isnan(float(loss)):
            raise SystemExit("training diverged")
        print(f"{at + 1}/{len(steps)} {name} {float(loss):.3f}", file=sys.stderr)
    arrays = {f"{m.name}.A": m.A.detach().numpy().astype(np.float16) for m in maps}
    arrays |= {f"{m.name}.B": (SCALE * m.B.detach()).numpy().astype(np.float16) for m in maps}
    np.savez_compressed(options.out, **arrays)


if __name__ == "__main__":
    main()
