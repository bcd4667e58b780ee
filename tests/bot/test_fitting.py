"""The encoder is fitted to the examples, and what was fitted is what serves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import yaml

from bot.engine import ModelMissing, load_agent
from bot.fitting.examples import examples
from bot.fitting.weights import Weights
from bot.nlu.embedding import FITTED, PUBLISHED, WrongFile, session, tokenizer, unit
from bot.nlu.topics import TopicClassifier
from content.library import Library

ROOT = Path(__file__).parent.parent.parent


def test_what_serves_reads_nearly_as_the_published_encoder_where_nothing_was_fitted(tmp_path: Path) -> None:
    np.savez(tmp_path / "same.npz", **Weights(PUBLISHED).served({}))
    serving = session(PUBLISHED.read_bytes(), tmp_path / "same.npz")
    published = onnxruntime.InferenceSession(PUBLISHED, providers=["CPUExecutionProvider"])
    for text in ("hi", "can they take my kids at the meeting", "he hit me an hour ago " * 40):
        ids = np.array([tokenizer().encode(text).ids], dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        here = serving.run(None, {"input_ids": ids})[0][0].mean(axis=0)
        there = published.run(["last_hidden_state"], inputs)[0][0].mean(axis=0)
        assert float(unit(here) @ unit(there)) > 0.95


def test_the_layers_read_as_the_served_ones_do_and_part_danger_from_its_calm_twin() -> None:
    alone = [sys.executable, "-m", "pytest", "--noconftest", "tests/bot/fitting_alone.py"]
    run = subprocess.run(alone, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def test_the_voices_that_calibrate_were_never_fitted_to() -> None:
    pipeline = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    held_out = next(step["held_out"] for step in pipeline if "held_out" in step)
    with np.load(FITTED) as arrays:
        assert list(arrays["held_out"]) == held_out
    found = examples()
    assert found.held_out == tuple(held_out)
    assert len(found.texts) == len(found.labels) == len(found.in_danger) == len(found.weights) > 20_000


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"no archive at all"])
def test_a_spoilt_fitting_is_named_and_so_is_the_way_out(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "fitted.npz").write_bytes(content)
    with pytest.raises(WrongFile, match=r"fitted\.npz.*make encoder"):
        session(PUBLISHED.read_bytes(), tmp_path / "fitted.npz")


def test_a_model_that_learnt_from_another_fitting_is_not_served(monkeypatch: pytest.MonkeyPatch, library: Library) -> None:
    monkeypatch.setattr("bot.nlu.topics.fingerprint", lambda: "of another fitting")
    with pytest.raises(ModelMissing, match="make train"):
        load_agent(ROOT / "models" / "handrail.tar.gz", library)


def test_a_model_that_keeps_its_numbers_in_another_form_is_not_served(monkeypatch: pytest.MonkeyPatch, library: Library) -> None:
    monkeypatch.setattr(TopicClassifier, "FORM", TopicClassifier.FORM + 1)
    with pytest.raises(ModelMissing, match="make train"):
        load_agent(ROOT / "models" / "handrail.tar.gz", library)
