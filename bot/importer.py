"""Reads data/nlu.yml for Rasa with libyaml: Rasa's own importer parses the file five times in Python, a quarter of a training."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

_EXAMPLES_ONLY = re.compile(r"(?:\s|#[^\n]*\n|version:[^\n]*\n)*nlu:")
_PLAIN_KEYS = {"intent", "metadata", "examples"}
# Entities, synonyms and escapes have a syntax of their own, which Rasa's reader knows.
_MARKED = re.compile(r"\[[^\]]*\][({]|\\")


class ExamplesImporter(RasaFileImporter):
    """Files that hold nothing but plain examples of intents are read here, everything else by Rasa's reader."""

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
        **_: Any,
    ) -> None:
        files = _files(training_data_paths)
        self._plain = {path: blocks for path in files if (blocks := _plain_blocks(path)) is not None}
        super().__init__(config_file, domain_path, [str(path) for path in files if path not in self._plain])

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """The examples of all files."""
        examples = [message for blocks in self._plain.values() for block in blocks for message in _messages(block)]
        return TrainingData(examples).merge(super().get_nlu_data(language))


def _files(paths: list[str] | str | None) -> list[Path]:
    named = [Path(path) for path in ([paths] if isinstance(paths, str) else paths or [])]
    inside = [file for path in named if path.is_dir() for file in sorted(path.rglob("*")) if file.is_file()]
    return [*(path for path in named if path.is_file()), *inside]


def _plain_blocks(path: Path) -> list[dict[str, Any]] | None:
    if path.suffix not in (".yml", ".yaml"):
        return None
    text = path.read_text(encoding="utf-8")
    if not _EXAMPLES_ONLY.match(text) or _MARKED.search(text):
        return None
    content = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    blocks = content.get("nlu") or []
    plain = set(content) <= {"version", "nlu"} and all(
        set(block) <= _PLAIN_KEYS and isinstance(block.get("examples"), str) and "/" not in block["intent"] for block in blocks
    )
    return blocks if plain else None


def _messages(block: dict[str, Any]) -> list[Message]:
    lines = (line.strip() for line in block["examples"].splitlines())
    texts = [line[1:].strip() for line in lines if line.startswith("-")]
    return [Message.build(text, block["intent"], None, block.get("metadata")) for text in texts if text]
