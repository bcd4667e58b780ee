"""The drawn conversations are those of today's rules, stories and forms."""

from __future__ import annotations

import re

from bench.flows import PAGE, page
from content.library import Library


def _without_counts(text: str) -> str:
    return re.sub(r"\| \d+ \|$|^.* rules are walked .*$", "", text, flags=re.MULTILINE)


def test_the_page_shows_the_rules_stories_and_forms_as_they_are(library: Library) -> None:
    assert _without_counts(PAGE.read_text(encoding="utf-8")) == _without_counts(page(library, {}))


def test_the_scripts_walk_every_rule() -> None:
    walked, rules = map(int, re.findall(r"(\d+) of (\d+) rules are walked", PAGE.read_text(encoding="utf-8"))[0])
    assert walked == rules
