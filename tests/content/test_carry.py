"""The carry card: what is encoded comes back, what is wrong says so, and a number keeps its meaning for ever."""

from __future__ import annotations

import copy
import hashlib
import itertools
import random
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.carry import ALPHABET, NEEDS, RING, Card, CardError, decode, encode, faults, spelled
from content.library import HERE, Library
from content.lint import Lint
from content.loading import read_yaml

RAW: dict[str, Any] = read_yaml(HERE / "carry.yml")
# The numbers that were there when the first codes went out, and a digest of what they stood for.
FIRST = {"stages": 6, "areas": 4, "topics": 131}
FIRST_DIGEST = "4e07bb9008afce1c"
EMPTY = Card()
FULL = Card("court", ("core_group", "abuser_at_conference", "interpreter"), "southwark", frozenset(NEEDS), "no")
SAMPLES = [
    EMPTY,
    FULL,
    Card(stage="before"),
    Card(topics=("worried_about_a_child",), ring="yes"),
    Card("on_plan", ("legal_aid", "complain"), "wales", frozenset({"apart"}), "no"),
]

cards = st.builds(
    Card,
    stage=st.sampled_from([None, *RAW["stages"]]),
    topics=st.lists(st.sampled_from(list(RAW["topics"])), max_size=3, unique=True).map(tuple),
    area=st.sampled_from([None, *RAW["areas"]]),
    needs=st.frozensets(st.sampled_from(NEEDS)),
    ring=st.sampled_from(RING),
)


def _letters(code: str) -> str:
    return code.replace("-", "")


def _kind(code: str) -> str | None:
    try:
        decode(code)
    except CardError as error:
        return error.kind
    return None


@given(cards)
def test_a_code_gives_back_the_card_in_twelve_letters(card: Card) -> None:
    code = encode(card)
    assert decode(code) == card
    assert [len(group) for group in code.split("-")] == [4, 4, 4]
    assert set(_letters(code)) <= set(ALPHABET)


@given(cards, cards)
def test_two_cards_never_share_a_code(one: Card, other: Card) -> None:
    assert (encode(one) == encode(other)) == (one == other)


def test_letters_that_are_taken_for_others_are_not_used_and_the_rest_are_a_prime_number() -> None:
    assert not set("IOQ") & set(ALPHABET)
    assert len(set(ALPHABET)) == len(ALPHABET) == 23
    assert list(RAW["letters"]) == list(ALPHABET)
    assert all(name.startswith(letter) for letter, name in RAW["letters"].items())


@pytest.mark.parametrize("card", SAMPLES)
def test_every_wrong_letter_is_noticed(card: Card) -> None:
    letters = _letters(encode(card))
    for place, wrong in itertools.product(range(len(letters)), ALPHABET):
        if wrong != letters[place]:
            assert _kind(letters[:place] + wrong + letters[place + 1 :]) == "mistyped"


@pytest.mark.parametrize("card", SAMPLES)
def test_every_two_letters_that_change_places_are_noticed_however_far_apart(card: Card) -> None:
    letters = _letters(encode(card))
    for one, other in itertools.combinations(range(len(letters)), 2):
        swapped = list(letters)
        swapped[one], swapped[other] = letters[other], letters[one]
        if letters[one] != letters[other]:
            assert _kind("".join(swapped)) == "mistyped"


@given(cards, st.data())
def test_any_two_wrong_letters_are_noticed(card: Card, data: st.DataObject) -> None:
    letters = _letters(encode(card))
    places = data.draw(st.lists(st.integers(0, len(letters) - 1), min_size=1, max_size=2, unique=True))
    wrong = list(letters)
    for place in places:
        wrong[place] = data.draw(st.sampled_from([letter for letter in ALPHABET if letter != letters[place]]))
    assert _kind("".join(wrong)) == "mistyped"


@pytest.mark.parametrize("card", SAMPLES)
def test_a_letter_too_few_or_too_many_is_noticed(card: Card) -> None:
    letters = _letters(encode(card))
    assert {_kind(letters[:place] + letters[place + 1 :]) for place in range(12)} == {"mistyped"}
    assert {_kind(letters[:place] + "K" + letters[place:]) for place in range(13)} == {"mistyped"}


def test_of_codes_made_up_at_random_hardly_one_in_five_hundred_passes_the_check_and_none_of_those_is_a_card() -> None:
    dice = random.Random(23)
    kinds = [_kind("".join(dice.choices(ALPHABET, k=12))) for _ in range(20_000)]
    assert kinds.count("mistyped") > 19_900
    assert kinds.count("unknown") > 0
    assert kinds.count(None) == 0


@pytest.mark.parametrize(
    "typed", ["", " ", "-", "K", "BFDF-ZHEA", "BFDF ZHEA VHC0", "BFDI-ZHEA-VHCV", "é" * 12, "\U0001f600" * 12, "hello", "B " * 5000]
)
def test_what_is_no_code_at_all_is_called_mistyped(typed: str) -> None:
    assert _kind(typed) == "mistyped"
    with pytest.raises(CardError):
        spelled(typed)


@given(st.text())
def test_nothing_that_is_typed_breaks_the_reading(typed: str) -> None:
    assert _kind(typed) in (None, "mistyped", "unknown")


@given(cards, st.data())
def test_case_spaces_and_dashes_do_not_matter(card: Card, data: st.DataObject) -> None:
    between = st.sampled_from(["", " ", "-", "  ", "\u2013", ". ", ",\n"])
    written = "".join(
        data.draw(st.sampled_from([letter, letter.lower()])) + data.draw(between) for letter in _letters(encode(card))
    )
    assert decode(f" {written} ") == card


