"""The chat in other people's websites: strict ones, hostile ones, right-to-left ones, framed, twice, late, on small screens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Locator, Page, Route, expect

from bench.services import Server
from tests.browser.conftest import Website, _serve, host_page
from tests.browser.talking import ask, launch

CORE = "what is a core group"
REPORT = "what if i disagree with the report"
WATCH = "window.broken = []; document.addEventListener('securitypolicyviolation', e => window.broken.push(e.violatedDirective));"
INSIDE = """(chat, part) => {
    const {left, top, right, bottom, width} = chat.shadowRoot.querySelector(part).getBoundingClientRect();
    const seen = window.seen ?? {height: innerHeight};
    return width > 0 && left >= 0 && top >= 0 && right <= innerWidth + 0.5 && bottom <= seen.height + 0.5;
}"""


@pytest.fixture
def stranger() -> Iterator[Website]:
    """A website that may not call the chat."""
    site = Website()
    server = _serve(site)
    yield site
    server.shutdown()


def _put(website: Website, request: pytest.FixtureRequest, html: str, **headers: str) -> str:
    """The page at an address that is this test's own."""
    return website.put("/" + re.sub(r"\W+", "-", request.node.name), html, **headers)


def _say(chat: Locator | FrameLocator, text: str) -> Locator:
    """Says it in this chat, and gives the reply."""
    before = chat.locator(".turn").count()
    chat.locator("#box").fill(text)
    chat.locator("#box").press("Enter")
    expect(chat.locator(".turn")).to_have_count(before + 1)
    return chat.locator(".turn").last


def _style(place: Locator, name: str) -> str:
    return str(place.evaluate("(part, name) => getComputedStyle(part)[name]", name))


def _inside(page: Page, *parts: str) -> list[str]:
    """Those parts of the chat that do not lie wholly inside what can be seen."""
    return [part for part in parts if not page.locator("handrail-chat").evaluate(INSIDE, part)]


def _tokens(page: Page) -> list[str]:
    """Filled with the tokens that this page's messages carry."""
    seen: list[str] = []
    page.on("request", lambda call: seen.append(call.headers["authorization"]) if call.url.endswith("/messages") else None)
    return seen


# Websites with a strict policy


def _strict(handrail: Server) -> str:
    return f"default-src 'none'; script-src {handrail.url}; connect-src {handrail.url}; require-trusted-types-for 'script'"


def test_it_works_under_a_strict_policy_without_a_violation(
    page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest
) -> None:
    page.add_init_script(WATCH)
    launch(page, _put(website, request, host_page(handrail.url, 'accent="#7a1f5c"'), content_security_policy=_strict(handrail)))
    reply = ask(page, CORE)
    reply.locator(".tools button").first.click()
    page.locator("handrail-chat .close").click()
    page.locator("handrail-chat .note button").first.click()
    button = page.locator("handrail-chat .launch")
    assert _style(button, "position") == "fixed"
    assert _style(button, "backgroundColor") == "rgb(122, 31, 92)"
    assert page.evaluate("window.broken") == []
    page.evaluate("document.body.setAttribute('style', 'color: red')")
    page.wait_for_function("window.broken.length")


def test_labels_in_another_language_need_no_more_than_that_policy(
    page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest
) -> None:
    page.add_init_script(WATCH)
    launch(page, _put(website, request, host_page(handrail.url, 'labels="pl"'), content_security_policy=_strict(handrail)))
    expect(page.locator("handrail-chat label")).to_contain_text("po angielsku")
    assert page.evaluate("window.broken") == []


