"""docs/performance.md and its plots, out of the figures that were measured."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import load_plots
from bench.peers import NAMES
from bench.serving import ROOT
from bench.sizing_page import sizing

PAGE = ROOT / "docs" / "performance.md"
FIGURES = ROOT / "docs" / "performance.json"
PICTURES = ROOT / "docs" / "pictures"
_Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Target:
    """One promise: what is measured, the figure, and the most (or, with `least`, the least) that keeps it."""

    words: str
    found: float | None
    bound: float
    unit: str = ""
    least: bool = False

    @property
    def verdict(self) -> str:
        """Whether it is kept."""
        if self.found is None:
            return "not measured"
        kept = self.found >= self.bound if self.least else self.found <= self.bound
        return "reached" if kept else "**not reached**"


def page(kept: _Figures, pictures: Path = PICTURES) -> str:
    """The whole page; parts that were never measured say how to measure them."""
    main = kept["main"]
    load_plots.turns(_named(main["one"]), pictures / "performance-turns.svg")
    load_plots.under_load(_named(main["open"]), pictures / "performance-open-loop.svg")
    load_plots.long_conversation(_named(main["long"]), pictures / "performance-long.svg")
    machine = main["machine"]
    parts = [
        _INTRO.format(day=main["day"], **machine),
        _COUNTS.format(**main["counts"]),
        "## Targets",
        target_table(targets(kept)),
        "## One client",
        _ONE,
        _one_client(main["one"]),
        "![One client's turns](pictures/performance-turns.svg)",
        "## Eight clients that wait for their answers",
        _EIGHT,
        _eight_clients(main["eight"]),
        "## Messages on a schedule",
        _OPEN,
        _open_loop(main["open"]),
        "![Messages on a schedule](pictures/performance-open-loop.svg)",
        "## One long conversation",
        _LONG,
        _long(main["long"]),
        "![One long conversation](pictures/performance-long.svg)",
        "## While a worker is busy",
        _BUSY,
        _busy(main["busy"]),
        "## More workers",
        _workers(main["workers"]),
        "## Start and memory",
        _START,
        _start(main["starts"], main["memory"]),
        "## Training",
        _training(kept.get("training")),
        "## Ten times the topics",
        _growth(kept.get("growth")),
        "## Sizing: a national launch",
        sizing(kept["sizing"], pictures) if kept.get("sizing") else _MISSING.format(option="sizing"),
    ]
    return "\n\n".join(parts) + "\n"


def targets(kept: _Figures) -> list[Target]:
    """Every target with what was found."""
    main, growth = kept["main"], kept.get("growth")
    one, eight, memory = main["one"], main["eight"], main["memory"]
    turn = one["handrail"]["median"]
    return [
        Target("median turn, times the floor", turn / _floor(one), 1.5),
        Target("median turn: times faster than the default pipeline", one["default"]["median"] / turn, 5, least=True),
        Target("turns for a core: times the default pipeline's", _cost(eight, "default") / _cost(eight, "handrail"), 8, least=True),
        Target("median turn: times faster than stock Rasa with the same model", one["stock"]["median"] / turn, 2.5, least=True),
        Target("turns 191 to 200 of a conversation, times the first ten", main["long"]["handrail"]["ratio"], 1.1),
        Target(
            "median turn with ten times the topics and examples, times that without",
            growth["large"]["median"] / growth["small"]["median"] if growth else None,
            1.2,
        ),
        Target("ready after the start", statistics.median(main["starts"]["handrail"]["ready"]), 8, " s"),
        Target(
            "memory, times that of the default pipeline's two processes",
            memory["handrail"]["megabytes"] / memory["default"]["megabytes"],
            0.5,
        ),
    ]


def target_table(rows: Sequence[Target]) -> str:
    """The targets as a table."""
    lines = ["| target | bound | measured | |", "|---|--:|--:|---|"]
    for row in rows:
        sign = "at least" if row.least else "at most"
        found = "" if row.found is None else f"{row.found:.2f}{row.unit}"
        lines.append(f"| {row.words} | {sign} {row.bound:g}{row.unit} | {found} | {row.verdict} |")
    return "\n".join(lines)


# ruff: noqa: E501
_MISSING = "Not measured yet: `make bench BENCH=--{option}`."
_COUNTS = """{rounds} rounds; {one_client} turns of one client in each; {open_seconds:g} seconds at each rate; {starts} starts; {long} conversations of
{long_turns} turns."""
_INTRO = """# How fast Handrail is

Written by `make bench` on {day}; do not edit. The machine: {processor}, {cores} cores, {memory} of memory. Clients and servers share it, so
the absolute figures are worse than on a machine of their own; the ratios are what counts. Everything runs at the same time, and each
chat has its turn in every round, so that noise hits all alike.

