"""Everybody can use every page and every state of the chat: rules, zoom, keyboard, screen reader, forced colours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from bench.services import Server
from content.library import HERE, default_library
from content.loading import read_yaml
from tests.browser.conftest import Website, host_page
from tests.browser.seeing import (
    DARK,
    PHONE,
    SCREENS,
    ZOOMED,
    Screen,
    broken_rules,
    controls,
    focus,
    open_all,
    small_targets,
    too_wide,
    turn_to,
    walk,
    window,
)
from tests.browser.talking import ask, launch

TAKE = "can the conference take my child?"
HURT = "he is hitting me right now, and can i see the report before the conference?"
MESSAGES = "**/api/conversations/messages"
CHAT = "handrail-chat"

_FRAME: Mapping[str, Any] = read_yaml(HERE / "frame.yml")
_IN_FRAME = [page["address"] for page in (*_FRAME["pages"], *_FRAME["more_pages"])]


def _one_topic_per_voice() -> list[str]:
    topics = default_library().topics.values()
    found = {voice: f"/topics/{topic.id}?for={voice}" for topic in topics for voice in topic.voices}
    return [found[voice] for voice in sorted(found)]


PAGES = [*_IN_FRAME, "/sheets/ready", "/sheets/disagree", "/sheets/timeline", *_one_topic_per_voice()]


# What a person does to get a page into a state that no address leads to.


def _asked_without_scripts(page: Page, home: str) -> None:
    page.goto(home)
    page.get_by_role("textbox").fill(TAKE)
    page.locator("form.ask button").click()


def _danger_without_scripts(page: Page, home: str) -> None:
    page.goto(home)
    page.get_by_role("textbox").fill(HURT)
    page.locator("form.ask button").click()


def _deleted_without_scripts(page: Page, home: str) -> None:
    _asked_without_scripts(page, home)
    page.locator("form.delete button").click()
    expect(page.locator(".notice")).to_be_visible()


def _refused_without_scripts(page: Page, home: str) -> None:
    page.goto(home)
    page.get_by_role("textbox").fill(" ")
    page.locator("form.ask button").click()
    expect(page.locator(".problem")).to_be_visible()


def _no_such_page(page: Page, home: str) -> None:
    page.goto(home + "/no-such-page")
    expect(page.locator(".problem")).to_be_visible()


def _searched(page: Page, home: str) -> None:
    page.goto(home + "/topics")
    page.get_by_role("searchbox").fill("see the report before")
    page.locator("main form.ask button").click()
    expect(page.locator(".found")).to_be_visible()


def _searched_in_vain(page: Page, home: str) -> None:
    page.goto(home + "/topics")
    page.get_by_role("searchbox").fill("xylophone")
    page.locator("main form.ask button").click()
    expect(page.locator(".found")).to_be_visible()


def _checked(page: Page, home: str) -> None:
    page.goto(home + "/check")
    page.get_by_role("textbox").fill("{}")
    page.locator("main form.ask button").click()
    expect(page.locator(".notice")).to_be_visible()


def _sheet_filled(page: Page, home: str) -> None:
    page.goto(home + "/sheets/ready")
    for box in page.locator("#sheet-app textarea, #sheet-app input[type=text]").all():
        box.fill("Something that I want to say. " * 4)
    for choice in page.locator("#sheet-app input[type=checkbox]").all():
        choice.check()
    page.locator("#sheet-clear").click()
    expect(page.locator("#sheet-sure")).to_be_visible()


def _points_filled(page: Page, home: str) -> None:
    page.goto(home + "/sheets/disagree")
    page.locator("#point-add").click()
    for box in page.locator("#sheet-app textarea, #sheet-app input[type=text]").all():
        box.fill("Something that is not right. " * 4)
    page.locator("header.top a.name").click()
    expect(page.locator("#sheet-going")).to_be_visible()


def _dates_shown(page: Page, home: str) -> None:
    page.goto(home + "/sheets/timeline")
    day = page.locator("#dates-day")
    day.fill(f"{day.get_attribute('max')[:4]}-03-02")  # type: ignore[index]
    page.locator("#dates-show").click()
    expect(page.locator("#dates-result")).not_to_be_empty()


STATES: dict[str, tuple[Callable[[Page, str], None], bool]] = {
    "an answer without scripts": (_asked_without_scripts, False),
    "danger without scripts": (_danger_without_scripts, False),
    "deleted without scripts": (_deleted_without_scripts, False),
    "a refusal without scripts": (_refused_without_scripts, False),
    "no such page": (_no_such_page, True),
    "topics found": (_searched, True),
    "no topic found": (_searched_in_vain, True),
    "a statement checked": (_checked, True),
    "a sheet filled in": (_sheet_filled, True),
    "points filled in, and leaving": (_points_filled, True),
    "dates counted": (_dates_shown, True),
}


def _assert_well_on_every_screen(page: Page) -> None:
    open_all(page)
    found: dict[str, list[str]] = {}
    for screen in SCREENS:
        turn_to(page, screen)
        found[screen.name] = _faults(page)
    _assert_none(found)


def _faults(page: Page) -> list[str]:
    wide = [f"too wide: {name}" for name in too_wide(page)]
    small = [f"small target: {name}" for name in small_targets(page)]
    return [*broken_rules(page), *wide, *small]


def _assert_none(found: Mapping[str, list[str]]) -> None:
    rows = [f"{where}: {fault}" for where, faults in found.items() for fault in faults]
    assert not rows, "\n" + "\n".join(rows)


@pytest.mark.parametrize("address", PAGES)
def test_a_page_keeps_the_rules_on_a_phone_in_the_dark_and_at_400_per_cent(
    chromium: Browser, handrail: Server, address: str
) -> None:
    with window(chromium, PHONE) as page:
        response = page.goto(handrail.url + address)
        assert response
        assert response.ok, f"{address} answers {response.status}"
        _assert_well_on_every_screen(page)


@pytest.mark.parametrize("state", STATES)
def test_what_a_form_leads_to_keeps_the_rules(chromium: Browser, handrail: Server, state: str) -> None:
    reach, scripts = STATES[state]
    with window(chromium, PHONE, scripts=scripts) as page:
        reach(page, handrail.url)
        _assert_well_on_every_screen(page)


@pytest.mark.parametrize("address", ["/", "/topics", "/sheets/timeline"])
def test_a_page_without_scripts_keeps_the_rules(chromium: Browser, handrail: Server, address: str) -> None:
    with window(chromium, PHONE, scripts=False) as page:
        page.goto(handrail.url + address)
        _assert_well_on_every_screen(page)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_every_state_of_the_chat_on_a_website_keeps_the_rules(
    chromium: Browser, handrail: Server, embedded: str, screen: Screen
) -> None:
    found: dict[str, list[str]] = {}

    def look(state: str) -> None:
        found[state] = _faults(page)

    with window(chromium, screen) as page:
        page.clock.install()
        page.goto(embedded)
        page.locator(f"{CHAT} .launch").wait_for()
        look("closed")
        page.locator(f"{CHAT} .launch").click()
        look("open")
        with page.expect_response("**/api/conversations") as started:
            reply = ask(page, TAKE)
        look("a reply")
        reply.locator("summary").first.click()
        look("sources")
        reply.locator("button.term").first.click()
        look("a hard word")
        reply.locator(".tools button").first.click()
        look("helpful")
        ask(page, HURT)
        look("safety")
        page.keyboard.press("Shift")
        look("shift pressed")
        page.keyboard.press("Escape")
        expect(page.locator(f"{CHAT} .note button")).to_have_count(2)
        look("closing")
        page.locator(f"{CHAT} .note button").last.click()
        page.clock.fast_forward("09:05")
        expect(page.locator(f"{CHAT} .note button")).to_have_count(1)
        look("idle")
        page.locator(f"{CHAT} .note button").click()
        page.route(MESSAGES, lambda route: route.abort())
        _say(page, "what is a plan")
        look("an error")
        page.unroute(MESSAGES)
        page.request.delete(
            f"{handrail.url}/api/conversations", headers={"authorization": f"Bearer {started.value.json()['token']}"}
        )
        page.locator(f"{CHAT} .note button").click()
        expect(page.locator(f"{CHAT} .note button")).to_have_count(1)
        look("ended by the server")
        page.clock.fast_forward("10:05")
        expect(page.locator(f"{CHAT} .note")).to_be_hidden()
        look("deleted after ten minutes")
    _assert_none(found)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
@pytest.mark.parametrize("attributes", ['labels="ar"', 'labels="pl" position="inline"', 'position="inline"', 'accent="#7a1fa2"'])
def test_the_chat_in_another_shape_keeps_the_rules(
    chromium: Browser, handrail: Server, website: Website, screen: Screen, attributes: str
) -> None:
    address = website.put(f"/shape-{hash(attributes)}", host_page(handrail.url, attributes))
    with window(chromium, screen) as page:
        page.goto(address)
        _open(page)
        found = {"open": _faults(page)}
        ask(page, TAKE).locator("summary").first.click()
        _assert_none({**found, "a reply": _faults(page)})


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_the_chat_in_a_frame_keeps_the_rules(chromium: Browser, handrail: Server, screen: Screen) -> None:
    with window(chromium, screen) as page:
        page.goto(handrail.url + "/embed")
        page.locator(f"{CHAT} #box").wait_for()
        found = {"open": _faults(page)}
        ask(page, TAKE)
        _assert_none({**found, "a reply": _faults(page)})


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_a_conversation_on_our_own_page_keeps_the_rules(chromium: Browser, handrail: Server, screen: Screen) -> None:
    with window(chromium, screen) as page:
        page.goto(handrail.url)
        ask(page, TAKE)
        ask(page, HURT)
        open_all(page)
        _assert_none({"two replies": _faults(page)})


# What a screen reader says.

_WATCH_LOG = """() => {
  const log = document.querySelector("handrail-chat").shadowRoot.querySelector("[role=log]");
  window.added = [];
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) window.added.push([change.target === log, node.className ?? node.nodeName]);
  }).observe(log, {childList: true, subtree: true, characterData: true});
  window.spoken = [];
  const live = [...log.getRootNode().querySelectorAll("[aria-live], [role=alert], [role=status]"), ...document.querySelectorAll("[aria-live], [role=alert], [role=status]")];
  for (const region of live.filter((one) => one !== log)) {
    new MutationObserver(() => window.spoken.push(region.textContent)).observe(region, {childList: true, subtree: true, characterData: true});
  }
}"""


@pytest.mark.parametrize("own", [False, True], ids=["website", "own"])
def test_a_reply_is_announced_once_and_politely(page: Page, handrail: Server, embedded: str, own: bool) -> None:
    if own:
        page.goto(handrail.url)
    else:
        launch(page, embedded)
    log = page.locator(f"{CHAT} [role=log]")
    expect(log).to_have_count(1)
    expect(log).to_have_attribute("aria-live", "polite")
    expect(page.locator(f"{CHAT} [aria-live=assertive], {CHAT} [role=alert]")).to_have_count(0)
    page.evaluate(_WATCH_LOG)
    for text in (TAKE, HURT):
        page.evaluate("() => { window.added = []; window.spoken = []; }")
        reply = ask(page, text)
        assert page.evaluate("window.added") == [[True, "said"], [True, "turn"]]
        words = " ".join(reply.inner_text().split())
        assert [spoken for spoken in page.evaluate("window.spoken") if spoken and (spoken in words or text in spoken)] == []


def test_an_error_is_announced_once_and_is_no_alert(page: Page, embedded: str) -> None:
    launch(page, embedded)
    page.evaluate(_WATCH_LOG)
    page.route(MESSAGES, lambda route: route.abort())
    _say(page, TAKE)
    words = page.locator(f"{CHAT} .note p").inner_text()
    assert page.evaluate("window.spoken").count(words) == 1
    assert page.locator(f"{CHAT} [role=status]").text_content() == words
    page.unroute(MESSAGES)
    page.locator(f"{CHAT} .note button").first.click()
    expect(page.locator(f"{CHAT} .turn")).to_have_count(1)
    expect(page.locator(f"{CHAT} [role=status]")).to_be_empty()


def test_the_warning_before_deletion_is_announced_and_goes_with_the_next_sign(chromium: Browser, embedded: str) -> None:
    with window(chromium, PHONE) as page:
        page.clock.install()
        launch(page, embedded)
        ask(page, TAKE)
        page.evaluate(_WATCH_LOG)
        page.clock.fast_forward("09:05")
        note = page.locator(f"{CHAT} .note")
        expect(note).to_be_visible()
        words = note.locator("p").inner_text()
        assert page.evaluate("window.spoken").count(words) == 1
        note.locator("button").click()
        expect(note).to_be_hidden()
        expect(page.locator(f"{CHAT} [role=status]")).to_be_empty()
        expect(page.locator(f"{CHAT} .turn")).to_have_count(1)


def test_a_screen_reader_finds_names_and_roles(page: Page, embedded: str) -> None:
    launch(page, embedded)
    reply = ask(page, TAKE)
    tree = _tree(page)
    heading = page.locator(f"{CHAT} h2").inner_text()
    label = page.locator(f"{CHAT} label").inner_text()
    assert ("region", heading) in tree
    assert ("heading", heading) in tree
    assert ("log", page.locator(f"{CHAT} .log").get_attribute("aria-label")) in tree
    assert tree[("textbox", label)] == page.locator(f"{CHAT} #hint").text_content()
    assert [name for role, name in tree if role == "button" and not name] == []
    assert ("button", "Exit this page") in tree
    assert ("button", page.locator(f"{CHAT} .close").get_attribute("aria-label")) in tree
    for number in reply.locator('a[href^="tel:"]').all():
        assert ("link", number.inner_text()) in tree
    page.keyboard.press("Escape")
    asked = page.locator(f"{CHAT} .note p").inner_text()
    assert ("group", asked) in _tree(page)


def _tree(page: Page) -> dict[tuple[str, str], str]:
    """Chromium's accessibility tree: role and name to description."""
    line = page.context.new_cdp_session(page)
    nodes = line.send("Accessibility.getFullAXTree")["nodes"]
    line.detach()
    seen = [node for node in nodes if not node["ignored"]]
    return {(_value(node, "role"), " ".join(_value(node, "name").split())): _value(node, "description") for node in seen}


