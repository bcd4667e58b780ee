"""The encoder is fitted to the examples, and what was fitted is what serves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from bot.fitting.examples import examples
from bot.fitting.weights import LAYERS, Weights
from bot.nlu.embedding import FITTED, PUBLISHED, WrongFile, fitted

ROOT = Path(__file__).parent.parent.parent


def test_layers_put_back_as_they_were_leave_the_published_file_as_it_is(tmp_path: Path) -> None:
    weights = Weights(PUBLISHED)
    np.savez(tmp_path / "same.npz", **weights.patch({number: weights.layer(number) for number in range(LAYERS)}))
    assert fitted(PUBLISHED.read_bytes(), tmp_path / "same.npz") == PUBLISHED.read_bytes()


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
def test_a_spoilt_patch_is_named_and_so_is_the_way_out(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "fitted.npz").write_bytes(content)
    with pytest.raises(WrongFile, match=r"fitted\.npz.*make encoder"):
        fitted(PUBLISHED.read_bytes(), tmp_path / "fitted.npz")
