"""Exit this page: by key, by click, without scripts, in every state, and nothing left behind it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, Route, expect

from bench.services import Server
from tests.browser.conftest import Website, host_page
from tests.browser.held import alive, started, wait_until_gone
from tests.browser.talking import ask, launch, press_shift

SECRET = "he said zanzibar and can the conference take my child?"
WORD = "zanzibar"
PLAIN = "what if zanzibar i disagree with the report"
MESSAGES = "**/api/conversations/messages"
START = "**/api/conversations"
# Everything that the page in front of the person holds, in and out of shadow trees, with what is typed.
HELD = """() => [document, ...[...document.querySelectorAll("handrail-chat")].map((chat) => chat.shadowRoot)]
  .filter(Boolean)
  .flatMap((root) => [root.documentElement?.outerHTML ?? root.innerHTML, ...[...root.querySelectorAll("textarea, input")].map((box) => box.value)])
  .join(" ")"""
REACHED = """(exit) => {
  const box = exit.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
  const root = exit.getRootNode(), seen = document.elementFromPoint(x, y);
  return {
    inside: box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight,
    large: box.width >= 24 && box.height >= 24,
    uncovered: exit.contains(root.elementFromPoint(x, y)) && (seen === root.host || exit.contains(seen)),
  };
}"""
# The colour in the middle of a picture.
CENTRE = """async (png) => {
  const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes], {type: "image/png"}));
  const painter = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
  painter.drawImage(picture, 0, 0);
  return [...painter.getImageData(picture.width >> 1, picture.height >> 1, 1, 1).data];
}"""
COVERED = """() => [[5, 5], [innerWidth / 2, innerHeight / 2], [innerWidth - 5, innerHeight - 5]].every(([x, y]) => {
  const seen = document.elementFromPoint(x, y), inner = seen.shadowRoot ? seen.shadowRoot.elementFromPoint(x, y) : seen;
  return inner.matches(".cover, .leaving") && inner.getAttribute("role") === "alert";
})"""


@dataclass
class Place:
    """Where the chat stands: in the corner of a website, or on the guide's own page."""

    page: Page
    address: str
    exit: Locator
    handrail: Server
    corner: bool

    def open(self) -> None:
        """An empty chat that is ready to be typed in."""
        if self.corner:
            launch(self.page, self.address)
        else:
            self.page.goto(self.address)
            expect(self.page.locator("handrail-chat #box")).to_be_visible()

    def type(self, words: str = SECRET, *, send: bool = False) -> None:
        """Types without waiting for a reply."""
        box = self.page.locator("handrail-chat #box")
        box.fill(words)
        if send:
            box.press("Enter")


@pytest.fixture(params=["website", "guide"])
def place(request: pytest.FixtureRequest, page: Page, embedded: str, handrail: Server) -> Place:
    """Both places, one after the other."""
    corner = request.param == "website"
    exit_ = page.locator("handrail-chat .exit:not(.first)" if corner else "form.exit button")
    return Place(page, embedded if corner else handrail.url + "/", exit_, handrail, corner)


# The states that a person may want to leave in. Each opens the chat and brings it there.


def fresh(place: Place) -> None:
    place.open()


def half_typed(place: Place) -> None:
    place.open()
    place.type()


def answered(place: Place) -> None:
    place.open()
    ask(place.page, SECRET)


def loading(place: Place) -> None:
    place.open()
    ask(place.page, "hello")
    place.page.route(MESSAGES, lambda route: None)
    place.type(send=True)
    expect(place.page.locator("handrail-chat .status.waiting")).to_be_visible()


def starting(place: Place) -> None:
    place.page.route(START, lambda route: None)
    place.open()
    place.type(send=True)
    expect(place.page.locator("handrail-chat .status.waiting")).to_be_visible()


def trouble(place: Place) -> None:
    place.page.route(MESSAGES, lambda route: route.abort())
    place.open()
    place.type(send=True)
    expect(place.page.locator("handrail-chat .note button")).to_be_visible()


def about_to_close(place: Place) -> None:
    if not place.corner:
        pytest.skip("the guide's own page has no chat to close")
    answered(place)
    place.page.locator("handrail-chat .close").click()
    expect(place.page.locator("handrail-chat .note button")).to_have_count(2)


