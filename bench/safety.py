"""`make audit`: attacks Handrail in every way that we know, and writes what came of it into docs/safety.md.

Parts can be named, such as `danger attacks`; then the others stay as they were measured before. `--fuzz` is how many strange
messages are sent (100,000). What was found is kept in docs/safety.json. Ends with 1 where an urgent message is lost that was
caught before, an attack succeeds, a strange message breaks the server or a word is found where nothing may be kept.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, given, settings

from api.app import create_app
from api.settings import Settings
from bench.attacks import NEVER, Attacked, attack_all
from bench.danger import Looked, known_lost, look_at_all, lost, rule_microseconds
from bench.deidentify import DIRECT, FOLDER, measure
from bench.fuzz import body, texts
from bench.safety_page import PAGE, PARTS, page
from bot.deidentify import Deidentifier
from bot.engine import Engine
from bot.memory import MemoryVault
from content.library import default_library

ROOT = Path(__file__).parent.parent
MODEL = ROOT / "models" / "handrail.tar.gz"
FIGURES = PAGE.with_suffix(".json")
_CANARY = ("tests/test_canary.py", "tests/api/test_half_down.py")
_A_CONVERSATION = 200
_TELL_EVERY = 2000

_Figures = dict[str, Any]
_Found = tuple[_Figures, list[str]]


def main() -> int:
    """Runs the parts, keeps what they found and writes the page."""
    arguments = _arguments()
    engine = Engine.load(MODEL, default_library(), MemoryVault(1800))
    parts: dict[str, Callable[[], _Found]] = {
        "danger": lambda: _danger(engine),
        "attacks": lambda: _attacks(engine),
        "strange": lambda: _strange(engine, arguments.fuzz),
        "kept": _kept,
        "sharing": _sharing,
    }
    figures: _Figures = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    failed = False
    try:
        for name in arguments.parts or parts:
            found, faults = parts[name]()
            figures[name] = {"day": date.today().isoformat(), "model": engine.model[0], **found}
            FIGURES.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
            PAGE.write_text(page(figures), encoding="utf-8")
            print(f"{name}: {f'FAILED: {faults}' if faults else 'done'}", flush=True)
            failed = failed or bool(faults)
    finally:
        engine.close()
    return 1 if failed else 0


def fuzz(engine: Engine, count: int) -> Counter[str]:
    """How often each status came back from that many strange messages, sent over HTTP; with the outcome where it is an error."""
    app = create_app(Settings(messages_a_minute=10**9, starts_a_minute=10**9), engine=engine)
    statuses: Counter[str] = Counter()
    loop = asyncio.new_event_loop()
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://handrail.test", timeout=60)
    token, said, began = "", list[str](), time.monotonic()

    async def say(text: str) -> str:
        nonlocal token
        if sum(statuses.values()) % _A_CONVERSATION == 0:
            token = (await client.post("/api/conversations")).json()["token"]
            said.clear()
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        response = await client.post("/api/conversations/messages", content=body(text), headers=headers)
        outcome = response.json()["outcome"] if response.status_code == 200 else ""
        return f"{response.status_code} {outcome}" if outcome.startswith("error_") else str(response.status_code)

    @settings(max_examples=count, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(texts)
    def send(text: str) -> None:
        if sum(statuses.values()) >= count:
            return
        status = loop.run_until_complete(say(text))
        statuses[status] += 1
        said.append(ascii(text)[:200])
        if _breaks(status):
            print(f"{status} after {said[-8:]}", file=sys.stderr, flush=True)
        if sum(statuses.values()) % _TELL_EVERY == 0:
            print(f"{sum(statuses.values()):,} sent in {time.monotonic() - began:.0f} s", flush=True)

    while sum(statuses.values()) < count:
        send()
    loop.run_until_complete(client.aclose())
    loop.close()
    return statuses


def _breaks(status: str) -> bool:
    return status.startswith("5") or "error_" in status


def _danger(engine: Engine) -> _Found:
    looked = asyncio.run(look_at_all(engine))
    kinds = sorted({one.kind for one in looked if one.group == "pairs"})
    found = {
        "microseconds": rule_microseconds(engine, [one.text for one in looked]),
        "groups": [_caught(name, [one for one in looked if one.group == name]) for name in sorted({one.group for one in looked})],
        "kinds": [_caught(kind, [one for one in looked if one.group == "pairs" and one.kind == kind]) for kind in kinds],
        "lost": lost(looked),
    }
    return found, sorted(set(lost(looked)) - set(known_lost()))


def _caught(name: str, group: Sequence[Looked]) -> _Figures:
    urgent, calm = [one for one in group if one.urgent], [one for one in group if not one.urgent]
    return {
        "name": name,
        "urgent": len(urgent),
        "caught": sum(one.alarm for one in urgent),
        "by_rule": sum(one.by_rule for one in urgent),
        "calm": len(calm),
        "alarms": sum(one.alarm for one in calm),
    }


def _attacks(engine: Engine) -> _Found:
    attacked = asyncio.run(attack_all(engine, default_library()))
    families = sorted({one.attack.family for one in attacked})
    found = {"families": [_faults(family, [one for one in attacked if one.attack.family == family]) for family in families]}
    return found, [one.attack.id for one in attacked if one.fault in NEVER]


def _faults(family: str, group: Sequence[Attacked]) -> _Figures:
    faults = Counter(one.fault for one in group)
    return {
        "name": family,
        "messages": len(group),
        "broken": sum(faults[name] for name in NEVER),
        "answered": faults["answers a topic"],
        "alarms": faults["raises an alarm"],
        "turned_away": faults["turns away who needs help"],
    }


def _strange(engine: Engine, count: int) -> _Found:
    statuses = fuzz(engine, count)
    return {"statuses": dict(sorted(statuses.items()))}, [status for status in statuses if _breaks(status)]


def _kept() -> _Found:
    canary = subprocess.run([sys.executable, "-m", "pytest", *_CANARY], cwd=ROOT, capture_output=True, text=True, check=False)
    result = (canary.stdout.strip().splitlines() or ["not run"])[-1]
    return {"result": result}, [result] if canary.returncode else []


def _sharing() -> _Found:
    removal = measure(FOLDER / "unseen.jsonl", Deidentifier.load())
    found = {
        "sentences": removal.sentences,
        "direct": sum(removal.marked[kind] for kind in DIRECT),
        "recall": removal.recall,
        "dropped": removal.dropped,
        "words_kept": removal.words_kept,
        "kinds": [
            {"name": kind.lower(), "marked": marked, "removed": removal.removed[kind]}
            for kind, marked in sorted(removal.marked.items())
        ],
    }
    return found, []


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--fuzz", type=int, default=100_000, help="how many strange messages are sent")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
