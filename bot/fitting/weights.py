"""Reads the layers of the published 8-bit encoder, and writes fitted ones as a patch of that file's bytes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

Array = NDArray[Any]

LAYERS = 6
_LAYER = "inner.encoder.layer"
_MOST = 127


class Weights:
    """The published file, its weights by name. A matrix is kept in 8 bits, with a scale for each of its columns."""

    def __init__(self, path: Path) -> None:
        self._published = path.read_bytes()
        graph = onnx.load_from_string(self._published).graph
        self._stored = {tensor.name: tensor for tensor in graph.initializer}
        self._matrices = _matrices(graph)

    def embeddings(self) -> dict[str, Array]:
        """What a token, its place and its kind are turned into before the first layer."""
        prefix = "inner.embeddings."
        kinds = ("word_embeddings.weight", "position_embeddings.weight")
        found = {kind: self._widened(prefix + kind) for kind in kinds}
        return found | {
            name: self._array(prefix + name) for name in ("token_type_embeddings.weight", "LayerNorm.weight", "LayerNorm.bias")
        }

    def layer(self, number: int) -> dict[str, Array]:
        """The weights of one layer, from 0, in 32 bits. A matrix is named like its bias."""
        prefix = f"{_LAYER}.{number}."
        vectors = {name.removeprefix(prefix): self._array(name) for name in self._stored if name.startswith(prefix)}
        matrices = {
            bias.removeprefix(prefix).removesuffix("bias") + "weight": self._widened(matrix)
            for bias, matrix in self._matrices.items()
            if bias.startswith(prefix)
        }
        return vectors | matrices

    def patch(self, layers: Mapping[int, Mapping[str, Array]]) -> dict[str, Array]:
        """`offsets`, `lengths` and the new `bytes` that turn the published file into one with these layers."""
        pieces = [
            piece
            for number, layer in layers.items()
            for name, array in layer.items()
            for piece in self._pieces(number, name, array)
        ]
        return {
            "offsets": np.array([offset for offset, _ in pieces]),
            "lengths": np.array([len(new) for _, new in pieces]),
            "bytes": np.frombuffer(b"".join(new for _, new in pieces), dtype=np.uint8),
        }

    def _pieces(self, number: int, name: str, array: Array) -> list[tuple[int, bytes]]:
        full = f"{_LAYER}.{number}.{name}"
        matrix = self._matrices.get(full.removesuffix("weight") + "bias")
        if matrix is None or array.ndim == 1:
            return [self._piece(full, array.astype(np.float32))]
        scale = np.abs(array).max(axis=0, keepdims=True) / _MOST
        narrow = np.clip(np.rint(array / scale), -_MOST, _MOST).astype(np.int8)
        return [self._piece(f"{matrix}_q", narrow), self._piece(f"{matrix}_scale", scale.astype(np.float32))]

    def _piece(self, name: str, array: Array) -> tuple[int, bytes]:
        old, new = self._stored[name].raw_data, array.tobytes()
        if len(old) != len(new) or self._published.count(old) != 1:
            raise ValueError(f"{name} cannot be replaced where it stands.")
        return self._published.index(old), new

    def _array(self, name: str) -> Array:
        array: Array = numpy_helper.to_array(self._stored[name])
        return array

    def _widened(self, name: str) -> Array:
        wide: Array = self._array(f"{name}_q").astype(np.float32) * self._array(f"{name}_scale")
        return wide


def _matrices(graph: Any) -> dict[str, str]:
    """The matrix that is multiplied before each bias is added, by the bias's name."""
    made_by = {output: node for node in graph.node for output in node.output}
    added = [node for node in graph.node if node.op_type == "Add" and node.input[1].startswith(_LAYER)]
    return {node.input[1]: made_by[node.input[0]].input[1] for node in added}