def idle(place: Place) -> None:
    place.page.clock.install()
    answered(place)
    place.page.clock.fast_forward(541_000)
    expect(place.page.locator("handrail-chat .note button")).to_have_count(1)


def ended(place: Place) -> None:
    place.open()
    token = started(place.page, "hello")
    place.page.request.delete(f"{place.handrail.url}/api/conversations", headers={"authorization": f"Bearer {token}"})
    place.type(send=True)
    expect(place.page.locator("handrail-chat .note button")).to_have_count(1)


def _sized(width: int, height: int) -> Callable[[Place], None]:
    def state(place: Place) -> None:
        place.page.set_viewport_size({"width": width, "height": height})
        answered(place)
        place.page.locator("handrail-chat #box").focus()

    return state


def _scroll(place: Place, part: str) -> None:
    place.page.evaluate(
        f"document.querySelector('handrail-chat').shadowRoot.querySelector('{part}').scrollTo(0, 1e6); scrollTo(0, 1e6)"
    )
    place.page.wait_for_timeout(300)


def scrolled(place: Place) -> None:
    answered(place)
    ask(place.page, "what is a core group")
    _scroll(place, ".log")


def scrolled_when_zoomed(place: Place) -> None:
    place.page.set_viewport_size({"width": 320, "height": 256})
    answered(place)
    _scroll(place, ".panel")


def in_trouble_when_zoomed(place: Place) -> None:
    place.page.set_viewport_size({"width": 320, "height": 256})
    trouble(place)


