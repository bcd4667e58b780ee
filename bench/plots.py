"""The look of every plot, SVG whose text stays text, and the plots of docs/understanding.md and docs/reliability.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

from bench.curves import Bin
from bench.verdicts import VERDICTS

mpl.use("svg")
from matplotlib import pyplot as plt

_COLOURS = {"adequate": "#1b7a4b", "one_tap": "#7fb98f", "refused": "#c9c9c9", "wrong": "#b3261e"}
_WORDS = {"adequate": "right answer", "one_tap": "one tap away", "refused": "says it does not know", "wrong": "wrong answer"}
LINES = ("#12436d", "#b3261e", "#6b6b6b", "#b8860b")
STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "handrail",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def bars(rows: Mapping[str, Mapping[str, float]], title: str, path: Path) -> None:
    """One bar for each row, divided by verdict."""
    with mpl.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(8, 0.42 * len(rows) + 1.6))
        names = list(rows)[::-1]
        left = [0.0] * len(names)
        for verdict in VERDICTS:
            widths = [100 * rows[name][verdict] for name in names]
            axes.barh(names, widths, left=left, color=_COLOURS[verdict], label=_WORDS[verdict], height=0.72)
            left = [a + b for a, b in zip(left, widths, strict=True)]
        axes.set(xlim=(0, 100), xlabel="of 100 questions", title=title)
        axes.legend(ncol=4, loc="upper center", bbox_to_anchor=(0.4, -0.55 / (0.42 * len(rows) + 0.6)), frameon=False, fontsize=9)
        save(figure, path)


def calibration(bins: Sequence[Bin], path: Path) -> None:
    """How often a guess was right against how sure it was."""
    with mpl.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(5.5, 4.5))
        axes.plot([0, 100], [0, 100], color="#999999", linestyle="--", label="perfect")
        axes.plot([100 * b.sure for b in bins], [100 * b.right for b in bins], color=LINES[0], marker="o", label="Handrail")
        for one in bins:
            axes.annotate(str(one.n), (100 * one.sure, 100 * one.right), textcoords="offset points", xytext=(6, -12), fontsize=8)
        axes.set(
            xlabel="how sure it was (%)", ylabel="how often it was right (%)", title="Sure and right (figures: number of questions)"
        )
        axes.legend(frameon=False)
        save(figure, path)


def trade_off(curves: Mapping[str, Sequence[tuple[float, float]]], here: tuple[float, float], path: Path) -> None:
    """Wrong answers against people sent away, for every level of caution; `here` is where Handrail stands."""
    with mpl.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(7, 4.8))
        for (name, curve), colour in zip(curves.items(), LINES, strict=False):
            axes.plot([100 * wrong for wrong, _ in curve], [100 * away for _, away in curve], color=colour, label=name)
        axes.plot(
            *(100 * share for share in here), marker="*", markersize=14, color=LINES[0], linestyle="", label="as set in config.yml"
        )
        axes.set(xlabel="answered wrongly (of 100 questions)", ylabel="not answered at once (of 100 answerable)", ylim=(0, 100))
        axes.set_title("Less wrong or less doubt: the lower left is better")
        axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(0.0, -0.14), fontsize=9)
        save(figure, path)


def over_time(at: Sequence[float], rows: Mapping[str, Sequence[float]], unit: str, title: str, path: Path) -> None:
    """One small plot for each row, one above the other, over the same time; every axis begins at nothing."""
    with mpl.rc_context(STYLE):
        figure, all_axes = plt.subplots(len(rows), 1, figsize=(8, 1.9 * len(rows)), sharex=True, squeeze=False)
        for axes, (name, values), colour in zip(all_axes[:, 0], rows.items(), LINES, strict=False):
            axes.plot(at, values, color=colour)
            axes.set(ylim=(0, max(values, default=1) * 1.15))
            axes.set_title(name, loc="left", fontsize=10)
        all_axes[-1, 0].set(xlabel=unit)
        figure.suptitle(title)
        figure.tight_layout()
        save(figure, path)


def save(figure: Any, path: Path) -> None:
    """Writes the figure as SVG and closes it; the same figure gives the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="svg", bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
    text = "\n".join(line.rstrip() for line in path.read_text(encoding="utf-8").splitlines())
    path.write_text(text + "\n", encoding="utf-8")