def test_in_a_frame_it_needs_only_the_frame_to_be_allowed(
    page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest
) -> None:
    address = f"{handrail.url}/embed?labels=pl&amp;heading=Ask+us&amp;accent=%237a1f5c"
    frame = f'<iframe src="{address}" title="Ask us" height="600"></iframe>'
    html = f'<!doctype html><html lang="en"><title>A charity</title><h1>A charity</h1>{frame}'
    policy = f"default-src 'none'; frame-src {handrail.url}; require-trusted-types-for 'script'"
    page.add_init_script(WATCH)
    page.goto(_put(website, request, html, content_security_policy=policy))
    chat = page.frame_locator("iframe")
    expect(_say(chat, CORE).locator(".message")).not_to_have_count(0)
    expect(chat.locator("h2")).to_have_text("Ask us")
    assert chat.locator("button.act").evaluate("part => getComputedStyle(part).backgroundColor") == "rgb(122, 31, 92)"
    assert [frame.evaluate("window.broken") for frame in page.frames] == [[], []]


def test_the_chat_in_a_frame_fills_it_and_no_more(
    page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest
) -> None:
    html = (
        f'<!doctype html><title>A charity</title><iframe src="{handrail.url}/embed" title="Ask" width="320" height="480"></iframe>'
    )
    page.goto(_put(website, request, html))
    chat = page.frame_locator("iframe")
    _say(chat, CORE)
    root = chat.locator("html")
    assert root.evaluate("root => root.scrollWidth <= innerWidth && root.scrollHeight <= innerHeight")
    assert chat.locator(".panel").evaluate("panel => panel.getBoundingClientRect().bottom <= innerHeight")
    for part in (".exit:not(.first)", "#box", "button.act"):
        assert chat.locator(part).evaluate("part => part.getBoundingClientRect().bottom <= innerHeight"), part


def test_a_sandboxed_frame_that_may_leave_can_talk_and_leave(
    page: Page, website: Website, handrail: Server, neutral: str, request: pytest.FixtureRequest
) -> None:
    may = "allow-scripts allow-same-origin allow-popups allow-top-navigation-by-user-activation"
    html = f'<!doctype html><title>A charity</title><iframe sandbox="{may}" src="{handrail.url}/embed" title="Ask" height="600"></iframe>'
    page.goto(_put(website, request, html))
    chat = page.frame_locator("iframe")
    _say(chat, CORE)
    chat.locator(".exit").last.click()
    page.wait_for_url(neutral)


def test_a_website_that_is_not_allowed_cannot_frame_it(page: Page, stranger: Website, handrail: Server) -> None:
    html = f'<!doctype html><title>A stranger</title><iframe src="{handrail.url}/embed" title="Ask"></iframe>'
    page.goto(stranger.put("/framed", html))
    page.wait_for_timeout(300)
    assert page.frame_locator("iframe").locator("handrail-chat").count() == 0


@pytest.mark.parametrize("labels", ["en", "pl", "xx"])
def test_a_website_that_is_not_allowed_shows_the_numbers_and_breaks_nothing(
    page: Page, stranger: Website, handrail: Server, labels: str
) -> None:
    launch(page, stranger.put("/", host_page(handrail.url, f'labels="{labels}"')))
    page.locator("handrail-chat #box").fill(CORE)
    page.locator("handrail-chat #box").press("Enter")
    note = page.locator("handrail-chat .note")
    expect(note).to_be_visible()
    for number in ("999", "0808 801 0366"):
        expect(note).to_contain_text(number)
    expect(page.locator("handrail-chat .said")).to_contain_text(CORE)
    page.locator("handrail-chat .close").click()
    note.locator("button").first.click()
    expect(page.locator("handrail-chat .launch")).to_be_focused()


def test_the_numbers_of_a_note_can_be_called(page: Page, stranger: Website, handrail: Server) -> None:
    launch(page, stranger.put("/", host_page(handrail.url)))
    page.locator("handrail-chat #box").fill(CORE)
    page.locator("handrail-chat #box").press("Enter")
    note = page.locator("handrail-chat .note")
    expect(note.locator('a[href="tel:999"]')).to_be_visible()
    expect(note.locator('a[href="tel:08088010366"]')).to_be_visible()


# More than one


