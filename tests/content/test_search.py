"""The search over topics: ordinary words, wrong letters, short forms, and honest silence."""

from __future__ import annotations

import pytest

from content.library import Library, default_library
from content.search import Search, stem

ASKED = [
    ("can they take my baby", {"newborn_in_hospital", "could_children_be_removed", "removal_at_conference"}),
    ("taking my child away", {"removal_at_conference", "could_children_be_removed"}),
    ("solisiter", {"bring_solicitor", "legal_advice"}),
    ("lawyer", {"bring_solicitor", "legal_advice"}),
    ("what is the confrence", {"what_is_a_conference", "what_happens_at_conference"}),
    ("core grop", {"core_group"}),
    ("disagre with the reprot", {"report_wrong"}),
    ("interpriter", {"interpreter"}),
    ("translator for meeting", {"interpreter"}),
    ("section 47", {"section_47"}),
    ("s20", {"section_20"}),
    ("PLO letter", {"letter_before_proceedings"}),
    ("nan look after the kids", {"relative_care"}),
    ("granparents come", {"relatives_invited"}),
    ("can social services spy on my facebook", {"social_workers_watching"}),
    ("adoptoin", {"afraid_of_adoption", "adopt_or_foster"}),
    ("neglekt", {"neglect"}),
    ("emotinal harm", {"emotional_harm"}),
    ("who will be there", {"who_attends"}),
    ("dads rights", {"fathers"}),
    ("merlin", {"merlin_report"}),
    ("clares law", {"check_partners_past"}),
    ("holiday abroad on a plan", {"travel_abroad"}),
    ("change my sw", {"change_social_worker"}),
    ("complane about social worker", {"complain"}),
    ("how long does a plan last", {"plan_how_long"}),
    ("cannot read", {"cannot_read"}),
    ("hv and midwife before my baby is born", {"unborn_baby"}),
    ("do i have to go", {"must_i_go"}),
    ("pre-proceedings", {"letter_before_proceedings"}),
]


@pytest.fixture(scope="module")
def search() -> Search:
    return Search(default_library())


@pytest.mark.parametrize(("text", "wanted"), ASKED, ids=[text for text, _ in ASKED])
def test_ordinary_and_misspelt_words_find_their_topic(search: Search, text: str, wanted: set[str]) -> None:
    assert wanted & {topic.id for topic in search.find(text)[:3]}


def test_every_question_finds_its_own_topic_first(search: Search, library: Library) -> None:
    missed = [topic.id for topic in library.topics.values() if topic not in search.find(topic.question)[:2]]
    assert missed == []


@pytest.mark.parametrize(
    "text", ["", "   ", "???", "pizza recipe", "weather tomorrow", "lasagne", "zzzzqqqq", "who is the prime minister"]
)
def test_what_no_topic_is_about_finds_nothing(search: Search, text: str) -> None:
    assert search.find(text) == []


def test_the_list_is_short_and_names_nothing_twice(search: Search) -> None:
    found = search.find("what happens at the child protection conference about my child and the plan")
    assert 0 < len(found) <= 6
    assert len({topic.id for topic in found}) == len(found)


def test_a_very_long_or_strange_text_is_searched_like_any_other(search: Search) -> None:
    assert search.find("confrence " * 2000)
    search.find("\x00\ud83d\ude00" + "ab" * 5000)
    search.find("'" * 500 + "s's's" + "./" * 200)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("meeting", "meetings"),
        ("plan", "planned"),
        ("remove", "removed"),
        ("child", "children"),
        ("decide", "decides"),
        ("take", "taken"),
    ],
)
def test_forms_of_a_word_have_one_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)
