"""`python -m bench.turn`: a turn over HTTP beside its floor, the encoder's forward pass plus an empty route, in one run."""

from __future__ import annotations

import json
import statistics
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from bench.serving import Served, served
from bot.nlu.embedding import encoder

ROUNDS = 300
QUESTION = "can the conference take my child away from me"


def main() -> int:
    """Starts a real server, takes turns with the floor in the same loop, and prints medians and their ratio."""
    with served(HANDRAIL_MESSAGES_A_MINUTE="1000000") as server:
        _measure(server)
    return 0


def _measure(server: Served) -> None:
    base = server.url
    token = json.loads(_call(base, "POST", "/api/conversations"))["token"]
    body = json.dumps({"text": QUESTION}).encode()
    turn: Callable[[], object] = lambda: _call(base, "POST", "/api/conversations/messages", body, token)  # noqa: E731
    work: dict[str, Callable[[], object]] = {
        "turn": turn,
        "empty route": lambda: _call(base, "GET", "/health/live"),
        "encoder": lambda: encoder().encode(QUESTION),
    }
    times: dict[str, list[float]] = {name: [] for name in work}
    for place in range(ROUNDS + 20):
        for name, do in work.items():
            start = time.perf_counter()
            do()
            if place >= 20:
                times[name].append((time.perf_counter() - start) * 1000)
    for name, row in times.items():
        print(f"{name:12} median {statistics.median(row):6.2f} ms   p95 {statistics.quantiles(row, n=20)[-1]:6.2f} ms")
    floor = statistics.median(times["empty route"]) + statistics.median(times["encoder"])
    print(f"turn / (encoder + empty route) = {statistics.median(times['turn']) / floor:.2f}")
    print(f"ready after {server.ready:.1f} s, memory {_memory(server.pid):.0f} MB")


def _call(base: str, method: str, path: str, body: bytes | None = None, token: str | None = None) -> bytes:
    request = urllib.request.Request(base + path, method=method, data=body)
    request.add_header("content-type", "application/json")
    if token:
        request.add_header("authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=30) as response:
        answer: bytes = response.read()
        return answer


def _memory(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


if __name__ == "__main__":
    sys.exit(main())