def test_two_chats_on_one_page_know_nothing_of_each_other(
    page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest
) -> None:
    second = '<handrail-chat id="two" position="inline" accent="#ffe08a"></handrail-chat>'
    html = host_page(handrail.url, 'id="one" position="inline" accent="#0b2e59"', body=second)
    tokens = _tokens(page)
    page.goto(_put(website, request, html))
    one, two = page.locator("#one"), page.locator("#two")
    first, other = _say(one, CORE).inner_text(), _say(two, REPORT).inner_text()
    assert first != other
    assert len(set(tokens)) == 2
    expect(one.locator(".said")).to_have_count(1)
    expect(two.locator(".log")).not_to_contain_text(CORE)
    expect(one.locator(".log")).not_to_contain_text(REPORT)
    assert _style(one.locator("button.act"), "backgroundColor") == "rgb(11, 46, 89)"
    assert _style(two.locator("button.act"), "backgroundColor") == "rgb(255, 224, 138)"
    one.locator(".foot button").click()
    expect(one.locator(".turn")).to_have_count(0)
    assert _say(two, "why").inner_text() != ""
    assert len(set(tokens)) == 2


def test_two_tabs_know_nothing_of_each_other(context: BrowserContext, embedded: str) -> None:
    one, two = context.new_page(), context.new_page()
    tokens = _tokens(one), _tokens(two)
    launch(one, embedded)
    ask(one, CORE)
    launch(two, embedded)
    expect(two.locator("handrail-chat .said")).to_have_count(0)
    ask(two, REPORT)
    assert set(tokens[0]).isdisjoint(tokens[1])
    one.close()
    ask(two, "why")
    assert len(set(tokens[1])) == 1


# How the script comes into the page

CHAT = "<handrail-chat><p>Call 0808 801 0366</p></handrail-chat>"
LATE = "document.querySelector('main').append(document.createElement('handrail-chat'))"
WAYS = {
    "async": '<script src="{s}/widget.js" async></script>' + CHAT,
    "defer": '<script src="{s}/widget.js" defer></script>' + CHAT,
    "plain, before it": '<script src="{s}/widget.js"></script>' + CHAT,
    "at the end of the body": CHAT + '<p>More.</p><script src="{s}/widget.js"></script>',
    "twice": '<script src="{s}/widget.js"></script>' + CHAT + '<script src="{s}/widget.js?again"></script>',
    "element made later": f'<script src="{{s}}/widget.js"></script><script>setTimeout(() => {LATE}, 50)</script>',
    "element made before the script": f'<script>{LATE}</script><script src="{{s}}/widget.js" async></script>',
    "script put in by a script": CHAT + "<script>document.head.append(Object.assign(document.createElement('script'), "
    "{{src: '{s}/widget.js'}}))</script>",
    "as a module": '<script type="module">import "{s}/widget.js"</script><handrail-chat server="{s}"></handrail-chat>',
}


@pytest.mark.parametrize("way", WAYS)
def test_it_comes_into_the_page_in_any_way(
    page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest, way: str
) -> None:
    html = WAYS[way].replace("{{", "{").replace("}}", "}").replace("{s}", handrail.url)
    launch(page, _put(website, request, f'<!doctype html><html lang="en"><title>A</title><body><main>{html}</main>'))
    expect(ask(page, CORE).locator(".message")).not_to_have_count(0)
    expect(page.locator("handrail-chat")).to_have_count(1)
    expect(page.locator("handrail-chat .launch")).to_have_count(1)


def test_an_element_that_is_moved_or_taken_out_leaves_nothing_behind(page: Page, embedded: str) -> None:
    page.goto(embedded)
    page.evaluate(
        """() => {
            const chat = document.createElement("handrail-chat");
            chat.setAttribute("labels", "pl");
            chat.id = "moved";
            for (let i = 0; i < 3; i += 1) document.body.append(chat);
        }"""
    )
    moved = page.locator("#moved")
    moved.locator(".launch").click()
    _say(moved, CORE)
    with page.expect_request("**/leave"):
        page.evaluate("document.getElementById('moved').remove()")
    page.keyboard.press("Shift")
    page.keyboard.press("Shift")
    page.keyboard.press("Shift")
    page.wait_for_timeout(200)
    assert page.url == embedded


