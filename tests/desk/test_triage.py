"""Taking a call: what the box gives while somebody types, and what is left of the words afterwards."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from actions.calendar import deadlines
from actions.turn import utc_now
from api.app import create_app
from api.settings import Settings
from bot.engine import Engine
from bot.safety_net import SafetyNet
from content.carry import Card, encode
from content.library import HERE, Library
from content.loading import read_yaml
from content.model import Topic
from content.search import Search
from content.switches import Switched, Switches
from desk.briefing import brief, spoken
from desk.desk import Desk
from desk.permissions import Role
from desk.triage import NOW, TODAY, USUAL, Finding, Triage, ask_next
from tests.conftest import ROOT
from tests.desk.conftest import PASSWORD, SITE, StaffClient, code, csrf_of, sign_in

WORDS = read_yaml(HERE / "desk" / "triage.yml")
MOMENT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CANARY = "zanzibarlighthouse"


@pytest.fixture
def database(tmp_path: Path) -> str:
    """SQLite, whose bytes on disk these tests read."""
    return f"sqlite:///{tmp_path / 'desk.db'}"


@pytest.fixture
def triage(library: Library) -> Triage:
    return Triage(library, lambda: Search(library))


@pytest.fixture
def net(library: Library) -> SafetyNet:
    return SafetyNet(library, utc_now)


@pytest.fixture
async def adviser(desk: Desk, engine: Engine) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that is signed in, at an application with the model."""
    app = create_app(Settings(messages_a_minute=100_000, starts_a_minute=100_000), engine=engine, desk=desk)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app=app), base_url=SITE, headers={"accept": "text/html", "origin": SITE}
            )
        )
        secret = desk.people.add("an adviser", Role.ADVISER, PASSWORD, "test")
        assert (await sign_in(client, "an adviser", code(secret, desk.store.clock))).status_code == 303
        yield client


async def _look(client: httpx.AsyncClient, fragment: str = "", **fields: str) -> httpx.Response:
    headers = {"x-fragment": fragment} if fragment else {}
    return await client.post("/staff/look", data={"csrf": await csrf_of(client), **fields}, headers=headers)


def _picks(page: str) -> list[str]:
    return re.findall(r'name="choose" value="(\w+)"', page)


def _shown(page: str) -> list[str]:
    return re.findall(r'name="choose" value="(\w+)" id="fit-\d" aria-pressed="true"', page)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("can the conference take my child", "removal_at_conference"),
        ("she says the report is wrong", "report_wrong"),
        ("when is the first core group", "core_group_when"),
    ],
)
async def test_half_a_sentence_gives_its_topic_and_two_runners_up(
    engine: Engine, triage: Triage, net: SafetyNet, text: str, topic: str
) -> None:
    finding = await triage.look(engine, net, text, MOMENT)
    assert finding.with_model
    assert finding.fits[0].topic.id == topic
    assert len({fit.topic.id for fit in finding.fits}) == 3
    likeness = [fit.confidence or 0.0 for fit in finding.fits]
    assert 1 >= likeness[0] > likeness[1] >= likeness[2] >= 0


async def test_a_question_in_our_own_words_has_runners_up_too(
    engine: Engine, triage: Triage, net: SafetyNet, library: Library
) -> None:
    finding = await triage.look(engine, net, library.topics["section_20"].question, MOMENT)
    assert finding.fits[0].topic.id == "section_20"
    assert finding.fits[0].confidence == pytest.approx(1.0)
    assert len(finding.fits) == 3


async def test_what_is_about_nothing_of_ours_is_not_shown_as_sure(engine: Engine, triage: Triage, net: SafetyNet) -> None:
    assert not (await triage.look(engine, net, "what is the capital of france", MOMENT)).sure