def _value(node: dict[str, Any], name: str) -> str:
    return str(node.get(name, {}).get("value", ""))


# Keyboard and focus.

_AROUND = '<p><a href="#before">Before</a></p>'


@pytest.fixture
def between(website: Website, handrail: Server) -> str:
    """A website with a link before the chat and a link after it."""
    html = host_page(handrail.url, body=_AROUND).replace("</main>", '<p><a href="#after">After</a></p></main>')
    return website.put("/between", html)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
@pytest.mark.parametrize("address", ["/", "/topics", "/topics/core_group", "/lines", "/sheets/disagree", "/sheets/timeline"])
def test_tab_reaches_every_control_of_a_page_in_sight(chromium: Browser, handrail: Server, address: str, screen: Screen) -> None:
    with window(chromium, screen) as page:
        page.goto(handrail.url + address)
        if address == "/":
            page.locator(f"{CHAT} #box").wait_for()
        there = controls(page)
        forwards, faults = walk(page, "Tab", 200)
        assert faults == []
        assert set(there) - set(forwards) == set()
        backwards, faults = walk(page, "Shift+Tab", 200)
        assert faults == []
        assert set(there) - set(backwards) == set()


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
@pytest.mark.parametrize("own", [False, True], ids=["website", "own"])
def test_tab_walks_through_a_conversation_in_sight_and_out_of_it_again(
    chromium: Browser, handrail: Server, between: str, own: bool, screen: Screen
) -> None:
    with window(chromium, screen) as page:
        if own:
            page.goto(handrail.url)
        else:
            launch(page, between)
        for text in (TAKE, HURT):
            ask(page, text)
        there = [name for name in controls(page) if "#before" not in name]
        inside = page.locator(f"{CHAT} .panel")
        page.locator(f"{CHAT} #box").focus()
        backwards, faults = walk(page, "Shift+Tab", 120)
        page.locator(f"{CHAT} #box").focus()
        forwards, more = walk(page, "Tab", 120)
        covered = screen is not DARK and not own
        faults = [fault for fault in (*faults, *more) if not (covered and ("Before" in fault or "After" in fault))]
        assert faults == []
        assert set(there) - {*backwards, *forwards} <= {focus_name for focus_name in there if "#box" in focus_name}
        if not own:
            assert forwards[-1].endswith("After")
            assert any(stop.endswith("Before") for stop in backwards)
            expect(inside).to_be_visible()


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_the_focus_is_never_lost_by_what_a_person_does(chromium: Browser, embedded: str, screen: Screen) -> None:
    found: dict[str, list[str]] = {}

    def look(state: str) -> None:
        found[state] = focus(page).faults

    with window(chromium, screen) as page:
        page.clock.install()
        launch(page, embedded)
        turns = page.locator(f"{CHAT} .turn")
        page.locator(f"{CHAT} #box").fill(TAKE)
        page.locator(f"{CHAT} form .act").press("Enter")
        expect(turns).to_have_count(1)
        look("send")
        turns.last.locator("button.term").first.press("Enter")
        look("hard word")
        turns.last.locator(".tools button").first.press("Enter")
        look("helpful")
        turns.last.locator(".next button").first.press("Enter")
        expect(turns).to_have_count(2)
        look("next")
        page.keyboard.press("Escape")
        look("escape")
        page.locator(f"{CHAT} .note button").last.press("Enter")
        look("go on")
        page.route(MESSAGES, lambda route: route.abort())
        _say(page, TAKE)
        page.unroute(MESSAGES)
        page.locator(f"{CHAT} .note button").first.press("Enter")
        expect(turns).to_have_count(3)
        look("again")
        page.locator(f"{CHAT} .foot button").press("Enter")
        expect(turns).to_have_count(0)
        look("delete")
        ask(page, TAKE)
        turns.last.locator(".next button").first.focus()
        page.keyboard.press("Escape")
        page.clock.fast_forward("09:05")
        expect(page.locator(f"{CHAT} .note button")).to_have_count(1)
        look("idle warning in place of a question")
        page.locator(f"{CHAT} .note button").press("Enter")
        look("kept open")
        turns.last.locator(".next button").first.focus()
        page.clock.fast_forward("10:05")
        expect(turns).to_have_count(0)
        look("deleted after ten minutes")
        ask(page, TAKE)
        page.keyboard.press("Escape")
        page.keyboard.press("Enter")
        expect(page.locator(f"{CHAT} .launch")).to_be_visible()
        look("closed")
    _assert_none(found)