# Languages and directions


def test_arabic_labels_turn_the_panel_and_leave_answers_in_english(
    page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest
) -> None:
    html = host_page(handrail.url, 'labels="ar"').replace('<html lang="en">', '<html lang="ar" dir="rtl">')
    page.goto(_put(website, request, html))
    button = page.locator("handrail-chat .launch")
    button.wait_for()
    assert button.evaluate("part => part.getBoundingClientRect().left < 40")
    button.click()
    panel, reply = page.locator("handrail-chat .panel"), ask(page, CORE)
    assert _style(panel, "direction") == "rtl"
    assert panel.evaluate("panel => panel.closest('[lang]').lang") == "ar"
    message = reply.locator(".message p").first
    assert _style(message, "direction") == "ltr"
    assert _style(message, "textAlign") in ("start", "left")
    assert message.evaluate("part => part.closest('[lang]').lang") == "en-GB"
    mark = "part => getComputedStyle(part, '::before').left"
    assert float(reply.locator(".message").first.evaluate(mark).removesuffix("px")) < 0
    assert _style(reply.locator(".tools"), "direction") == "rtl"
    assert _inside(page, ".exit:not(.first)", ".close", "#box", "button.act") == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_english_labels_stay_left_to_right_in_a_right_to_left_page(
    page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest
) -> None:
    launch(page, _put(website, request, host_page(handrail.url).replace('<html lang="en">', '<html lang="he" dir="rtl">')))
    assert _style(page.locator("handrail-chat .panel"), "direction") == "ltr"
    assert page.locator("handrail-chat .panel").evaluate("panel => panel.closest('[lang]').lang").startswith("en")
    assert _inside(page, ".exit:not(.first)", ".close", "#box", "button.act") == []


def test_polish_labels_stand_around_english_answers(
    page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest
) -> None:
    launch(page, _put(website, request, host_page(handrail.url, 'labels="pl"')))
    expect(page.locator("handrail-chat .exit").last).to_contain_text("Opuść tę stronę")
    expect(ask(page, REPORT).locator(".message").first).to_contain_text("conference")


@pytest.mark.parametrize("labels", ["xx", "", "../en", "EN"])
def test_labels_that_nobody_wrote_become_english(
    page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest, labels: str
) -> None:
    launch(page, _put(website, request, host_page(handrail.url, f'labels="{labels}"')))
    expect(page.locator("handrail-chat label")).to_have_text("Type your question")
    panel = page.locator("handrail-chat .panel")
    assert panel.evaluate("panel => panel.closest('[lang]').lang").startswith("en")
    assert "undefined" not in panel.inner_text()
    expect(page.locator("handrail-chat .exit").last).to_contain_text("Exit this page")


def test_a_hidden_element_is_hidden(page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest) -> None:
    page.goto(_put(website, request, host_page(handrail.url, "hidden")))
    page.wait_for_function("document.querySelector('handrail-chat').shadowRoot")
    expect(page.locator("handrail-chat .launch")).to_be_hidden()


def test_labels_that_do_not_come_do_not_hold_up_the_chat(
    page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest
) -> None:
    page.route("**/widget-labels/**", lambda route: None)
    page.goto(_put(website, request, host_page(handrail.url, 'labels="pl"')))
    expect(page.locator("handrail-chat .launch")).to_have_text("Ask a question")


@pytest.mark.parametrize("asked", ["open", "open and close"])
def test_what_a_website_asks_for_while_the_labels_are_on_their_way_is_done_when_they_have_come(
    page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest, asked: str
) -> None:
    held: list[Route] = []
    page.route("**/widget-labels/**", lambda route: held.append(route))
    with page.expect_request("**/widget-labels/**"):
        page.goto(_put(website, request, host_page(handrail.url, 'labels="pl"')))
    for method in asked.split(" and "):
        page.evaluate(f"document.querySelector('handrail-chat').{method}()")
    held[0].continue_()
    if asked == "open":
        expect(page.locator("handrail-chat .panel")).to_be_visible()
        expect(page.locator("handrail-chat #box")).to_be_focused()
    else:
        expect(page.locator("handrail-chat .launch")).to_be_visible()
        expect(page.locator("handrail-chat .panel")).to_be_hidden()