@pytest.mark.parametrize(
    ("text", "topic", "telling"),
    [
        ("what does section 20 mean for my son", "section_20", "20"),
        ("do i get an interpreter for the meeting", "interpreter", "interpreter"),
    ],
)
async def test_the_telling_word_is_among_those_that_decided(
    engine: Engine, triage: Triage, net: SafetyNet, text: str, topic: str, telling: str
) -> None:
    finding = await triage.look(engine, net, text, MOMENT)
    assert finding.likeliest is not None
    assert finding.likeliest.id == topic
    decided = await triage.deciding(engine, text, finding, finding.likeliest)
    assert telling in decided.topic
    assert len(decided.topic) <= 4
    assert set(decided.topic) <= set(text.split())
    assert decided.danger == ()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("the conference is on 3 december", date(2026, 12, 3)),
        ("the conference was held on 3 december", date(2025, 12, 3)),
        ("conference 3 december", date(2026, 12, 3)),
        ("conference 20 november", date(2026, 11, 20)),
        ("the conference is on 24 november", date(2026, 11, 24)),
        ("conference 20 november, when is the core group", date(2026, 11, 20)),
    ],
)
def test_a_day_without_a_year_is_the_one_that_the_words_speak_of(triage: Triage, text: str, day: date) -> None:
    clock = triage.said_clock(text, None, MOMENT)
    assert clock is not None
    assert clock.day == day


def test_of_two_events_in_one_sentence_the_later_one_is_counted_from_its_own_day(triage: Triage) -> None:
    clock = triage.said_clock("the strategy meeting was on 2 november and the conference is on 27 november", None, MOMENT)
    assert clock is not None
    assert (clock.event, clock.day) == ("conference", date(2026, 11, 27))


@pytest.mark.parametrize(
    ("text", "event", "day"),
    [
        ("caller: mum, conference Thurs 10am, report came today", "conference", date(2026, 11, 26)),
        ("ICPC Thurs, report arrived today", "conference", date(2026, 11, 26)),
        ("RCPC was 3 November", "review", date(2026, 11, 3)),
        ("CPC on Thursday", "conference", date(2026, 11, 26)),
        ("ICPC 3 wks ago", "conference", date(2026, 11, 3)),
        ("strategy discussion was 3 wks ago", "strategy", date(2026, 11, 3)),
    ],
)
def test_notes_start_the_clock_of_the_event_that_they_name(triage: Triage, text: str, event: str, day: date) -> None:
    clock = triage.said_clock(text, None, MOMENT)
    assert clock is not None
    assert (clock.event, clock.day) == (event, day)


@pytest.mark.parametrize(
    "text",
    [
        "core group is on friday",
        "LA gone into PLO, first meeting Weds",
        "PLO letter\u2026 meeting in 9 days",
        "FGC meeting booked for Friday",
        "professionals meeting on Friday",
        "sw visit Thursday re reports for conference",
    ],
)
def test_no_clock_starts_of_a_meeting_from_which_no_limit_runs(triage: Triage, text: str) -> None:
    assert triage.said_clock(text, None, MOMENT) is None


def test_a_day_of_another_sentence_starts_no_clock(triage: Triage) -> None:
    assert triage.said_clock("he came back last night. can the conference take my child", None, MOMENT) is None


def test_a_second_day_that_may_be_meant_is_named(triage: Triage) -> None:
    clock = triage.said_clock("conference on friday", None, MOMENT)
    assert clock is not None
    assert {clock.day, clock.other} == {date(2026, 11, 20), date(2026, 11, 27)}


def test_who_waits_for_a_conference_has_the_discussion_before_it_behind_them(triage: Triage) -> None:
    clock = triage.said_clock("the strategy discussion, 20 november", "before", MOMENT)
    assert clock is not None
    assert clock.day == date(2026, 11, 20)


async def test_beside_danger_no_doubtful_answer_is_opened_unasked(engine: Engine, triage: Triage, net: SafetyNet) -> None:
    finding = await triage.look(engine, net, "my partner is strangling me now", MOMENT)
    assert finding.dangers
    assert not finding.sure
    assert finding.likeliest is None


@pytest.mark.parametrize("kind", ["in_distress", "may_be_abuser"])
def test_what_is_said_beside_a_topic_has_its_sentence(library: Library, kind: str) -> None:
    assert WORDS["page"]["beside"][kind]
    assert library.chat[kind].text


