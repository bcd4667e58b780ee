"""What a question asks for first: a time, a person, a reason, or none of these."""

from __future__ import annotations

import pytest

from content.asked import default_asked
from content.library import Library

PLAN = "What is a child in need plan?"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("how long will a child in need plan be in place", "when"),
        ("letter before proceedings how many days to answer", "when"),
        ("They gave us only an outline. When do we see the proper thing?", "when"),
        ("who gets copy of minutes", "who"),
        ("its one child. why are they writing about the girls too", "why"),
        ("wot is that n how long", None),
        ("so theyve made a plan. how long for, what if i dont agree and can they take her", None),
        ("how long does it go on, who decides", None),
        ("what is a core group and how often does it meet", None),
        ("what happens when i get there", None),
        ("whenever they come i shake", None),
        ("the lady who is coming was kind", None),
        ("can he come", None),
    ],
)
def test_the_one_thing_that_is_asked_for_is_told(text: str, kind: str | None) -> None:
    assert default_asked().first(text, PLAN) == kind


def test_a_topic_that_asks_for_a_time_itself_has_nothing_to_put_first(library: Library) -> None:
    assert default_asked().first("how long does it last", library.topics["plan_how_long"].question) is None


@pytest.mark.parametrize(
    ("text", "of_oneself"),
    [
        ("can i go to the meeting", True),
        ("Am I allowed in?", True),
        ("can he come", False),
        ("i want to know if my son can come", False),
        ("im 13 can i go", False),
        ("if i come can i just stay for a bit and then go home again", False),
    ],
)
def test_who_asks_for_themselves_says_nothing_of_a_child_and_little_else(text: str, of_oneself: bool) -> None:
    assert default_asked().of_oneself(text) is of_oneself
