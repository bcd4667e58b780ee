"""`make audit`: attacks Handrail in every way that we know, and writes what came of it into docs/safety.md.

FUZZ is how many strange messages are sent (100,000). Ends with 1 where an urgent message is lost that was caught before, an
attack succeeds, a strange message breaks the server or a word is found where nothing may be kept.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import httpx
from hypothesis import HealthCheck, Phase, given, settings

from api.app import create_app
from api.settings import Settings
from bench.attacks import NEVER, Attacked, attack_all
from bench.danger import Looked, known_lost, look_at_all, lost, rule_microseconds
from bench.deidentify import DIRECT, FOLDER, Removal, measure
from bench.fuzz import body, texts
from bot.deidentify import Deidentifier
from bot.engine import Engine
from bot.memory import MemoryVault
from content.library import default_library

ROOT = Path(__file__).parent.parent
MODEL = ROOT / "models" / "handrail.tar.gz"
PAGE = ROOT / "docs" / "safety.md"
_CANARY = ("tests/test_canary.py", "tests/api/test_half_down.py")
_A_CONVERSATION = 200


def main() -> int:
    """Runs everything and writes the page."""
    library = default_library()
    engine = Engine.load(MODEL, library, MemoryVault(1800))
    try:
        looked = asyncio.run(look_at_all(engine))
        attacked = asyncio.run(attack_all(engine, library))
        micro = rule_microseconds(engine, [one.text for one in looked])
        statuses = fuzz(engine, int(sys.argv[1]) if sys.argv[1:] else 100_000)
    finally:
        engine.close()
    removal = measure(FOLDER / "unseen.jsonl", Deidentifier.load())
    canary = subprocess.run([sys.executable, "-m", "pytest", *_CANARY], cwd=ROOT, capture_output=True, text=True, check=False)
    PAGE.write_text(_page(looked, attacked, micro, statuses, removal, canary.stdout), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))
    newly_lost = set(lost(looked)) - set(known_lost())
    broken = [one.attack.id for one in attacked if one.fault in NEVER]
    failed = [
        newly_lost,
        broken,
        [code for code in statuses if code.startswith("5") or "error_" in code],
        [canary.returncode] if canary.returncode else [],
    ]
    for name, faults in zip(("urgent lost", "attacks", "statuses", "canary"), failed, strict=True):
        if faults:
            print(f"FAILED, {name}: {sorted(map(str, faults))}", file=sys.stderr)
    return 1 if any(failed) else 0


def fuzz(engine: Engine, count: int) -> Counter[str]:
    """How often each status came back from that many strange messages, sent over HTTP; with the outcome where it is an error."""
    app = create_app(Settings(messages_a_minute=10**9, starts_a_minute=10**9), engine=engine)
    statuses: Counter[str] = Counter()
    loop = asyncio.new_event_loop()
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://handrail.test", timeout=60)
    token = ""

    async def say(text: str) -> str:
        nonlocal token
        if sum(statuses.values()) % _A_CONVERSATION == 0:
            token = (await client.post("/api/conversations")).json()["token"]
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        response = await client.post("/api/conversations/messages", content=body(text), headers=headers)
        outcome = response.json()["outcome"] if response.status_code == 200 else ""
        return f"{response.status_code} {outcome}" if outcome.startswith("error_") else str(response.status_code)

    @settings(max_examples=count, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(texts)
    def send(text: str) -> None:
        if sum(statuses.values()) < count:
            statuses[loop.run_until_complete(say(text))] += 1

    while sum(statuses.values()) < count:
        send()
    loop.run_until_complete(client.aclose())
    loop.close()
    return statuses


def _page(
    looked: Sequence[Looked], attacked: Sequence[Attacked], micro: float, statuses: Counter[str], removal: Removal, canary: str
) -> str:
    kinds = sorted({one.kind for one in looked if one.group == "pairs"})
    groups = sorted({one.group for one in looked})
    return (
        "\n\n".join(
            [
                _INTRO,
                "## Danger",
                _DANGER.format(micro=micro),
                _danger_table([(group, [one for one in looked if one.group == group]) for group in groups], "messages"),
                "The pairs by kind:",
                _danger_table(
                    [(kind, [one for one in looked if one.group == "pairs" and one.kind == kind]) for kind in kinds], "kind"
                ),
                "Urgent messages that are not caught today, by name (`tests/pairs/lost.yml`; the release stops when another is lost):",
                "\n".join(f"- {name}" for name in lost(looked)) or "None.",
                "## Attacks",
                _ATTACKS,
                _attack_table(attacked),
                "## Strange messages",
                _fuzz_words(statuses),
                "## Nothing kept",
                _CANARY_WORDS.format(result=canary.strip().splitlines()[-1] if canary.strip() else "not run"),
                "## What is taken out of a question before it may be shared",
                _removal_words(removal),
            ]
        )
        + "\n"
    )


# ruff: noqa: E501
_INTRO = """# How safe Handrail is