async def test_the_word_that_decided_for_danger_is_told(engine: Engine, triage: Triage, net: SafetyNet) -> None:
    text = "my partner is strangling me now"
    finding = await triage.look(engine, net, text, MOMENT)
    assert "strangling" in (await triage.deciding(engine, text, finding, None)).danger


async def test_danger_is_the_most_urgent_whatever_else_is_asked(engine: Engine, triage: Triage, net: SafetyNet) -> None:
    finding = await triage.look(engine, net, "he is hitting me now. also what is a core group?", MOMENT)
    assert finding.dangers[0] == "violence"
    assert "violence" in finding.by_rule
    assert triage.urgency(finding, finding.likeliest)[0] == NOW


def test_talk_of_court_is_for_the_same_day(triage: Triage, library: Library) -> None:
    assert triage.urgency(Finding(), library.topics["section_20"])[0] == TODAY
    assert triage.urgency(Finding(stage="at"), library.topics["report_wrong"])[0] == TODAY
    assert triage.urgency(Finding(), library.topics["report_wrong"])[0] == USUAL


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("conference today", TODAY),
        ("icpc tmrw", TODAY),
        ("rcpc on thursday", TODAY),
        ("conference on friday", USUAL),
        ("conference was yesterday", USUAL),
        ("strategy discussion is tomorrow", USUAL),
    ],
)
def test_a_conference_within_two_working_days_is_for_the_same_day(triage: Triage, library: Library, text: str, level: str) -> None:
    finding = Finding(clock=triage.said_clock(text, None, MOMENT))
    assert finding.clock is not None
    assert triage.urgency(finding, library.topics["report_wrong"])[0] == level
    assert triage.urgency(Finding(), None, finding.clock)[0] == level


def test_either_day_that_may_be_meant_makes_a_conference_soon(triage: Triage) -> None:
    friday = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
    clock = triage.said_clock("conference tues", None, friday)
    assert clock is not None
    assert clock.other == date(2026, 12, 1)
    assert triage.urgency(Finding(clock=clock), None)[0] == TODAY


@pytest.mark.parametrize("topic", ["report_late", "not_following_plan"])
def test_a_late_report_and_a_plan_not_kept_to_are_for_the_same_day(triage: Triage, library: Library, topic: str) -> None:
    level, why = triage.urgency(Finding(), library.topics[topic])
    assert level == TODAY
    assert WORDS["urgency"][why]


def test_where_an_answer_rests_on_law_it_says_on_which_kind(library: Library) -> None:
    about = [row.basis for row in brief(library, library.topics["section_20"], MOMENT).law]
    assert len(about) == sum(row.startswith("law:") for row in library.topics["section_20"].draws_on)
    assert "Children Act 1989" in about[0]
    guidance = brief(library, library.topics["conference_when"], MOMENT).law
    assert guidance
    assert all("Act of Parliament" not in row.basis for row in guidance)


def test_the_shorthand_that_advisers_are_told_of_is_known(library: Library) -> None:
    told = (ROOT / "docs" / "advice-line.md").read_text(encoding="utf-8").split("## Shorthand")[1]
    any_case, capitals = re.findall(r": ([^:]*?)(?:\.| \()", told.split("\n\n")[1])[:2]
    assert {word.lower() for word in any_case.split(", ")} <= set(library.abbreviations)
    assert set(capitals.split(", ")) <= set(library.abbreviations)


def test_an_event_and_a_day_in_the_words_start_the_clock(triage: Triage) -> None:
    clock = triage.said_clock("the conference was on 3 November and nobody has rung", None, MOMENT)
    assert clock is not None
    assert (clock.event, clock.day, clock.said) == ("conference", date(2026, 11, 3), True)
    assert [limit.deadline for limit in clock.limits] == deadlines("conference", date(2026, 11, 3))
    assert {limit.topic for limit in clock.limits} == {"core_group_when", "review_conference"}
    assert triage.said_clock("nobody has rung since 3 November", None, MOMENT) is None


