"""How an answer is put together: voices, steps, who to talk to and when they are open."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from actions.wording import Wording
from content.library import Library

SATURDAY_NIGHT = datetime(2026, 11, 21, 23, 0, tzinfo=UTC)
LINE = "family-rights-group"


def _hours(library: Library, now: datetime, service: str = LINE) -> str:
    return Wording(library, now).hours(library.services[service])


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ("2026-11-21 23:00", "Closed now. Opens Monday at 9:30am."),
        ("2026-11-22 23:00", "Closed now. Opens tomorrow at 9:30am."),
        ("2026-11-23 08:00", "Closed now. Opens today at 9:30am."),
        ("2026-11-23 12:00", "Open now, until 3pm."),
        ("2026-12-24 16:00", "Closed now. Opens Tuesday at 9:30am."),
    ],
)
def test_hours_are_said_as_people_say_them(library: Library, now: str, words: str) -> None:
    assert _hours(library, datetime.fromisoformat(now).replace(tzinfo=UTC)) == words


def test_an_answer_holds_short_reason_steps_and_a_person(library: Library) -> None:
    topic = library.topics["could_children_be_removed"]
    text = Wording(library, SATURDAY_NIGHT).answer(topic, "plain")
    assert text.startswith(topic.short)
    assert all(step in text for step in topic.now)
    assert "0808 801 0366" in text


def test_a_child_gets_the_childs_answer_and_childline(library: Library) -> None:
    topic = library.topics["removal_at_conference"]
    text = Wording(library, SATURDAY_NIGHT).answer(topic, "child")
    assert topic.voices["child"] in text
    assert "0800 1111" in text
    assert "0808 801 0366" not in text


def test_a_relative_gets_steps_of_their_own_and_none_of_a_parents(library: Library) -> None:
    for topic in library.topics.values():
        if "kin" in topic.voices:
            text = Wording(library, SATURDAY_NIGHT).answer(topic, "kin")
            assert all(step in text for step in topic.now_kin), topic.id
            assert not [step for step in topic.now if step in text and step not in topic.now_kin], topic.id
            assert Wording(library, SATURDAY_NIGHT).short(topic, "kin") in topic.voices["kin"], topic.id


def test_how_long_is_answered_before_what(library: Library) -> None:
    topic, wording = library.topics["child_in_need"], Wording(library, SATURDAY_NIGHT)
    first = wording.asked_for(topic, "plain", "How long will a child in need plan be in place?")
    assert first == topic.follow["when"]
    assert wording.answer(topic, "plain", first=first).startswith(first)
    assert not wording.asked_for(topic, "child", "How long will a child in need plan be in place?")


def test_the_note_of_a_council_is_given_until_its_review_date_and_what_is_outside_england_stays_said(library: Library) -> None:
    topic = library.topics["core_group_when"]
    southwark, wales = library.areas["southwark"], library.areas["wales"]
    last = datetime.combine(southwark.review_by, time(12), UTC)
    assert southwark.notes[topic.id] in Wording(library, last).area_note(topic, "southwark")
    assert not Wording(library, last + timedelta(days=1)).area_note(topic, "southwark")
    assert wales.outside
    assert Wording(library, last + timedelta(days=3000)).area_note(topic, "wales") == wales.outside.strip()


def test_a_voice_that_a_topic_lacks_falls_back_to_plain(library: Library) -> None:
    topic = library.topics["core_group_when"]
    assert "kin" not in topic.voices
    assert topic.voices["plain"] in Wording(library, SATURDAY_NIGHT).answer(topic, "kin")


@pytest.mark.parametrize("service", ["national-domestic-abuse-helpline", "childline"])
def test_a_line_for_somebody_else_is_left_out_of_a_parents_answer(library: Library, service: str) -> None:
    topic = library.topics["removal_at_conference"]
    assert service in topic.services
    text = Wording(library, SATURDAY_NIGHT).answer(topic, "plain")
    assert str(library.services[service].number) not in text


def test_past_its_review_date_only_the_short_form_is_given_with_a_warning(library: Library) -> None:
    topic = library.topics["removal_at_conference"]
    late = datetime.combine(topic.review_by + timedelta(days=1), datetime.min.time(), UTC)
    text = Wording(library, late).answer(topic, "plain")
    assert topic.short in text
    assert topic.voices["plain"] not in text
    assert library.say("expired") in text
    assert "0808 801 0366" in text


def test_a_known_council_adds_its_own_practice(library: Library) -> None:
    topic = library.topics["core_group_when"]
    assert "six weeks" in Wording(library, SATURDAY_NIGHT).answer(topic, "plain", "southwark")


def test_nobody_elsewhere_is_told_southwarks_practice(library: Library) -> None:
    wording = Wording(library, SATURDAY_NIGHT)
    for topic in library.topics.values():
        if topic.theme == "area":
            continue
        for voice in topic.voices:
            text = wording.answer(topic, voice)
            assert "southwark" not in text.lower(), topic.id
            assert "30 minutes" not in text, topic.id


def test_whatever_goes_beyond_the_seed_documents_names_the_advice_line(library: Library) -> None:
    wording = Wording(library, SATURDAY_NIGHT)
    for topic in library.topics.values():
        beyond = [row for row in topic.draws_on if not row.startswith("helpline:")]
        if beyond:
            assert "0808 801 0366" in wording.answer(topic, "plain"), topic.id


def test_a_service_without_a_verified_number_is_named_with_its_website(library: Library) -> None:
    line = Wording(library, SATURDAY_NIGHT).service(library.services["respect-phoneline"])
    assert line == "Respect Phoneline: respectphoneline.org.uk"
