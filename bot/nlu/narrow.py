"""Rows of numbers kept in 8 bits: a quarter of the memory, and of what has to be read of it in a turn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_MOST = 127


class Narrow:
    """A matrix whose columns are whole numbers from -127 to 127 times a scale of their own."""

    def __init__(self, rows: Array, scales: Array) -> None:
        self.rows = rows
        self.scales = scales

    @classmethod
    def of(cls, wide: Array) -> Narrow:
        """`wide`, each number to within half of its column's scale."""
        scales = (np.abs(wide).max(axis=0, initial=0.0) / _MOST).astype(np.float32)
        return cls(np.rint(wide / np.maximum(scales, 1e-12)).astype(np.int8), scales)

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns."""
        return self.rows.shape

    def scaled(self, vectors: Array) -> Array:
        """Vectors with one number a column, ready for `times`."""
        found: Array = (vectors * self.scales).astype(np.float32)
        return found

    def times(self, begin: int, end: int, scaled: Array) -> Array:
        """The products of some rows with what stands in the columns of `scaled`, which are vectors out of `scaled()`."""
        found: Array = self.rows[begin:end].astype(np.float32) @ scaled
        return found

    def summed(self, places: Array, weights: Array) -> Array:
        """Those rows, each times its weight, added up."""
        found: Array = (weights.astype(np.float32) @ self.rows[places].astype(np.float32)) * self.scales
        return found
