"""`python -m bench.desk`: how long the counts of five million turns over a year take on SQLite, as figures and as a page."""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pyotp

from api.app import create_app
from api.settings import Settings
from content.library import Library, default_library
from desk import tables
from desk.demonstration import CALL_OUTCOMES, CHANNELS, HOURS, OUTCOMES, busy, popular, year
from desk.desk import Desk
from desk.permissions import Role
from desk.store import Store

TURNS, ROUNDS, MOST_SECONDS = 5_000_000, 9, 1.0
_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SITE, _PASSWORD = "https://handrail.bench", "a bench under an oak"


def main() -> int:
    """Prints medians; 1 where the page takes longer than a second."""
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk.open(f"sqlite:///{Path(folder) / 'desk.db'}", None, default_library())
        try:
            rows = _fill(desk.store, default_library(), year(desk.counts.today()))
            print(f"{TURNS:,} turns in {rows:,} rows on SQLite")
            days = year(desk.counts.today())
            figures = _median([_seconds(lambda: desk.counts.figures(days[0], days[-1])) for _ in range(ROUNDS)])
            page = _median(asyncio.run(_page(desk, days)))
        finally:
            desk.close()
    print(f"figures {figures:.3f} s   whole page over HTTP {page:.3f} s   (medians of {ROUNDS})")
    return 0 if page < MOST_SECONDS else 1


async def _page(desk: Desk, days: list[date]) -> list[float]:
    secret = desk.people.add("bench", Role.MANAGER, _PASSWORD, "bench")
    transport = httpx.ASGITransport(app=create_app(Settings(), desk=desk))
    async with httpx.AsyncClient(transport=transport, base_url=_SITE, headers={"accept": "text/html", "origin": _SITE}) as client:
        await client.post("/staff/sign-in", data={"name": "bench", "password": _PASSWORD, "code": pyotp.TOTP(secret).now()})
        times = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            response = await client.get("/staff/counts", params={"from": str(days[0]), "to": str(days[-1])})
            times.append(time.perf_counter() - start)
            if response.status_code != 200 or "<svg" not in response.text:
                raise RuntimeError(f"no charts came: {response.status_code}")
        return times


def _fill(store: Store, library: Library, days: list[date]) -> int:
    """Every row that so many turns leave behind, with what is to be expected in each."""
    weights = [busy(day) for day in days]
    per_day = [round(TURNS * weight / sum(weights)) for weight in weights]
    per_day[-1] += TURNS - sum(per_day)
    shares = _shares(library)
    rows = [row for day, n in zip(days, per_day, strict=True) for row in _rows(day, n, shares)]
    with store.begin() as connection:
        store.put(connection, tables.counts, rows, adding="n")
    return len(rows)


def _rows(day: date, n: int, shares: Mapping[str, Mapping[str, float]]) -> Iterator[dict[str, Any]]:
    yield {"day": day, "dimension": "turns", "value": "all", "n": n}
    yield {"day": day, "dimension": "weekday", "value": _NAMES[day.weekday()], "n": n}
    for dimension, values in shares.items():
        for value, share in values.items():
            yield {"day": day, "dimension": dimension, "value": value, "n": max(round(n * share), 1)}


def _shares(library: Library) -> dict[str, dict[str, float]]:
    topics, added_up = popular(library)
    popularity = {topic: (b - a) / added_up[-1] for topic, a, b in zip(topics, [0.0, *added_up], added_up, strict=False)}
    return {
        "outcome": {outcome.value: n / 1000 for outcome, n in OUTCOMES.items()},
        "channel": {**{channel: n / 1000 for channel, n in CHANNELS.items()}, "desk": 0.1},
        "hour": {f"{hour:02}": n / sum(HOURS) for hour, n in enumerate(HOURS)},
        "urgent": {"yes": 0.06, "no": 0.94},
        "hours": {"open": 0.2, "closed": 0.8},
        "helpful": {"yes": 0.1, "no": 0.03},
        "call_outcome": {outcome.value: n / 10_000 for outcome, n in CALL_OUTCOMES.items()},
        **{
            dimension: {topic: share * part for topic, share in popularity.items()}
            for dimension, part in (("topic", 0.7), ("call_topic", 0.1), ("helpful_topic", 0.1), ("not_helpful_topic", 0.03))
        },
    }


def _seconds(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _median(times: list[float]) -> float:
    return statistics.median(times)


if __name__ == "__main__":
    sys.exit(main())
