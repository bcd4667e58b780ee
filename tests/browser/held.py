"""What the server still holds of a conversation that began in a browser."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

from playwright.sync_api import Page

from bench.services import Server
from tests.browser.talking import ask


def started(page: Page, words: str) -> str:
    """Asks the first question, and gives the token of the conversation that it starts."""
    with page.expect_response("**/api/conversations") as response:
        ask(page, words)
    return str(response.value.json()["token"])


def alive(server: Server, token: str) -> bool:
    """Whether the server still takes a message for the token."""
    request = urllib.request.Request(
        f"{server.url}/api/conversations/messages", data=json.dumps({"text": "hello"}).encode(),
        headers={"content-type": "application/json", "authorization": f"Bearer {token}"},
    )  # fmt: skip
    try:
        with urllib.request.urlopen(request, timeout=20):
            return True
    except urllib.error.HTTPError as refusal:
        assert refusal.code in (404, 409), refusal
        return refusal.code == 409


def wait_until_gone(page: Page, server: Server, *tokens: str) -> None:
    """Gives the purge, which the browser sends on its own time, a few seconds to arrive."""
    for _ in range(50):
        if not any(alive(server, token) for token in tokens):
            return
        page.wait_for_timeout(100)
    raise AssertionError("the conversation is still held")
