"""A day at the desk for each role, in a real browser; and every page of it by the rules of accessibility."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bench.services import Server
from tests.browser.conftest import host_page
from tests.browser.desk import signed_in
from tests.browser.seeing import DARK, PHONE, Screen, broken_rules, open_all, small_targets, too_wide, turn_to, window
from tests.browser.talking import launch

PAGES = [
    "/staff", "/staff/call", "/staff/questions", "/staff/questions/review", "/staff/content", "/staff/content/removal_at_conference",
    "/staff/content/removal_at_conference?place=answer.short", "/staff/counts", "/staff/switch", "/staff/audit", "/staff/people",
    "/staff/topic/section_20",
]  # fmt: skip
UNKNOWN = "do they mind what colour I paint the shed before the review"


@pytest.fixture(scope="module", params=[PHONE, DARK], ids=lambda screen: screen.name)
def admin(chromium: Browser, handrail: Server, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Somebody who may see everything, in a small light window and in a wide dark one."""
    screen: Screen = request.param
    with window(chromium, screen) as page:
        signed_in(page, handrail, "admin")
        yield page


@pytest.mark.parametrize("path", PAGES)
def test_every_page_keeps_the_rules(admin: Page, handrail: Server, path: str) -> None:
    shown = admin.goto(handrail.url + path)
    assert shown is not None
    assert shown.status == 200
    open_all(admin)
    assert broken_rules(admin) == []
    assert too_wide(admin) == []
    assert small_targets(admin) == []


@pytest.mark.parametrize("screen", [PHONE, DARK], ids=lambda screen: screen.name)
def test_the_door_keeps_the_rules_too(page: Page, handrail: Server, screen: Screen) -> None:
    turn_to(page, screen)
    page.goto(handrail.url + "/staff/sign-in")
    page.get_by_label("Name").fill("nobody")
    page.get_by_label("Password").fill("wrong")
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert broken_rules(page) == []
    assert too_wide(page) == []


def test_an_advisers_day_logs_a_call_in_two_keys_and_sorts_a_shared_question(page: Page, handrail: Server) -> None:
    page.goto(handrail.url + "/")
    shared = page.request.post(handrail.url + "/api/share", data={"text": UNKNOWN, "agreed": True, "outcome": "unanswered_unsure"})
    assert shared.status == 201
    signed_in(page, handrail, "adviser")
    page.goto(handrail.url + "/staff/call")
    keys = [str(one.get_attribute("data-key")) for one in page.locator("#topic input[data-key]").all()]
    page.keyboard.press(keys[0])
    page.keyboard.press("1")
    expect(page.locator(".notice[role=status]")).to_be_visible()
    page.goto(handrail.url + "/staff/questions")
    expect(page.locator("main")).to_contain_text("shed")
    page.locator("main form button[value]").first.click()
    expect(page.locator("main")).not_to_contain_text("shed")
    for closed in ("/staff/counts", "/staff/switch", "/staff/people", "/staff/questions/review"):
        assert page.request.get(handrail.url + closed).status == 403


def test_an_editors_day_proposes_a_wording_and_takes_its_patch_away(page: Page, handrail: Server, tmp_path: Path) -> None:
    signed_in(page, handrail, "editor")
    page.goto(handrail.url + "/staff/content/removal_at_conference?place=answer.short")
    box = page.locator("#text")
    said = box.input_value().strip()
    box.fill("Notwithstanding interdepartmental considerations, multidisciplinary determinations necessitate deliberation.")
    expect(page.locator("#checked")).to_contain_text(re.compile(r"\d"))
    box.fill(said + " Ask the chair if you are not sure.")
    page.locator("#why").fill("People ask whom to turn to.")
    page.locator("button[value=propose]").click()
    expect(page.locator(".notice[role=status]")).to_be_visible()
    with page.expect_download() as taken:
        page.locator("a[href$='.patch']").first.click()
    patch = tmp_path / "wording.patch"
    taken.value.save_as(patch)
    changed = [line for line in patch.read_text(encoding="utf-8").splitlines() if re.match(r"[-+][^-+]", line)]
    assert any("Ask the chair" in line for line in changed)


