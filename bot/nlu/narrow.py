"""Rows of numbers kept in 8 bits: a quarter of the memory, and of what has to be read of it in a turn."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from bot.nlu.embedding import on_one_thread

Array = NDArray[Any]

# Whole numbers by whole numbers, drawn by bot.fitting: numpy has no quick way for it.
PRODUCTS = Path(__file__).parent / "products.onnx"
_MOST = 127
# What stands for nought, so that the kept numbers need no sign: processors multiply such by signed ones.
_NOUGHT = 128
# Of a vector. Seven bits of eight: on processors without instructions of their own for it, sums of products of eight overflow.
_MOST_OF_VECTOR = 63


class Narrow:
    """A matrix whose columns are whole numbers from -127 to 127 times a scale of their own; kept are these numbers and 128."""

    def __init__(self, rows: Array, scales: Array) -> None:
        self.rows = rows
        self.scales = scales

    @classmethod
    def of(cls, wide: Array) -> Narrow:
        """`wide`, each number to within half of its column's scale."""
        scales = (np.abs(wide).max(axis=0, initial=0.0) / _MOST).astype(np.float32)
        return cls((np.rint(wide / np.maximum(scales, 1e-12)) + _NOUGHT).astype(np.uint8), scales)

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""
        return self.rows.shape

    def times(self, stretches: Sequence[tuple[int, int]], vectors: Array) -> Array:
        """The products of those stretches of rows, below each other, with `vectors`, one a line: a column for each of them.

        A vector is taken in two parts of 7 bits, the second for what the first leaves over, so it loses next to nothing.
        """
        scaled = vectors * self.scales
        steps = np.maximum(np.abs(scaled).max(axis=1, keepdims=True), 1e-30) / _MOST_OF_VECTOR
        whole = np.rint(scaled / steps)
        rest = np.rint((scaled / steps - whole) * 2 * _MOST_OF_VECTOR)
        asked = np.ascontiguousarray(np.vstack([whole, rest]).astype(np.int8).T)
        found = np.concatenate(
            [_products().run(None, {"rows": self.rows[begin:end], "asked": asked})[0] for begin, end in stretches]
        )
        both: Array = (found[:, : len(vectors)] + found[:, len(vectors) :] / np.float32(2 * _MOST_OF_VECTOR)) * steps.T
        return both.astype(np.float32)

    def summed(self, places: Array, weights: Array) -> Array:
        """Those rows, each times its weight, added up; one line for each line of weights."""
        weights = weights.astype(np.float32)
        noughts = _NOUGHT * weights.sum(axis=-1, keepdims=True)
        found: Array = (weights @ self.rows[places].astype(np.float32) - noughts) * self.scales
        return found


@lru_cache(maxsize=1)
def _products() -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(PRODUCTS.read_bytes(), on_one_thread(), providers=["CPUExecutionProvider"])
