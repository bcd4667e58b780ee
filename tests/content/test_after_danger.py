"""What is heard after words for danger: that it is over, or that it goes on, kind by kind."""

from __future__ import annotations

import pytest

from content.library import Library

KINDS = ["suicide", "medical", "may_hurt_child", "violence", "child_tells", "stalked"]
PASSES = ["violence", "child_tells", "stalked"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "text", ["im safe now", "I'm safe at my mum's", "ok im fine now thanks", "only joking", "false alarm sorry"]
)
def test_who_is_safe_or_did_not_mean_it_is_believed(library: Library, kind: str, text: str) -> None:
    assert library.after_danger.is_over(text, kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "text",
    [
        "im gone",
        "i am over",
        "im safe but he has my son in there",
        "im ok for the moment",
        "im not safe",
        "im safe with him",
        "i cant",
    ],
)
def test_what_only_sounds_like_safety_leaves_the_danger_where_it_was(library: Library, kind: str, text: str) -> None:
    assert not library.after_danger.is_over(text, kind)


@pytest.mark.parametrize("text", ["its over", "hes gone now", "everything is fine now", "he has left"])
def test_what_went_on_may_be_over_but_not_for_who_wants_to_die_is_ill_or_may_hurt_a_child(library: Library, text: str) -> None:
    assert [kind for kind in KINDS if library.after_danger.is_over(text, kind)] == PASSES
