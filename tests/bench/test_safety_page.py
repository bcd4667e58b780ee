"""docs/safety.md says what was measured, when and on which model, and what was not."""

from __future__ import annotations

import json

from bench.safety import FIGURES
from bench.safety_page import PAGE, PARTS, page


def test_the_page_is_made_from_the_figures_beside_it() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(json.loads(FIGURES.read_text(encoding="utf-8")))


def test_a_part_that_was_not_measured_says_so() -> None:
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    for part in PARTS:
        without = page({name: found for name, found in figures.items() if name != part})
        assert without.count("Not measured yet") == page(figures).count("Not measured yet") + (part in figures)
        assert all(f"## {title}" in without for title in PARTS.values())