STATES: dict[str, Callable[[Place], None]] = {
    "fresh": fresh, "half-typed": half_typed, "answered": answered, "loading": loading, "starting": starting,
    "trouble": trouble, "about-to-close": about_to_close, "idle": idle, "ended": ended, "scrolled": scrolled,
    "small-phone": _sized(320, 568), "400-percent": _sized(320, 256), "keyboard-up": _sized(360, 300), "tablet": _sized(900, 700),
    "scrolled-when-zoomed": scrolled_when_zoomed, "in-trouble-when-zoomed": in_trouble_when_zoomed,
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_the_exit_can_be_seen_and_pressed_in_every_state(place: Place, neutral: str, state: str) -> None:
    STATES[state](place)
    assert place.exit.evaluate(REACHED) == {"inside": True, "large": True, "uncovered": True}
    place.exit.click()
    place.page.wait_for_url(neutral)


@pytest.mark.parametrize("state", STATES)
def test_three_presses_of_shift_leave_in_every_state(place: Place, neutral: str, state: str) -> None:
    STATES[state](place)
    press_shift(place.page)
    place.page.wait_for_url(neutral)


# The key


@pytest.mark.parametrize("path", ["/", "/topics", "/safe", "/sheets", "/lines", "/kept", "/check"])
def test_three_presses_of_shift_leave_every_page_of_the_guide(page: Page, handrail: Server, neutral: str, path: str) -> None:
    page.goto(handrail.url + path)
    press_shift(page)
    page.wait_for_url(neutral)


def _status(place: Place) -> Locator:
    return place.page.locator("handrail-chat .status" if place.corner else "form.exit [role=status]")


def _dots(place: Place) -> Locator:
    return place.exit.locator("i:visible")


def _filled(place: Place) -> int:
    shown: list[str] = _dots(place).evaluate_all("dots => dots.map(dot => getComputedStyle(dot).backgroundColor)")
    return sum(colour != "rgba(0, 0, 0, 0)" for colour in shown)


def test_the_presses_are_told_and_shown_and_expire(place: Place) -> None:
    place.page.clock.install()
    place.open()
    expect(_status(place)).to_have_attribute("role", "status")
    expect(_status(place)).to_be_empty()
    expect(_dots(place)).to_have_count(0)
    said = []
    for count in (1, 2):
        press_shift(place.page, 1)
        expect(_dots(place)).to_have_count(3)
        assert _filled(place) == count
        said.append(_status(place).text_content())
        place.page.clock.run_for(4000)
    place.page.clock.run_for(2000)
    expect(_dots(place)).to_have_count(0)
    said.append(_status(place).text_content())
    assert all(said)
    assert len(set(said)) == 3
    press_shift(place.page, 2)
    place.page.wait_for_timeout(300)
    assert place.page.url == place.address


def test_the_dots_are_not_read_out(place: Place) -> None:
    place.open()
    press_shift(place.page, 1)
    expect(place.exit.locator("[aria-hidden=true] i:visible")).to_have_count(3)


def test_another_key_in_between_begins_again(place: Place) -> None:
    place.open()
    press_shift(place.page, 2)
    place.page.keyboard.press("a")
    expect(_dots(place)).to_have_count(0)
    expect(_status(place)).to_be_empty()
    press_shift(place.page, 2)
    place.page.wait_for_timeout(300)
    assert place.page.url == place.address


def test_shift_held_for_another_key_does_not_count(place: Place) -> None:
    place.open()
    for letter in ("A", "B", "C", "D"):
        place.page.keyboard.press(f"Shift+{letter}")
    place.page.keyboard.press("Shift+Tab")
    expect(_dots(place)).to_have_count(0)
    assert place.page.url == place.address


def test_shift_on_a_website_whose_chat_is_closed_does_nothing(page: Page, embedded: str) -> None:
    page.goto(embedded)
    page.locator("handrail-chat .launch").wait_for()
    press_shift(page, 4)
    page.wait_for_timeout(300)
    assert page.url == embedded


def test_shift_counts_wherever_the_focus_is(page: Page, website: Website, handrail: Server, neutral: str) -> None:
    address = website.put("/focus-elsewhere", host_page(handrail.url, "open", body='<input id="own">'))
    page.set_viewport_size({"width": 1000, "height": 700})
    page.goto(address)
    ask(page, "hello")
    page.locator("#own").focus()
    press_shift(page)
    page.wait_for_url(neutral)


# The links


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_the_exit_is_pressed_by_keyboard(place: Place, neutral: str, key: str) -> None:
    place.open()
    place.exit.focus()
    place.page.keyboard.press(key)
    place.page.wait_for_url(neutral)


def test_the_first_stop_of_the_panel_is_an_exit_that_shows_on_focus(page: Page, embedded: str, neutral: str) -> None:
    launch(page, embedded)
    stops = "panel => [...panel.querySelectorAll('a[href], button, textarea, [tabindex=\"0\"]')].map(stop => stop.className)[0]"
    assert page.locator("handrail-chat .panel").evaluate(stops) == "exit first"
    first = page.locator("handrail-chat .exit.first")
    assert not first.evaluate(REACHED)["inside"]
    first.focus()
    assert first.evaluate(REACHED) == {"inside": True, "large": True, "uncovered": True}
    page.keyboard.press("Enter")
    page.wait_for_url(neutral)


def test_the_second_stop_of_a_page_is_an_exit_that_shows_on_focus(page: Page, handrail: Server, neutral: str) -> None:
    page.goto(handrail.url + "/topics")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    link = page.locator("a.leave")
    expect(link).to_be_focused()
    assert link.evaluate(REACHED) == {"inside": True, "large": True, "uncovered": True}
    page.keyboard.press("Enter")
    page.wait_for_url(neutral)


def test_the_links_of_the_panel_end_the_conversation_without_our_script(
    page: Page, embedded: str, handrail: Server, neutral: str
) -> None:
    launch(page, embedded)
    token = started(page, SECRET)
    for link in page.locator("handrail-chat .exit").all():
        assert re.fullmatch(re.escape(handrail.url) + r"/leave\?chat=\w+", link.get_attribute("href") or "")
        assert link.get_attribute("role") == "button"
        assert link.get_attribute("rel") == "nofollow noreferrer"
    page.goto(page.locator("handrail-chat .exit").first.get_attribute("href") or "")
    assert page.url == neutral
    assert not alive(handrail, token)


@pytest.mark.parametrize("way", ["form.exit button", "a.leave", "main a[href^='/leave']"])
def test_without_scripts_every_way_out_ends_the_conversation(chromium: Browser, handrail: Server, neutral: str, way: str) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(handrail.url)
    page.get_by_role("textbox").fill(PLAIN)
    page.locator("form.ask button").click()
    token = page.locator("form.exit input[name=token]").input_value()
    assert alive(handrail, token)
    exit_ = page.locator(way).last
    exit_.focus()
    exit_.press("Enter")
    page.wait_for_url(neutral)
    assert not alive(handrail, token)
    context.close()


@pytest.mark.parametrize("path", ["/", "/topics", "/safe", "/lines"])
@pytest.mark.parametrize("way", ["form.exit button", "a.leave"])
def test_without_scripts_every_page_can_be_left(chromium: Browser, handrail: Server, neutral: str, path: str, way: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(handrail.url + path)
    page.locator(way).focus()
    page.locator(way).press("Enter")
    page.wait_for_url(neutral)
    context.close()


@pytest.mark.parametrize("look", ["usual", "forced-colours"])
def test_each_press_is_a_dot_that_can_be_seen(place: Place, look: str) -> None:
    if look == "forced-colours":
        place.page.emulate_media(forced_colors="active")
    place.open()
    press_shift(place.page, 2)
    expect(_dots(place)).to_have_count(3)
    seen: list[list[float]] = _dots(place).evaluate_all(
        "dots => dots.map((dot) => dot.getBoundingClientRect()).map(({width, height}) => [width, height])"
    )
    assert all(width == height >= 8 for width, height in seen), seen
    # By what is drawn: in forced colours the computed style names a colour that nobody sees.
    first, second, third = (place.page.evaluate(CENTRE, base64.b64encode(dot.screenshot()).decode()) for dot in _dots(place).all())
    assert first == second != third


# What is left behind: nothing


def _leave(place: Place, neutral: str) -> None:
    press_shift(place.page)
    place.page.wait_for_url(neutral)


def test_the_server_holds_nothing_after_leaving(place: Place, neutral: str) -> None:
    place.open()
    token = started(place.page, SECRET)
    assert alive(place.handrail, token)
    _leave(place, neutral)
    wait_until_gone(place.page, place.handrail, token)


BROKEN = {
    "beacon-missing": "Object.defineProperty(navigator, 'sendBeacon', {value: undefined});",
    "beacon-throws": "navigator.sendBeacon = () => { throw new TypeError('blocked'); };",
    "beacon-full": "navigator.sendBeacon = () => false;",
}
ALL_BROKEN = """() => {
  const broken = () => { throw new TypeError("blocked"); };
  navigator.sendBeacon = window.fetch = Element.prototype.showPopover = broken;
  Object.defineProperty(window, "speechSynthesis", {value: {cancel: broken, getVoices: () => []}});
}"""


@pytest.mark.parametrize("broken", BROKEN)
def test_without_a_beacon_the_browser_leaves_and_the_chat_is_ended_all_the_same(place: Place, neutral: str, broken: str) -> None:
    place.page.add_init_script(BROKEN[broken])
    place.open()
    token = started(place.page, SECRET)
    _leave(place, neutral)
    wait_until_gone(place.page, place.handrail, token)


def test_without_a_beacon_the_plain_form_page_is_left_too(page: Page, handrail: Server, neutral: str) -> None:
    page.add_init_script(BROKEN["beacon-throws"])
    page.route("**/widget.js", lambda route: route.abort())
    page.goto(handrail.url)
    page.get_by_role("textbox").fill(PLAIN)
    page.locator("form.ask button").click()
    token = page.locator("form.exit input[name=token]").input_value()
    press_shift(page)
    page.wait_for_url(neutral)
    wait_until_gone(page, handrail, token)


def test_leaving_depends_on_nothing_that_a_browser_or_a_website_can_break(place: Place, neutral: str) -> None:
    place.open()
    ask(place.page, SECRET)
    place.page.evaluate(ALL_BROKEN)
    _leave(place, neutral)


def test_leaving_while_a_reply_is_made_ends_the_conversation(place: Place, neutral: str) -> None:
    place.open()
    token = started(place.page, "hello")
    place.type(send=True)
    _leave(place, neutral)
    wait_until_gone(place.page, place.handrail, token)
    place.page.wait_for_timeout(1000)
    assert not alive(place.handrail, token)


def test_leaving_by_a_plain_form_page_with_scripts_ends_the_conversation(page: Page, handrail: Server, neutral: str) -> None:
    page.route("**/widget.js", lambda route: route.abort())
    page.goto(handrail.url)
    page.get_by_role("textbox").fill(PLAIN)
    page.locator("form.ask button").click()
    token = page.locator("form.exit input[name=token]").input_value()
    assert alive(handrail, token)
    press_shift(page)
    page.wait_for_url(neutral)
    wait_until_gone(page, handrail, token)


@dataclass
class Sight:
    """What stands in front of the person while the neutral page does not come."""

    held: str
    covered: bool


def _leave_on_a_slow_line(page: Page, *, offline: bool = False) -> Sight:
    """Leaves while the neutral page is held back. The page itself reports what it shows: no tool sees into it meanwhile."""
    way_out: list[Route] = []
    told: list[Sight] = []
    page.route(lambda url: "/weather" in url or "/leave?" in url or url.endswith("/leave"), lambda route: way_out.append(route))
    page.expose_function("tell", lambda held, covered: told.append(Sight(held, covered)))
    keys = page.context.new_cdp_session(page)
    page.context.set_offline(offline)
    page.evaluate(f"() => {{ setTimeout(() => tell(({HELD})(), ({COVERED})()), 800); }}")
    for kind in ("rawKeyDown", "keyUp") * 3:
        keys.send("Input.dispatchKeyEvent", {"type": kind, "key": "Shift", "code": "ShiftLeft", "windowsVirtualKeyCode": 16})
    for _ in range(100):
        if told and way_out:
            break
        page.wait_for_timeout(50)
    for route in way_out:
        route.abort()
    (sight,) = told
    assert way_out
    return sight


@pytest.mark.parametrize("state", ["answered", "half-typed", "loading", "trouble", "400-percent"])
def test_the_page_is_wiped_and_covered_before_the_neutral_page_comes(place: Place, state: str) -> None:
    STATES[state](place)
    sight = _leave_on_a_slow_line(place.page)
    assert WORD not in sight.held
    assert sight.covered


def test_the_panel_is_empty_when_the_website_is_told_of_leaving(page: Page, embedded: str, neutral: str) -> None:
    told: list[str] = []
    page.expose_function("tell", lambda held: told.append(held))
    launch(page, embedded)
    ask(page, SECRET)
    page.evaluate(f"document.querySelector('handrail-chat').addEventListener('handrail-leave', () => tell(({HELD})()))")
    press_shift(page)
    page.wait_for_url(neutral)
    page.wait_for_timeout(100)
    assert len(told) == 1
    assert WORD not in told[0]


def test_a_website_that_moves_its_content_is_covered_all_the_same(page: Page, website: Website, handrail: Server) -> None:
    html = host_page(handrail.url, "open").replace(
        "<main>", '<main style="transform: translateX(0); width: 50%; height: 50px; overflow: hidden">'
    )
    cookies = '<div style="position: fixed; inset: auto 0 0 0; height: 4em; z-index: 2147483647; background: #fff">Cookies</div>'
    page.goto(website.put("/moved", html.replace("</body>", cookies + "</body>")))
    page.locator("handrail-chat #box").wait_for()
    assert _leave_on_a_slow_line(page).covered


def test_offline_the_page_is_wiped_and_covered(place: Place) -> None:
    answered(place)
    sight = _leave_on_a_slow_line(place.page, offline=True)
    assert WORD not in sight.held
    assert sight.covered


def test_offline_nothing_of_the_conversation_stays_on_the_screen(place: Place, context: BrowserContext) -> None:
    answered(place)
    context.set_offline(True)
    press_shift(place.page)
    place.page.wait_for_timeout(1000)
    held = place.page.evaluate(HELD)
    assert WORD not in held
    context.set_offline(False)


def test_nothing_is_asked_for_but_the_purge_and_the_neutral_page(place: Place, context: BrowserContext, neutral: str) -> None:
    place.open()
    started(place.page, SECRET)
    asked: list[tuple[str, str]] = []
    context.on("request", lambda request: asked.append((request.method, request.url.split("?")[0])))
    _leave(place, neutral)
    place.page.wait_for_timeout(500)
    leave = place.handrail.url + "/leave"
    icon = neutral.replace("/weather", "/favicon.ico")
    assert {*asked} - {("GET", icon)} <= {("POST", leave), ("GET", leave), ("GET", neutral)}
    assert ("GET", neutral) in asked


def test_the_neutral_page_learns_nothing(place: Place, context: BrowserContext, neutral: str) -> None:
    place.open()
    ask(place.page, SECRET)
    sent: list[Request] = []
    context.on("request", lambda request: sent.append(request))
    _leave(place, neutral)
    assert place.page.url == neutral
    assert place.page.evaluate("document.referrer") == ""
    assert place.page.evaluate("window.opener") is None
    assert place.page.evaluate("window.name") == ""
    (request,) = [request for request in sent if request.url == neutral]
    assert "referer" not in request.all_headers()


@pytest.mark.parametrize("attributes", ["", "forget-history"])
def test_an_exit_of_the_websites_own_choice_learns_nothing_either(
    page: Page, website: Website, handrail: Server, attributes: str
) -> None:
    own = website.put("/own-weather", "<!doctype html><title>Weather</title>")
    name = f"/own-exit-{attributes}"
    launch(page, website.put(name, host_page(handrail.url, f'exit="{own}" {attributes}'), referrer_policy="unsafe-url"))
    token = started(page, SECRET)
    press_shift(page)
    page.wait_for_url(own)
    assert page.evaluate("document.referrer") == ""
    wait_until_gone(page, handrail, token)


# History


def _look_around(page: Page, website: Website) -> str:
    before = website.put("/before", "<!doctype html><title>Before</title><h1>Before</h1>")
    page.goto(before)
    return before


def test_back_after_leaving_the_guide_does_not_come_to_the_chat(
    page: Page, website: Website, handrail: Server, neutral: str
) -> None:
    before = _look_around(page, website)
    page.goto(handrail.url)
    ask(page, SECRET)
    press_shift(page)
    page.wait_for_url(neutral)
    page.go_back()
    assert page.url == before


def test_back_after_leaving_a_website_comes_to_an_empty_panel(page: Page, website: Website, embedded: str, neutral: str) -> None:
    _look_around(page, website)
    launch(page, embedded)
    ask(page, SECRET)
    press_shift(page)
    page.wait_for_url(neutral)
    page.go_back()
    assert page.url == embedded
    expect(page.locator("handrail-chat .launch")).to_be_visible()
    assert WORD not in page.evaluate(HELD)
    page.locator("handrail-chat .launch").click()
    expect(page.locator("handrail-chat .message")).to_have_count(1)


def test_a_website_can_ask_to_be_forgotten_by_history(page: Page, website: Website, handrail: Server, neutral: str) -> None:
    before = _look_around(page, website)
    launch(page, website.put("/forgetful", host_page(handrail.url, "forget-history")))
    ask(page, SECRET)
    press_shift(page)
    page.wait_for_url(neutral)
    page.go_back()
    assert page.url == before


@pytest.mark.parametrize("way", ["link", "exit"])
def test_a_page_that_the_browser_kept_whole_comes_back_empty(
    chromium: Browser, website: Website, handrail: Server, neutral: str, way: str
) -> None:
    address = website.put("/kept-whole-" + way, host_page(handrail.url, body='<a id="on" href="/other">On</a>'))
    other = website.put("/other", "<!doctype html><title>Other</title>")
    browser = chromium.browser_type.launch(
        executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"],
        ignore_default_args=["--disable-back-forward-cache", "--disable-field-trial-config"],
    )  # fmt: skip
    page = browser.new_context(viewport={"width": 900, "height": 700}).new_page()
    page.add_init_script("addEventListener('pageshow', event => { if (event.persisted) window.keptWhole = true; })")
    launch(page, address)
    token = started(page, SECRET)
    if way == "link":
        page.locator("#on").click()
        page.wait_for_url(other)
    else:
        press_shift(page)
        page.wait_for_url(neutral)
    wait_until_gone(page, handrail, token)
    page.go_back(wait_until="commit")
    assert page.evaluate("window.keptWhole") is True
    assert WORD not in page.evaluate(HELD)
    expect(page.locator("handrail-chat .cover")).to_have_count(0)
    page.locator("handrail-chat .launch").click()
    expect(page.locator("handrail-chat .message")).to_have_count(1)
    fresh_token = started(page, "hello")
    assert alive(handrail, fresh_token)
    browser.close()


# In a frame, twice on a page, taken out of a page


def _framed(page: Page, website: Website, handrail: Server, path: str, attributes: str = "") -> str:
    frame = f'<iframe title="Chat" width="340" height="600" src="{handrail.url}/embed" {attributes}></iframe>'
    told = "<script>window.told = []; addEventListener('message', event => told.push(event.data));</script>"
    address = website.put(path, f"<!doctype html><title>A charity</title>{told}{frame}")
    page.goto(address)
    box = page.frame_locator("iframe").locator("handrail-chat #box")
    with page.expect_response(START) as response:
        box.fill(SECRET)
        box.press("Enter")
    expect(page.frame_locator("iframe").locator("handrail-chat .turn")).to_have_count(1)
    return str(response.value.json()["token"])


@pytest.mark.parametrize("way", ["key", "click"])
def test_from_a_frame_the_whole_page_leaves(page: Page, website: Website, handrail: Server, neutral: str, way: str) -> None:
    token = _framed(page, website, handrail, f"/framed-{way}")
    if way == "key":
        press_shift(page)
    else:
        page.frame_locator("iframe").locator("handrail-chat .exit:not(.first)").click()
    page.wait_for_url(neutral)
    wait_until_gone(page, handrail, token)


def test_a_frame_that_may_not_leave_empties_and_tells_its_page(page: Page, website: Website, handrail: Server) -> None:
    token = _framed(page, website, handrail, "/sandboxed", 'sandbox="allow-scripts allow-same-origin"')
    address = page.url
    press_shift(page)
    page.wait_for_function("told.includes('handrail-leave')")
    page.wait_for_function("frames.length === 1")
    frame = page.frames[1]
    frame.wait_for_url("about:blank")
    assert frame.evaluate("document.body.innerHTML") == ""
    assert page.url == address
    wait_until_gone(page, handrail, token)


def test_leaving_ends_both_chats_of_a_page(page: Page, website: Website, handrail: Server, neutral: str) -> None:
    second = '<handrail-chat id="second" position="inline"></handrail-chat>'
    page.set_viewport_size({"width": 1100, "height": 900})
    page.goto(website.put("/twice", host_page(handrail.url, 'id="one" open', body=second)))
    tokens = []
    for chat in ("#one", "#second"):
        with page.expect_response(START) as response:
            page.locator(f"{chat} #box").fill(SECRET)
            page.locator(f"{chat} #box").press("Enter")
        tokens.append(response.value.json()["token"])
        expect(page.locator(f"{chat} .turn")).to_have_count(1)
    assert len({*tokens}) == 2
    press_shift(page)
    page.wait_for_url(neutral)
    wait_until_gone(page, handrail, *tokens)


def test_taking_the_chat_out_of_the_page_ends_the_conversation(page: Page, embedded: str, handrail: Server) -> None:
    launch(page, embedded)
    token = started(page, SECRET)
    held = page.evaluate_handle("() => { const chat = document.querySelector('handrail-chat'); chat.remove(); return chat; }")
    wait_until_gone(page, handrail, token)
    assert WORD not in held.evaluate("chat => chat.shadowRoot.innerHTML")
    press_shift(page, 4)
    page.wait_for_timeout(300)
    assert page.url == embedded


def test_a_chat_that_is_moved_within_the_page_is_empty_and_works(page: Page, embedded: str, neutral: str) -> None:
    launch(page, embedded)
    ask(page, SECRET)
    page.evaluate("document.body.append(document.querySelector('handrail-chat'))")
    assert WORD not in page.evaluate(HELD)
    ask(page, "hello")
    press_shift(page)
    page.wait_for_url(neutral)


def test_leaving_the_page_by_any_link_ends_the_conversation(place: Place, neutral: str) -> None:
    place.open()
    token = started(place.page, SECRET)
    place.page.goto(neutral)
    wait_until_gone(place.page, place.handrail, token)