# Hostile style sheets

HOSTILE = {
    "reset": """* { all: revert !important; color: red !important; font-size: 3px !important; display: block !important;
        position: static }""",
    "element": """handrail-chat { color: #ccc; font: italic 700 9px/4 fantasy; text-transform: uppercase; letter-spacing: 1em;
        text-align: right; text-shadow: 0 0 9px red; word-spacing: 3em; white-space: pre; pointer-events: none; cursor: none;
        -webkit-text-fill-color: red; transform: translateX(40px) scale(0.4); filter: blur(3px); opacity: 0; line-height: 0;
        direction: rtl; user-select: none }""",
    "large root": "html { font-size: 300% }",
    "tiny root": "html { font-size: 6px }",
    "parts": """button, a, p, textarea, section, header, form, .panel, .exit, [hidden] { display: none !important;
        font-size: 1px !important }""",
}


@pytest.mark.parametrize("sheet", HOSTILE)
def test_a_hostile_style_sheet_leaves_it_readable(
    page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest, sheet: str
) -> None:
    html = host_page(handrail.url, head=f"<style>{HOSTILE[sheet]}</style>")
    page.goto(_put(website, request, html))
    page.locator("handrail-chat .launch").click()
    ask(page, CORE)
    chat = page.locator("handrail-chat")
    for part in (".message p", ".said", "#box", ".exit:not(.first)", "button.act", "label"):
        one = chat.locator(part).first
        assert float(_style(one, "fontSize").removesuffix("px")) >= 16, part
        assert _style(one, "color") not in ("rgb(255, 0, 0)", "rgb(204, 204, 204)"), part
        assert _style(one, "webkitTextFillColor") != "rgb(255, 0, 0)", part
        assert _style(one, "textTransform") == "none", part
        assert _style(one, "textShadow") == "none", part
        assert _style(one, "pointerEvents") == "auto", part
        height, size = _style(one, "lineHeight"), float(_style(one, "fontSize").removesuffix("px"))
        assert height == "normal" or 1.2 <= float(height.removesuffix("px")) / size <= 2, part
    assert _style(chat, "opacity") == "1"
    assert _style(chat.locator(".message p").first, "direction") == "ltr"
    assert _inside(page, ".exit:not(.first)", ".close", "#box", "button.act", ".panel") == []
    assert chat.locator(".log").evaluate("log => log.clientHeight") > 60
    page.set_viewport_size({"width": 1280, "height": 800})
    assert chat.locator(".panel").evaluate("panel => panel.offsetWidth") >= 400


# Attributes, custom properties, events


