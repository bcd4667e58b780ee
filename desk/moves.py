"""Which answers of the question bank would move with more training examples: guessed from neighbours, or measured by training."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.likeness import vectors
from content.library import default_library
from content.loading import read_yaml

ROOT = Path(__file__).parent.parent
DATA, BANK, MODEL = ROOT / "data", ROOT / "tests" / "questions", ROOT / "models" / "handrail.tar.gz"
_NEEDED = ("actions", "bot", "content", "config.yml", "domain.yml")
_URGENT = "urgent"
_PATIENCE = 60.0


@dataclass(frozen=True)
class Addition:
    """A training example that is not in the data yet."""

    text: str
    topic: str


@dataclass(frozen=True)
class Asked:
    """A question of the bank; `fits` are the answers that the bank expects, `kind` is its `expect`."""

    id: str
    text: str
    kind: str
    fits: frozenset[str]


@dataclass(frozen=True)
class Move:
    """A question whose answer changes. `towards` is 1 towards what the bank expects, -1 away from it, else 0."""

    id: str
    now: str
    then: str
    expected: str
    towards: int
    loses_urgency: bool = False


def questions_of(bank: Path) -> list[Asked]:
    """Every question of the folder's JSON lines."""
    rows = [json.loads(line) for path in sorted(bank.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Asked(row["id"], row["text"], row["expect"], frozenset([*(row.get("topics") or ()), *(row.get("all") or ())]))
        for row in rows
    ]


def estimated(added: Sequence[Addition], data: Path = DATA, bank: Path = BANK) -> list[Move]:
    """The questions whose nearest training example would become an addition with another topic. Encodes all examples."""
    asked = questions_of(bank)
    if not added or not asked:
        return []
    examples = _examples(data)
    rows = vectors([question.text for question in asked])
    new = rows @ vectors([addition.text for addition in added]).T
    old = rows @ vectors([text for text, _ in examples]).T
    moves = []
    for place, question in enumerate(asked):
        addition = added[int(new[place].argmax())]
        nearest = examples[int(old[place].argmax())][1]
        if new[place].max() > old[place].max() and addition.topic != nearest:
            moves.append(_move(question, nearest, addition.topic, {nearest} & question.fits, {addition.topic} & question.fits))
    return moves


def trained(examples: str, data: Path = DATA, bank: Path = BANK) -> list[Move]:
    """The questions that a model trained with that file too answers otherwise than the present one. Raises RuntimeError."""
    if "intent:" not in examples:
        return []
    if not MODEL.exists():
        raise RuntimeError("There is no model to compare with: run `make train` first.")
    asked = questions_of(bank)
    with tempfile.TemporaryDirectory(prefix="handrail-export-") as folder:
        after = _answers(_trained_copy(Path(folder), examples, data), asked)
    before = _answers(MODEL, asked)
    return [
        _move(question, now.shown, then.shown, now.fitting(question), then.fitting(question), loses=now.urgent and not then.urgent)
        for question, now, then in zip(asked, before, after, strict=True)
        if now != then
    ]


@dataclass(frozen=True)
class _Answer:
    outcome: str
    urgent: bool
    topics: tuple[str, ...]

    @property
    def shown(self) -> str:
        return f"{'urgent, ' if self.urgent else ''}{self.outcome}{': ' if self.topics else ''}{', '.join(self.topics)}"

    def fitting(self, question: Asked) -> object:
        """True in some way where the answer is one that the bank expects."""
        if question.kind == _URGENT:
            return self.urgent
        if question.kind == "answer":
            return question.fits & set(self.topics)
        if question.kind == "chitchat":
            return self.outcome == "answered_smalltalk"
        return self.outcome.startswith(("unanswered", "handed")) or self.outcome == "answered_smalltalk"


def _move(question: Asked, now: str, then: str, fitted: object, fits: object, *, loses: bool = False) -> Move:
    expected = ", ".join(sorted(question.fits)) or question.kind
    return Move(question.id, now, then, expected, bool(fits) - bool(fitted), loses)


def _examples(data: Path) -> list[tuple[str, str]]:
    """Text and intent of every example."""
    found = []
    for path in sorted(data.glob("*.yml")):
        content: dict[str, Any] = read_yaml(path)
        for block in content.get("nlu") or ():
            lines = (line.strip() for line in block["examples"].splitlines())
            found += [(line.removeprefix("-").strip(), block["intent"]) for line in lines if line]
    return found


def _trained_copy(folder: Path, examples: str, data: Path) -> Path:
    for name in _NEEDED:
        place = ROOT / name
        if place.is_dir():
            shutil.copytree(place, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(place, folder / name)
    shutil.copytree(data, folder / "data")
    (folder / "data" / "nlu_shared.yml").write_text(examples, encoding="utf-8")
    (folder / "models").mkdir()
    result = subprocess.run([sys.executable, "-m", "bot.train"], cwd=folder, check=False)
    model = folder / "models" / MODEL.name
    if result.returncode or not model.exists():
        raise RuntimeError("The copy could not be trained.")
    return model


def _answers(model: Path, asked: Sequence[Asked]) -> list[_Answer]:
    # Rasa takes seconds to import, which the estimate does without.
    from bot.engine import Engine, Limits
    from bot.memory import MemoryVault

    # A busy machine must not make a late answer look like another one.
    engine = Engine.load(model, default_library(), MemoryVault(1800), limits=Limits(timeout=_PATIENCE, urgent_timeout=_PATIENCE))
    try:
        return asyncio.run(_ask_all(engine, asked))
    finally:
        engine.close()


async def _ask_all(engine: Any, asked: Sequence[Asked]) -> list[_Answer]:
    found = []
    for question in asked:
        token = engine.start()
        reply = await engine.reply(token, question.text)
        found.append(_Answer(reply.outcome.value, reply.urgent, tuple(reply.topics)))
        engine.forget(token)
    return found
