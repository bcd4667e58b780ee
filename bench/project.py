"""A copy of the project that is trained and served apart, with few examples, and as many more topics as are wanted."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from bench.examples import read
from bench.rivals import few
from bench.serving import ROOT

_PACKAGES = ("content", "actions", "bot", "desk", "api")
_FILES = ("config.yml", "domain.yml")
_SEED = 20261122
_KEYWORDS = 8
# So many of them, and no more, fit into a question of the length that content may have.
_ASKED = 4


def copy(folder: Path) -> Path:
    """The project's own files, without a model; gives the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _PACKAGES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "data", folder / "data")
    for name in _FILES:
        shutil.copy(ROOT / name, folder / name)
    (folder / "models").mkdir()
    return folder


def grow(folder: Path, times: int, examples: int) -> tuple[int, int]:
    """Leaves `examples` of each intent, and makes the topics `times` as many. Gives the numbers of topics and of examples.

    Each new topic has the file of one that is there under another name, a place in the first rule, and examples made of words
    of its own by lot: nobody would ask like that, but to be found among so many they cost what real ones would.
    """
    texts = few(read(folder / "data" / "nlu.yml"), examples)
    topics = sorted(path.stem for path in (folder / "content" / "topics").glob("*.yml"))
    chance = random.Random(_SEED)
    words = [word for word in (ROOT / "content" / "plain_words.txt").read_text(encoding="utf-8").split() if word.isalpha()]
    added: list[str] = []
    for number in range(1, times):
        for topic in topics:
            name = f"{topic}_{number}"
            added.append(name)
            keywords = chance.sample(words, _KEYWORDS)
            texts[name] = [_sentence(keywords, words, chance) for _ in range(max(examples, 1))]
            _add_topic(folder / "content" / "topics", topic, name, keywords)
    _write(folder / "data" / "nlu.yml", {"nlu": [_block(intent, rows) for intent, rows in texts.items()]})
    domain = yaml.safe_load((folder / "domain.yml").read_text(encoding="utf-8"))
    domain["intents"] += added
    _write(folder / "domain.yml", domain)
    rules = yaml.safe_load((folder / "data" / "rules.yml").read_text(encoding="utf-8"))
    rules["rules"][0]["steps"][0]["or"] += [{"intent": name} for name in added]
    _write(folder / "data" / "rules.yml", rules)
    return len(topics) + len(added), sum(map(len, texts.values()))


def train(folder: Path) -> None:
    """Trains it in a process of its own. Raises CalledProcessError where that fails."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    subprocess.run([sys.executable, "-W", "ignore", "-m", "bot.train"], cwd=folder, env=environment, check=True)


def _sentence(keywords: list[str], words: list[str], chance: random.Random) -> str:
    said = [*chance.sample(keywords, 4), *chance.sample(words, 4)]
    chance.shuffle(said)
    return " ".join(said)


def _add_topic(folder: Path, topic: str, name: str, keywords: list[str]) -> None:
    text = (folder / f"{topic}.yml").read_text(encoding="utf-8")
    text = re.sub(r"^id: .*$", f"id: {name}", text, count=1, flags=re.MULTILINE)
    text = re.sub(r"^question: .*$", f"question: What is {' '.join(keywords[:_ASKED])}?", text, count=1, flags=re.MULTILINE)
    (folder / f"{name}.yml").write_text(text, encoding="utf-8")


def _block(intent: str, rows: list[str]) -> dict[str, Any]:
    return {"intent": intent, "examples": "".join(f"- {text}\n" for text in rows)}


def _write(path: Path, content: dict[str, Any]) -> None:
    version = {} if "version" in content else {"version": "3.1"}
    path.write_text(yaml.safe_dump({**version, **content}, allow_unicode=True, width=10_000, sort_keys=False), encoding="utf-8")
