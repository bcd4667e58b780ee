"""What a turn costs with ten times the topics and examples: two copies of the project, trained alike and served side by side."""

from __future__ import annotations

import random
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import project
from bench.examples import read
from bench.load import Job, loader
from bench.measured import row
from bench.peers import handrail
from bench.rivals import few
from bench.watching import memory_megabytes, processor_seconds

TIMES, EXAMPLES = 10, 10
_MESSAGES, _BLOCK, _ROUNDS = 40, 10, 8
_SEED = 20261122


def measure(*, quick: bool = False) -> dict[str, Any]:
    """Trains and serves both, and takes their turns in rounds. `quick` makes do with twice the topics and two examples."""
    times, examples = (2, 2) if quick else (TIMES, EXAMPLES)
    texts = _texts(examples)
    with tempfile.TemporaryDirectory() as folder, loader() as load, ExitStack() as stack:
        place = Path(folder)
        sizes, servers = {}, {}
        for name, factor in (("small", 1), ("large", times)):
            print(f"training a copy with {factor} times the topics", file=sys.stderr, flush=True)
            copied = project.copy(place / name)
            sizes[name] = project.grow(copied, factor, examples)
            project.train(copied)
        for name in sizes:
            servers[name] = stack.enter_context(handrail(place, place / name, PYTHONPATH=str(place / name)))
        found: dict[str, list[float]] = {name: [] for name in servers}
        used = dict.fromkeys(servers, 0.0)
        failed = dict.fromkeys(servers, 0)
        for number in range((1 if quick else _ROUNDS) + 1):
            for start in range(0, len(texts), _BLOCK):
                for name, server in servers.items():
                    before = processor_seconds(server.sessions)
                    block = texts[start : start + _BLOCK]
                    done = load.run(Job(server.url, server.chat, block, turns=len(block)))[0]
                    if number:
                        found[name] += done.milliseconds
                        used[name] += processor_seconds(server.sessions) - before
                        failed[name] += done.failed
        return {
            name: {
                **row(found[name]),
                "topics": sizes[name][0],
                "examples": sizes[name][1],
                "failed": failed[name],
                "processor_milliseconds": 1000 * used[name] / len(found[name]),
                "ready": server.ready,
                "megabytes": memory_megabytes(server.sessions),
            }
            for name, server in servers.items()
        }


def _texts(examples: int) -> tuple[str, ...]:
    """Examples that both were trained on, so that both are equally sure of them and do the same with them."""
    known = [text for rows in few(read(), examples).values() for text in rows]
    return tuple(random.Random(_SEED).sample(known, _MESSAGES))
