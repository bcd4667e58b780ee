"""`make evaluate`: how well Handrail understands, beside other ways, clean and under noise; writes docs/understanding.md."""

from __future__ import annotations

import asyncio
import dataclasses
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

# A rival needs it; bot.engine leaves it out where it is not there already.
import tensorflow  # noqa: F401
from tqdm import tqdm

from bench import noise, plots
from bench.bank import EXPECTATIONS, Question, questions
from bench.curves import Guess, calibration, calibration_error, guess, trade_off
from bench.examples import read
from bench.rivals import AnswerSearch, NearestExample, Ranking, Rival, from_few
from bench.verdicts import VERDICTS, Asked, alarms, ask_all, shares
from bot.engine import Engine
from bot.memory import MemoryVault
from content.library import Library, default_library

ROOT = Path(__file__).parent.parent
MODEL = ROOT / "models" / "handrail.tar.gz"
REPORT = ROOT / "docs" / "understanding.md"
PICTURES = ROOT / "docs" / "pictures"
OURS = "Handrail"
_NOISY_ONE_IN = 3
_SEED = 20261122


def main() -> int:
    """Prints the tables; with verdicts as arguments (`wrong refused`) prints those questions and writes nothing."""
    library = default_library()
    engine = Engine.load(MODEL, library, MemoryVault(1800))
    try:
        asked = asyncio.run(ask_all(engine, questions(), _topic_of(library)))
        if sys.argv[1:]:
            print(_listed(asked, set(sys.argv[1:])))
            return 0
        noisy = _noisy(engine, library)
        guesses = {OURS: asyncio.run(_own_guesses(engine, library))}
    finally:
        engine.close()
    for rival in (NearestExample(read(), library), AnswerSearch(library), *from_few()):
        guesses[rival.name] = _guesses(rival, library)
    REPORT.write_text(_report(asked, noisy, guesses, library), encoding="utf-8")
    print(REPORT.read_text(encoding="utf-8"))
    return 0


def _topic_of(library: Library) -> dict[str, str]:
    return {topic.question: topic.id for topic in library.topics.values()}


