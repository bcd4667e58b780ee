"""The next person at the same device finds nothing: no words, no storage, no sign of what the page was about."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from bench.services import Server
from content.library import HERE
from content.loading import read_yaml
from tests.browser.conftest import Website
from tests.browser.held import alive, started, wait_until_gone
from tests.browser.seeing import broken_rules
from tests.browser.talking import ask, launch
from tests.browser.test_leaving import HELD

LABELS = read_yaml(HERE / "widget.yml")["en"]
SECRET = "he said zanzibar and can the conference take my child?"
WORD = "zanzibar"
OURS = ("/", "/topics", "/sheets", "/lines", "/safe", "/kept", "/check", "/accessibility", "/embed")
STORED = """async () => [
  localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, (await caches.keys()).length,
  (await navigator.serviceWorker.getRegistrations()).length, document.cookie, history.state, window.name,
]"""
NOTHING = [0, 0, 0, 0, 0, "", None, ""]


def _converse(page: Page) -> str:
    """A conversation with a turn of every kind that a person can take, and its token."""
    token = started(page, SECRET)
    reply = page.locator("handrail-chat .turn").first
    reply.locator("summary").first.click()
    reply.locator("button.term").first.click()
    reply.locator(".tools button").first.click()
    reply.locator(".next button").first.click()
    expect(page.locator("handrail-chat .turn")).to_have_count(2)
    ask(page, "he hits me and zanzibar")
    ask(page, "why")
    return token


def test_nothing_is_stored_on_either_origin(page: Page, context: BrowserContext, embedded: str, handrail: Server) -> None:
    launch(page, embedded)
    _converse(page)
    assert page.evaluate(STORED) == NOTHING
    page.goto(handrail.url)
    _converse(page)
    assert page.evaluate(STORED) == NOTHING
    assert context.cookies() == []
    state = context.storage_state()
    assert state == {"cookies": [], "origins": []}


def test_a_conversation_by_plain_forms_stores_nothing(chromium: Browser, handrail: Server) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(handrail.url)
    page.get_by_role("textbox").fill(SECRET)
    page.locator("form.ask button").click()
    expect(page.locator(".message").first).to_be_visible()
    assert WORD not in page.url
    assert context.storage_state() == {"cookies": [], "origins": []}
    context.close()


def test_no_browser_fills_in_what_was_typed_before(page: Page, embedded: str, handrail: Server) -> None:
    launch(page, embedded)
    for selector in ("handrail-chat #box", "handrail-chat form"):
        expect(page.locator(selector)).to_have_attribute("autocomplete", "off")
    page.route("**/widget.js", lambda route: route.abort())
    page.goto(handrail.url)
    for selector in ("form.ask", "form.ask textarea"):
        expect(page.locator(selector)).to_have_attribute("autocomplete", "off")


@pytest.mark.parametrize("where", ["website", "guide"])
def test_reloading_shows_an_empty_panel(page: Page, embedded: str, handrail: Server, where: str) -> None:
    if where == "website":
        launch(page, embedded)
    else:
        page.goto(handrail.url)
    token = _converse(page)
    page.locator("handrail-chat #box").fill("half of a zanzibar")
    assert WORD in page.evaluate(HELD)
    page.reload()
    page.locator("handrail-chat .launch" if where == "website" else "handrail-chat #box").wait_for()
    assert WORD not in page.evaluate(HELD)
    expect(page.locator("handrail-chat .log .message")).to_have_count(1)
    assert page.locator("handrail-chat #box").input_value() == ""
    wait_until_gone(page, handrail, token)


def test_closing_warns_first_and_opening_again_shows_an_empty_panel(page: Page, embedded: str, handrail: Server) -> None:
    launch(page, embedded)
    token = _converse(page)
    note = page.locator("handrail-chat .note")
    page.locator("handrail-chat .close").click()
    expect(note.locator("button").first).to_be_focused()
    note.locator("button").last.click()
    expect(note).to_be_hidden()
    expect(page.locator("handrail-chat #box")).to_be_focused()
    assert alive(handrail, token)
    assert WORD in page.evaluate(HELD)
    page.keyboard.press("Escape")
    note.locator("button").first.click()
    expect(page.locator("handrail-chat .panel")).to_be_hidden()
    expect(page.locator("handrail-chat .launch")).to_be_focused()
    assert WORD not in page.evaluate(HELD)
    wait_until_gone(page, handrail, token)
    page.locator("handrail-chat .launch").click()
    expect(page.locator("handrail-chat .log .message")).to_have_count(1)
    expect(note).to_be_hidden()


def test_what_is_only_half_typed_is_asked_about_too(page: Page, embedded: str) -> None:
    launch(page, embedded)
    page.locator("handrail-chat #box").fill(SECRET)
    page.locator("handrail-chat .close").click()
    page.locator("handrail-chat .note button").first.click()
    page.locator("handrail-chat .launch").click()
    assert page.locator("handrail-chat #box").input_value() == ""


def test_an_empty_chat_closes_at_once(page: Page, embedded: str) -> None:
    launch(page, embedded)
    page.keyboard.press("Escape")
    expect(page.locator("handrail-chat .panel")).to_be_hidden()


def test_a_chat_closed_while_it_waits_can_be_used_again(page: Page, embedded: str) -> None:
    launch(page, embedded)
    ask(page, "hello")
    held: list[Route] = []
    page.route("**/api/conversations/messages", lambda route: held.append(route))
    page.locator("handrail-chat #box").fill(SECRET)
    page.locator("handrail-chat #box").press("Enter")
    expect(page.locator("handrail-chat .status.waiting")).to_be_visible()
    page.locator("handrail-chat .close").click()
    page.locator("handrail-chat .note button").first.click()
    page.unroute("**/api/conversations/messages")
    page.locator("handrail-chat .launch").click()
    ask(page, "hello")
    assert WORD not in page.evaluate(HELD)
    expect(page.locator("handrail-chat .said")).to_have_count(1)


def test_a_button_deletes_the_chat_and_says_so(page: Page, embedded: str, handrail: Server) -> None:
    launch(page, embedded)
    token = _converse(page)
    page.locator("handrail-chat .foot button").click()
    expect(page.locator("handrail-chat .status")).not_to_be_empty()
    expect(page.locator("handrail-chat #box")).to_be_focused()
    assert WORD not in page.evaluate(HELD)
    wait_until_gone(page, handrail, token)


def _refuse_to_delete(page: Page, status: int) -> list[str]:
    """Makes the server refuse; gives a list that fills with the tokens of what was to be deleted."""
    asked: list[str] = []

    def refuse(route: Route) -> None:
        if route.request.method != "DELETE":
            route.fallback()
            return
        asked.append(route.request.headers["authorization"])
        route.fulfill(status=status, json={"title": "No", "detail": "No"}, headers={"access-control-allow-origin": "*"})

    page.route("**/api/conversations", refuse)
    return asked


@pytest.mark.parametrize("where", ["website", "guide"])
def test_a_deleted_chat_comes_with_a_statement_that_can_be_checked(page: Page, embedded: str, handrail: Server, where: str) -> None:
    if where == "website":
        launch(page, embedded)
    else:
        page.goto(handrail.url)
    token = started(page, SECRET)
    page.locator("handrail-chat .foot button").click()
    note = page.locator("handrail-chat .note")
    expect(note).to_contain_text(LABELS["deleted"])
    expect(page.locator("handrail-chat .status")).to_have_text(LABELS["deleted"])
    assert not alive(handrail, token)
    note.locator("summary").click()
    signed = note.locator("textarea")
    signed.click()
    assert signed.evaluate("box => box.value.slice(box.selectionStart, box.selectionEnd)") == signed.input_value()
    checked = page.request.post(f"{handrail.url}/check", form={"statement": signed.input_value()})
    assert read_yaml(HERE / "page.yml")["statement_true"] in checked.text()
    assert broken_rules(page) == []
    expect(note.locator("a")).to_have_attribute("href", handrail.url + "/check")
    ask(page, "hello")
    expect(note).to_be_hidden()


@pytest.mark.parametrize("trouble", ["offline", "refused"])
def test_a_chat_that_could_not_be_deleted_is_not_said_to_be_deleted(
    page: Page, context: BrowserContext, embedded: str, handrail: Server, trouble: str
) -> None:
    launch(page, embedded)
    token = started(page, SECRET)
    if trouble == "offline":
        context.set_offline(True)
    else:
        _refuse_to_delete(page, 503)
    page.locator("handrail-chat .foot button").click()
    note = page.locator("handrail-chat .note")
    expect(note).to_contain_text(LABELS["not_deleted"].replace("{minutes}", "30"))
    assert WORD not in page.evaluate(HELD)
    assert LABELS["deleted"] not in page.locator("handrail-chat .panel").inner_text()
    context.set_offline(False)
    assert alive(handrail, token)
    page.unroute("**/api/conversations")
    note.locator("button").click()
    expect(note).to_contain_text(LABELS["deleted"])
    assert not alive(handrail, token)


def test_a_chat_that_had_ended_already_is_deleted(page: Page, embedded: str, handrail: Server) -> None:
    launch(page, embedded)
    token = started(page, SECRET)
    page.request.delete(f"{handrail.url}/api/conversations", headers={"authorization": f"Bearer {token}"})
    page.locator("handrail-chat .foot button").click()
    expect(page.locator("handrail-chat .note")).to_have_text(LABELS["deleted"])


def test_leaving_ends_a_chat_that_could_not_be_deleted(page: Page, embedded: str, handrail: Server, neutral: str) -> None:
    launch(page, embedded)
    token = started(page, SECRET)
    asked = _refuse_to_delete(page, 503)
    page.locator("handrail-chat .foot button").click()
    expect(page.locator("handrail-chat .note button")).to_have_count(1)
    assert asked == [f"Bearer {token}"]
    page.keyboard.press("Shift")
    page.keyboard.press("Shift")
    page.keyboard.press("Shift")
    page.wait_for_url(neutral)
    wait_until_gone(page, handrail, token)


def test_a_question_asked_while_the_chat_before_is_deleted_keeps_its_place(page: Page, embedded: str, handrail: Server) -> None:
    launch(page, embedded)
    token = started(page, SECRET)
    held: list[Route] = []
    page.route("**/api/conversations", lambda route: held.append(route) if route.request.method == "DELETE" else route.fallback())
    page.locator("handrail-chat .foot button").click()
    page.route("**/api/conversations/messages", lambda route: route.abort())
    page.locator("handrail-chat #box").fill("hello")
    page.locator("handrail-chat #box").press("Enter")
    note = page.locator("handrail-chat .note")
    expect(note).to_contain_text(LABELS["failed"])
    held[0].continue_()
    expect(page.locator("handrail-chat .log .notice")).to_have_text(LABELS["deleted"])
    expect(note).to_contain_text(LABELS["failed"])
    assert not alive(handrail, token)


def test_deleting_the_next_chat_ends_the_one_before_that_could_not_be_deleted(page: Page, embedded: str, handrail: Server) -> None:
    launch(page, embedded)
    first = started(page, SECRET)
    _refuse_to_delete(page, 503)
    delete = page.locator("handrail-chat .foot button")
    delete.click()
    expect(page.locator("handrail-chat .note button")).to_have_count(1)
    second = started(page, "hello")
    page.unroute("**/api/conversations")
    delete.click()
    expect(page.locator("handrail-chat .note")).to_contain_text(LABELS["deleted"])
    wait_until_gone(page, handrail, first, second)


# Nobody there


@pytest.mark.parametrize("sign", ["typing", "button"])
def test_after_nine_idle_minutes_a_warning_comes_and_a_sign_keeps_the_chat(
    page: Page, embedded: str, handrail: Server, sign: str
) -> None:
    page.clock.install()
    launch(page, embedded)
    token = started(page, SECRET)
    note, status = page.locator("handrail-chat .note"), page.locator("handrail-chat .status")
    page.clock.fast_forward(530_000)
    expect(note).to_be_hidden()
    page.clock.fast_forward(11_000)
    expect(note).to_be_visible()
    expect(status).not_to_be_empty()
    if sign == "typing":
        page.locator("handrail-chat #box").press_sequentially("a")
    else:
        note.locator("button").click()
        expect(page.locator("handrail-chat #box")).to_be_focused()
    expect(note).to_be_hidden()
    expect(status).to_be_empty()
    page.clock.fast_forward(70_000)
    assert WORD in page.evaluate(HELD)
    assert alive(handrail, token)
    expect(page.locator("handrail-chat .turn")).to_have_count(1)


@pytest.mark.parametrize("where", ["website", "guide"])
def test_after_ten_idle_minutes_the_chat_is_wiped(page: Page, embedded: str, handrail: Server, where: str) -> None:
    page.clock.install()
    if where == "website":
        launch(page, embedded)
    else:
        page.goto(handrail.url)
    token = started(page, SECRET)
    page.locator("handrail-chat #box").fill("half of a zanzibar")
    page.clock.fast_forward(541_000)
    expect(page.locator("handrail-chat .note")).to_be_visible()
    page.clock.fast_forward(60_000)
    expect(page.locator("handrail-chat .note")).to_be_hidden()
    expect(page.locator("handrail-chat .status")).not_to_be_empty()
    assert WORD not in page.evaluate(HELD)
    wait_until_gone(page, handrail, token)
    ask(page, "hello")
    expect(page.locator("handrail-chat .said")).to_have_count(1)


def test_words_that_were_never_sent_are_wiped_too(page: Page, embedded: str) -> None:
    page.clock.install()
    launch(page, embedded)
    page.locator("handrail-chat #box").fill(SECRET)
    page.clock.fast_forward(541_000)
    page.clock.fast_forward(60_000)
    assert WORD not in page.evaluate(HELD)


def test_a_device_that_slept_wakes_with_an_empty_panel(page: Page, embedded: str, handrail: Server) -> None:
    page.clock.install()
    launch(page, embedded)
    token = started(page, SECRET)
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)
    page.clock.set_system_time(page.evaluate("Date.now()") / 1000 + 3600)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert WORD not in page.evaluate(HELD)
    wait_until_gone(page, handrail, token)


def _trouble(page: Page, embedded: str) -> tuple[Locator, str]:
    """The note after a message that did not get through, and its words. The clock stands ready to be moved."""
    page.clock.install()
    page.route("**/api/conversations/messages", lambda route: route.abort())
    launch(page, embedded)
    page.locator("handrail-chat #box").fill(SECRET)
    page.locator("handrail-chat #box").press("Enter")
    note = page.locator("handrail-chat .note")
    expect(note.locator("button")).to_have_count(1)
    return note, note.text_content() or ""


def test_trouble_can_still_be_tried_again_after_the_warning(page: Page, embedded: str) -> None:
    note, trouble = _trouble(page, embedded)
    page.clock.fast_forward(541_000)
    expect(note).not_to_have_text(trouble)
    page.unroute("**/api/conversations/messages")
    note.locator("button").click()
    expect(note).to_have_text(trouble)
    note.locator("button").click()
    expect(page.locator("handrail-chat .turn")).to_have_count(1)


@pytest.mark.parametrize("way", ["close", "Escape", "close-twice", "after-the-warning"])
def test_trouble_can_still_be_tried_again_by_who_does_not_close(page: Page, embedded: str, way: str) -> None:
    note, trouble = _trouble(page, embedded)
    if way == "after-the-warning":
        page.clock.fast_forward(541_000)
        expect(note).not_to_have_text(trouble)
    if way in ("Escape", "after-the-warning"):
        page.keyboard.press("Escape")
    for _ in range({"close": 1, "close-twice": 2}.get(way, 0)):
        page.locator("handrail-chat .close").click()
    expect(note).to_contain_text(LABELS["close_ask"])
    note.locator("button").last.click()
    expect(note).to_have_text(trouble)
    expect(note.locator("button")).to_be_focused()
    page.unroute("**/api/conversations/messages")
    note.locator("button").click()
    expect(page.locator("handrail-chat .turn")).to_have_count(1)
    expect(page.locator("handrail-chat .said")).to_have_count(1)


# Beside


def test_two_tabs_do_not_share_a_conversation(page: Page, context: BrowserContext, embedded: str, handrail: Server) -> None:
    launch(page, embedded)
    mine = started(page, SECRET)
    second = context.new_page()
    launch(second, embedded)
    theirs = started(second, "what is a core group")
    assert mine != theirs
    assert WORD not in second.evaluate(HELD)
    second.close()
    wait_until_gone(page, handrail, theirs)
    assert alive(handrail, mine)
    ask(page, "why")


@pytest.mark.parametrize("path", OURS)
def test_the_tab_and_the_history_say_nothing_about_the_subject(page: Page, handrail: Server, path: str) -> None:
    page.goto(handrail.url + path)
    assert page.title() == "Help page"
    assert page.locator("link[rel~=icon], meta[property^='og:'], meta[name=description]").count() == 0


def test_the_title_of_a_website_stays_its_own(page: Page, embedded: str) -> None:
    launch(page, embedded)
    ask(page, SECRET)
    assert page.title() == "A charity"
    assert page.url == embedded


def test_nobody_else_is_asked_for_anything(
    page: Page, context: BrowserContext, embedded: str, website: Website, handrail: Server
) -> None:
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    launch(page, embedded)
    _converse(page)
    assert {_origin(url) for url in asked} == {website.url, handrail.url}
    asked.clear()
    for path in OURS:
        page.goto(handrail.url + path, wait_until="networkidle")
    page.goto(handrail.url)
    _converse(page)
    assert {_origin(url) for url in asked} == {handrail.url}
    assert not any(WORD in url for url in asked)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def test_the_script_adds_nothing_to_the_website_but_the_element(page: Page, embedded: str) -> None:
    page.add_init_script(
        """window.before = [];
        const names = () => [window, document, Element.prototype, Node.prototype, String.prototype, Array.prototype, Object.prototype]
          .flatMap((thing, at) => Object.getOwnPropertyNames(thing).map((name) => `${at} ${name}`));
        window.added = () => names().filter((name) => !window.before.includes(name));
        window.before = names();"""
    )
    launch(page, embedded)
    ask(page, "hello")
    assert page.evaluate("window.added()") == []
    assert page.evaluate("typeof customElements.get('handrail-chat')") == "function"
    assert page.evaluate("document.head.querySelectorAll('style, link').length") == 0
    assert page.evaluate("[...document.body.children].map(one => one.localName)") == ["main"]
