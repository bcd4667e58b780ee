"""Cleaning what was typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text import Expander, pattern_form, visible
from content.library import Library


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("he\u200bllo", "hello"),
        ("a\u202eb", "ab"),
        ("don\u2019t", "don't"),
        ("\ud800broken", "broken"),
        ("a\x00b\x07", "ab"),
        ("one\r\ntwo", "one\ntwo"),
        ("\uff48\uff49", "hi"),
    ],
)
def test_hidden_and_broken_characters_are_taken_out(typed: str, shown: str) -> None:
    assert visible(typed) == shown


@given(st.text(max_size=300))
def test_any_text_can_be_cleaned_and_sent_on(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    shown.encode("utf-8")
    pattern_form(text)


def test_patterns_read_small_letters_without_apostrophes() -> None:
    assert pattern_form("He's HERE. Don't\nknock!") == "hes here | dont | knock"


@pytest.mark.parametrize(
    ("typed", "full"),
    [
        ("the SW said", "the social worker said"),
        ("on a CPP", "on a child protection plan"),
        ("wot can i do b4 icpc", "what can i do before child protection conference"),
        ("rcpcs, strat and conf tmrw", "review child protection conferences, strategy and conference tomorrow"),
        ("MGM and pgps, clt's ptnr ref'd", "maternal grandmother and paternal grandparents, clt's partner referred"),
        ("LA knows of DA and SI, perp out", "council knows of domestic abuse and suicidal thoughts, abuser out"),
        ("my da sings la la, si", "my da sings la la, si"),
        ("passw0rd swan", "passw0rd swan"),
        ("me and OH were drinking, my oh went home", "me and partner were drinking, my partner went home"),
        ("oh no he's home", "oh no he's home"),
        ("OH NO HE'S HOME", "OH NO HE'S HOME"),
    ],
)
def test_short_forms_are_written_out_as_whole_words_only(library: Library, typed: str, full: str) -> None:
    assert Expander(library.abbreviations).expand(typed) == full