def test_a_managers_day_reads_the_figures_and_puts_a_notice_up_and_down(page: Page, handrail: Server) -> None:
    signed_in(page, handrail, "manager")
    page.goto(handrail.url + "/staff/counts")
    expect(page.locator("h1")).to_be_visible()
    figures = page.request.get(handrail.url + "/staff/counts.json").json()
    assert all(count % 5 == 0 for values in figures["series"].values() for count in values.values())
    page.goto(handrail.url + "/staff/switch")
    page.locator("#text-notice").fill("The advice line is closed on Friday.")
    page.locator("#reason-notice").fill("training day")
    page.locator("form:has(#text-notice) button[type=submit]").click()
    page.locator("button[value=yes]").click()
    expect(page.locator(".notice[role=status]")).to_be_visible()
    expect(_guide(page, handrail)).to_contain_text("closed on Friday")
    page.goto(handrail.url + "/staff/switch")
    page.locator("#reason-notice").fill("it is over")
    page.locator("form:has(#reason-notice) button[type=submit]").click()
    page.locator("button[value=yes]").click()
    page.goto(handrail.url + "/staff/audit")
    expect(page.locator("main")).to_contain_text("training day")
    expect(page.locator("main")).to_contain_text("it is over")


def _guide(page: Page, handrail: Server):  # type: ignore[no-untyped-def]
    """The guide's page, after the time that a switch may take."""
    page.wait_for_timeout(2500)
    page.goto(handrail.url + "/topics")
    return page.locator("body")


def test_while_the_chat_is_off_danger_is_answered_first(page: Page, handrail: Server, website) -> None:  # type: ignore[no-untyped-def]
    signed_in(page, handrail, "manager")
    _switch_chat(page, handrail, "We are mending the chat today.")
    address = website.put("/off", host_page(handrail.url))
    launch(page, address)
    expect(page.locator("handrail-chat .log")).to_contain_text("mending the chat")
    page.locator("handrail-chat #box").fill("he is hitting me now")
    page.locator("handrail-chat #box").press("Enter")
    expect(page.locator("handrail-chat .turn").first).to_contain_text("999")
    _switch_chat(page, handrail, "")


def _switch_chat(page: Page, handrail: Server, message: str) -> None:
    page.goto(handrail.url + "/staff/switch")
    if message:
        page.locator("#text-chat").fill(message)
    page.locator("#reason-chat").fill("a test")
    page.locator("form:has(#reason-chat) button[type=submit]").click()
    page.locator("button[value=yes]").click()
    expect(page.locator(".notice[role=status]")).to_be_visible()
    page.wait_for_timeout(2500)


def test_an_admins_day_gives_a_role_and_shuts_somebody_out(page: Page, chromium: Browser, handrail: Server) -> None:
    with window(chromium, DARK) as other:
        name = signed_in(other, handrail, "adviser")
        signed_in(page, handrail, "admin")
        page.goto(handrail.url + "/staff/people")
        row = page.locator("tr", has_text=name)
        row.locator("select").select_option("manager")
        row.locator("button[value=role]").click()
        assert other.request.get(handrail.url + "/staff/counts").status == 200
        page.locator("tr", has_text=name).locator("button[value=shut_out]").click()
        other.goto(handrail.url + "/staff")
        assert other.url.endswith("/staff/sign-in")


def test_the_desk_works_without_scripts(chromium: Browser, handrail: Server) -> None:
    with window(chromium, DARK, scripts=False) as page:
        signed_in(page, handrail, "adviser")
        page.locator("#text").fill("can the conference take my child")
        page.locator("#look button[type=submit]").first.click()
        expect(page.locator("#answer")).to_be_visible()
        page.goto(handrail.url + "/staff/call")
        page.locator("#other").select_option(index=1)
        page.locator("#outcome input").first.check()
        page.locator("#call button[type=submit]").click()
        expect(page.locator(".notice[role=status]")).to_be_visible()


def test_nothing_of_the_desk_stays_in_the_browser_after_signing_out(page: Page, handrail: Server) -> None:
    signed_in(page, handrail, "adviser")
    page.locator("#text").press_sequentially("zanzibarlighthouse", delay=5)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/staff/sign-in")
    assert page.context.cookies() == []
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    page.go_back()
    assert "zanzibarlighthouse" not in page.content()
