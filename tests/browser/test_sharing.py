"""Sharing a question that was not answered: seen first, agreed to, or declined; never with danger."""

from __future__ import annotations

from playwright.sync_api import Page, Request, expect

from bench.services import Server
from content.library import HERE
from content.loading import read_yaml
from desk.audit import Audit
from desk.questions import Questions
from desk.store import Store
from tests.browser.seeing import broken_rules
from tests.browser.talking import ask, launch

LABELS = read_yaml(HERE / "widget.yml")["en"]
SHARE = ".share button"
UNKNOWN = "can I keep chickens in the garden while Jagoda is on a plan"


def _kept(handrail: Server) -> list[str]:
    handrail.wait_for_desk()
    store = Store(handrail.database)
    assert Audit(store).verify() == []
    found = [question.text for question in Questions(store, Audit(store)).waiting()]
    store.close()
    return found


def test_what_would_be_kept_is_shown_first_and_kept_once_agreed(page: Page, embedded: str, handrail: Server) -> None:
    before = _kept(handrail)
    launch(page, embedded)
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.url.endswith("/api/share") else None)
    reply = ask(page, UNKNOWN)
    reply.locator(SHARE).first.click()
    shown = reply.locator(".share q")
    expect(shown).to_contain_text("garden")
    assert "Jagoda" not in shown.inner_text()
    assert _kept(handrail) == before
    assert broken_rules(page) == []
    words = shown.inner_text()
    reply.locator(SHARE).first.click()
    expect(reply.locator(".share")).to_contain_text(LABELS["share_done"])
    assert [text for text in _kept(handrail) if text not in before] == [words]
    assert all("authorization" not in request.headers for request in sent)


def test_who_declines_leaves_nothing(page: Page, embedded: str, handrail: Server) -> None:
    before = _kept(handrail)
    launch(page, embedded)
    reply = ask(page, UNKNOWN)
    reply.locator(SHARE).first.click()
    reply.locator(SHARE).nth(1).click()
    expect(reply.locator(".share")).to_contain_text(LABELS["share_declined"])
    assert _kept(handrail) == before


def test_danger_is_never_asked_to_be_shared(page: Page, embedded: str) -> None:
    launch(page, embedded)
    reply = ask(page, "he is hitting me now and what about the shed colour")
    expect(reply).to_contain_text("999")
    expect(reply.locator(".share")).to_have_count(0)