def _noisy(engine: Engine, library: Library) -> dict[str, list[Asked]]:
    """A third of the questions by lot, clean and with each kind of noise. Danger is left in."""
    everything = questions()
    bank = random.Random(_SEED).sample(everything, len(everything) // _NOISY_ONE_IN)
    found = {"clean": asyncio.run(ask_all(engine, bank, _topic_of(library), "clean"))}
    for kind in noise.KINDS:
        spoilt = [dataclasses.replace(question, text=noise.spoil(kind, question.text)) for question in bank]
        found[kind] = asyncio.run(ask_all(engine, spoilt, _topic_of(library), kind))
    return found


async def _own_guesses(engine: Engine, library: Library) -> list[tuple[Guess, bool]]:
    topics = frozenset(library.topics)
    found = []
    for question in tqdm(_for_rivals(), OURS, mininterval=2.0, disable=not sys.stderr.isatty()):
        found.append(_judged(question, await engine.understand(question.text), topics))
    return found


def _guesses(rival: Rival, library: Library) -> list[tuple[Guess, bool]]:
    topics = frozenset(library.topics)
    bank = tqdm(_for_rivals(), rival.name, mininterval=2.0, disable=not sys.stderr.isatty())
    return [_judged(question, rival.rank(question.text), topics) for question in bank]


def _for_rivals() -> list[Question]:
    return [question for question in questions() if question.expect in ("answer", "unknown", "offtopic")]


def _judged(question: Question, ranking: Sequence[tuple[str, float]] | Ranking, topics: frozenset[str]) -> tuple[Guess, bool]:
    return guess(question, ranking, topics), any(label in question.topics for label, _ in ranking[:3])


def _report(
    asked: Sequence[Asked],
    noisy: Mapping[str, Sequence[Asked]],
    guesses: Mapping[str, Sequence[tuple[Guess, bool]]],
    library: Library,
) -> str:
    by_expectation = {name: shares(one for one in asked if one.question.expect == name) for name in EXPECTATIONS}
    by_family = _by_family(asked, library)
    by_voice = {name: shares(g) for name, g in sorted(_grouped(asked, lambda one: one.question.voice).items())}
    under_noise = {name: shares(group) for name, group in noisy.items()}
    plots.bars({**by_expectation, "all": shares(asked)}, "What people get", PICTURES / "understanding-verdicts.svg")
    plots.bars(by_family, "By family of topics", PICTURES / "understanding-families.svg")
    plots.bars(under_noise, "Under noise", PICTURES / "understanding-noise.svg")
    own = [one for one, _ in guesses[OURS]]
    bins = calibration(own)
    plots.calibration(bins, PICTURES / "understanding-calibration.svg")
    curves = {name: trade_off([one for one, _ in rows]) for name, rows in guesses.items() if not name.startswith("BM25")}
    rated = [one for one in asked if one.question.expect in ("answer", "unknown", "offtopic")]
    answerable = [one for one in rated if one.question.expect == "answer"]
    here = (
        sum(one.verdict == "wrong" for one in rated) / len(rated),
        sum(one.verdict in ("one_tap", "refused") for one in answerable) / len(answerable),
    )
    plots.trade_off(curves, here, PICTURES / "understanding-trade-off.svg")
    caught, urgent, false, calm = alarms(asked)
    parts = [
        _INTRO.format(n=len(asked), voices=len(by_voice), examples=len(read())),
        _table(by_expectation | {"all": shares(asked)}, "expected"),
        f"Danger: {caught} of {urgent} urgent messages caught. False alarms: {false} of {calm} calm ones.",
        "![What people get](pictures/understanding-verdicts.svg)",
        "## By family of topics",
        "The family is that of the first topic that answers the question.",
        _table(by_family, "family"),
        "![By family](pictures/understanding-families.svg)",
        "## By the person who wrote the questions",
        _table(by_voice, "voice"),
        "## Is it as sure as it is right?",
        _CALIBRATION.format(error=100 * calibration_error(bins)),
        "![Calibration](pictures/understanding-calibration.svg)",
        "## Fewer wrong answers, or less doubt?",
        _TRADE_OFF.format(wrong=100 * here[0], away=100 * here[1]),
        "![Trade-off](pictures/understanding-trade-off.svg)",
        "## Beside other ways, on the same examples and questions",
        _RIVALS,
        _rivals(guesses),
        "## Under noise",
        _NOISE.format(n=len(noisy["clean"])),
        _table(under_noise, "noise"),
        "![Under noise](pictures/understanding-noise.svg)",
        "## What is mistaken for what",
        _confusions(asked),
    ]
    return "\n\n".join(parts) + "\n"


_INTRO = """# How well Handrail understands

Written by `make evaluate`; do not edit. {n} questions by {voices} people whose words were never trained on, against {examples}
training examples by other people. Each question is asked in a conversation of its own.

- **right answer** (adequate): what was asked is answered at once.
- **one tap**: Handrail asks back, and one of its choices is the right one.
- **refused**: Handrail says that it does not know, and names the advice line.
- **wrong**: it answered something else. This is the worst of the four.

A question that no topic answers (`unknown`, `offtopic`) is rightly met with doubt."""
_CALIBRATION = """When Handrail is 80 % sure of a topic it should be right four times in five. The line shows how often it was
right; on the dashed line it would be exactly as right as it is sure. Mean distance: {error:.1f} points."""
_TRADE_OFF = """Handrail can be made bolder or more cautious (`config.yml`). Each point of a line is one level of caution with one
threshold for every topic: to the left fewer wrong answers, downwards fewer people who are not answered at once. The star is what
people get as it is set now, with thresholds by harm, clauses and neighbours: {wrong:.1f} of 100 questions answered wrongly,
{away:.1f} of 100 answerable ones not answered at once."""
_RIVALS = """`first` is how often the first guess is right, `in three` how often the right topic is among the first three, and
`wrong at 10 % doubt` how many of 100 questions are answered wrongly when one answerable question in ten may be sent away.
The first three rows know every training example. Rasa's default
pipeline would take hours on them, so it is compared on ten short examples of each intent, and for half of its 100 epochs, with
Handrail's components on the same ten. (Handrail's encoder was fitted to all of them, which no other way has.)"""
_NOISE = """The same {n} questions, spoilt in nine ways (`bench/noise.py`)."""


def _by_family(asked: Sequence[Asked], library: Library) -> dict[str, dict[str, float]]:
    answerable = [one for one in asked if one.question.first]
    groups = _grouped(answerable, lambda one: library.topics[one.question.first or ""].theme)
    return {name: shares(group) for name, group in sorted(groups.items())}


def _grouped(asked: Sequence[Asked], key: object) -> dict[str, list[Asked]]:
    groups: dict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        groups[key(one)].append(one)  # type: ignore[operator]
    return groups


def _table(rows: Mapping[str, Mapping[str, float]], name: str) -> str:
    lines = [f"| {name} | n | " + " | ".join(VERDICTS) + " |", "|---|--:|" + "--:|" * len(VERDICTS)]
    lines += [f"| {key} | {row['n']:.0f} | " + " | ".join(f"{row[v]:.1%}" for v in VERDICTS) + " |" for key, row in rows.items()]
    return "\n".join(lines)


def _rivals(guesses: Mapping[str, Sequence[tuple[Guess, bool]]]) -> str:
    lines = ["| | first | in three | wrong at 10 % doubt |", "|---|--:|--:|--:|"]
    for name, rows in guesses.items():
        wanted = [(one, three) for one, three in rows if one.wanted]
        first = sum(one.right for one, _ in wanted) / len(wanted)
        three = sum(three for _, three in wanted) / len(wanted)
        curve = [wrong for wrong, away in trade_off([one for one, _ in rows]) if away <= 0.1]
        lines.append(f"| {name} | {first:.1%} | {three:.1%} | {f'{100 * min(curve):.1f}' if curve else 'cannot'} |")
    return "\n".join(lines)


def _confusions(asked: Sequence[Asked], most: int = 15) -> str:
    wrong = Counter(
        (one.question.first, one.reply.topics[0])
        for one in asked
        if one.verdict == "wrong" and one.question.first and one.reply.topics
    )
    lines = ["| asked for | answered | times |", "|---|---|--:|"]
    return "\n".join([*lines, *(f"| {a} | {b} | {n} |" for (a, b), n in wrong.most_common(most))])


def _listed(asked: Sequence[Asked], wanted: set[str]) -> str:
    lines = [_table({"all": shares(asked)}, "")]
    for one in asked:
        if one.verdict in wanted:
            got = f"{one.reply.outcome.value} {list(one.reply.topics)}"
            lines.append(f"{one.question.id} {one.question.expect} {sorted(one.question.topics)} -> {got}: {one.question.text}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