@given(cards, st.data())
def test_letters_may_be_said_by_name_or_mixed_with_names(card: Card, data: st.DataObject) -> None:
    code = encode(card)
    assert decode(spelled(code)) == card
    assert decode(spelled(code).lower().replace(",", " dash")) == card
    mixed = [data.draw(st.sampled_from([letter, RAW["letters"][letter]])) for letter in _letters(code)]
    assert decode(" ".join(mixed)) == card


@pytest.mark.parametrize(
    "said",
    [
        "bravo foxtrot delta foxtrot zulu hotel echo alpha victor hotel charlie victor",
        "b for bertie f for freddie d for dog f for fred z for zebra h for harry e for edward a for apple "
        "v for van h for harry c for charlie v for van",
        "B as in boat, F as in fish, D as in dog, F as in fish, Z as in zoo, H as in hat, E as in egg, A as in apple, "
        "V as in van, H as in hat, C as in cat, V as in van",
        "bertie freddie david freddie zebra harry edward apple victor harry charlie victor",
        "bfdf zulu hotel echo alfa vhcv",
    ],
)
def test_the_ways_in_which_people_spell_on_the_phone_are_read(said: str) -> None:
    assert decode(said) == EMPTY


def test_a_group_that_is_also_the_name_of_a_letter_is_read_as_its_letters() -> None:
    assert spelled("ZULU ALFA PAPA").startswith("Zulu Uniform Lima Uniform, Alfa Lima Foxtrot Alfa")


def test_x_ray_may_be_one_word_or_two() -> None:
    code = next(code for topic in RAW["topics"] if "X" in (code := encode(Card(topics=(topic,)))))
    card = decode(code)
    for way in ("X-ray", "x ray", "xray", "X"):
        assert decode(spelled(code).replace("X-ray", way)) == card


def test_a_code_of_a_later_version_is_unknown_and_not_mistyped() -> None:
    kinds = [_kind("CAAAAAAAAA" + "".join(check)) for check in itertools.product(ALPHABET, repeat=2)]
    assert kinds.count("unknown") == 1
    assert kinds.count("mistyped") == len(kinds) - 1


@pytest.mark.parametrize(
    "card",
    [
        Card(stage="elsewhere"),
        Card(area="atlantis"),
        Card(topics=("no_topic",)),
        Card(topics=("core_group", "core_group")),
        Card(topics=("core_group", "legal_aid", "complain", "legal_advice")),
        Card(needs=frozenset({"a_name"})),
        Card(ring="perhaps"),
    ],
)
def test_what_has_no_number_is_not_encoded(card: Card) -> None:
    with pytest.raises(CardError):
        encode(card)


@pytest.mark.parametrize(
    ("code", "card"),
    [
        ("BFDF-ZHEA-VHCV", EMPTY),
        ("BCHJ-SXNE-WMRC", Card(stage="before")),
        ("BDSN-JYVN-EUGY", Card(stage="before", ring="no")),
        ("BGMK-SJLJ-DPUR", Card(ring="no")),
        ("BDVL-UVEY-YGBV", Card("court", ("core_group", "why_a_conference", "interpreter"), "southwark", frozenset(NEEDS), "no")),
    ],
)
def test_a_code_on_paper_means_for_ever_what_it_meant(code: str, card: Card) -> None:
    assert encode(card) == code
    assert decode(code) == card


def test_numbers_that_were_given_are_not_given_anew() -> None:
    given_first = {kind: [name for name, number in RAW[kind].items() if number <= upto] for kind, upto in FIRST.items()}
    rows = [f"{kind}:{name}:{RAW[kind][name]}" for kind, names in given_first.items() for name in sorted(names)]
    assert hashlib.blake2b("\n".join(rows).encode(), digest_size=8).hexdigest() == FIRST_DIGEST


def test_every_stage_area_and_topic_has_exactly_one_number(library: Library) -> None:
    assert faults(library) == []
    assert Lint(library, date(2026, 11, 21)).run().problems == []


@pytest.mark.parametrize("kind", ["stages", "areas", "topics"])
def test_an_id_without_a_number_and_a_number_given_twice_are_found(library: Library, kind: str) -> None:
    missing, twice = copy.deepcopy(RAW), copy.deepcopy(RAW)
    last = list(RAW[kind])[-1]
    del missing[kind][last]
    twice[kind][last] = 1
    assert any(f"'{last}' has no number" in fault for fault in faults(library, missing))
    assert any("each once" in fault for fault in faults(library, twice))


def test_a_topic_that_is_gone_has_to_keep_its_number_and_to_be_named_as_retired(library: Library) -> None:
    fewer = replace(library, topics={name: topic for name, topic in library.topics.items() if name != "complain"})
    assert any("'complain' no longer exists" in fault for fault in faults(fewer))
    assert faults(fewer, {**RAW, "retired": ["complain"]}) == []
    assert any("'complain' exists" in fault for fault in faults(library, {**RAW, "retired": ["complain"]}))


def test_a_card_that_holds_a_retired_topic_is_read_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    code = encode(Card("before", ("core_group", "complain")))
    from content import carry

    with_retired = replace(carry._numbers(), retired=frozenset({"complain"}))
    monkeypatch.setattr(carry, "_numbers", lambda: with_retired)
    assert decode(code) == Card("before", ("core_group",))


def test_an_error_says_nothing_of_what_was_typed() -> None:
    with pytest.raises(CardError) as caught:
        decode("my name is Kim and he hits me")
    assert str(caught.value) == "mistyped"
