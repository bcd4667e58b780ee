"""The section Sizing of docs/performance.md."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench import load_plots
from bench import sizing as model
from desk.demonstration import HOURS


def sizing(found: Mapping[str, Any], pictures: Path) -> str:
    """Assumptions, the plain day, the programme, and what a visitor sees who is turned away."""
    load_plots.programme(found["series"], pictures / "performance-programme.svg")
    plain, enough = found["plain"], _enough(found["programme"])
    parts = [
        _INTRO.format(mean=found["mean_milliseconds"], shed=found["shed_milliseconds"]),
        _assumptions(found),
        "### A plain day",
        _PLAIN.format(
            workers=plain["workers"], peak=found["peak"], messages=found["peak"] * model.TURNS, median=1000 * plain["median"],
            p99=1000 * plain["p99"], aim=model.QUICK_ENOUGH,
        ),
        "### A television programme",
        _PROGRAMME.format(times=model.SPIKE, ramp=model.RAMP / 60, hold=model.HOLD / 60, half=model.HALF / 60),
        _table(found["programme"]),
        _ENOUGH.format(workers=enough["workers"], shed=enough["shed"]) if enough else _NEVER,
        "![A television programme](pictures/performance-programme.svg)",
        "### What a visitor sees who is turned away",
        _SHED,
    ]  # fmt: skip
    return "\n\n".join(parts)


# ruff: noqa: E501
_INTRO = """A simulation (`bench/sizing.py`) with the turns measured above. A turn keeps a worker busy for {mean:.1f} ms in the mean, which is one over its turns a second
with eight clients, spread as one client's turns were. To turn a message away costs it {shed:.1f} ms, as the empty route does. Workers are taken to be
as fast as the one measured here, which shared its machine with the clients; one worker uses about one core."""
_PLAIN = """At the evening's peak {peak:.0f} conversations begin every second, and {messages:.0f} messages come. **{workers} workers** answer 99 of 100 of
them within {aim:g} s and turn nobody away: median {median:.0f} ms, 99th percentile {p99:.0f} ms. One more is needed so that one may fail or be
replaced. The load that they carry is even through the evening, so no queue outlives a minute."""
_PROGRAMME = """At the evening's peak a programme shows the address. Within {ramp:.0f} minutes {times} times as many people as before begin a conversation every second; it stays so
for {hold:.0f} minutes, and what is above the plain evening then halves every {half:.0f} minutes. *Turned away* is the share of messages over that
hour (each try counts), *worst minute* the same in the worst minute, *gave up* the share after which nobody tried again. Times are of those that were answered."""
_ENOUGH = """**{workers} workers** keep the share turned away at {shed:.1%} over the hour. Fewer do no harm to those who are answered: their wait is bounded, and only the
share that is turned away grows. Workers that start on demand come too late for such a spike, since it is at its height within minutes: have them ready
before the programme, and let them go afterwards."""
_NEVER = "None of these is enough to turn fewer than one in a hundred away."
_SHED = """Never a spinner. Where too many wait already, the next message is answered at once, with words that cost next to nothing (`crowded` in `content/problems.yml`): very many people are
asking, nothing is lost, send it again in a few seconds; 999 for danger, the advice line's number, and the topic pages, where every answer can be read without the chat. A message
that shows danger is never turned away, and has the words of the safety net within `HANDRAIL_URGENT_TIMEOUT` even where its turn has not come. Topic pages need no engine."""


def _assumptions(found: Mapping[str, Any]) -> str:
    rows = [
        ("conversations a day", f"{model.CONVERSATIONS:,}"),
        ("in the busiest hour (nine to ten in the evening)", f"{max(HOURS) / sum(HOURS):.1%} of the day"),
        ("messages in a conversation", f"{model.TURNS} in the mean (geometric, at most {model.LONGEST})"),
        ("pause before the next message", f"{model.THINK:g} s in the median (log-normal, spread {model.THINK_SPREAD:g})"),
        ("a message is turned away", f"where {model.MOST_WAITING} wait at its worker already, unless it shows danger"),
        (
            "who is turned away tries again",
            f"{model.RETRY:.0%}, after about {model.RETRY_AFTER:g} s, at most {model.TRIES} tries in all",
        ),
        ("a conversation", "stays with its worker until it is turned away there; workers share no queue"),
        ("a turn keeps its worker busy for", f"{found['mean_milliseconds']:.1f} ms in the mean"),
    ]
    return "\n".join(["| assumption | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def _table(rows: list[dict[str, Any]]) -> str:
    lines = ["| workers | turned away | worst minute | gave up | median (s) | p95 (s) | p99 (s) |", "|--:|" + "--:|" * 6]
    lines += [
        f"| {row['workers']} | {row['shed']:.1%} | {row['worst_minute']:.1%} | {row['gave_up']:.1%} | {row['median']:.2f} | {row['p95']:.2f} | {row['p99']:.2f} |"
        for row in rows
    ]
    return "\n".join(lines)


def _enough(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    return next((row for row in rows if row["shed"] <= model.WELL), None)
