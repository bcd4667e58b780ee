"""`make flows`: draws the conversations from the rules, stories and forms themselves, with how often the scripts walk each."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from tqdm import tqdm

from bench.bank import questions
from bench.verdicts import doubtful
from bot.engine import Engine
from bot.memory import MemoryVault
from bot.reply import Reply
from content.journeys import Journey
from content.library import Library, default_library

ROOT = Path(__file__).parent.parent
MODEL = ROOT / "models" / "handrail.tar.gz"
PAGE = ROOT / "docs" / "conversations.md"
SCRIPTS = ROOT / "tests" / "conversations"
_SHOWN = 4
_LABEL = 60
Walk = tuple[str, str]


def main() -> int:
    """Walks the scripts and writes the page."""
    library = default_library()
    engine = Engine.load(MODEL, library, MemoryVault(1800))
    try:
        walked = asyncio.run(_walk(engine))
    finally:
        engine.close()
    PAGE.write_text(page(library, walked), encoding="utf-8")
    print(PAGE.relative_to(ROOT))
    return 0


def page(library: Library, walked: Mapping[Walk, int]) -> str:
    """The whole page. Everything but the counts comes from domain.yml, data/ and content/journeys.yml."""
    rules = _read("data/rules.yml")["rules"]
    stories = _read("data/stories.yml")["stories"]
    covered = sum(1 for rule in rules if _times(rule, walked))
    parts = [
        "# How a conversation goes",
        "Written by `make flows` from `data/rules.yml`, `data/stories.yml`, `domain.yml` and `content/journeys.yml`; do not edit.",
        "## Single turns",
        f"Each rule says what follows on what. {covered} of {len(rules)} rules are walked by the scripts in `tests/conversations`.",
        "| rule | when | then | walked |\n|---|---|---|--:|\n" + "\n".join(_row(rule, walked) for rule in rules),
        "## Where the order matters",
        *(part for story in stories for part in (f"### {story['story']}", _diagram(_chain(_steps(story["steps"]))))),
        "## Journeys",
        "At any step a question of another kind is answered and the step is asked again; danger comes first; "
        '"stop" leaves and keeps the place.',
        *(part for journey in library.journeys.journeys.values() for part in _journey(journey, library)),
    ]
    return "\n\n".join(parts) + "\n"


def _read(path: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
    return found


def _intents(step: Mapping[str, Any]) -> list[str]:
    return [choice["intent"] for choice in step.get("or", [step]) if "intent" in choice]


def _row(rule: Mapping[str, Any], walked: Mapping[Walk, int]) -> str:
    intents = [intent for step in rule["steps"] for intent in _intents(step)]
    loops = [f"in {row['active_loop']}" for row in rule.get("condition", ()) if row.get("active_loop")]
    slots = [
        f"{name} is {value}"
        for row in rule.get("condition", ())
        for part in row.get("slot_was_set", ())
        for name, value in part.items()
    ]
    more = f" and {len(intents) - _SHOWN} more" if len(intents) > _SHOWN else ""
    when = ", ".join([*intents[:_SHOWN]]) + more
    then = ", ".join(step["action"] for step in rule["steps"] if "action" in step)
    return f"| {rule['rule']} | {'; '.join(filter(None, [when, *loops, *slots]))} | {then} | {_times(rule, walked)} |"


def _times(rule: Mapping[str, Any], walked: Mapping[Walk, int]) -> int:
    intents = [intent for step in rule["steps"] for intent in _intents(step)]
    actions = [step["action"] for step in rule["steps"] if "action" in step]
    if not intents:
        return sum(count for (_, action), count in walked.items() if action == actions[-1])
    return sum(walked.get((intent, actions[0]), 0) for intent in intents)


def _steps(steps: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for step in steps:
        if intents := _intents(step):
            yield f"person: {' or '.join(intents[:_SHOWN])}"
        elif "action" in step:
            yield f"Handrail: {step['action']}"


def _chain(names: Iterator[str]) -> list[str]:
    labels = list(names)
    lines = [f'  s{number}["{label}"]' for number, label in enumerate(labels)]
    return [*lines, *(f"  s{number} --> s{number + 1}" for number in range(len(labels) - 1))]


def _journey(journey: Journey, library: Library) -> Iterator[str]:
    form = _read("domain.yml")["forms"][f"{journey.id}_form"]["required_slots"]
    asked = {step.slot: step.ask for step in journey.steps}
    lines = [f'  start(["{journey.offer}"])']
    before = "start"
    for slot in form:
        lines.append(f'  {slot}["{_short(asked[slot])}"]')
        lines.append(f"  {before} --> {slot}")
        before = slot
    choices = {name for step in journey.steps for name in step.choices} or (
        set(library.journeys.stages) if "stage" in form else set()
    )
    lines += [f'  done(["{_short(journey.end.format(day="the day"))}"])', f"  {before} --> done"]
    yield f"### {journey.name[0].upper()}{journey.name[1:]}"
    if choices:
        yield f"Choices on the way: {', '.join(sorted(choices))}."
    yield _diagram(lines)


def _short(text: str) -> str:
    text = text.replace('"', "'").rstrip(":")
    return text if len(text) <= _LABEL else text[:_LABEL].rsplit(" ", 1)[0] + " ..."


def _diagram(lines: list[str]) -> str:
    return "\n".join(["```mermaid", "flowchart TD", *lines, "```"])


async def _walk(engine: Engine) -> Counter[Walk]:
    """How often each pair of what was understood and what was done occurs in the scripts."""
    walked: Counter[Walk] = Counter()
    scripts = [script for path in sorted(SCRIPTS.glob("*.yml")) for script in yaml.safe_load(path.read_text(encoding="utf-8"))]
    vague = await doubtful(engine, questions(), 3, says="0808 801 0366")
    for script in tqdm(scripts, "Walking", mininterval=2.0, disable=not sys.stderr.isatty()):
        token, last, doubts = engine.start(), None, iter(vague)
        for turn in script["turns"]:
            typed = next(doubts) if turn.get("user") == "<doubtful>" else _typed(turn, last)
            last = await engine.reply(token, typed)
            walked.update(engine.last_turn(token))
        engine.forget(token)
    return walked


def _typed(turn: Mapping[str, Any], last: Reply | None) -> str:
    if "tap" not in turn:
        return str(turn["user"])
    buttons = [button for message in last.messages for button in message.buttons] if last else []
    return next((b.send for number, b in enumerate(buttons, 1) if turn["tap"] in (b.label, number)), "hello")


if __name__ == "__main__":
    sys.exit(main())
