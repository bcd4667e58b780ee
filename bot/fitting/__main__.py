"""`python -m bot.fitting`: fits the encoder's upper layers to the examples and writes fitted.npz and products.onnx."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.quiet import hush

hush()

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from tqdm import tqdm  # noqa: E402

from bot.fitting.examples import Examples, examples  # noqa: E402
from bot.fitting.graph import products  # noqa: E402
from bot.fitting.layers import Layers, padded  # noqa: E402
from bot.fitting.weights import Weights  # noqa: E402
from bot.nlu.embedding import DIMENSIONS, FITTED, PUBLISHED, tokenizer  # noqa: E402
from bot.nlu.narrow import PRODUCTS  # noqa: E402

Array = NDArray[Any]

_SEED = 20261123
_AT_ONCE = 128


@dataclass(frozen=True)
class Options:
    """How the encoder is fitted.

    `layers` of it from the top, in `rounds` over all examples, `together` at a time. `pace` is how far one step goes, `head_pace`
    the same for what is thrown away afterwards: the labels' centres and the line between danger and calm. `sureness` is how far
    apart the labels are driven, `danger` how much danger counts beside them, `smoothing` the share left to every other label.
    """

    layers: int = 6
    rounds: int = 3
    together: int = 32
    pace: float = 7e-5
    head_pace: float = 2e-3
    sureness: float = 20.0
    danger: float = 1.0
    smoothing: float = 0.05
    dropout: float = 0.1


class Fitting:
    """Pulls texts of one label together and those of danger away from their calm twins."""

    def __init__(self, layers: Layers, found: Examples, options: Options) -> None:
        self._layers, self._examples, self._options = layers, found, options
        reader = tokenizer()
        tokens = [np.array(reader.encode(text).ids) for text in found.texts]
        self._states = self._below(tokens)
        self._order = np.random.default_rng(_SEED)
        self._centres = tf.Variable(self._means())
        self._danger = tf.Variable(np.zeros((self._centres.shape[0], 1), np.float32))
        self._threshold = tf.Variable(np.zeros(1, np.float32))
        steps = options.rounds * -(-len(tokens) // options.together)
        self._slow, self._fast = _optimizer(options.pace, steps), _optimizer(options.head_pace, steps)

    def run(self) -> None:
        """Goes through all examples as often as the options say."""
        for number in range(1, self._options.rounds + 1):
            batches = list(self._batches(self._options.together))
            losses = [self._step(*self._batch(batch)).numpy() for batch in tqdm(batches, f"Round {number}", mininterval=5.0)]
            print(f"Round {number}: labels {np.mean(losses, axis=0)[0]:.3f}, danger {np.mean(losses, axis=0)[1]:.3f}", flush=True)

    @tf.function(reduce_retracing=True, autograph=False)
    def _step(self, states: Any, there: Any, labels: Any, in_danger: Any, weights: Any) -> Any:
        options = self._options
        with tf.GradientTape() as tape:
            vectors = self._layers.above(states, there, options.dropout)
            scores = options.sureness * tf.matmul(vectors, tf.math.l2_normalize(self._centres, 0))
            count = scores.shape[1]
            targets = tf.one_hot(labels, count) * (1 - options.smoothing) + options.smoothing / count
            of_labels = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(targets, scores))
            alarm = options.sureness * (tf.matmul(vectors, self._danger) + self._threshold)[:, 0]
            of_danger = tf.reduce_mean(weights * tf.nn.sigmoid_cross_entropy_with_logits(in_danger, alarm))
            loss = of_labels + options.danger * of_danger
        deep, heads = self._layers.variables, [self._centres, self._danger, self._threshold]
        slopes, _ = tf.clip_by_global_norm(tape.gradient(loss, [*deep, *heads]), 1.0)
        self._slow.apply_gradients(zip(slopes[: len(deep)], deep, strict=True))
        self._fast.apply_gradients(zip(slopes[len(deep) :], heads, strict=True))
        return tf.stack([of_labels, of_danger])

    def _batch(self, batch: Array) -> tuple[Any, ...]:
        states, there = padded([self._states[place] for place in batch])
        found = self._examples
        return tuple(map(tf.constant, (states, there, found.labels[batch], found.in_danger[batch], found.weights[batch])))

    def _batches(self, size: int) -> Iterator[Array]:
        """Texts of about one length together, in an order of their own each time."""
        lengths = np.array([len(states) for states in self._states])
        order = np.argsort(lengths + self._order.uniform(0, 4, len(lengths)))
        batches = [order[start : start + size] for start in range(0, len(order), size)]
        yield from (batches[place] for place in self._order.permutation(len(batches)))

    def _below(self, tokens: list[Array]) -> list[Array]:
        order = np.argsort([len(row) for row in tokens])
        states: dict[int, Array] = {}
        for start in tqdm(range(0, len(order), _AT_ONCE), "Lower layers", mininterval=5.0):
            batch = order[start : start + _AT_ONCE]
            ids, there = padded([tokens[place] for place in batch])
            rows = self._layers.below(tf.constant(ids), tf.constant(there)).numpy().astype(np.float16)
            states |= {int(place): row[: len(tokens[place])] for place, row in zip(batch, rows, strict=True)}
        return [states[place] for place in range(len(tokens))]

    def _means(self) -> Array:
        """Where the labels' centres stand before anything is fitted, one column for each."""
        vectors = np.empty((len(self._states), DIMENSIONS), np.float32)
        for batch in self._batches(_AT_ONCE):
            states, there = padded([self._states[place] for place in batch])
            vectors[batch] = self._layers.above(tf.constant(states), tf.constant(there)).numpy()
        labels = self._examples.labels
        return np.array([vectors[labels == label].mean(axis=0) for label in range(labels.max() + 1)]).T


def _optimizer(pace: float, steps: int) -> Any:
    return tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.PolynomialDecay(pace, steps, end_learning_rate=pace * 0.02))


def main() -> int:
    """Fits and writes."""
    began = time.monotonic()
    tf.keras.utils.set_random_seed(_SEED)
    found, options = examples(), Options()
    print(f"Fitting the last {options.layers} layers of the encoder to {len(found.texts)} examples.", flush=True)
    weights = Weights(PUBLISHED)
    layers = Layers(weights, options.layers)
    Fitting(layers, found, options).run()
    np.savez_compressed(FITTED, held_out=np.array(found.held_out), **weights.served(layers.fitted()))
    PRODUCTS.write_bytes(products().SerializeToString())
    minutes = (time.monotonic() - began) / 60
    print(f"Written in {minutes:.0f} minutes: {FITTED.name}. Train the model now: make train", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
