"""Many latencies as the few figures that say how they were spread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Row = dict[str, Any]
_SPREAD = 40


def row(milliseconds: Sequence[float]) -> Row:
    """Their number, mean, median, 95th and 99th percentile, and `spread`: evenly many of them from the least to the most."""
    if not milliseconds:
        return {"n": 0, "mean": 0.0, "median": 0.0, "p95": 0.0, "p99": 0.0, "spread": []}
    median, p95, p99 = (float(value) for value in np.percentile(milliseconds, (50, 95, 99)))
    spread = np.quantile(milliseconds, (np.arange(_SPREAD) + 0.5) / _SPREAD)
    mean = float(np.mean(milliseconds))
    return {
        "n": len(milliseconds),
        "mean": mean,
        "median": median,
        "p95": p95,
        "p99": p99,
        "spread": [*map(float, spread.round(3))],
    }
