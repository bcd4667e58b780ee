"""The plots of docs/performance.md."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt

from bench.plots import LINES, STYLE, save


def turns(rows: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """How one client's turns are spread: for each name the share of turns that took at most so long."""
    with mpl.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(7, 4))
        for (name, row), colour in zip(rows.items(), LINES, strict=False):
            spread = row["spread"]
            axes.plot(spread, [100 * (place + 0.5) / len(spread) for place in range(len(spread))], color=colour, label=name)
        axes.set(xscale="log", xlabel="milliseconds", ylabel="of 100 turns, answered by then", title="One client", ylim=(0, 100))
        _milliseconds(axes.xaxis)
        axes.legend(frameon=False, fontsize=9)
        save(figure, path)


def under_load(rows: Mapping[str, Mapping[str, Mapping[str, Any]]], path: Path) -> None:
    """Median and 99th percentile against messages a second."""
    with mpl.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(7, 4))
        for (name, by_share), colour in zip(rows.items(), LINES, strict=False):
            rates = [row["rate"] for row in by_share.values()]
            axes.plot(rates, [row["median"] for row in by_share.values()], color=colour, marker="o", label=f"{name}: median")
            axes.plot(
                rates, [row["p99"] for row in by_share.values()], color=colour, marker="o", linestyle="--", label=f"{name}: p99"
            )
        axes.set(xscale="log", yscale="log", xlabel="messages a second", ylabel="milliseconds", title="Messages on a schedule")
        _milliseconds(axes.xaxis)
        _milliseconds(axes.yaxis)
        axes.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1.0, 1.0))
        save(figure, path)


def long_conversation(rows: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """The median of each ten turns of a conversation, against that of the first ten."""
    with mpl.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(7, 4))
        for (name, row), colour in zip(rows.items(), LINES, strict=False):
            medians = row["medians"]
            places = [row["block"] * (number + 0.5) for number in range(len(medians))]
            axes.plot(places, [median / medians[0] for median in medians], color=colour, label=name)
        axes.axhline(1.1, color="#999999", linestyle="--", label="target")
        axes.set(xlabel="turn", ylabel="times the first ten turns", title="One long conversation", ylim=(0, None))
        axes.legend(frameon=False, fontsize=9)
        save(figure, path)


def programme(series: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """Messages that come, messages turned away, and the time of answers, minute by minute, for each number of workers."""
    with mpl.rc_context(STYLE):
        figure, axes = plt.subplots(3, 1, figsize=(7, 9), sharex=True)
        colours = [mpl.colormaps["viridis"](place / max(len(series) - 1, 1)) for place in range(len(series))]
        for (count, row), colour in zip(series.items(), colours, strict=True):
            axes[0].plot(row["minute"], row["came"], color=colour, label=f"{count} workers")
            axes[1].plot(row["minute"], row["shed"], color=colour)
            axes[2].plot(row["minute"], row["p95"], color=colour)
        axes[0].set(ylabel="messages a second", title="A television programme")
        axes[1].set(ylabel="turned away a second")
        axes[2].set(ylabel="95th percentile of answers (s)", xlabel="minutes after the address was shown", ylim=(0, None))
        axes[0].legend(frameon=False, fontsize=9)
        save(figure, path)


def _milliseconds(axis: Any) -> None:
    axis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(mpl.ticker.NullFormatter())
