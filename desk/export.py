"""`python -m desk.export --out FOLDER`: approved questions as training examples and tests, and what would move."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.likeness import without_marks
from content.library import HERE, default_library
from content.loading import read_yaml
from desk.audit import Audit
from desk.moves import BANK, DATA, Addition, Move, estimated, questions_of, trained
from desk.questions import Question, Questions
from desk.store import DEFAULT_DATABASE, Store, StoreDown

EXAMPLES, TESTS, REPORT = "nlu-additions.yml", "questions-shared.jsonl", "report.md"
VOICE = "shared"
# The intent of questions from the field that no topic answers.
_NO_TOPIC = "not_covered"
# What Rasa would read as an entity, a synonym or an escape.
_MARKUP = str.maketrans({"[": "(", "]": ")", "{": "(", "}": ")", "\\": " ", "|": " "})
_WORDS: Mapping[str, Any] = read_yaml(HERE / "desk" / "questions.yml")["report"]


def main() -> int:
    """Writes the three files; 1 where the store cannot be read or a training fails."""
    parser = argparse.ArgumentParser(prog="python -m desk.export", description=__doc__)
    parser.add_argument("--database", default=os.environ.get("HANDRAIL_DATABASE", DEFAULT_DATABASE), help="the desk's store")
    parser.add_argument("--out", required=True, type=Path, help="the folder for the files")
    parser.add_argument("--train", action="store_true", help="train a copy and compare the true answers; takes some minutes")
    parser.add_argument("--data", type=Path, default=DATA, help="the training data, a folder")
    parser.add_argument("--bank", type=Path, default=BANK, help="the folder with the questions whose answers may move")
    given = parser.parse_args()
    try:
        store = Store(given.database)
        approved = Questions(store, Audit(store)).approved()
        written = export(approved, given.out, data=given.data, bank=given.bank, train=given.train)
    except StoreDown as error:
        print(f"The desk's store cannot be read: {error}", file=sys.stderr)
        return 1
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(str(path) for path in written))
    return 0


def export(approved: Sequence[Question], out: Path, *, data: Path = DATA, bank: Path = BANK, train: bool = False) -> list[Path]:
    """Writes the files and gives their paths. Raises RuntimeError where a training fails."""
    topics = default_library().topics
    known = [question for question in approved if question.topic is None or question.topic in topics]
    added = _additions(known)
    out.mkdir(parents=True, exist_ok=True)
    paths = [out / EXAMPLES, out / TESTS, out / REPORT]
    paths[0].write_text(examples_text(added), encoding="utf-8")
    paths[1].write_text(tests_text(known), encoding="utf-8")
    moves = trained(examples_text(added), data, bank) if train else estimated(added, data, bank)
    paths[2].write_text(_report(approved, known, added, moves, len(questions_of(bank)), train=train), encoding="utf-8")
    return paths


def examples_text(added: Sequence[Addition]) -> str:
    """A file that Rasa can train from as it is, and whose blocks can go into data/nlu.yml."""
    blocks = []
    for topic in sorted({addition.topic for addition in added}):
        lines = "\n".join(f"    - {addition.text}" for addition in added if addition.topic == topic)
        blocks.append(f"- intent: {topic}\n  metadata:\n    voice: {VOICE}\n  examples: |\n{lines}\n")
    return 'version: "3.1"\n\nnlu:' + ("\n" + "\n".join(blocks) if blocks else " []\n")


def tests_text(known: Sequence[Question]) -> str:
    """One line for each question, as in tests/questions: its topic, or that no topic is known for it."""
    rows: list[dict[str, Any]] = []
    for question in known:
        row = {"id": f"{VOICE}-{question.id:03}", "voice": VOICE, "text": plain(question.text)}
        rows.append(row | ({"expect": "answer", "topics": [question.topic]} if question.topic else {"expect": "unknown"}))
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def plain(text: str) -> str:
    """The question as a line of training data: without the marks of what was taken out, and without Rasa's own signs."""
    return " ".join(without_marks(text).translate(_MARKUP).split()).lstrip("/-# ")


def _additions(known: Sequence[Question]) -> list[Addition]:
    found = {plain(question.text): question.topic or _NO_TOPIC for question in known}
    return [Addition(text, topic) for text, topic in found.items() if text]


def _report(
    approved: Sequence[Question],
    known: Sequence[Question],
    added: Sequence[Addition],
    moves: Sequence[Move],
    asked: int,
    *,
    train: bool,
) -> str:
    words = _WORDS
    parts = [words["heading"], words["summary"].format(examples=len(added), tests=len(known), count=len(approved)), words["how"]]
    if gone := [str(question.id) for question in approved if question not in known]:
        parts.append(words["skipped"].format(ids=", ".join(gone)))
    missing = [f"- {plain(question.text)}" for question in known if question.topic is None]
    parts += [words["missing_heading"], "\n".join(missing) or words["missing_none"]]
    kind = "trained" if train else "estimate"
    parts += [words[f"{kind}_heading"], words[kind], *_moves(moves, asked)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _moves(moves: Sequence[Move], asked: int) -> list[str]:
    if not moves:
        return [_WORDS["nothing"].format(count=asked)]
    turns = [move.towards for move in moves]
    parts = [
        _WORDS["counted"].format(
            moved=len(moves), count=asked, better=turns.count(1), worse=turns.count(-1), neutral=turns.count(0)
        )
    ]
    if lost := sum(move.loses_urgency for move in moves):
        parts.insert(0, _WORDS["danger"].format(count=lost))
    # The bank's ids and topics only: whoever reads the report finds the words beside the ids.
    rows = [
        f"| {move.id} | {move.now} | {move.then} | {move.expected} |"
        for move in sorted(moves, key=lambda move: (move.towards, move.id))
    ]
    return [*parts, "\n".join([_WORDS["columns"], "| --- | --- | --- | --- |", *rows])]


if __name__ == "__main__":
    sys.exit(main())