def test_a_limit_steps_over_bank_holidays_and_says_whether_it_has_passed(triage: Triage) -> None:
    christmas = triage.clock("conference", date(2026, 12, 18), MOMENT).limits[0]
    assert christmas.standing == "ahead"
    assert "25 December" in christmas.stepped_over
    assert triage.clock("conference", date(2026, 10, 1), MOMENT).limits[0].standing == "late"


async def test_without_a_model_the_rules_and_a_search_are_left(triage: Triage, net: SafetyNet) -> None:
    finding = await triage.look(None, net, "he is hitting me now and the report is wrong", MOMENT)
    assert not finding.with_model
    assert finding.dangers == ("violence",)
    assert "report_wrong" in {fit.topic.id for fit in finding.fits}
    assert all(fit.confidence is None for fit in finding.fits)


async def test_an_engine_that_breaks_leaves_the_rules_and_a_search(triage: Triage, net: SafetyNet) -> None:
    async def broken(*_: Any) -> Any:
        raise RuntimeError

    engine: Any = SimpleNamespace(judged=broken, deciding=broken)
    finding = await triage.look(engine, net, "the report is wrong", MOMENT)
    assert not finding.with_model
    assert finding.fits
    assert (await triage.deciding(engine, "the report is wrong", replace(finding, with_model=True), None)).topic == ()


def test_every_kind_of_danger_has_its_name_and_what_to_do(library: Library) -> None:
    kinds = WORDS["danger"]["kinds"]
    assert set(kinds) == {danger.id for danger in library.dangers}
    assert all(kind["name"] and kind["do"] for kind in kinds.values())


def test_every_theme_has_questions_and_every_topic_named_exists(library: Library) -> None:
    assert set(WORDS["ask"]["themes"]) == {topic.theme for topic in library.topics.values()}
    named = {*WORDS["ask"]["topics"], *WORDS["urgency"]["court_topics"], *WORDS["urgency"]["today_topics"]}
    assert named <= set(library.topics)
    assert set(WORDS["lines"]["services"]) <= set(library.services)


def test_whatever_is_asked_next_is_a_whole_question() -> None:
    rows = [*WORDS["ask"]["themes"].values(), *WORDS["ask"]["topics"].values()]
    assert [text for row in rows for text in row if not (text.endswith("?") and text[0].isupper())] == []


def test_near_abuse_the_first_question_is_whether_it_is_safe_to_talk(library: Library) -> None:
    first = WORDS["ask"]["first"]
    assert ask_next(library.topics["scared_to_leave"], Finding())[0] == first
    assert ask_next(library.topics["report_wrong"], Finding(voice="survivor"))[0] == first
    assert first not in ask_next(library.topics["report_wrong"], Finding())


def test_what_is_known_already_is_not_asked(library: Library) -> None:
    topic = library.topics["report_wrong"]
    unknown = ask_next(topic, Finding())
    known = ask_next(topic, Finding(stage="before", area="southwark"))
    assert set(unknown) - set(known) == {WORDS["ask"]["stage"], WORDS["ask"]["nation"]}


def test_the_words_for_the_phone_are_those_written_for_it_else_put_together(library: Library) -> None:
    written = brief(library, library.topics["section_20"], MOMENT)
    assert written.written
    assert written.phone == library.topics["section_20"].voices["staff"]
    made = brief(library, library.topics["core_group_when"], MOMENT)
    assert not made.written
    assert made.phone.startswith(library.topics["core_group_when"].short.split(".")[0])
    for step in made.steps:
        assert step.rstrip(".") in made.phone


def test_no_list_is_left_in_what_is_spoken(library: Library) -> None:
    for topic in library.topics.values():
        assert "\n- " not in brief(library, topic, MOMENT).phone
    assert spoken("It goes so:\n- One thing\n- Another.") == "It goes so. First: One thing. Second: Another."


def test_the_topics_of_greatest_harm_are_written_for_the_phone(library: Library) -> None:
    for name in WORDS["urgency"]["court_topics"]:
        if name in {"newborn_in_hospital", "court_process", "afraid_of_adoption"}:
            continue
        assert "staff" in library.topics[name].voices