def test_escape_closes_an_empty_chat_and_asks_before_it_deletes(page: Page, embedded: str) -> None:
    launch(page, embedded)
    page.keyboard.press("Escape")
    expect(page.locator(f"{CHAT} .launch")).to_be_focused()
    page.keyboard.press("Escape")
    assert page.url == embedded
    page.keyboard.press("Enter")
    ask(page, TAKE)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator(f"{CHAT} .turn")).to_have_count(1)
    assert page.url == embedded


def test_what_the_chat_covers_is_uncovered_by_escape(chromium: Browser, between: str) -> None:
    with window(chromium, ZOOMED) as page:
        launch(page, between)
        page.get_by_role("link", name="After").focus()
        assert focus(page).hidden
        page.keyboard.press("Escape")
        expect(page.locator(f"{CHAT} .panel")).to_be_hidden()


def test_escape_elsewhere_on_a_website_is_the_websites(chromium: Browser, between: str) -> None:
    with window(chromium, DARK) as page:
        launch(page, between)
        page.get_by_role("link", name="Before").focus()
        assert not focus(page).hidden
        page.keyboard.press("Escape")
        expect(page.locator(f"{CHAT} .panel")).to_be_visible()


# Other settings of a person.

_BORDERS = """() => {
  const root = document.querySelector("handrail-chat").shadowRoot;
  return [...root.querySelectorAll("button, textarea, .exit")].filter((e) => e.checkVisibility()).filter((e) => {
    const style = getComputedStyle(e);
    const border = parseFloat(style.borderTopWidth) > 0 && style.borderTopStyle !== "none" && style.borderTopColor !== style.backgroundColor
      && !/^rgba.*, 0\\)$/.test(style.borderTopColor);
    return !border && !style.textDecorationLine.includes("underline");
  }).map((e) => e.outerHTML.slice(0, 100));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colours_leave_text_readable_and_controls_with_an_edge(chromium: Browser, embedded: str, scheme: str) -> None:
    with window(chromium, PHONE) as page:
        page.emulate_media(color_scheme=scheme, forced_colors="active")  # type: ignore[arg-type]
        launch(page, embedded)
        ask(page, TAKE)
        ask(page, HURT)
        page.keyboard.press("Escape")
        assert broken_rules(page, ["color-contrast"]) == []
        assert page.evaluate(_BORDERS) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_more_contrast_gives_more_contrast(chromium: Browser, handrail: Server, embedded: str, scheme: str) -> None:
    with window(chromium, PHONE) as page:
        page.emulate_media(color_scheme=scheme, contrast="more")  # type: ignore[arg-type]
        launch(page, embedded)
        reply = ask(page, TAKE)
        reply.locator("summary").first.click()
        assert broken_rules(page, ["color-contrast", "color-contrast-enhanced"]) == []
        page.goto(handrail.url + "/topics/core_group")
        assert broken_rules(page, ["color-contrast", "color-contrast-enhanced"]) == []


_SPACING = """() => {
  const css = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-block-end: 2em !important }";
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  for (const chat of document.querySelectorAll("handrail-chat")) if (chat.shadowRoot) chat.shadowRoot.adoptedStyleSheets = [...chat.shadowRoot.adoptedStyleSheets, sheet];
}"""
# An element cuts its text when what it holds is larger than itself and it neither scrolls nor lets it show.
_CUT = """() => {
  const roots = [document, ...[...document.querySelectorAll("handrail-chat")].map((chat) => chat.shadowRoot).filter(Boolean)];
  return roots.flatMap((root) => [...root.querySelectorAll("*")]).filter((e) => e.checkVisibility() && e.clientWidth > 1).filter((e) => {
    const style = getComputedStyle(e);
    if (style.clipPath !== "none" && e.clientWidth < 30) return false;  // Hidden from sight on purpose.
    const cuts = (flow) => flow === "hidden" || flow === "clip";
    const wide = e.scrollWidth > e.clientWidth + 1 && (cuts(style.overflowX) || e.localName === "button");
    return wide || (e.scrollHeight > e.clientHeight + 1 && cuts(style.overflowY));
  }).map((e) => `${e.localName}.${e.className} ${e.scrollWidth}x${e.scrollHeight} in ${e.clientWidth}x${e.clientHeight}`);
}"""


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_a_persons_own_text_spacing_cuts_nothing(chromium: Browser, handrail: Server, embedded: str, screen: Screen) -> None:
    with window(chromium, screen) as page:
        launch(page, embedded)
        page.evaluate(_SPACING)
        ask(page, TAKE)
        page.keyboard.press("Escape")
        assert page.evaluate(_CUT) == []
        assert too_wide(page) == []
        assert _out_of_reach(page) == []
        for address in ("/", "/topics/core_group", "/sheets/ready"):
            page.goto(handrail.url + address)
            page.evaluate(_SPACING)
            assert page.evaluate(_CUT) == []
            assert too_wide(page) == []


def _out_of_reach(page: Page) -> list[str]:
    """Controls of the panel that no scrolling brings into its part of the window."""
    found: list[str] = page.evaluate(
        """() => {
      const root = document.querySelector("handrail-chat").shadowRoot;
      const panel = root.querySelector(".panel");
      return [...root.querySelectorAll(".panel button, .panel textarea, .panel a")].filter((e) => e.checkVisibility() && !e.matches(".first")).filter((e) => {
        e.scrollIntoView({block: "nearest"});
        const [own, all] = [e.getBoundingClientRect(), panel.getBoundingClientRect()];
        return own.top < all.top - 1 || own.bottom > all.bottom + 1 || own.left < all.left - 1 || own.right > all.right + 1;
      }).map((e) => e.outerHTML.slice(0, 100));
    }"""
    )
    return found


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_every_control_of_the_chat_can_be_brought_into_sight(chromium: Browser, embedded: str, screen: Screen) -> None:
    with window(chromium, screen) as page:
        launch(page, embedded)
        ask(page, HURT)
        page.keyboard.press("Escape")
        assert _out_of_reach(page) == []


def test_nothing_moves_for_a_person_who_wants_no_motion(chromium: Browser, embedded: str) -> None:
    held: list[Route] = []
    with window(chromium, PHONE) as page:
        launch(page, embedded)
        ask(page, TAKE)
        assert _moving(page) == 0
        page.route(MESSAGES, lambda route: held.append(route))
        page.locator(f"{CHAT} #box").fill("what is a plan")
        page.locator(f"{CHAT} #box").press("Enter")
        expect(page.locator(f"{CHAT} .waiting")).not_to_be_empty()
        assert _moving(page) == 0
        page.emulate_media(reduced_motion="no-preference")
        assert _moving(page) > 0
        held[0].continue_()
        expect(page.locator(f"{CHAT} .turn")).to_have_count(2)


def _moving(page: Page) -> int:
    count: int = page.evaluate(
        "() => new Set([...document.getAnimations(), ...document.querySelector('handrail-chat').shadowRoot.getAnimations()]).size"
    )
    return count


def _open(page: Page) -> None:
    """Opens the chat where it is closed."""
    page.locator(f"{CHAT} #box").wait_for(state="attached")
    if not page.locator(f"{CHAT} .panel").is_visible():
        page.locator(f"{CHAT} .launch").click()


def _say(page: Page, text: str) -> None:
    """Sends words that meet a failure."""
    page.locator(f"{CHAT} #box").fill(text)
    page.locator(f"{CHAT} #box").press("Enter")
    expect(page.locator(f"{CHAT} .note")).to_be_visible()
