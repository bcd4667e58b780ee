"""The encoder as TensorFlow variables: its lower layers as they are published, its upper ones to be fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from bot.fitting.weights import LAYERS, Weights

Array = NDArray[Any]
Layer = dict[str, Any]

_HEADS = 12
_TINY = 1e-12
_NOT_THERE = 1e4


class Layers:
    """A BERT in two halves: what the lower one makes of a text never changes, so it is worked out once."""

    def __init__(self, weights: Weights, fitted: int) -> None:
        self._embeddings = {name: tf.constant(array) for name, array in weights.embeddings().items()}
        self._lower = [_variables(weights.layer(number)) for number in range(LAYERS - fitted)]
        self._upper = {number: _variables(weights.layer(number)) for number in range(LAYERS - fitted, LAYERS)}

    @property
    def variables(self) -> list[Any]:
        """What is fitted."""
        return [variable for layer in self._upper.values() for variable in layer.values()]

    def fitted(self) -> dict[int, dict[str, Array]]:
        """The upper layers' weights as they are now, by the layer's number."""
        return {number: {name: variable.numpy() for name, variable in layer.items()} for number, layer in self._upper.items()}

    @tf.function(reduce_retracing=True, autograph=False)
    def below(self, tokens: Any, there: Any) -> Any:
        """The states of the tokens under the upper layers; `there` is 1 for a token and 0 for padding."""
        places = self._embeddings["position_embeddings.weight"][: tf.shape(tokens)[1]]
        states = tf.gather(self._embeddings["word_embeddings.weight"], tokens) + places
        states = _normed(states + self._embeddings["token_type_embeddings.weight"][0], self._embeddings, "LayerNorm")
        for layer in self._lower:
            states = _through(states, there, layer, dropout=0.0)
        return states

    def above(self, states: Any, there: Any, dropout: float = 0.0) -> Any:
        """The texts' unit vectors."""
        for layer in self._upper.values():
            states = _through(states, there, layer, dropout)
        mean = tf.reduce_sum(states * there[..., None], 1) / tf.reduce_sum(there, 1, keepdims=True)
        return tf.math.l2_normalize(mean, -1)


def padded(rows: Sequence[Array]) -> tuple[Array, Array]:
    """Rows of unlike length as one array, and which of its places are filled."""
    longest = max(len(row) for row in rows)
    together = np.zeros((len(rows), longest, *rows[0].shape[1:]), np.int32 if rows[0].ndim == 1 else np.float32)
    there = np.zeros((len(rows), longest), np.float32)
    for place, row in enumerate(rows):
        together[place, : len(row)] = row
        there[place, : len(row)] = 1
    return together, there


def _variables(layer: Mapping[str, Array]) -> Layer:
    return {name: tf.Variable(array) for name, array in layer.items()}


def _through(states: Any, there: Any, layer: Layer, dropout: float) -> Any:
    asked, known, said = (_heads(_linear(states, layer, f"attention.self.{part}")) for part in ("query", "key", "value"))
    width = int(asked.shape[-1])
    likeness = tf.matmul(asked, known, transpose_b=True) / width**0.5 + (there[:, None, None, :] - 1) * _NOT_THERE
    heard = tf.transpose(tf.matmul(_dropped(tf.nn.softmax(likeness), dropout), said), [0, 2, 1, 3])
    heard = tf.reshape(heard, tf.shape(states))
    heard = _dropped(_linear(heard, layer, "attention.output.dense"), dropout)
    states = _normed(states + heard, layer, "attention.output.LayerNorm")
    thought = tf.nn.gelu(_linear(states, layer, "intermediate.dense"), approximate=False)
    thought = _dropped(_linear(thought, layer, "output.dense"), dropout)
    return _normed(states + thought, layer, "output.LayerNorm")


def _linear(states: Any, layer: Layer, name: str) -> Any:
    return tf.tensordot(states, layer[f"{name}.weight"], 1) + layer[f"{name}.bias"]


def _heads(states: Any) -> Any:
    shape = tf.shape(states)
    return tf.transpose(tf.reshape(states, [shape[0], shape[1], _HEADS, states.shape[-1] // _HEADS]), [0, 2, 1, 3])


def _normed(states: Any, weights: Mapping[str, Any], name: str) -> Any:
    mean, variance = tf.nn.moments(states, [-1], keepdims=True)
    return tf.nn.batch_normalization(states, mean, variance, weights[f"{name}.bias"], weights[f"{name}.weight"], _TINY)


def _dropped(states: Any, share: float) -> Any:
    return tf.nn.dropout(states, share) if share else states
