"""What the encoder is fitted to: the training examples, without the voices on whom the probabilities are calibrated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from rasa.shared.nlu.constants import INTENT, TEXT

from bot.importer import ExamplesImporter
from bot.nlu.detector import DangerDetector
from bot.nlu.reader import MessageReader
from bot.nlu.topics import TopicClassifier, example_text, example_voice
from content.library import default_library

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Examples:
    """Cleaned texts, the number of each one's label from 0, whether it shows danger (1 or 0), and how much it counts for that.

    `held_out` are the voices that are not among them.
    """

    texts: list[str]
    labels: NDArray[Any]
    in_danger: NDArray[Any]
    weights: NDArray[Any]
    held_out: tuple[str, ...] = ()


def examples() -> Examples:
    """Those of data/nlu.yml, as config.yml says."""
    pipeline = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    settings = {step["name"].rpartition(".")[2]: step for step in pipeline}
    topics = TopicClassifier.get_default_config() | settings["TopicClassifier"]
    danger = DangerDetector.get_default_config() | settings["DangerDetector"]
    data = ExamplesImporter(str(ROOT / "config.yml"), str(ROOT / "domain.yml"), [str(ROOT / "data")]).get_nlu_data()
    MessageReader({}, default_library()).process_training_data(data)
    voiced = [(example, example_voice(example, number)) for number, example in enumerate(data.intent_examples) if example.get(TEXT)]
    kept = [(example, voice) for example, voice in voiced if voice not in topics["held_out"]]
    names = [example.get(INTENT) for example, _ in kept]
    return Examples(
        [example_text(example) for example, _ in kept],
        np.unique(names, return_inverse=True)[1].astype(np.int32),
        np.array([name.startswith(danger["danger_prefix"]) for name in names], dtype=np.float32),
        np.array([danger["twin_weight"] if voice.startswith(danger["twins"]) else 1.0 for _, voice in kept], dtype=np.float32),
        tuple(topics["held_out"]),
    )
