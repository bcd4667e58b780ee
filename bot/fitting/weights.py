"""Reads the layers of the published 8-bit encoder, and writes fitted ones beside the graph that serves them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from bot.fitting.graph import PLACES, SCALES, graph
from bot.nlu.embedding import LONGEST, TABLE, TABLE_SCALES

Array = NDArray[Any]

LAYERS = 6
_EMBEDDINGS = "inner.embeddings"
_LAYER = "inner.encoder.layer"
# Of a matrix. Seven bits of eight: on processors without instructions of their own for it, sums of products of eight overflow.
_MOST = 63


class Weights:
    """The published file, its weights by name. A matrix is kept in 8 bits there, with a scale for each of its columns."""

    def __init__(self, path: Path) -> None:
        self._published = path.read_bytes()
        read = onnx.load_from_string(self._published).graph
        self._stored = {tensor.name: tensor for tensor in read.initializer}
        self._matrices = _matrices(read)

    def embeddings(self) -> dict[str, Array]:
        """What a token, its place and its kind are turned into before the first layer."""
        prefix = f"{_EMBEDDINGS}."
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

    def served(self, layers: Mapping[int, Mapping[str, Array]]) -> dict[str, Array]:
        """What bot.nlu.embedding serves: the graph, these layers, and the others as they are published.

        Of the published file only the table of the tokens is needed then; where it stands there is given in bytes.
        """
        found = self.embeddings()
        kinds = found["position_embeddings.weight"][:LONGEST] + found["token_type_embeddings.weight"][0]
        weights = {PLACES: kinds} | {name: found[name] for name in ("LayerNorm.weight", "LayerNorm.bias")}
        for number in range(LAYERS):
            for name, array in (layers.get(number) or self.layer(number)).items():
                weights |= _narrowed(f"{number}.{name}", array.astype(np.float32))
        table = self._array(f"{_EMBEDDINGS}.word_embeddings.weight_q")
        return weights | {
            "graph": np.frombuffer(graph(weights, len(table), LAYERS).SerializeToString(), dtype=np.uint8),
            TABLE: self._where(f"{_EMBEDDINGS}.word_embeddings.weight_q"),
            TABLE_SCALES: self._where(f"{_EMBEDDINGS}.word_embeddings.weight_scale"),
        }

    def _where(self, name: str) -> Array:
        """Where a stored tensor begins and ends in the published file."""
        content = self._stored[name].raw_data
        if self._published.count(content) != 1:
            raise ValueError(f"{name} does not stand in one place of the published file.")
        begin = self._published.index(content)
        return np.array([begin, begin + len(content)])

    def _array(self, name: str) -> Array:
        array: Array = numpy_helper.to_array(self._stored[name])
        return array

    def _widened(self, name: str) -> Array:
        wide: Array = self._array(f"{name}_q").astype(np.float32) * self._array(f"{name}_scale")
        return wide


def _narrowed(name: str, array: Array) -> dict[str, Array]:
    if array.ndim == 1:
        return {name: array}
    scales = np.abs(array).max(axis=0) / _MOST
    narrow = np.clip(np.rint(array / np.maximum(scales, 1e-12)), -_MOST, _MOST).astype(np.int8)
    return {name: narrow, name + SCALES: scales}


def _matrices(graph: Any) -> dict[str, str]:
    """The matrix that is multiplied before each bias is added, by the bias's name."""
    made_by = {output: node for node in graph.node for output in node.output}
    added = [node for node in graph.node if node.op_type == "Add" and node.input[1].startswith(_LAYER)]
    return {node.input[1]: made_by[node.input[0]].input[1] for node in added}
