"""`make bench`: how fast Handrail answers beside stock Rasa and beside its floor, in one run; writes docs/performance.md.

Everything is measured in rounds, each chat in turn, so that whatever else the machine does hits all alike. With `--growth`,
`--training` or `--sizing` it does that part alone instead, and with `--page` it only writes the page again. What each part
found is kept in docs/performance.json. `--quick` takes tiny counts, to see that it works, and writes nothing.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bench import growth, messages, sizing, training
from bench.floor import Floor
from bench.load import Done, Job, Loader, loader
from bench.measured import Row, row
from bench.peers import NAMES, Peer, handrail, peer
from bench.performance_page import FIGURES, PAGE, page
from bench.services import RedisServer
from bench.watching import machine, memory_megabytes, process_count, processor_seconds

_HEALTH = "/health/live"
_SHARES = (0.25, 0.5, 0.75)
_BLOCK = 10


@dataclass(frozen=True)
class Counts:
    """How much is measured."""

    starts: int = 3
    rounds: int = 4
    one_client: int = 40
    seconds: float = 5.0
    open_seconds: float = 15.0
    long: int = 3
    long_turns: int = 200


SHORT = Counts(starts=1, rounds=2, one_client=30, seconds=4.0, open_seconds=8.0, long=1)
QUICK = Counts(starts=0, rounds=1, one_client=5, seconds=1.5, open_seconds=2.0, long=1, long_turns=20)


def main() -> int:
    """Measures, keeps the figures and writes the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name, does in _PARTS.items():
        parser.add_argument(f"--{name}", action="store_true", help=does)
    parser.add_argument("--page", action="store_true", help="write the page again from the figures kept")
    parser.add_argument("--short", action="store_true", help="fewer rounds, in some ten minutes; the page says so")
    parser.add_argument("--quick", action="store_true", help="tiny counts, to see that it works; nothing is written")
    given = parser.parse_args()
    kept: dict[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    wanted = [name for name in _PARTS if getattr(given, name)]
    if not wanted and not given.page:
        kept["main"] = {"day": str(date.today()), **_main_run(QUICK if given.quick else SHORT if given.short else Counts())}
        wanted = [] if given.quick else ["sizing"]
    for name in wanted:
        kept[name] = {"day": str(date.today()), **_part(name, kept, quick=given.quick)}
    if given.quick:
        print(json.dumps(kept, indent=1))
        return 0
    FIGURES.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(kept), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))
    return 0


_PARTS = {
    "growth": "ten times the topics and examples, trained and served (half an hour or more)",
    "training": "how long training takes, beside Rasa's default pipeline (a quarter of an hour)",
    "sizing": "how many workers a national launch needs, by simulation from the figures kept",
}


def _part(name: str, kept: Mapping[str, Any], *, quick: bool) -> dict[str, Any]:
    if name == "growth":
        return growth.measure(quick=quick)
    if name == "training":
        return training.measure(quick=quick)
    return sizing.size(kept["main"])


def _main_run(counts: Counts) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, loader() as load:
        place = Path(folder)
        starts = _starts(counts, place)
        with _peers(place) as peers:
            run = _Run(load, peers, counts)
            figures = {
                "counts": vars(counts),
                "machine": machine(),
                "starts": starts,
                "one": run.one_client(),
                "eight": run.eight_clients(),
                "open": run.open_loop(),
                "long": run.long_conversations(),
                "busy": run.while_busy(),
                "memory": {
                    key: {"megabytes": memory_megabytes(one.sessions), "processes": process_count(one.sessions)}
                    for key, one in peers.items()
                },
            }
        return figures | {"workers": _workers(load, counts, place)}


@contextmanager
def _peers(place: Path) -> Iterator[dict[str, Peer]]:
    with ExitStack() as stack:
        yield {key: stack.enter_context(peer(key, place)) for key in NAMES}


