"""A call at the desk by keyboard alone: from typing to the approved answer, and nothing left when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from bench.services import Server
from content.library import HERE, default_library
from content.loading import read_yaml
from tests.browser.desk import signed_in
from tests.browser.seeing import DARK, PHONE, Screen, broken_rules, open_all, small_targets, too_wide, turn_to

TAKE = "can the conference take my child"
HURT = "he is hitting me now. can the conference take my child away?"
FIT = ".fits button"
WORDS: Mapping[str, Any] = read_yaml(HERE / "desk" / "triage.yml")


@pytest.fixture
def desk(page: Page, handrail: Server) -> Page:
    """The page for a call, open at somebody who answers calls."""
    signed_in(page, handrail, "adviser")
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(page.locator("#text")).to_be_focused()
    return page


def _type(page: Page, text: str) -> None:
    page.locator("#text").press_sequentially(text, delay=5)
    expect(page.locator(FIT)).to_have_count(3)


def _pressed(page: Page) -> str:
    return page.locator(f"{FIT}[aria-pressed=true]").get_attribute("value") or ""


def test_the_topic_shows_while_she_types_and_the_caret_stays(desk: Page) -> None:
    _type(desk, TAKE)
    expect(desk.locator(f"{FIT}[aria-pressed=true]")).to_have_attribute("value", "removal_at_conference")
    expect(desk.locator("#text")).to_be_focused()
    expect(desk.locator("#text")).to_have_value(TAKE)
    assert desk.locator("#text").evaluate("box => box.selectionStart") == len(TAKE)
    expect(desk.locator("#decided mark").first).to_be_visible()


def test_from_the_query_to_the_approved_answer_takes_fewer_than_ten_keys(desk: Page) -> None:
    _type(desk, TAKE)
    second = desk.locator(FIT).nth(1).get_attribute("value") or ""
    keys = ["ArrowDown", "Enter"]
    desk.keyboard.press(keys[0])
    expect(desk.locator(f"{FIT}[aria-pressed=true]")).to_have_attribute("value", second)
    desk.keyboard.press(keys[1])
    expect(desk.locator("#answer")).to_be_focused()
    expect(desk.locator("#answer")).to_have_text(default_library().topics[second].question)
    assert len(keys) < 10


def test_enter_waits_for_what_was_typed_last(desk: Page) -> None:
    _type(desk, TAKE)
    desk.locator("#text").fill("do i get an interpreter for the meeting")
    desk.keyboard.press("Enter")
    expect(desk.locator("#answer")).to_be_focused()
    expect(desk.locator("#answer")).to_have_text(default_library().topics["interpreter"].question)


def test_a_place_is_chosen_with_control_and_its_number(desk: Page) -> None:
    _type(desk, TAKE)
    third = desk.locator(FIT).nth(2).get_attribute("value") or ""
    desk.keyboard.press("Control+3")
    expect(desk.locator(f"{FIT}[aria-pressed=true]")).to_have_attribute("value", third)
    desk.keyboard.press("ArrowUp")
    desk.keyboard.press("ArrowUp")
    expect(desk.locator(FIT).first).to_have_attribute("aria-pressed", "true")
    assert _pressed(desk) != third


def test_danger_is_on_top_and_stays_when_another_topic_is_chosen(desk: Page) -> None:
    _type(desk, HURT)
    for key in ("", "ArrowDown"):
        if key:
            desk.keyboard.press(key)
            expect(desk.locator(FIT).nth(1)).to_have_attribute("aria-pressed", "true")
        expect(desk.locator("#alarm")).to_be_visible()
        expect(desk.locator("#danger-heading")).to_be_visible()
    top = desk.locator("#danger-heading").bounding_box()
    fits = desk.locator(".fits").bounding_box()
    assert top is not None
    assert fits is not None
    assert top["y"] < fits["y"]


def test_what_is_found_is_read_out(desk: Page) -> None:
    _type(desk, HURT)
    said = desk.locator("#said[role=status]")
    expect(said).to_contain_text(WORDS["danger"]["kinds"]["violence"]["name"])
    expect(said).to_contain_text(WORDS["urgency"]["now"])


def test_the_words_for_the_phone_are_copied(desk: Page) -> None:
    desk.context.grant_permissions(["clipboard-read", "clipboard-write"])
    _type(desk, TAKE)
    desk.keyboard.press("Alt+c")
    expect(desk.locator("#said")).to_have_text(WORDS["page"]["copied"])
    copied = desk.evaluate("navigator.clipboard.readText()")
    assert copied.split() == default_library().topics["removal_at_conference"].voices["staff"].split()


def test_the_leaflet_opens_and_paper_shows_it_alone(desk: Page) -> None:
    _type(desk, TAKE)
    desk.keyboard.press("Alt+l")
    expect(desk.locator("#leaflet-text")).to_be_focused()
    desk.emulate_media(media="print")
    expect(desk.locator("#paper")).to_be_visible()
    for shown in ("#look", "#finding", ".beside", ".desk-top"):
        expect(desk.locator(shown)).to_be_hidden()
    expect(desk.locator("#paper")).to_contain_text(default_library().topics["removal_at_conference"].short.strip())
    assert TAKE not in desk.locator("#paper").inner_text()


def test_paper_is_asked_for_with_a_key(desk: Page) -> None:
    desk.evaluate("window.print = () => { document.title = 'printed'; }")
    _type(desk, TAKE)
    desk.keyboard.press("Alt+p")
    expect(desk).to_have_title("printed")


def test_escape_leaves_nothing(desk: Page) -> None:
    _type(desk, HURT)
    desk.keyboard.press("Enter")
    expect(desk.locator("#answer")).to_be_focused()
    desk.keyboard.press("Escape")
    expect(desk.locator("#text")).to_be_focused()
    expect(desk.locator("#text")).to_have_value("")
    expect(desk.locator(FIT)).to_have_count(0)
    expect(desk.locator("#alarm")).to_be_hidden()
    expect(desk.locator("#said")).to_have_text(WORDS["page"]["cleared"])


def test_after_ten_idle_minutes_nothing_is_left(page: Page, handrail: Server) -> None:
    signed_in(page, handrail, "adviser")
    page.clock.install()
    page.goto(f"{handrail.url}/staff")
    page.locator("#text").press_sequentially(HURT)
    page.clock.run_for(2_000)
    expect(page.locator(FIT)).to_have_count(3)
    page.clock.run_for(11 * 60 * 1000)
    expect(page.locator("#text")).to_have_value("")
    expect(page.locator(FIT)).to_have_count(0)


def test_going_back_brings_no_words_back(desk: Page, handrail: Server) -> None:
    _type(desk, TAKE)
    desk.goto(f"{handrail.url}/topics")
    desk.go_back()
    expect(desk.locator("#text")).to_have_value("")
    expect(desk.locator(FIT)).to_have_count(0)


def test_what_is_typed_is_in_no_address_and_nothing_stays_in_the_browser(desk: Page) -> None:
    asked: list[Request] = []
    desk.on("request", lambda request: asked.append(request))
    desk.locator("#text").press_sequentially(f"zanzibarlighthouse {TAKE}", delay=5)
    expect(desk.locator("#decided mark").first).to_be_visible()
    assert asked
    assert not [request.url for request in asked if "zanzibar" in request.url]
    assert desk.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    assert "zanzibar" not in desk.url


def test_a_day_shows_its_limits_and_what_is_typed_stays(desk: Page) -> None:
    _type(desk, TAKE)
    desk.locator("#event").select_option("strategy")
    desk.locator("#day").fill(desk.evaluate("new Date().toISOString().slice(0, 10)"))
    expect(desk.locator("#deadlines .limits li")).to_have_count(1)
    expect(desk.locator("#day")).to_be_focused()
    expect(desk.locator("#text")).to_have_value(TAKE)


def test_a_related_topic_opens_beside_what_was_typed(desk: Page) -> None:
    _type(desk, TAKE)
    related = desk.locator(".answer a[data-topic]").first
    name = related.get_attribute("data-topic") or ""
    related.press("Enter")
    expect(desk.locator("#answer")).to_have_text(default_library().topics[name].question)
    expect(desk.locator("#answer")).to_be_focused()
    expect(desk.locator("#text")).to_have_value(TAKE)


def test_who_was_signed_out_is_told_so(desk: Page) -> None:
    desk.context.clear_cookies()
    desk.locator("#text").press_sequentially("report")
    expect(desk.locator("#said")).to_have_text(WORDS["page"]["signed_out"])
    expect(desk.locator("#finding a")).to_be_visible()


def test_without_scripts_the_form_gives_the_same(chromium: Browser, page: Page, handrail: Server) -> None:
    signed_in(page, handrail, "adviser")
    held = page.context.storage_state()
    context = chromium.new_context(java_script_enabled=False, storage_state=held, viewport={"width": 1280, "height": 900})
    plain = context.new_page()
    plain.goto(f"{handrail.url}/staff")
    plain.locator("#text").fill(HURT)
    plain.keyboard.press("Enter")
    expect(plain.locator("#danger-heading")).to_be_visible()
    expect(plain.locator("#decided mark").first).to_be_visible()
    second = plain.locator(FIT).nth(1)
    name = second.get_attribute("value") or ""
    second.click()
    expect(plain.locator("#answer")).to_have_text(default_library().topics[name].question)
    expect(plain.locator("#danger-heading")).to_be_visible()
    assert plain.locator("button:visible[data-copies]").count() == 0
    context.close()


@pytest.mark.parametrize("screen", [PHONE, DARK], ids=lambda screen: screen.name)
def test_everybody_can_use_it(page: Page, handrail: Server, screen: Screen) -> None:
    signed_in(page, handrail, "adviser")
    turn_to(page, screen)
    states = [broken_rules(page) + too_wide(page) + small_targets(page)]
    page.locator("#text").press_sequentially(HURT)
    expect(page.locator(FIT)).to_have_count(3)
    expect(page.locator("#decided mark").first).to_be_visible()
    open_all(page)
    states.append(broken_rules(page) + too_wide(page) + small_targets(page))
    assert states == [[], []]


def test_there_are_two_columns_where_there_is_room_and_one_on_a_phone(desk: Page) -> None:
    _type(desk, TAKE)

    def places() -> tuple[float, float, float, float]:
        finding, beside = desk.locator("#finding").bounding_box(), desk.locator(".beside").bounding_box()
        assert finding is not None
        assert beside is not None
        return finding["x"], finding["y"], beside["x"], beside["y"]

    x, y, beside_x, beside_y = places()
    assert beside_x > x
    assert abs(beside_y - y) < 40
    desk.set_viewport_size({"width": 320, "height": 568})
    x, y, beside_x, beside_y = places()
    assert beside_x == x
    assert beside_y > y