- **Handrail**: `python -m api`, one worker, the trained model, a desk's database beside it.
- **Stock Rasa, same model**: `rasa run` beside `rasa run actions`, with the same model and the same actions.
- **Stock Rasa, default pipeline**: the same, but its understanding is Rasa's default pipeline (DIET). It was trained on ten short examples of each
  intent, because training it on all would take many hours; that makes it smaller and faster than it would be, never slower.
- **The floor**: one forward pass of the sentence encoder over the whole message, and an empty route of the same server over the same
  connection.

Every chat is sent the same forty messages, drawn by lot from the question bank (`tests/questions`): short and long, some urgent, some that
no topic answers. A conversation has five messages unless it says otherwise. The clients run in a process of their own and speak bare
HTTP over connections that are kept alive. Times are milliseconds."""
_ONE = """The floor is the sum of the two rows below it."""
_EIGHT = """*Processor* is what all processes of the chat used for a turn, user and system; *turns for a core* is how many one core could do
in a second at that price. *Client* is what the load itself cost for a turn, on the same machine."""
_OPEN = """Messages come independently of each other at the given rate, whether or not earlier ones were answered, and the time counts from the moment at
which a message was due. So waiting in a queue is counted. The rates are shares of each chat's own capacity with eight clients, as measured above. *Late* is by
how much the client itself was late to send (99th percentile). Who was not answered within 30 seconds counts as 30 seconds."""
_LONG = """The same ten messages are said again and again, two hundred turns in one conversation; each median is of ten turns, over all rounds."""
_BUSY = """Eight clients keep the one worker busy, first with the mixed messages, then with messages of 3,900 characters, about as long as the
chat takes. Beside them `/health/live` is asked ten times a second and a message that shows danger comes twice a second, both on a schedule. An urgent reply
that is not ready in time is given up for the words of the safety net (`HANDRAIL_URGENT_TIMEOUT`). That holds for danger that the rules see; where
only the model sees it, it is known when the message's turn has come, and until then it waits like any other. *Failed* are requests without a whole answer."""
_START = """*Ready* is when the chat says that it is, *first answer* when a first message has been answered; the start is that of its processes, each chat alone on the
machine, medians of all starts. *Memory* is taken after the load; a page that processes share counts once (PSS)."""


def _one_client(one: _Figures) -> str:
    turn, floor = one["handrail"]["median"], _floor(one)
    lines = ["| | n | median | p95 | p99 | Handrail's median is |", "|---|--:|--:|--:|--:|--:|"]
    for key, name in NAMES.items():
        times = "" if key == "handrail" else f"{one[key]['median'] / turn:.1f} times faster"
        lines.append(_cells(name, one[key]["n"], *_spread(one[key]), times))
    lines += [
        _cells("floor", "", f"{floor:.2f}", "", "", f"{turn / floor:.2f} times this"),
        _cells("one forward pass", one["encoder"]["n"], *_spread(one["encoder"]), ""),
        _cells("empty route", one["route"]["n"], *_spread(one["route"]), ""),
    ]
    return "\n".join(lines)


def _eight_clients(eight: _Figures) -> str:
    lines = [
        "| | turns | turns a second | processor | turns for a core | median | p95 | p99 | failed | client |",
        "|---|" + "--:|" * 9,
    ]
    for key, name in NAMES.items():
        row = eight[key]
        lines.append(
            _cells(
                name, row["n"], f"{row['turns_a_second']:.1f}", f"{row['processor_milliseconds']:.1f}",
                f"{1000 / row['processor_milliseconds']:.1f}", *_spread(row), row["failed"], f"{row['client_milliseconds']:.2f}",
            )
        )  # fmt: skip
    return "\n".join(lines)


def _open_loop(rows: _Figures) -> str:
    lines = ["| | load | messages a second | n | median | p95 | p99 | failed | unanswered | late |", "|---|" + "--:|" * 9]
    for key, name in NAMES.items():
        for share, row in rows[key].items():
            lines.append(
                _cells(
                    name, f"{float(share):.0%}", f"{row['rate']:.1f}", row["n"], *_spread(row), row["failed"], row["unanswered"],
                    f"{row['late_p99']:.1f}",
                )
            )  # fmt: skip
    return "\n".join(lines)


def _long(rows: _Figures) -> str:
    lines = ["| | first ten turns | last ten turns | ratio |", "|---|--:|--:|--:|"]
    for key, name in NAMES.items():
        row = rows[key]
        lines.append(_cells(name, f"{row['medians'][0]:.1f}", f"{row['medians'][-1]:.1f}", f"{row['ratio']:.2f}"))
    return "\n".join(lines)


