"""The charts: what is drawn is in proportion, described, and there as a table too."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from api.desk import charts
from api.desk.counts_pages import WORDS, drawn
from api.layout import template
from content.library import Library
from desk.figures import Figures

NAMES = charts.Words("Titles & more", "Row", "A note.", "{rows} rows, most {most} for {label}.", "Nothing.")
COUNTS = st.lists(st.tuples(st.text("ab <&'\" ?", min_size=1, max_size=99), st.integers(0, 10_000_000)), max_size=60)


def _html(chart: charts.Chart) -> str:
    return str(template("desk/charts.html.j2").module.chart(chart, WORDS))  # type: ignore[attr-defined]


def _number(measure: str) -> float:
    return float(measure.rstrip("%em"))


@given(COUNTS)
def test_every_chart_is_well_formed_and_names_itself(counts: list[tuple[str, int]]) -> None:
    for chart in (charts.bars("one", NAMES, counts), charts.columns("two", NAMES, counts, str)):
        page = ElementTree.fromstring(_html(chart))
        svg = page.find("figure/svg")
        assert (svg is None) == (not any(count for _, count in counts))
        if svg is not None:
            ids = [node.get("id") for node in svg.iter() if node.get("id")]
            assert svg.get("role") == "img"
            assert svg.get("aria-labelledby", "").split() == ids
            assert len(page.findall("figure/details//tbody/tr")) == len(counts)


@given(COUNTS)
def test_bars_and_columns_are_in_proportion_and_stay_inside(counts: list[tuple[str, int]]) -> None:
    for bar in charts.bars("one", NAMES, counts).bars:
        assert 0 <= _number(bar.width) <= 70
        assert abs(_number(bar.width) / 70 - bar.count / max(n for _, n in counts)) < 0.001
    for column in charts.columns("two", NAMES, counts, str).columns:
        assert abs(_number(column.y) + _number(column.height) - 100) < 0.02
        assert abs(_number(column.height) / 100 - column.count / max(n for _, n in counts)) < 0.001
        assert _number(column.x) + _number(column.width) <= 100


def test_long_labels_are_broken_and_no_bar_lies_on_a_label() -> None:
    chart = charts.bars("one", NAMES, [("word " * 30, 10), ("short", 5)])
    tops = [(_number(bar.lines[0].y) - 1, _number(bar.y)) for bar in chart.bars]
    assert len(chart.bars[0].lines) > 2
    assert tops[0][0] < tops[0][1] < tops[1][0] < tops[1][1] < float(chart.height)


def test_of_many_rows_some_are_drawn_and_all_are_in_the_table() -> None:
    chart = charts.bars("one", NAMES, [(str(n), n) for n in range(60, 0, -1)], most_bars=20)
    assert (len(chart.bars), len(chart.rows)) == (20, 60)


def test_nothing_in_a_chart_needs_a_style_or_script_of_its_own(library: Library) -> None:
    day = date(2026, 1, 1)
    series = [("topic", "interpreter", 0, 50), ("hour", "07", 0, 50), ("turns", "all", 0, 50), ("topic", "gone_since", 0, 10)]
    figures = Figures.of(day, day + timedelta(days=400), series, [(day, 50)])
    html = "".join(_html(chart) for chart in drawn(figures, library))
    assert html.count("<svg role") == 3
    assert not re.search(r"\sstyle=|\son\w+=|<script|<style", html)
    assert "gone_since" in html


def test_a_year_of_weeks_names_months_that_do_not_touch(library: Library) -> None:
    day = date(2026, 1, 5)
    figures = Figures.of(day, day + timedelta(days=364), [], [(day, 50)])
    weeks = next(chart for chart in drawn(figures, library) if chart.id == "week")
    places = [place for place, column in enumerate(weeks.columns) if column.tick]
    assert 3 <= len(places) <= 7
    assert min(b - a for a, b in pairwise(places)) >= 4
