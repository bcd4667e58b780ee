"""Signing in with the organisation's accounts at a real OpenID Connect provider, as a browser does it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest

from desk.desk import Desk
from desk.permissions import Role
from tests.desk.conftest import Clock
from tests.desk.openid_site import BACK, SESSION, Site, agreed, away, is_in, now, shut
from tests.desk.providers import SECRET, RealProvider


@pytest.fixture(scope="module")
def provider() -> Iterator[RealProvider]:
    provider = RealProvider(BACK)
    yield provider
    provider.stop()


@pytest.fixture
def site(provider: RealProvider, desk: Desk, clock: Clock) -> Site:
    clock.now = now()
    return Site(desk, provider.issuer)


def _people(desk: Desk) -> dict[str, Role]:
    return {account.person.name: account.person.role for account in desk.people.accounts()}


@pytest.mark.parametrize("client", ["desk-RS256", "desk-ES256", "desk-EdDSA", "desk-public"])
async def test_whom_the_provider_vouches_for_is_in_with_the_role_of_the_claim(
    provider: RealProvider, desk: Desk, clock: Clock, client: str
) -> None:
    clock.now = now()
    site = Site(desk, provider.issuer, client, None if client == "desk-public" else SECRET)
    async with site.browser() as browser:
        assert not await is_in(browser)
        response = await browser.get(await agreed(browser, "board.ann", await away(browser)))
        assert (response.status_code, response.headers["location"]) == (303, "/staff")
        assert await is_in(browser)
    assert _people(desk) == {"Ms board.ann": Role.MANAGER}
    assert site.sessions() == 1


async def test_what_the_browser_carries_is_out_of_reach_of_scripts_and_other_pages(site: Site) -> None:
    async with site.browser() as browser:
        started = await browser.get("/staff/openid")
        there = parse_qs(started.next_request.url.query.decode()) if started.next_request else {}
        carried = started.headers["set-cookie"].lower()
        ended = await browser.get(await agreed(browser, "advice.bea", await away(browser)))
    for part in ("httponly", "secure", "samesite=lax", "path=/staff/openid", "max-age=600"):
        assert part in carried
    session = next(value for value in ended.headers.get_list("set-cookie") if value.startswith(SESSION)).lower()
    for part in ("httponly", "secure", "path=/staff"):
        assert part in session
    assert there["code_challenge_method"] == ["S256"]
    assert there["redirect_uri"] == [BACK]
    assert "token" not in ended.headers["location"]
    assert not any(value in carried for name in ("state", "nonce") for value in (there[name][0].lower(),))


async def test_the_same_person_is_known_again_and_has_todays_role(site: Site, desk: Desk) -> None:
    for _ in range(2):
        async with site.browser() as browser:
            await browser.get(await agreed(browser, "advice.bea", await away(browser)))
    assert _people(desk) == {"Ms advice.bea": Role.ADVISER}
    moved = Site(desk, site.issuer, settings={"openid_roles": {"advice": "editor"}})
    async with moved.browser() as browser:
        await browser.get(await agreed(browser, "advice.bea", await away(browser)))
    assert _people(desk) == {"Ms advice.bea": Role.EDITOR}
    assert desk.audit.verify() == []


async def test_the_first_role_that_fits_is_taken(site: Site, desk: Desk) -> None:
    both = Site(desk, site.issuer, settings={"openid_roles": {"web": "editor", "everybody": "adviser"}})
    for login in ("web.cyd", "board.dot"):
        async with both.browser() as browser:
            await browser.get(await agreed(browser, login, await away(browser)))
    assert _people(desk) == {"Ms web.cyd": Role.EDITOR, "Ms board.dot": Role.ADVISER}


async def test_somebody_without_a_role_is_not_let_in_and_not_kept(site: Site, desk: Desk) -> None:
    async with site.browser() as browser:
        response = await browser.get(await agreed(browser, "visitor.eve", await away(browser)))
        assert response.status_code == 403
        shut(site, browser, response)
        assert not await is_in(browser)
    assert _people(desk) == {}


async def test_who_says_no_at_the_provider_sees_the_plain_page(site: Site) -> None:
    async with site.browser() as browser:
        page = await browser.get(await away(browser), follow_redirects=True)
        abort = next(part.split('"')[0] for part in page.text.split('href="') if "/abort" in part)
        response = await browser.get(abort)
        while str(response.headers.get("location", "")).startswith("http://127.0.0.1"):
            response = await browser.get(response.headers["location"])
        assert response.headers["location"].startswith(f"{BACK}?error=access_denied")
        response = await browser.get(response.headers["location"])
        assert response.status_code == 403
        assert "aborted" not in response.text
        assert "access_denied" not in response.text
        shut(site, browser, response)


async def test_a_code_opens_the_desk_once(site: Site, desk: Desk) -> None:
    async with site.browser() as browser:
        there = await away(browser)
        note = browser.cookies["handrail_openid"]
        returned = await agreed(browser, "advice.bea", there)
        assert (await browser.get(returned)).status_code == 303
    async with site.browser() as thief:
        # Even with the sealed note, which never leaves the first browser.
        thief.cookies.set("handrail_openid", note, domain="handrail.test", path="/staff/openid")
        response = await thief.get(returned)
        assert response.status_code == 403
        assert SESSION not in thief.cookies
    assert site.sessions() == 1


async def test_an_answer_meant_for_one_browser_opens_nothing_in_another(site: Site) -> None:
    async with site.browser() as attacker, site.browser() as victim:
        returned = await agreed(attacker, "advice.bea", await away(attacker))
        without_note = await victim.get(returned)
        shut(site, victim, without_note)
        await away(victim)
        with_own_note = await victim.get(returned)
        assert (without_note.status_code, with_own_note.status_code) == (403, 403)
        shut(site, victim, with_own_note)


async def test_a_code_that_another_browser_got_fails_without_its_verifier(site: Site) -> None:
    async with site.browser() as attacker, site.browser() as victim:
        stolen = parse_qs((await agreed(attacker, "board.ann", await away(attacker))).query.decode())["code"][0]
        there = await agreed(victim, "advice.bea", await away(victim))
        response = await victim.get(there.copy_set_param("code", stolen))
        assert response.status_code == 403
        shut(site, victim, response)


async def test_a_note_goes_stale_after_ten_minutes(site: Site, clock: Clock) -> None:
    async with site.browser() as browser:
        returned = await agreed(browser, "advice.bea", await away(browser))
        clock.now += 601
        response = await browser.get(returned)
        assert response.status_code == 403
        shut(site, browser, response)


async def test_the_way_back_may_lead_to_another_worker(site: Site, desk: Desk) -> None:
    other = Site(desk, site.issuer)
    async with site.browser() as browser, other.browser() as same_browser:
        returned = await agreed(browser, "advice.bea", await away(browser))
        same_browser.cookies = browser.cookies
        assert (await same_browser.get(returned)).status_code == 303
        assert await is_in(same_browser)


async def test_who_was_shut_out_stays_out(site: Site, desk: Desk) -> None:
    async with site.browser() as browser:
        await browser.get(await agreed(browser, "advice.bea", await away(browser)))
        desk.people.shut_out("Ms advice.bea", "test")
        response = await browser.get(await agreed(browser, "advice.bea", await away(browser)))
        assert response.status_code == 403
        assert not await is_in(browser)
    assert site.sessions() == 0


async def test_signing_in_gives_a_session_that_nobody_knew_before(site: Site) -> None:
    async with site.browser() as browser:
        browser.cookies.set(SESSION, "planted", domain="handrail.test", path="/staff")
        response = await browser.get(await agreed(browser, "advice.bea", await away(browser)))
        held = next(value for value in response.headers.get_list("set-cookie") if value.startswith(SESSION))
        assert "planted" not in held
        assert await is_in(browser)


async def test_a_wrong_secret_lets_nobody_in(provider: RealProvider, desk: Desk, clock: Clock) -> None:
    clock.now = now()
    site = Site(desk, provider.issuer, secret="another secret")
    async with site.browser() as browser:
        response = await browser.get(await agreed(browser, "board.ann", await away(browser)))
        assert response.status_code == 403
        shut(site, browser, response)


async def test_a_provider_that_went_away_is_said_to_be_away(desk: Desk, clock: Clock) -> None:
    clock.now = now()
    provider = RealProvider(BACK)
    site = Site(desk, provider.issuer)
    async with site.browser() as browser:
        returned = await agreed(browser, "board.ann", await away(browser))
        provider.stop()
        response = await browser.get(returned)
        assert response.status_code == 502
        shut(site, browser, response)
        cold = Site(desk, provider.issuer)
    async with cold.browser() as browser:
        assert (await browser.get("/staff/openid")).status_code == 502
        assert (await browser.get("/staff/sign-in")).status_code == 200