def _starts(counts: Counts, place: Path) -> dict[str, dict[str, list[float]]]:
    """Each chat is started so many times, in turn, alone on the machine."""
    found: dict[str, dict[str, list[float]]] = {key: {"ready": [], "first_answer": []} for key in NAMES}
    for _ in range(counts.starts):
        for key in NAMES:
            _say(f"starting: {NAMES[key]}")
            with peer(key, place) as one:
                found[key]["ready"].append(one.ready)
                found[key]["first_answer"].append(one.first_answer)
    return found


class _Run:
    """The rounds with every chat running at once."""

    def __init__(self, load: Loader, peers: Mapping[str, Peer], counts: Counts) -> None:
        self._load, self._peers, self._counts = load, peers, counts
        self._texts = tuple(messages.mixed())
        self._rates: dict[str, float] = {}

    def one_client(self) -> dict[str, Any]:
        """One client's turns, the floor in the same rounds. The first round warms up and is left out."""
        floor = Floor()
        found: dict[str, list[Done]] = defaultdict(list)
        passes: list[float] = []
        used: dict[str, float] = defaultdict(float)
        blocks = [self._texts[place : place + _BLOCK] for place in range(0, self._counts.one_client, _BLOCK)]
        for number in range(self._counts.rounds + 1):
            _say(f"one client: round {number} of {self._counts.rounds}")
            for block in blocks:
                for key, one in self._peers.items():
                    before = processor_seconds(one.sessions)
                    done = self._load.run(Job(one.url, one.chat, block, turns=len(block)))[0]
                    if number:
                        found[key].append(done)
                        used[key] += processor_seconds(one.sessions) - before
                route = self._load.run(Job(self._peers["handrail"].url, "page", (_HEALTH,), turns=len(block)))[0]
                encoded = floor.milliseconds(block)
                if number:
                    found["route"].append(route)
                    passes += encoded
        return {**{key: _joined(done, used.get(key)) for key, done in found.items()}, "encoder": row(passes)}

    def eight_clients(self) -> dict[str, Any]:
        """Eight clients that wait for their answers: turns a second, and what a turn costs."""
        found: dict[str, list[Done]] = defaultdict(list)
        used: dict[str, float] = defaultdict(float)
        for number in range(self._counts.rounds):
            _say(f"eight clients: round {number + 1} of {self._counts.rounds}")
            for key, one in self._peers.items():
                before = processor_seconds(one.sessions)
                found[key] += self._load.run(Job(one.url, one.chat, self._texts, clients=8, seconds=self._counts.seconds))
                used[key] += processor_seconds(one.sessions) - before
        rows = {key: _joined(done, used[key]) for key, done in found.items()}
        self._rates = {key: one["turns_a_second"] for key, one in rows.items()}
        return rows

    def open_loop(self) -> dict[str, Any]:
        """Messages on a schedule, at shares of each chat's own closed-loop capacity."""
        found: dict[str, dict[str, list[Done]]] = defaultdict(lambda: defaultdict(list))
        for number in range(self._counts.rounds):
            for share in _SHARES:
                _say(f"open loop at {share:.0%}: round {number + 1} of {self._counts.rounds}")
                for key, one in self._peers.items():
                    rate = share * self._rates[key]
                    job = Job(one.url, one.chat, self._texts, rate=rate, seconds=self._counts.open_seconds, seed=number)
                    found[key][str(share)] += self._load.run(job)
        return {
            key: {share: {**_joined(done), "rate": float(share) * self._rates[key]} for share, done in by_share.items()}
            for key, by_share in found.items()
        }

    def long_conversations(self) -> dict[str, Any]:
        """Whole conversations in blocks of turns, each chat in turn; every block says the same ten messages."""
        texts = tuple(messages.asked())
        blocks = self._counts.long_turns // _BLOCK
        found: dict[str, list[list[float]]] = {key: [[] for _ in range(blocks)] for key in self._peers}
        for number in range(self._counts.long):
            _say(f"long conversation {number + 1} of {self._counts.long}")
            talks: dict[str, str | None] = {}
            for block in range(blocks):
                for key, one in self._peers.items():
                    job = Job(one.url, one.chat, texts, turns=_BLOCK, each=_BLOCK + 1, conversation=talks.get(key))
                    done = self._load.run(job)[0]
                    talks[key] = done.conversation
                    found[key][block] += done.milliseconds
        medians = {key: [statistics.median(times) for times in by_block] for key, by_block in found.items()}
        return {key: {"block": _BLOCK, "medians": row, "ratio": row[-1] / row[0]} for key, row in medians.items()}

    def while_busy(self) -> dict[str, Any]:
        """What others wait while eight clients keep Handrail busy with ordinary messages, or with the longest that it takes."""
        one, urgent = self._peers["handrail"], tuple(messages.urgent())
        seconds = 2 * self._counts.seconds
        found: dict[str, dict[str, list[Done]]] = defaultdict(lambda: defaultdict(list))
        for number in range(self._counts.rounds):
            for name, texts in (("nobody", None), ("mixed", self._texts), ("longest", tuple(messages.longest()))):
                _say(f"health and urgent messages beside {name}: round {number + 1} of {self._counts.rounds}")
                jobs = [
                    Job(one.url, "page", (_HEALTH,), rate=10.0, seconds=seconds, seed=number),
                    Job(one.url, one.chat, urgent, rate=2.0, seconds=seconds, seed=number + 100),
                ]
                if texts:
                    jobs.append(Job(one.url, one.chat, texts, clients=8, seconds=seconds))
                for what, done in zip(("health", "urgent", "others"), self._load.run(*jobs), strict=False):
                    found[name][what].append(done)
        return {name: {what: _joined(done) for what, done in by_kind.items()} for name, by_kind in found.items()}