def _light(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_light(one), _light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("colour", ["#ffe08a", "#0b2e59", "#767676", "#e2001a"])
@pytest.mark.parametrize("way", ["attribute", "property"])
def test_words_can_be_read_on_any_accent(
    page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest, colour: str, scheme: Any, way: str
) -> None:
    page.emulate_media(color_scheme=scheme)
    head = f"<style>handrail-chat {{ --handrail-accent: {colour} }}</style>" if way == "property" else ""
    html = host_page(handrail.url, f'accent="{colour}"' if way == "attribute" else "", head=head)
    page.goto(_put(website, request, html))
    button = page.locator("handrail-chat .launch")
    wanted = ", ".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    assert _style(button, "backgroundColor") == f"rgb({wanted})"
    assert _contrast(_style(button, "color"), _style(button, "backgroundColor")) >= 4.5
    button.click()
    send = page.locator("handrail-chat button.act")
    assert _contrast(_style(send, "color"), _style(send, "backgroundColor")) >= 4.5


def test_an_accent_that_is_no_colour_changes_nothing(
    page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest
) -> None:
    page.goto(_put(website, request, host_page(handrail.url, 'accent="red; position: static"')))
    assert _style(page.locator("handrail-chat .launch"), "backgroundColor") == "rgb(12, 90, 87)"


def test_heading_and_launch_are_the_words_of_the_website_and_never_markup(
    page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest
) -> None:
    page.goto(_put(website, request, host_page(handrail.url, 'heading="Ask &lt;b&gt;us&lt;/b&gt;" launch="Talk &amp; ask"')))
    button = page.locator("handrail-chat .launch")
    expect(button).to_have_text("Talk & ask")
    button.click()
    expect(page.get_by_role("region", name="Ask <b>us</b>")).to_be_visible()


def test_it_talks_to_the_server_that_its_attribute_names(
    page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest
) -> None:
    html = host_page(handrail.url, f'server="{handrail.url.replace("127.0.0.1", "localhost")}/"')
    launch(page, _put(website, request, html))
    with page.expect_request("**/api/conversations") as call:
        ask(page, CORE)
    assert call.value.url == f"http://localhost:{handrail.port}/api/conversations"


def test_in_the_corner_it_floats_and_in_the_text_it_stands(
    page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest
) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    launch(page, _put(website, request, host_page(handrail.url, 'position="corner"')))
    assert _style(page.locator("handrail-chat .panel"), "position") == "fixed"
    inline = page.url + "-inline"
    website.put(inline.removeprefix(website.url), host_page(handrail.url, 'position="inline"'))
    page.goto(inline)
    panel = page.locator("handrail-chat .panel")
    expect(panel).to_be_visible()
    assert _style(panel, "position") != "fixed"
    expect(page.locator("handrail-chat .launch")).to_be_hidden()
    expect(page.locator("handrail-chat .close")).to_have_count(0)
    assert page.evaluate("document.activeElement === document.body")


def test_open_shows_the_panel_without_taking_the_focus(
    page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest
) -> None:
    page.goto(_put(website, request, host_page(handrail.url, "open")))
    expect(page.locator("handrail-chat .panel")).to_be_visible()
    assert page.evaluate("document.activeElement === document.body")


def test_exit_leads_to_the_address_of_the_website(
    page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest
) -> None:
    away = website.put("/recipes", "<!doctype html><title>Recipes</title>")
    launch(page, _put(website, request, host_page(handrail.url, f'exit="{away}"')))
    ask(page, CORE)
    with page.expect_request("**/leave"):
        page.locator("handrail-chat .exit").last.click()
    page.wait_for_url(away)


@pytest.mark.parametrize("forget", [False, True])
def test_forget_history_takes_the_page_out_of_the_way_back(
    page: Page, website: Website, handrail: Server, neutral: str, request: pytest.FixtureRequest, forget: bool
) -> None:
    before = website.put("/before", "<!doctype html><title>Before</title>")
    address = _put(website, request, host_page(handrail.url, "forget-history" if forget else ""))
    page.goto(before)
    launch(page, address)
    page.locator("handrail-chat .exit").last.click()
    page.wait_for_url(neutral)
    page.go_back()
    page.wait_for_url(before if forget else address)


def test_custom_properties_take_effect(page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest) -> None:
    sheet = """<style>handrail-chat { --handrail-accent: #7a1f5c; --handrail-font: Courier, monospace; --handrail-width: 20rem;
        --handrail-height: 30rem; --handrail-layer: 77 }</style>"""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(_put(website, request, host_page(handrail.url, head=sheet)))
    button, panel = page.locator("handrail-chat .launch"), page.locator("handrail-chat .panel")
    assert _style(button, "backgroundColor") == "rgb(122, 31, 92)"
    assert _style(button, "zIndex") == "77"
    button.click()
    assert _style(panel, "fontFamily").startswith("Courier")
    assert _style(page.locator("handrail-chat #box"), "fontFamily").startswith("Courier")
    box = panel.bounding_box()
    assert box
    assert (round(box["width"]), round(box["height"])) == (320, 480)
    assert _style(panel, "zIndex") == "77"


def test_the_websites_own_custom_properties_do_not_reach_inside(
    page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest
) -> None:
    names = [
        "readable",
        "readable-dark",
        "form",
        "seen",
        "top",
        "ink",
        "quiet",
        "paper",
        "card",
        "line",
        "wash",
        "danger",
        "fill",
        "on-fill",
    ]
    sheet = f"<style>:root {{ {' '.join(f'--{name}: rgb(255, 0, 255);' for name in names)} }}</style>"
    launch(page, _put(website, request, host_page(handrail.url, head=sheet)))
    colours = page.locator("handrail-chat .panel").evaluate(
        """panel => [...panel.querySelectorAll("*"), panel].map((part) => getComputedStyle(part))
          .flatMap((style) => [style.color, style.backgroundColor, style.borderTopColor])"""
    )
    assert "rgb(255, 0, 255)" not in colours
    own = "chat => [...chat.style].filter((name) => !name.startsWith('--handrail-'))"
    assert page.locator("handrail-chat").evaluate(own) == []


def test_events_tell_that_something_happened_and_nothing_of_the_words(page: Page, embedded: str, neutral: str) -> None:
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.goto(embedded)
    page.evaluate(
        """() => {
            const chat = document.querySelector("handrail-chat");
            for (const name of ["open", "close", "turn", "leave"]) {
                const tell = (place) => (e) => console.log(`${place} ${e.type} ${e.bubbles} ${e.detail} ${Object.keys(e)}`);
                chat.addEventListener("handrail-" + name, tell("chat"));
                document.addEventListener("handrail-" + name, tell("page"));
            }
        }"""
    )
    page.locator("handrail-chat .launch").click()
    ask(page, CORE)
    page.locator("handrail-chat .close").click()
    page.locator("handrail-chat .note button").first.click()
    page.locator("handrail-chat .launch").click()
    page.locator("handrail-chat .exit").last.click()
    page.wait_for_url(neutral)
    names = ("open", "turn", "close", "open", "leave")
    assert [line.removesuffix(" isTrusted") for line in heard] == [f"chat handrail-{name} false null" for name in names]


# Small screens

KEYBOARD = """window.seen = {height: 640, offsetTop: 0, scale: 1};
const view = new EventTarget();
for (const name of Object.keys(window.seen)) Object.defineProperty(view, name, {get: () => window.seen[name]});
Object.defineProperty(window, "visualViewport", {value: view});"""
NEEDED = ("#box", "button.act", ".exit:not(.first)")


@pytest.mark.parametrize("talked", [False, True])
def test_the_keyboard_of_a_phone_hides_neither_box_nor_exit_when_the_window_shrinks(
    page: Page, embedded: str, talked: bool
) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    launch(page, embedded)
    if talked:
        ask(page, CORE)
    page.locator("handrail-chat #box").focus()
    page.set_viewport_size({"width": 360, "height": 300})
    page.wait_for_timeout(200)
    assert _inside(page, *NEEDED) == []
    assert page.locator("handrail-chat .log").evaluate("log => log.clientHeight") > 40


@pytest.mark.parametrize("talked", [False, True])
def test_the_keyboard_of_a_phone_hides_neither_box_nor_exit_when_it_lies_over_the_window(
    page: Page, embedded: str, talked: bool
) -> None:
    page.add_init_script(KEYBOARD)
    page.set_viewport_size({"width": 360, "height": 640})
    launch(page, embedded)
    if talked:
        ask(page, CORE)
    page.evaluate("window.seen.height = 300; visualViewport.dispatchEvent(new Event('resize'))")
    assert _inside(page, *NEEDED) == []
    assert page.locator("handrail-chat .log").evaluate("log => log.clientHeight") > 40
    page.evaluate("window.seen.height = 640; visualViewport.dispatchEvent(new Event('resize'))")
    assert _inside(page, *NEEDED, ".panel") == []


def test_the_keyboard_of_a_tablet_hides_nothing_of_the_panel(page: Page, embedded: str) -> None:
    page.add_init_script(KEYBOARD.replace("640", "1000"))
    page.set_viewport_size({"width": 800, "height": 1000})
    launch(page, embedded)
    ask(page, CORE)
    for height in (600, 300):
        page.evaluate(f"window.seen.height = {height}; visualViewport.dispatchEvent(new Event('resize'))")
        assert _inside(page, *NEEDED, ".panel") == []


@pytest.mark.parametrize("size", [(320, 256), (320, 480), (740, 360), (1280, 800)])
def test_box_send_and_exit_can_be_seen_on_any_screen(page: Page, embedded: str, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    launch(page, embedded)
    ask(page, CORE)
    assert _inside(page, *NEEDED, ".close") == []
    assert page.locator("handrail-chat .panel").evaluate("panel => panel.scrollWidth <= panel.clientWidth")


# The page that builds the code


def test_the_built_code_works_in_a_page_of_the_website(
    page: Page, website: Website, handrail: Server, request: pytest.FixtureRequest
) -> None:
    page.goto(handrail.url + "/websites")
    page.locator("#builder #heading").fill('Ask "us" & <them>')
    page.locator("#builder #accent").fill("#7a1f5c")
    page.locator("#builder #labels").select_option("pl")
    page.locator("#builder #exit").fill("javascript:alert(1)")
    expect(page.locator("#exit-wrong")).to_be_visible()
    expect(page.locator("#preview .launch")).to_have_text("Zadaj pytanie")
    code = page.locator("#code-element").input_value()
    assert "javascript:" not in code
    launch(page, _put(website, request, f'<!doctype html><html lang="en"><title>A</title><main>{code}</main>'))
    expect(page.locator("handrail-chat h2")).to_have_text('Ask "us" & <them>')
    assert _style(page.locator("handrail-chat button.act"), "backgroundColor") == "rgb(122, 31, 92)"
    expect(ask(page, CORE).locator(".message")).not_to_have_count(0)


def test_the_code_is_the_same_with_and_without_scripts(page: Page, chromium: Browser, handrail: Server) -> None:
    given = {
        "heading": "Ask \"us\" & 'them' <b> é ~*{server}",
        "launch": " Talk  to us ",
        "accent": "oklch(0.5 0.1 200 / 50%)",
        "exit": "http://a.example/?a=1&b=2",
    }
    picked = {"position": "inline", "labels": "ar"}
    plain = chromium.new_context(java_script_enabled=False).new_page()
    for tab in (page, plain):
        tab.goto(handrail.url + "/websites")
        for name, value in given.items():
            tab.locator(f"#builder #{name}").fill(value)
        for name, value in picked.items():
            tab.locator(f"#builder #{name}").select_option(value)
    plain.locator("#builder button").click()
    blocks = page.locator("[data-template]").count()
    assert blocks == 5
    for at in range(blocks):
        assert page.locator("[data-template]").nth(at).input_value() == plain.locator("[data-template]").nth(at).input_value()
    assert 'position="inline"' in plain.locator("#code-element").input_value()
    plain.context.close()


def test_the_code_can_be_copied_and_the_preview_is_the_real_chat(page: Page, context: BrowserContext, handrail: Server) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=handrail.url)
    page.goto(handrail.url + "/websites")
    page.locator("#builder #launch").fill("Talk to us")
    page.locator('[data-copies="code-element"]').click()
    expect(page.locator('[data-copies="code-element"] + [role=status]')).not_to_be_empty()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#code-element").input_value()
    button = page.locator("#preview .launch")
    expect(button).to_have_text("Talk to us")
    button.click()
    expect(_say(page.locator("#preview handrail-chat"), CORE).locator(".message")).not_to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_narrow_screen(page: Page, handrail: Server, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(handrail.url + "/websites")
    page.locator("#preview .launch").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
