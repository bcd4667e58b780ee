"""The encoder's layers in TensorFlow, in a process of their own: where the engine is loaded, TensorFlow is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import tensorflow as tf

from bot.fitting.__main__ import Fitting, Options
from bot.fitting.examples import Examples
from bot.fitting.layers import Layers, padded
from bot.fitting.weights import Weights
from bot.nlu.embedding import PUBLISHED, session, tokenizer, unit

TEXTS = ["who runs the meeting", "who is the chair of it", "he hit me an hour ago", "he is hitting me now", "can my mum come"]


@pytest.fixture(scope="module")
def weights() -> Weights:
    return Weights(PUBLISHED)


def _served(serving: onnxruntime.InferenceSession, text: str) -> np.ndarray:
    return unit(serving.run(None, {"input_ids": np.array([tokenizer().encode(text).ids], dtype=np.int64)})[0][0].mean(axis=0))


def _published(text: str) -> np.ndarray:
    serving = onnxruntime.InferenceSession(PUBLISHED, providers=["CPUExecutionProvider"])
    ids = np.array([tokenizer().encode(text).ids], dtype=np.int64)
    inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
    return unit(serving.run(["last_hidden_state"], inputs)[0][0].mean(axis=0))


def _in_tensorflow(layers: Layers, texts: list[str]) -> np.ndarray:
    tokens, there = padded([np.array(tokenizer().encode(text).ids) for text in texts])
    return layers.above(layers.below(tf.constant(tokens), tf.constant(there)), tf.constant(there)).numpy()


def test_the_layers_that_are_fitted_read_as_the_published_encoder_does(weights: Weights) -> None:
    vectors = _in_tensorflow(Layers(weights, fitted=2), TEXTS)
    for vector, text in zip(vectors, TEXTS, strict=True):
        assert float(vector @ _published(text)) == pytest.approx(1, abs=1e-4)


def test_fitting_parts_danger_from_its_calm_twin_and_what_was_fitted_is_served(weights: Weights, tmp_path: Path) -> None:
    tf.keras.utils.set_random_seed(1)
    labels, in_danger = np.array([0, 0, 1, 2, 3], np.int32), np.array([0, 0, 0, 1, 0], np.float32)
    layers = Layers(weights, fitted=1)
    before = _in_tensorflow(layers, TEXTS)
    Fitting(layers, Examples(TEXTS, labels, in_danger, np.ones(5, np.float32)), Options(rounds=20, together=5, pace=1e-4)).run()
    after = _in_tensorflow(layers, TEXTS)
    assert float(after[2] @ after[3]) < float(before[2] @ before[3])
    assert float(after[0] @ after[1]) > float(before[0] @ before[1])
    np.savez(tmp_path / "fitted.npz", **weights.served(layers.fitted()))
    serving = session(PUBLISHED.read_bytes(), tmp_path / "fitted.npz")
    assert [float(vector @ _served(serving, text)) > 0.96 for vector, text in zip(after, TEXTS, strict=True)] == [True] * 5
