"""The learned part of understanding: a linear model and the nearest examples, joined and calibrated on unseen voices."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from bot.nlu.neighbours import Neighbours
from bot.nlu.ngrams import Ngrams

Array = NDArray[Any]
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

_SEED = 20261121
# The solver goes on for long after the guesses have stopped changing.
_ITERATIONS = 30
_FIRST_GUESS = (0.8, 0.8)


@dataclass(frozen=True)
class Options:
    """How the model is fitted; the values stand in config.yml."""

    strictness: float = 10.0
    ngram_weight: float = 1.0
    character_dimensions: int = 300
    word_dimensions: int = 300
    sharpness: float = 28.0
    candidates: int = 12
    held_out: tuple[str, ...] = ()


class TopicModel:
    """Probabilities of every label for texts whose sentence vectors are at hand.

    `shares` is how much the linear scores and the neighbours' evidence count; together they also set how sure is sure.
    """

    def __init__(
        self,
        labels: Sequence[str],
        weights: Array,
        bias: Array,
        neighbours: Neighbours,
        shares: tuple[float, float],
        ngrams: Sequence[Ngrams],
        options: Options,
    ) -> None:
        self.labels = list(labels)
        self.weights = weights
        self.bias = bias
        self.neighbours = neighbours
        self.shares = shares
        self.ngrams = tuple(ngrams)
        self.options = options

    @classmethod
    def fit(
        cls, texts: Sequence[str], vectors: Array, labels: Sequence[str], voices: Sequence[str], options: Options
    ) -> TopicModel:
        """Fits the model, and its shares on voices held out of it, so that 0.8 means right four times in five.

        The voices of `options.held_out` are those that the encoder was not fitted to either.
        """
        sizes = {"characters": options.character_dimensions, "words": options.word_dimensions}
        ngrams = _side_by_side(lambda kind: Ngrams.fit(kind, texts, sizes[kind]), [kind for kind, size in sizes.items() if size])
        rows = _rows(vectors, _wording(texts, ngrams, options))
        targets, groups = np.asarray(labels), np.asarray(voices)
        held_out = np.isin(groups, options.held_out)
        parts = [np.arange(len(targets)), np.flatnonzero(~held_out)] if held_out.any() else [np.arange(len(targets))]
        model, *others = _side_by_side(lambda part: cls._fit(rows[part], targets[part], ngrams, options), parts)
        if others:
            model.shares = _calibrated(others[0], rows[held_out], targets[held_out])
        return model

    @classmethod
    def _fit(cls, rows: Array, labels: Array, ngrams: Sequence[Ngrams], options: Options) -> TopicModel:
        from sklearn.linear_model import LogisticRegression

        linear = LogisticRegression(C=options.strictness, max_iter=_ITERATIONS, random_state=_SEED).fit(rows, labels)
        names = [str(name) for name in linear.classes_]
        weights, bias = linear.coef_.T.astype(np.float32), linear.intercept_.astype(np.float32)
        if len(names) == 2:
            weights, bias = np.hstack([-weights, weights]), np.concatenate([-bias, bias])
        neighbours = Neighbours.fit(rows, np.searchsorted(linear.classes_, labels), options.sharpness)
        return cls(names, weights, bias, neighbours, _FIRST_GUESS, ngrams, options)

    def wording(self, texts: Sequence[str]) -> Array:
        """Spelling and wording of each text, for `probabilities`."""
        return _wording(texts, self.ngrams, self.options)

    def probabilities(self, vectors: Array, wording: Array) -> Array:
        """Calibrated probabilities, one row for each text, one column for each label."""
        linear, near = self._evidence(_rows(vectors, wording))
        return softmax(self.shares[0] * linear + self.shares[1] * near)

    def _evidence(self, rows: Array) -> tuple[Array, Array]:
        linear = rows @ self.weights + self.bias
        count = min(self.options.candidates, linear.shape[1])
        candidates = np.argpartition(-linear, count - 1, axis=1)[:, :count]
        return linear, self.neighbours.evidence(rows, candidates)


def softmax(scores: Array) -> Array:
    """Row by row."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Array = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _wording(texts: Sequence[str], ngrams: Sequence[Ngrams], options: Options) -> Array:
    found: Array = np.hstack([np.empty((len(texts), 0)), *(options.ngram_weight * kind(texts) for kind in ngrams)])
    return found.astype(np.float32)


def _rows(vectors: Array, wording: Array) -> Array:
    rows: Array = np.hstack([vectors, wording]).astype(np.float32)
    return rows


def _side_by_side(work: Callable[[_Item], _Result], items: Iterable[_Item]) -> list[_Result]:
    """`work` on each item, as many at once as there are cores, each on one: quicker than one after the other on all."""
    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, items))


def _calibrated(model: TopicModel, rows: Array, labels: Array) -> tuple[float, float]:
    """The shares under which the model gives most probability to the right labels of rows that it did not see."""
    from scipy.optimize import minimize

    place = {label: index for index, label in enumerate(model.labels)}
    known = [number for number, label in enumerate(labels) if label in place]
    target = np.array([place[labels[number]] for number in known], dtype=int)
    linear, near = model._evidence(rows[known])

    def loss(shares: Array) -> float:
        right = softmax(shares[0] * linear + shares[1] * near)[np.arange(len(target)), target]
        return -float(np.log(np.maximum(right, 1e-12)).sum())

    found = minimize(loss, _FIRST_GUESS, method="Nelder-Mead", bounds=[(0.0, 5.0), (0.0, 5.0)], options={"maxfev": 60})
    return float(found.x[0]), float(found.x[1])