def _busy(rows: _Figures) -> str:
    beside = {"nobody": "nobody", "mixed": "eight clients, mixed messages", "longest": "eight clients, longest messages"}
    kinds = {"health": "`/health/live`", "urgent": "urgent message", "others": "the eight clients' own turns"}
    lines = ["| | beside | n | median | p95 | p99 | failed |", "|---|---|" + "--:|" * 5]
    for kind, name in kinds.items():
        for key, other in beside.items():
            if row := rows[key].get(kind):
                lines.append(_cells(name, other, row["n"], *_spread(row), row["failed"]))
    return "\n".join(lines)


def _workers(rows: _Figures) -> str:
    if not rows:
        return "Not measured yet."
    lines = [
        "| workers | turns a second | processor | median | p95 | p99 | failed | memory (MB) | processes |",
        "|--:|" + "--:|" * 8,
    ]
    for count, row in rows.items():
        lines.append(
            _cells(
                count, f"{row['turns_a_second']:.1f}", f"{row['processor_milliseconds']:.1f}", *_spread(row), row["failed"],
                f"{row['megabytes']:.0f}", row["processes"],
            )
        )  # fmt: skip
    return (
        "Sixteen clients that wait for their answers; conversations are kept in one Redis (`HANDRAIL_WORKERS`, `HANDRAIL_REDIS`). "
        "Workers, Redis and clients share the cores named above.\n\n" + "\n".join(lines)
    )


def _start(starts: _Figures, memory: _Figures) -> str:
    lines = ["| | ready (s) | first answer (s) | memory (MB) | processes |", "|---|--:|--:|--:|--:|"]
    for key, name in NAMES.items():
        ready, answer = (statistics.median(starts[key][part]) for part in ("ready", "first_answer"))
        lines.append(_cells(name, f"{ready:.1f}", f"{answer:.1f}", f"{memory[key]['megabytes']:.0f}", memory[key]["processes"]))
    return "\n".join(lines)


def _training(row: _Figures | None) -> str:
    if not row:
        return _MISSING.format(option="training")
    lines = ["| | examples | seconds |", "|---|--:|--:|"]
    if row["whole"]:
        lines.append(_cells("Handrail, the whole model", f"{row['examples']:,}", f"{row['whole']:,.0f}"))
    lines += [
        _cells("Handrail's components", f"{row['few_examples']:,}", f"{row['own_few']:,.0f}"),
        _cells(f"default pipeline, {row['epochs']} epochs", f"{row['few_examples']:,}", f"{row['default_few']:,.0f}"),
        _cells(f"default pipeline, {row['epochs']} epochs, estimate", f"{row['examples']:,}", f"{row['default_whole']:,.0f}"),
    ]
    return (
        f"Measured on {row['day']}, from the start of the process to its end, with nothing kept from an earlier training. The few examples are "
        f"{row['few']} short ones of each intent. The default pipeline's time is worked out from two short trainings, since every epoch "
        f"({row['default_epoch']:.1f} s) costs the same; the estimate takes as many more epochs' worth as there are more examples, and leaves "
        "out that those are longer.\n\n" + "\n".join(lines)
    )


def _growth(rows: _Figures | None) -> str:
    if not rows:
        return _MISSING.format(option="growth")
    lines = ["| topics | examples | n | median | p95 | p99 | processor | failed | ready (s) | memory (MB) |", "|--:|" + "--:|" * 9]
    for name in ("small", "large"):
        row = rows[name]
        lines.append(
            _cells(
                f"{row['topics']:,}", f"{row['examples']:,}", row["n"], *_spread(row), f"{row['processor_milliseconds']:.1f}",
                row["failed"], f"{row['ready']:.1f}", f"{row['megabytes']:.0f}",
            )
        )  # fmt: skip
    return (
        f"Measured on {rows['day']}. Two copies of the whole project, trained alike on a few short examples of each intent and served side by side; the "
        "larger has ten times the topics, with examples made of words by lot. The messages are examples that both know, so that both do "
        "the same with them.\n\n" + "\n".join(lines)
    )


def _floor(one: _Figures) -> float:
    floor: float = one["encoder"]["median"] + one["route"]["median"]
    return floor


def _cost(eight: _Figures, key: str) -> float:
    cost: float = eight[key]["processor_milliseconds"]
    return cost


def _named(rows: _Figures) -> dict[str, Any]:
    return {name: rows[key] for key, name in NAMES.items()}


def _spread(row: _Figures) -> tuple[str, str, str]:
    return f"{row['median']:.1f}", f"{row['p95']:.1f}", f"{row['p99']:.1f}"


def _cells(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"
