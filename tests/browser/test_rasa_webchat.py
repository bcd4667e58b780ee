"""rasa-webchat as its makers built it, on somebody's website in a real browser, with session persistence off and on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from bench.services import ROOT, Server
from content.library import Library
from tests.browser.conftest import Website

BUNDLE = ROOT / "tests" / "channels" / "node_modules" / "rasa-webchat" / "lib" / "index.js"
DANGER, CALM, FOLLOW_UP = "he is hitting me right now", "what is a core group", "why"
_PATIENCE = 60_000


@pytest.fixture(scope="module", params=["off", "on"])
def persistence(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def server(persistence: str, website: Website, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(
        tmp_path_factory.mktemp("webchat"),
        HANDRAIL_SOCKET_CHANNEL="true",
        HANDRAIL_SOCKET_PERSISTENCE="true" if persistence == "on" else "false",
        HANDRAIL_ALLOWED_ORIGINS=json.dumps([website.url]),
        HANDRAIL_MESSAGES_A_MINUTE="100000",
        HANDRAIL_STARTS_A_MINUTE="100000",
    )
    server.wait_until("/health/ready")
    yield server
    server.kill()


@pytest.fixture
def lines(page: Page) -> list[str]:
    """The addresses of the WebSockets that the page opens from now on."""
    opened: list[str] = []
    page.on("websocket", lambda line: opened.append(line.url))
    return opened


@pytest.fixture
def window(page: Page, website: Website, server: Server) -> Page:
    """The page with the chat window open, as docs/channels.md embeds it."""
    assert BUNDLE.exists(), "rasa-webchat is missing: make tests/channels/node_modules/.installed"
    script = website.put("/rasa-webchat.js", Path(BUNDLE).read_text(encoding="utf-8"), content_type="text/javascript")
    options = (
        f'{{socketUrl: "{server.url}", initPayload: "/get_started", customMessageDelay: () => 0, params: {{storage: "session"}}}}'
    )
    html = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A charity</title></head><body>
<h1>A charity</h1><script src="{script}"></script><script>WebChat.default({options});</script></body></html>"""
    page.set_default_timeout(_PATIENCE)
    page.goto(website.put(f"/webchat-{server.port}", html))
    _open(page)
    return page


def _open(page: Page) -> None:
    expect(page.locator(".rw-widget-container")).to_be_visible(timeout=_PATIENCE)
    if not page.locator(".rw-new-message").is_visible():
        page.locator(".rw-launcher").click()
    expect(page.locator(".rw-new-message")).to_be_enabled(timeout=_PATIENCE)


def _said(page: Page) -> Locator:
    return page.locator(".rw-response .rw-message-text, .rw-message-text.rw-response, .rw-response")


def _ask(page: Page, text: str, answer: str) -> None:
    """Says it, and waits until that answer is there."""
    before = _said(page).filter(has_text=answer).count()
    page.locator(".rw-new-message").fill(text)
    page.locator(".rw-new-message").press("Enter")
    expect(_said(page).filter(has_text=answer)).not_to_have_count(before, timeout=_PATIENCE)


def test_it_greets_answers_offers_buttons_and_goes_on_after_a_reload(window: Page, library: Library, persistence: str) -> None:
    topic = library.topics["core_group"]
    short, why = topic.short.split(".")[0], topic.follow["why"].split(".")[0]
    expect(_said(window).filter(has_text="999").first).to_be_visible(timeout=_PATIENCE)
    _ask(window, CALM, short)
    replies = window.locator(".rw-reply")
    expect(replies).to_have_text([library.topics[next_].question for next_ in topic.next])
    window.reload()
    _open(window)
    if persistence == "on":
        _ask(window, FOLLOW_UP, why)
    else:
        _ask(window, FOLLOW_UP, library.messages["follow_nothing"].split(".")[0])
        expect(_said(window).filter(has_text=why)).to_have_count(0)
        _ask(window, CALM, short)
        _ask(window, FOLLOW_UP, why)


def test_a_button_says_what_it_stands_for(window: Page, library: Library) -> None:
    topic = library.topics["core_group"]
    following = library.topics[topic.next[0]]
    _ask(window, CALM, topic.short.split(".")[0])
    window.locator(".rw-reply", has_text=following.question).click()
    expect(_said(window).filter(has_text=following.short.split(".")[0]).first).to_be_visible(timeout=_PATIENCE)


def test_danger_words_come_before_anything_else(window: Page, library: Library) -> None:
    before = _said(window).count()
    _ask(window, DANGER, "press 55")
    assert "press 55" in _said(window).nth(before).inner_text()


def test_it_changes_to_websocket_and_keeps_no_cookie(lines: list[str], window: Page) -> None:
    _ask(window, CALM, "core group")
    assert [url for url in lines if "transport=websocket" in url]
    assert window.context.cookies() == []