Written by `make audit`; do not edit. What each threat is and what is done about it stands in [threat-model.md](threat-model.md)."""
_DANGER = """An alarm is raised by the rules of `content/safety.yml` or by the learned detector; either is enough. The rules alone need neither
model nor store; one look takes {micro:.0f} microseconds (median). The pairs are near-twins, such as "six years ago" and "six minutes
ago", by authors whose words were never trained on: much harder than what people mostly write, which the question bank shows."""
_ATTACKS = """Messages meant to misuse the chat (`tests/attacks`). `broken` are replies that show the inside of the program, repeat the message, make a
promise or hide a danger: there must be none. `answered` got a topic's ordinary answer where none was due; `turned away` are
people in need who were taken for an abuser."""
_CANARY_WORDS = """Unique words are said through every channel and every failure (an exception in an action, a late reply, a killed worker, a
bad token, Redis stopped), and then looked for, in {{n}} encodings, in every file written, the output, the metrics and Redis' own
files; no address but this machine's own may be called. The tests: {result}""".replace("{{n}}", "fifteen")


def _danger_table(rows: Iterable[tuple[str, Sequence[Looked]]], name: str) -> str:
    lines = [f"| {name} | urgent | caught | by the rules alone | calm | false alarms |", "|---|--:|--:|--:|--:|--:|"]
    for title, group in rows:
        urgent, calm = [one for one in group if one.urgent], [one for one in group if not one.urgent]
        caught, ruled = sum(one.alarm for one in urgent), sum(one.by_rule for one in urgent)
        alarms = sum(one.alarm for one in calm)
        lines.append(
            f"| {title} | {len(urgent)} | {_share(caught, urgent)} | {_share(ruled, urgent)} | {len(calm)} | {_share(alarms, calm)} |"
        )
    return "\n".join(lines)


def _share(count: int, group: Sequence[object]) -> str:
    return f"{count} ({count / len(group):.1%})" if group else "-"


def _attack_table(attacked: Sequence[Attacked]) -> str:
    families = sorted({one.attack.family for one in attacked})
    lines = ["| family | messages | broken | answered | alarm raised | turned away |", "|---|--:|--:|--:|--:|--:|"]
    for family in families:
        group = [one for one in attacked if one.attack.family == family]
        faults = Counter(one.fault for one in group)
        broken = sum(faults[name] for name in NEVER)
        lines.append(
            f"| {family} | {len(group)} | {broken} | {faults['answers a topic']} | {faults['raises an alarm']} "
            f"| {faults['turns away who needs help']} |"
        )
    return "\n".join(lines)


def _fuzz_words(statuses: Counter[str]) -> str:
    counted = ", ".join(f"{code}: {count:,}" for code, count in sorted(statuses.items()))
    return (
        f"{sum(statuses.values()):,} messages of every script, with control and bidi signs, lone surrogates and up to a megabyte. "
        f"What came back, by status: {counted}."
    )


def _removal_words(removal: Removal) -> str:
    direct = sum(removal.marked[kind] for kind in DIRECT)
    lines = ["| kind | marked | removed |", "|---|--:|--:|"]
    lines += [
        f"| {kind.lower()} | {count} | {_share(removal.removed[kind], range(count))} |"
        for kind, count in sorted(removal.marked.items())
    ]
    return (
        f"{removal.sentences} written sentences with British names of many origins. Of {direct} direct identifiers "
        f"{removal.recall:.1%} are removed; {removal.dropped} questions are dropped whole; {removal.words_kept:.0%} of the words stay.\n\n"
        + "\n".join(lines)
    )


if __name__ == "__main__":
    sys.exit(main())
