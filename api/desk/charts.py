"""Charts as plain numbers for api/templates/desk/charts.html.j2: what lies where, what it says, and the same as a table."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# Letters of a label on one line, so that it fits on a phone; in em: a line, a bar, and the room below it.
_LETTERS = 40
_LINE, _BAR, _GAP = 1.3, 0.8, 0.8
# In per cent: what is left at the right is for the count of the longest bar, on a phone too.
_LONGEST_BAR = 70

Count = tuple[str, int]


@dataclass(frozen=True)
class Line:
    """A line of a label, `y` in em."""

    text: str
    y: str


@dataclass(frozen=True)
class Bar:
    """A horizontal bar under its label: `y` in em, `width` in per cent of the chart; the count stands at its end."""

    label: str
    count: int
    lines: tuple[Line, ...]
    y: str
    width: str
    count_y: str
    count_x: str


@dataclass(frozen=True)
class Column:
    """An upright bar, all in per cent of the plot; `tick` is what stands below it, or nothing."""

    label: str
    count: int
    x: str
    y: str
    width: str
    height: str
    middle: str
    tick: str


@dataclass(frozen=True)
class Chart:
    """`rows` are all counts, drawn or not. `bars` or `columns` are empty where nothing is to be drawn. `height` is in em."""

    id: str
    title: str
    described: str
    row_name: str
    note: str
    rows: tuple[Count, ...]
    most: int
    height: str = "0"
    bars: tuple[Bar, ...] = ()
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True)
class Words:
    """What a chart says: `describe` has places for rows, most and label; `nothing` is for no counts at all."""

    title: str
    row_name: str
    note: str
    describe: str
    nothing: str


def bars(id_: str, words: Words, counts: Sequence[Count], most_bars: int = 1000) -> Chart:
    """Horizontal bars in the order given; of many rows the first `most_bars` are drawn."""
    most = max((count for _, count in counts), default=0)
    drawn: list[Bar] = []
    y = 0.0
    for label, count in counts[:most_bars] if most else ():
        lines = textwrap.wrap(label, _LETTERS) or [label]
        placed = tuple(Line(text, _em(y + place * _LINE + 1)) for place, text in enumerate(lines))
        y += len(lines) * _LINE
        width = _LONGEST_BAR * count / most
        drawn.append(Bar(label, count, placed, _em(y), _percent(width), _em(y + _BAR * 0.95), _percent(width + 1.5)))
        y += _BAR + _GAP
    return _chart(id_, words, counts, most, height=f"{y:.2f}", bars=tuple(drawn))


def columns(id_: str, words: Words, counts: Sequence[Count], tick: Callable[[int], str]) -> Chart:
    """Upright bars from left to right; `tick` says by place what stands below one."""
    most = max((count for _, count in counts), default=0)
    drawn: list[Column] = []
    step = 100 / max(len(counts), 1)
    for place, (label, count) in enumerate(counts if most else ()):
        height = 100 * count / most
        drawn.append(
            Column(
                label, count, _percent((place + 0.1) * step), _percent(100 - height), _percent(0.8 * step), _percent(height),
                _percent((place + 0.5) * step), tick(place),
            )
        )  # fmt: skip
    return _chart(id_, words, counts, most, height="13", columns=tuple(drawn))


def _chart(
    id_: str,
    words: Words,
    counts: Sequence[Count],
    most: int,
    *,
    height: str,
    bars: tuple[Bar, ...] = (),
    columns: tuple[Column, ...] = (),
) -> Chart:
    if most:
        label = next(label for label, count in counts if count == most)
        described = words.describe.format(rows=len(counts), most=f"{most:,}", label=label)
    else:
        described = words.nothing
    rows = tuple(counts) if most else ()
    return Chart(id_, words.title, described, words.row_name, words.note, rows, most, height, bars, columns)


def _em(length: float) -> str:
    return f"{length:.2f}em"


def _percent(share: float) -> str:
    return f"{share:.2f}%"
