"""A person talks to the chat in a real browser, with scripts and without."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from bench.services import Server
from content.library import HERE
from content.loading import read_yaml
from tests.browser.talking import ask, launch

LABELS = read_yaml(HERE / "widget.yml")["en"]
MESSAGES = "**/api/conversations/messages"
LONG = "word " * 1000 + "and he is hitting me"
TAKE = "can the conference take my child?"


def test_a_whole_conversation_on_a_charitys_website(page: Page, embedded: str) -> None:
    launch(page, embedded)
    reply = ask(page, TAKE)
    expect(reply.locator(".message").first).to_contain_text("72 hours")
    expect(reply.locator('a[href="tel:08088010366"]').first).to_be_visible()
    reply.locator("summary").first.click()
    expect(reply.locator("details li").first).to_contain_text(re.compile(r"\d{4}-\d\d-\d\d"))
    reply.locator(".next button").first.click()
    expect(page.locator("handrail-chat .turn")).to_have_count(2)
    ask(page, "why")
    expect(page.locator("handrail-chat .said")).to_have_count(3)


def test_the_guides_own_page_is_the_chat(page: Page, handrail: Server) -> None:
    page.goto(handrail.url)
    reply = ask(page, "what if i disagree with the report")
    expect(reply.locator(".message")).not_to_have_count(0)
    expect(page.locator("handrail-chat #box")).to_be_focused()


def test_a_whole_conversation_without_scripts(chromium: Browser, handrail: Server) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(handrail.url)
    page.get_by_role("textbox").fill(TAKE)
    page.locator("form.ask button").click()
    expect(page.locator(".message.answer")).to_contain_text("72 hours")
    page.locator("form.next button").first.click()
    expect(page.locator(".message.answer").first).to_be_visible()
    page.locator("form.delete button").click()
    expect(page.locator(".notice")).to_be_visible()
    context.close()


def test_a_website_without_scripts_shows_its_own_words(chromium: Browser, embedded: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(embedded)
    expect(page.locator('handrail-chat a[href="tel:08088010366"]')).to_be_visible()
    context.close()


def test_danger_is_answered_first(page: Page, embedded: str) -> None:
    launch(page, embedded)
    reply = ask(page, "he is hitting me right now, and can i see the report before the conference?")
    expect(reply.locator(".message").first).to_have_class(re.compile("safety"))
    expect(reply.locator(".message").first.locator('a[href="tel:999"]').first).to_be_visible()


def test_a_hard_word_is_explained_where_it_stands(page: Page, embedded: str) -> None:
    launch(page, embedded)
    word = ask(page, TAKE).locator("button.term").first
    meaning = word.locator("xpath=following-sibling::span[1]")
    expect(meaning).to_be_hidden()
    word.click()
    expect(meaning).to_be_visible()
    expect(word).to_have_attribute("aria-expanded", "true")
    word.click()
    expect(meaning).to_be_hidden()


def test_whether_it_helped_is_counted_without_words(page: Page, embedded: str, handrail: Server) -> None:
    before = _counted(page, handrail)
    launch(page, embedded)
    reply = ask(page, "what is a core group")
    with page.expect_request("**/api/helpful") as sent:
        reply.locator(".tools button").first.click()
    assert sent.value.post_data_json == {"topic": "core_group", "helpful": True}
    expect(reply.locator(".tools span")).to_be_focused()
    assert _counted(page, handrail) == before + 1
    expect(page.locator("body")).to_contain_text('channel="widget"')


def _counted(page: Page, handrail: Server) -> float:
    page.goto(handrail.url + "/metrics")
    found = re.search(r'handrail_helpful_total{helpful="yes",topic="core_group"} (\S+)', page.locator("body").inner_text())
    return float(found[1]) if found else 0


def test_a_notice_shows_only_when_waiting_is_felt(page: Page, embedded: str) -> None:
    launch(page, embedded)
    status = page.locator("handrail-chat .status")
    ask(page, "hello")
    expect(status).to_be_empty()
    held: list[Route] = []
    page.route("**/api/conversations/messages", lambda route: held.append(route))
    page.locator("handrail-chat #box").fill("what is a plan")
    page.locator("handrail-chat #box").press("Enter")
    expect(status).not_to_be_empty()
    held[0].continue_()
    expect(page.locator("handrail-chat .turn")).to_have_count(2)
    expect(status).to_be_empty()


def test_nothing_is_lost_when_the_network_drops(page: Page, context: BrowserContext, embedded: str) -> None:
    launch(page, embedded)
    ask(page, "hello")
    context.set_offline(True)
    page.locator("handrail-chat #box").fill(TAKE)
    page.locator("handrail-chat #box").press("Enter")
    note = page.locator("handrail-chat .note")
    expect(note).to_be_visible()
    expect(note).to_contain_text("999")
    expect(page.locator("handrail-chat .said").last).to_contain_text(TAKE)
    context.set_offline(False)
    expect(page.locator("handrail-chat .turn")).to_have_count(2)
    expect(note).to_be_hidden()
    expect(page.locator("handrail-chat .said")).to_have_count(2)


def test_a_server_that_fails_can_be_tried_again(page: Page, embedded: str) -> None:
    launch(page, embedded)
    page.route("**/api/conversations/messages", lambda route: route.abort())
    page.locator("handrail-chat #box").fill(TAKE)
    page.locator("handrail-chat #box").press("Enter")
    note = page.locator("handrail-chat .note")
    expect(note).to_be_visible()
    page.unroute("**/api/conversations/messages")
    note.locator("button").first.click()
    expect(page.locator("handrail-chat .turn")).to_have_count(1)
    expect(page.locator("handrail-chat #box")).to_be_focused()


def _fail(page: Page, text: str) -> None:
    """Sends it while no message gets through, and waits for the trouble to be told."""
    page.route(MESSAGES, lambda route: route.abort())
    page.locator("handrail-chat #box").fill(text)
    page.locator("handrail-chat #box").press("Enter")
    expect(page.locator("handrail-chat .note button")).to_have_count(1)
    page.unroute(MESSAGES)


def test_an_answered_question_is_not_sent_again_when_the_network_comes_back_once_more(page: Page, embedded: str) -> None:
    launch(page, embedded)
    _fail(page, TAKE)
    sent: list[str] = []
    page.on("request", lambda call: sent.append(call.url) if call.url.endswith("/messages") else None)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("handrail-chat .turn")).to_have_count(1)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_timeout(500)
    assert len(sent) == 1
    expect(page.locator("handrail-chat .turn")).to_have_count(1)


def test_a_network_that_comes_back_twice_puts_one_request_on_its_way(page: Page, embedded: str) -> None:
    launch(page, embedded)
    _fail(page, TAKE)
    held: list[Route] = []
    page.route(MESSAGES, lambda route: held.append(route))
    page.evaluate("dispatchEvent(new Event('online')); dispatchEvent(new Event('online'))")
    expect(page.locator("handrail-chat .status.waiting")).to_be_visible()
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_timeout(300)
    assert len(held) == 1
    held[0].continue_()
    expect(page.locator("handrail-chat .turn")).to_have_count(1)


def test_a_reply_that_was_lost_on_its_way_comes_again_and_its_turn_is_not_taken_twice(page: Page, embedded: str) -> None:
    launch(page, embedded)
    ask(page, "help me get ready for the conference")
    marks, lost = list[str](), list[dict[str, object]]()

    def lose(route: Route) -> None:
        marks.append(route.request.headers["idempotency-key"])
        if not lost:
            lost.append(route.fetch().json())
            route.abort()
        else:
            route.continue_()

    page.route("**/api/conversations/messages", lose)
    page.locator("handrail-chat #box").fill("yes")
    page.locator("handrail-chat #box").press("Enter")
    note = page.locator("handrail-chat .note")
    expect(note).to_be_visible()
    with page.expect_response("**/api/conversations/messages") as again:
        note.locator("button").first.click()
    assert marks[0] == marks[1]
    assert again.value.json() == lost[0]
    with page.expect_response("**/api/conversations/messages") as later:
        ask(page, "yes")
    assert later.value.json()["messages"] != lost[0]["messages"], "the next step of the journey"
    assert marks[2] != marks[1]


def test_an_ended_chat_says_so_and_starts_again_with_the_same_question(page: Page, embedded: str, handrail: Server) -> None:
    launch(page, embedded)
    with page.expect_response("**/api/conversations") as started:
        ask(page, "hello")
    token = started.value.json()["token"]
    page.request.delete(f"{handrail.url}/api/conversations", headers={"authorization": f"Bearer {token}"})
    page.locator("handrail-chat #box").fill(TAKE)
    page.locator("handrail-chat #box").press("Enter")
    page.locator("handrail-chat .note button").first.click()
    expect(page.locator("handrail-chat .turn")).to_have_count(2)
    expect(page.locator("handrail-chat .turn").last).to_contain_text("72 hours")


def test_a_message_that_is_too_long_comes_back_into_the_box(page: Page, embedded: str) -> None:
    launch(page, embedded)
    box = page.locator("handrail-chat #box")
    page.keyboard.insert_text(LONG)
    assert box.input_value() == LONG
    box.press("Enter")
    note = page.locator("handrail-chat .note")
    expect(note).to_contain_text("4000 characters")
    expect(note).to_contain_text("Nothing is lost")
    expect(note.locator('a[href="tel:999"]')).to_be_visible()
    assert box.input_value() == LONG
    expect(page.locator("handrail-chat .said")).to_have_count(0)
    box.fill(TAKE)
    box.press("Enter")
    expect(page.locator("handrail-chat .turn")).to_have_count(1)
    expect(note).to_be_hidden()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_message_that_is_too_long_and_shows_danger_gets_the_words_for_it(
    chromium: Browser, handrail: Server, scripts: bool
) -> None:
    context = chromium.new_context(java_script_enabled=scripts, viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(handrail.url)
    page.get_by_role("textbox").fill(LONG)
    page.get_by_role("textbox").press("Enter") if scripts else page.locator("form.ask button").click()
    words = page.locator(".message.safety").first
    expect(words.locator('a[href="tel:999"]').first).to_be_visible()
    expect(words).to_be_in_viewport()
    expect(page.get_by_role("textbox")).to_have_value(LONG)
    if scripts:
        page.get_by_role("textbox").fill("word " * 1000)
        page.get_by_role("textbox").press("Enter")
        expect(page.locator("handrail-chat .note")).to_be_visible()
        expect(page.locator(".message.safety")).to_have_count(1)
    context.close()


def test_what_was_typed_after_a_message_that_is_too_long_is_kept_with_it(page: Page, embedded: str) -> None:
    launch(page, embedded)
    held: list[Route] = []
    page.route(MESSAGES, lambda route: held.append(route))
    box = page.locator("handrail-chat #box")
    box.fill(LONG)
    box.press("Enter")
    expect(page.locator("handrail-chat .status.waiting")).to_be_visible()
    box.fill(TAKE)
    held[0].continue_()
    expect(page.locator("handrail-chat .note")).to_contain_text("Nothing is lost")
    assert box.input_value() == f"{LONG}\n\n{TAKE}"


@pytest.mark.parametrize("path", ["/", "/topics"])
def test_without_scripts_nothing_that_is_pasted_is_cut(chromium: Browser, handrail: Server, path: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(handrail.url + path)
    box = page.locator("form.ask #text")
    box.focus()
    page.keyboard.insert_text(LONG)
    assert box.input_value() == LONG
    page.locator("form.ask button").click()
    expect(page.locator(".problem, .message.safety").first).to_contain_text("999")
    if path == "/":
        assert page.locator("form.ask #text").input_value() == LONG
    context.close()


def test_words_of_a_person_never_become_markup(page: Page, embedded: str) -> None:
    launch(page, embedded)
    ask(page, "<img src=x onerror=alert(1)> what is a plan <script>alert(2)</script>")
    assert page.locator("handrail-chat .log img, handrail-chat .log script").count() == 0
    expect(page.locator("handrail-chat .said").last).to_contain_text("<img src=x")


def test_it_is_read_aloud_only_on_request_and_by_a_voice_of_the_device(page: Page, embedded: str) -> None:
    page.add_init_script(
        """window.spoken = [];
        const voice = (name, localService) => ({name, lang: "en-GB", localService});
        window.voices = [voice("far", false)];
        Object.defineProperty(window, "speechSynthesis", {value: {
          getVoices: () => window.voices, cancel() {}, speaking: false, speak(speech) { window.spoken.push(speech.voice.name); }}});
        window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };"""
    )
    launch(page, embedded)
    buttons = ask(page, "what is a core group").locator(".tools button")
    expect(buttons).to_have_count(2)
    page.evaluate("window.voices.push({name: 'near', lang: 'en-GB', localService: true})")
    reply = ask(page, TAKE)
    assert page.evaluate("window.spoken") == []
    reply.locator(".tools button").last.click()
    assert page.evaluate("window.spoken") == ["near"]


def test_the_whole_chat_works_by_keyboard_alone(page: Page, embedded: str) -> None:
    page.goto(embedded)
    page.locator("handrail-chat .launch").wait_for()
    for _ in range(3):
        page.keyboard.press("Tab")
        if page.locator("handrail-chat .launch").evaluate("e => e.getRootNode().activeElement === e"):
            break
    page.keyboard.press("Enter")
    page.keyboard.type(TAKE)
    page.keyboard.press("Enter")
    expect(page.locator("handrail-chat .turn")).to_have_count(1)
    seen: list[str] = []
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        name = page.evaluate("() => document.querySelector('handrail-chat').shadowRoot.activeElement?.className ?? ''")
        seen.append(str(name))
        if "exit first" in name:
            break
    assert "exit first" in seen[-1]
    page.keyboard.press("Escape")
    expect(page.locator("handrail-chat .note button").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("handrail-chat .launch")).to_be_focused()


def test_what_is_sent_while_a_message_waits_to_be_sent_again_is_sent_after_it(page: Page, embedded: str) -> None:
    launch(page, embedded)
    sent: list[tuple[str, str]] = []

    def busy_once(route: Route) -> None:
        sent.append((route.request.post_data_json["text"], route.request.headers["idempotency-key"]))
        if len(sent) == 1:
            route.fulfill(status=409, json={"title": "busy", "detail": "busy"}, headers={"access-control-allow-origin": "*"})
        else:
            route.continue_()

    page.route("**/api/conversations/messages", busy_once)
    page.locator("handrail-chat #box").fill(TAKE)
    with page.expect_response("**/api/conversations/messages"):
        page.locator("handrail-chat #box").press("Enter")
    page.locator("handrail-chat #box").fill("what is a core group")
    page.locator("handrail-chat #box").press("Enter")
    expect(page.locator("handrail-chat .status")).to_have_text(LABELS["queued"])
    expect(page.locator("handrail-chat #box")).to_have_value("what is a core group")
    expect(page.locator("handrail-chat .turn")).to_have_count(2)
    expect(page.locator("handrail-chat #box")).to_have_value("")
    assert [text for text, _ in sent] == [TAKE, TAKE, "what is a core group"]
    assert sent[0][1] == sent[1][1] != sent[2][1]


def _hold(page: Page) -> tuple[list[Route], list[str]]:
    """Holds the first message that is sent from now on; gives it, and the texts of all."""
    held, sent = list[Route](), list[str]()

    def hold(route: Route) -> None:
        sent.append(route.request.post_data_json["text"])
        if len(sent) == 1:
            held.append(route)
        else:
            route.continue_()

    page.route(MESSAGES, hold)
    return held, sent


def test_a_second_message_waits_for_the_first_and_goes_once(page: Page, embedded: str) -> None:
    launch(page, embedded)
    held, sent = _hold(page)
    box, status = page.locator("handrail-chat #box"), page.locator("handrail-chat .status")
    box.fill(TAKE)
    box.press("Enter")
    box.fill("he is hitting me")
    box.press("Enter")
    expect(status).to_have_text(LABELS["queued"])
    box.press("Enter")
    page.wait_for_timeout(900)
    expect(status).to_have_text(LABELS["queued"])
    assert sent == [TAKE]
    held[0].continue_()
    expect(page.locator("handrail-chat .turn")).to_have_count(2)
    expect(page.locator("handrail-chat .said")).to_have_count(2)
    expect(page.locator("handrail-chat .turn").last).to_contain_text("999")
    expect(box).to_have_value("")
    expect(status).to_be_empty()
    assert sent == [TAKE, "he is hitting me"]


def test_a_suggestion_that_is_pressed_while_a_message_is_under_way_is_sent_after_it(page: Page, embedded: str) -> None:
    launch(page, embedded)
    suggestion = ask(page, TAKE).locator(".next button").first
    held, sent = _hold(page)
    page.locator("handrail-chat #box").fill("what is a core group")
    page.locator("handrail-chat #box").press("Enter")
    suggestion.click()
    suggestion.click()
    expect(page.locator("handrail-chat .status")).to_have_text(LABELS["queued"])
    held[0].continue_()
    expect(page.locator("handrail-chat .turn")).to_have_count(3)
    assert len(sent) == 2


def test_a_waiting_message_that_is_changed_is_not_sent_half_written(page: Page, embedded: str) -> None:
    launch(page, embedded)
    held, sent = _hold(page)
    box = page.locator("handrail-chat #box")
    box.fill(TAKE)
    box.press("Enter")
    box.fill("what is a core")
    box.press("Enter")
    box.press_sequentially(" gro")
    held[0].continue_()
    expect(page.locator("handrail-chat .turn")).to_have_count(1)
    expect(box).to_have_value("what is a core gro")
    box.press_sequentially("up")
    box.press("Enter")
    expect(page.locator("handrail-chat .turn")).to_have_count(2)
    assert sent == [TAKE, "what is a core group"]


def test_a_message_that_waits_behind_one_that_failed_goes_when_that_has_got_through(page: Page, embedded: str) -> None:
    launch(page, embedded)
    held, sent = _hold(page)
    box = page.locator("handrail-chat #box")
    box.fill(TAKE)
    box.press("Enter")
    box.fill("what is a core group")
    box.press("Enter")
    held[0].abort()
    expect(page.locator("handrail-chat .note button")).to_have_count(1)
    expect(box).to_have_value("what is a core group")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("handrail-chat .turn")).to_have_count(2)
    assert sent == [TAKE, TAKE, "what is a core group"]
