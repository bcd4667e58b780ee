"""How a test talks to the chat: what a person does, and what she then sees."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


def launch(page: Page, address: str) -> None:
    """Opens a website's page and the chat in its corner."""
    page.goto(address)
    page.locator("handrail-chat .launch").click()
    expect(page.locator("handrail-chat #box")).to_be_focused()


def ask(page: Page, text: str) -> Locator:
    """Types a question, sends it with Enter, and gives the reply once it is there."""
    turns = page.locator("handrail-chat .turn")
    before = turns.count()
    page.locator("handrail-chat #box").fill(text)
    page.locator("handrail-chat #box").press("Enter")
    expect(turns).to_have_count(before + 1)
    return turns.nth(before)


def press_shift(page: Page, times: int = 3) -> None:
    """Presses the Shift key alone."""
    for _ in range(times):
        page.keyboard.press("Shift")