def _workers(load: Loader, counts: Counts, place: Path) -> dict[str, Any]:
    """Turns a second with one worker and with two, over one Redis that both servers share in turn."""
    texts = tuple(messages.mixed())
    found: dict[str, list[Done]] = defaultdict(list)
    used: dict[str, float] = defaultdict(float)
    redis = RedisServer(place)
    try:
        with ExitStack() as stack:
            servers = {
                str(n): stack.enter_context(handrail(place, HANDRAIL_WORKERS=str(n), HANDRAIL_REDIS=redis.url)) for n in (1, 2)
            }
            for number in range(counts.rounds):
                _say(f"workers: round {number + 1} of {counts.rounds}")
                for n, one in servers.items():
                    before = processor_seconds(one.sessions)
                    found[n] += load.run(Job(one.url, one.chat, texts, clients=16, seconds=counts.seconds))
                    used[n] += processor_seconds(one.sessions) - before
            return {
                n: {
                    **_joined(found[n], used[n]),
                    "megabytes": memory_megabytes(one.sessions),
                    "processes": process_count(one.sessions),
                }
                for n, one in servers.items()
            }
    finally:
        redis.stop()


def _joined(done: Sequence[Done], processor: float | None = None) -> Row:
    """One row out of several jobs of one kind."""
    times = [time for one in done for time in one.milliseconds]
    seconds, turns = sum(one.seconds for one in done), max(len(times), 1)
    found = row(times)
    found |= {
        "late_p99": row([late for one in done for late in one.late])["p99"],
        "turns_a_second": len(times) / seconds if seconds else 0.0,
        "failed": sum(one.failed for one in done),
        "unanswered": sum(one.unanswered for one in done),
        "client_milliseconds": 1000 * sum(one.client for one in done) / turns,
    }
    if processor is not None:
        found["processor_milliseconds"] = 1000 * processor / turns
    return found


_BEGAN = time.monotonic()


def _say(words: str) -> None:
    print(f"{time.monotonic() - _BEGAN:6.0f} s  {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