def test_a_leaflet_holds_the_answer_the_lines_and_the_sources_and_not_what_is_open_now(library: Library) -> None:
    topic = library.topics["removal_at_conference"]
    leaflet = brief(library, topic, MOMENT).leaflet
    assert topic.short in leaflet
    assert library.services["family-rights-group"].number in leaflet
    assert all(library.sources[source].title in leaflet for source in topic.sources)
    assert "Open now" not in leaflet
    assert "24 November 2026" in leaflet


def test_past_its_review_date_only_the_short_form_is_left(library: Library) -> None:
    topic = library.topics["section_20"]
    late = datetime(topic.review_by.year + 1, 1, 10, tzinfo=UTC)
    shown = brief(library, topic, late)
    assert shown.expired
    assert shown.phone == topic.short
    assert shown.steps == ()
    assert set(shown.voices) == {"plain"}
    assert topic.voices["plain"] not in shown.voices["plain"]
    assert topic.voices["plain"] not in shown.leaflet


async def test_the_page_has_danger_before_the_topics_and_both_voices(adviser: httpx.AsyncClient, library: Library) -> None:
    page = (await _look(adviser, text="he is hitting me now. can the conference take my child away?")).text
    assert page.index('id="danger-heading"') < page.index('class="fits"') < page.index('id="answer"')
    assert library.services["national-domestic-abuse-helpline"].number in page
    assert len(_picks(page)) == 3
    assert _shown(page) == _picks(page)[:1]
    topic = library.topics[_shown(page)[0]]
    assert WORDS["answer"]["voices"]["plain"] in page
    assert WORDS["answer"]["voices"]["survivor"] in page
    assert f'href="/topics/{topic.id}"' in page
    assert "<mark>" in page


async def test_a_fragment_is_the_parts_that_change_and_nothing_around_them(adviser: httpx.AsyncClient) -> None:
    text = "can the conference take my child"
    whole = (await _look(adviser, text=text)).text
    part = (await _look(adviser, "1", text=text)).text
    decided = (await _look(adviser, "words", text=text)).text
    assert "<html" in whole
    assert "<html" not in part + decided
    assert _picks(part) == _picks(whole)
    assert all(f'id="{region}"' in part for region in ("alarm", "finding", "card", "deadlines", "lines", "paper"))
    assert "<mark>" not in part
    assert "<mark>" in decided
    assert 'id="finding"' not in decided
    assert text not in part


async def test_a_runner_up_is_shown_when_it_is_picked_and_danger_stays(adviser: httpx.AsyncClient) -> None:
    text = "he is hitting me now. can the conference take my child away?"
    second = _picks((await _look(adviser, text=text)).text)[1]
    page = (await _look(adviser, text=text, choose=second)).text
    assert _shown(page) == [second]
    assert 'id="danger-heading"' in page


async def test_nothing_that_is_typed_is_in_a_header_a_log_or_the_store(
    adviser: httpx.AsyncClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for fragment in ("", "1", "words"):
        response = await _look(adviser, fragment, text=f"my {CANARY} hits me", code=CANARY, day=CANARY)
        assert response.status_code == 200
        assert CANARY not in str(response.headers)
        assert "no-store" in response.headers["cache-control"]
        assert CANARY not in str(response.request.url)
    assert CANARY not in caplog.text
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name.startswith("desk.db") for path in files)
    assert not [path for path in files if CANARY.encode() in path.read_bytes()]


async def test_without_a_model_the_page_says_so(staff_client: StaffClient) -> None:
    client = await staff_client("adviser")
    page = (await _look(client, text="the report is wrong")).text
    assert WORDS["page"]["no_model"] in page
    assert "report_wrong" in _picks(page)


async def test_a_topic_has_an_address_of_its_own_and_another_has_none(staff_client: StaffClient) -> None:
    client = await staff_client("adviser")
    page = await client.get("/staff/topic/section_20")
    assert page.status_code == 200
    assert 'id="answer"' in page.text
    assert (await client.get("/staff/topic/nothing")).status_code == 404


