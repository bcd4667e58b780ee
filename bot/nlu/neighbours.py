"""The examples themselves as evidence: how near a message stands to those of each label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.nlu.embedding import unit
from bot.nlu.narrow import Narrow

Array = NDArray[Any]

# Rows whose nearness to all examples is held at once.
_AT_ONCE = 64


class Neighbours:
    """Example rows of unit length in the order of their labels; `starts[i]` is where label i begins, the last entry the end."""

    def __init__(self, rows: Narrow, starts: Sequence[int], sharpness: float) -> None:
        self.rows = rows
        self.starts = [int(start) for start in starts]
        self.sharpness = sharpness

    @classmethod
    def fit(cls, rows: Array, places: Array, sharpness: float) -> Neighbours:
        """`places` gives the label of each row as a number from 0 without gaps."""
        starts = np.concatenate([[0], np.cumsum(np.bincount(places))])
        return cls(Narrow.of(unit(rows)[np.argsort(places, kind="stable")]), starts.tolist(), sharpness)

    def evidence(self, rows: Array, candidates: Array) -> Array:
        """The logarithm of each candidate label's density at each row; any other label gets the least of the row's.

        `candidates` holds label numbers, one line for each row. Only they are compared, so that a turn costs the same
        however many labels there are.
        """
        found = [
            self._evidence(rows[begin : begin + _AT_ONCE], candidates[begin : begin + _AT_ONCE])
            for begin in range(0, len(rows), _AT_ONCE)
        ]
        return np.concatenate(found)

    def _evidence(self, rows: Array, candidates: Array) -> Array:
        # A message and its parts have most candidates in common, so each label's examples are read once for all of them.
        labels, places = np.unique(candidates, return_inverse=True)
        of_rows = self._densities(labels, unit(rows))[places.reshape(candidates.shape), np.arange(len(rows))[:, None]]
        found = np.repeat(of_rows.min(axis=1, keepdims=True), len(self.starts) - 1, axis=1)
        np.put_along_axis(found, candidates, of_rows, axis=1)
        return found

    def _densities(self, labels: Array, rows: Array) -> Array:
        """One line for each label, one column for each row."""
        stretches = [(self.starts[label], self.starts[label + 1]) for label in labels.tolist()]
        counts = np.array([end - begin for begin, end in stretches])
        begins = np.cumsum(counts) - counts
        near = self.sharpness * self.rows.times(stretches, rows)
        tops = np.maximum.reduceat(near, begins)
        sums = np.add.reduceat(np.exp(near - np.repeat(tops, counts, axis=0)), begins)
        densities: Array = tops + np.log(sums / counts[:, None].astype(np.float32))
        return densities
