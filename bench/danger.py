"""Every urgent message of the tests, and the calm ones close to them: which are caught, and which raise a false alarm."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.attacks import attacks
from bench.bank import questions
from bot.engine import Engine

PAIRS = Path(__file__).parent.parent / "tests" / "pairs" / "danger.yml"
STORIES = PAIRS.with_name("stories.yml")
# Pairs of a writer who had seen nothing of Handrail, measured when everything else was done. Nothing is trained on them, and no
# rule is written for them: they tell what to expect of words that nobody has looked at.
FRESH_PAIRS = PAIRS.with_name("fresh.yml")
FRESH = "fresh pairs"
# The same pairs, each behind a calm story. They are measured and held to a share, not by name.
BEHIND = "pairs behind a story"
LOST = Path(__file__).parent.parent / "tests" / "pairs" / "lost.yml"


@dataclass(frozen=True)
class Looked:
    """A message: `urgent` is what it is, `alarm` what Handrail took it for, `by_rule` what the rules alone do."""

    id: str
    group: str
    kind: str
    text: str
    urgent: bool
    alarm: bool
    by_rule: bool


def pairs() -> list[dict[str, Any]]:
    """The pairs, each a calm and a dangerous message close in words."""
    found: list[dict[str, Any]] = yaml.safe_load(PAIRS.read_text(encoding="utf-8"))
    return found


def messages() -> list[tuple[str, str, str, str, bool]]:
    """Id, group, kind, text and whether it is urgent, of the bank, the pairs and the attack pack."""
    rows = [(f"bank {q.id}", "question bank", q.kind or "", q.text, q.expect == "urgent") for q in questions()]
    stories: list[str] = yaml.safe_load(STORIES.read_text(encoding="utf-8"))
    for number, pair in enumerate(pairs(), 1):
        name = f"pair {number}: {pair['name']}"
        rows += [(name, "pairs", pair["kind"], pair["danger"], True), (name, "pairs", pair["kind"], pair["calm"], False)]
        story = stories[number % len(stories)]
        rows += [(name, BEHIND, pair["kind"], f"{story} {pair[said]}", said == "danger") for said in ("danger", "calm")]
    for number, pair in enumerate(yaml.safe_load(FRESH_PAIRS.read_text(encoding="utf-8")), 1):
        name = f"fresh pair {number}"
        rows += [(name, FRESH, pair["kind"], pair["danger"], True), (name, FRESH, pair["kind"], pair["calm"], False)]
    for attack in attacks():
        if attack.must in ("help_first", "help"):
            rows.append((f"attack {attack.id}", "attack pack", "", attack.text, attack.must == "help_first" or attack.urgent))
    return rows


async def look_at_all(engine: Engine) -> list[Looked]:
    """Every message in a conversation of its own."""
    found = []
    for name, group, kind, text, urgent in messages():
        token = engine.start()
        alarm = (await engine.reply(token, text)).urgent
        engine.forget(token)
        found.append(Looked(name, group, kind, text, urgent, alarm, bool(engine.net.dangers(text))))
    return found


def lost(looked: Sequence[Looked]) -> list[str]:
    """The ids of urgent messages that were not caught."""
    return [one.id for one in looked if one.urgent and not one.alarm and one.group not in (BEHIND, FRESH)]


def known_lost() -> list[str]:
    """Those that were lost at the last release, by name. The list may only grow shorter."""
    return list(yaml.safe_load(LOST.read_text(encoding="utf-8")) or [])


def rule_microseconds(engine: Engine, texts: Sequence[str]) -> float:
    """What one look of the rules takes, the median over those texts."""
    times = []
    for text in texts:
        began = time.perf_counter()
        engine.net.dangers(text)
        times.append(time.perf_counter() - began)
    return 1e6 * statistics.median(times)