async def test_no_two_things_on_the_page_have_one_id(staff_client: StaffClient) -> None:
    client = await staff_client("adviser")
    for text in ("", "the report is wrong", "he is hitting me now and the report is wrong"):
        page = (await _look(client, text=text, code=encode(Card("before")), day="2026-11-20")).text
        ids = re.findall(r' id="([^"]+)"', page)
        assert len(ids) == len(set(ids))
        assert set(re.findall(r'(?:for|aria-labelledby|aria-describedby)="([^"]+)"', page)) <= set(ids)
        headings = [int(level) for level in re.findall(r"<h(\d)", page)]
        assert headings[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(headings))


async def test_the_page_says_what_is_law_and_how_urgent_a_day_in_the_box_is(staff_client: StaffClient, library: Library) -> None:
    client = await staff_client("adviser")
    page = (await _look(client, text="the report is wrong", choose="section_20")).text
    assert WORDS["answer"]["law"] in page
    assert "Children Act 1989, section 20" in page
    today = utc_now().date()
    urgent = (await _look(client, text="the report is wrong", event="conference", day=today.isoformat())).text
    assert WORDS["urgency"]["soon"] in urgent
    assert WORDS["urgency"]["soon"] not in (await _look(client, text="the report is wrong")).text


async def test_a_day_is_counted_from_and_what_is_no_day_is_refused(staff_client: StaffClient) -> None:
    client = await staff_client("adviser")
    today = utc_now().date()
    counted = (await _look(client, event="strategy", day=today.isoformat())).text
    assert 'class="limits"' in counted
    for day in ("yesterday", "9999-12-31", "0001-01-01", "2026-02-30"):
        refused = await _look(client, event="strategy", day=day)
        assert refused.status_code == 200
        assert 'class="limits"' not in refused.text
        assert WORDS["clock"]["wrong"] in refused.text


@pytest.mark.parametrize("field", ["text", "code"])
async def test_a_carry_card_is_read_from_either_box(staff_client: StaffClient, library: Library, field: str) -> None:
    client = await staff_client("adviser")
    card = Card("before", ("report_wrong",), "southwark", frozenset({"interpreter"}), "no")
    page = (await _look(client, **{field: encode(card)})).text
    shown = page[page.index('id="card-heading"') :]
    assert library.journeys.stages["before"] in shown
    assert 'href="/staff/topic/report_wrong"' in shown
    assert library.areas["southwark"].name in shown
    assert WORDS["card"]["need"]["interpreter"] in shown
    assert WORDS["card"]["rings"]["no"] in shown
    assert 'class="fits"' not in page


async def test_a_code_with_a_letter_wrong_says_so(staff_client: StaffClient) -> None:
    client = await staff_client("adviser")
    right = encode(Card("before"))
    wrong = ("B" if right[0] != "B" else "C") + right[1:]
    for field in ("text", "code"):
        page = (await _look(client, **{field: wrong})).text
        assert 'id="card-error"' in page
        assert 'id="card-heading"' not in page


async def test_twelve_small_letters_of_words_are_words(staff_client: StaffClient) -> None:
    client = await staff_client("adviser")
    page = (await _look(client, text="what plan have")).text
    assert 'id="card-error"' not in page


async def test_what_is_too_long_is_refused_without_repeating_it_in_what_is_found(staff_client: StaffClient) -> None:
    client = await staff_client("adviser")
    response = await _look(client, "1", text="long " * 2000)
    assert 'role="alert"' in response.text
    assert "long long" not in response.text


async def test_a_form_from_elsewhere_looks_at_nothing(staff_client: StaffClient) -> None:
    client = await staff_client("adviser")
    refused = await client.post("/staff/look", data={"text": "the report is wrong", "csrf": "made up"})
    assert refused.status_code == 403
    assert "report_wrong" not in refused.text


def test_a_topic_that_is_offline_is_not_read_out(library: Library) -> None:
    topic: Topic = library.topics["section_20"]
    held = replace(library, switched=Switched(Switches(offline=frozenset({topic.id}))))
    shown = brief(held, topic, MOMENT)
    assert shown.offline
    assert shown.phone == shown.leaflet == ""
    assert topic.short not in shown.voices["plain"]
