"""Puts questions together that ask alike, by the sentence encoder alone: no trained model, no Rasa."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.deidentify import REMOVED
from bot.nlu.embedding import DIMENSIONS, encoder
from bot.text import Expander, visible
from content.library import default_library

Array = NDArray[Any]
# The cosine that the members of a group have on average.
_ALIKE = 0.5
_MANY = 200
_REMEMBERED = 1000
_KEY = secrets.token_bytes(32)
_vectors: dict[bytes, Array] = {}


def without_marks(text: str) -> str:
    """One line without the marks of what was taken out, which to a model would be about a child's removal."""
    return " ".join(visible(text).replace(REMOVED, " ").split())


def vectors(texts: Sequence[str]) -> Array:
    """One row of length one for each text, in the form in which training and turns encode it."""
    if not texts:
        return np.empty((0, DIMENSIONS), dtype=np.float32)
    if len(texts) > _MANY:
        return encoder().encode_many([_form(text) for text in texts])
    return np.stack([_vector(text) for text in texts])


def groups(texts: Sequence[str], alike: float = _ALIKE) -> list[list[int]]:
    """The places of texts that ask alike, the largest group first, else in the order given."""
    if len(texts) < 2:
        return [[place] for place in range(len(texts))]
    # Much to import, and for the desk's page of waiting questions alone.
    from scipy.cluster.hierarchy import fcluster, linkage

    labels = fcluster(linkage(vectors(texts), method="average", metric="cosine"), 1 - alike, criterion="distance")
    found: dict[int, list[int]] = {}
    for place, label in enumerate(labels):
        found.setdefault(int(label), []).append(place)
    return sorted(found.values(), key=lambda group: (-len(group), group[0]))


def _vector(text: str) -> Array:
    # The page of waiting questions is drawn again after every decision. No words are kept for it: a question that is
    # dropped must be gone.
    key = blake2b(text.encode(), key=_KEY, digest_size=16).digest()
    if (known := _vectors.get(key)) is not None:
        return known
    while len(_vectors) >= _REMEMBERED:
        _vectors.pop(next(iter(_vectors), b""), None)
    found = _vectors[key] = encoder().encode(_form(text))
    return found


def _form(text: str) -> str:
    return _expander().expand(without_marks(text))


@lru_cache(maxsize=1)
def _expander() -> Expander:
    return Expander(default_library().abbreviations)
