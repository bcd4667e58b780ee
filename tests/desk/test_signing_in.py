"""The desk's door over the web: sessions, forged forms, guessed names, many tries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from desk.permissions import Role
from desk.sessions import IDLE_SECONDS, LONGEST_SECONDS
from tests.desk.conftest import PASSWORD, Clock, StaffClient, code, csrf_of, sign_in

if TYPE_CHECKING:
    from desk.desk import Desk

COOKIE = "handrail_staff"


async def test_nobody_gets_in_without_signing_in(anybody: httpx.AsyncClient) -> None:
    for path in ("/staff", "/staff/counts", "/staff/people"):
        response = await anybody.get(path)
        assert (response.status_code, response.headers["location"]) == (303, "/staff/sign-in")
    assert (await anybody.post("/staff/look", data={"text": "hello"})).status_code == 401


async def test_who_signs_in_sees_the_desk_and_who_signs_out_does_not(staff_client: StaffClient) -> None:
    client = await staff_client("adviser")
    assert (await client.get("/staff")).status_code == 200
    token = client.cookies[COOKIE]
    assert (await client.post("/staff/sign-out", data={"csrf": await csrf_of(client)})).status_code == 303
    client.cookies.set(COOKIE, token, domain="handrail.test", path="/staff")
    assert (await client.get("/staff")).status_code == 303


async def test_the_cookie_stays_under_the_desk_out_of_reach_of_scripts_and_of_plain_http(
    desk: Desk, anybody: httpx.AsyncClient
) -> None:
    secret = desk.people.add("Ann", Role.ADVISER, PASSWORD, "test")
    response = await sign_in(anybody, "Ann", code(secret, desk.store.clock))
    sent = response.headers["set-cookie"].lower()
    assert "path=/staff;" in sent + ";"
    for part in ("httponly", "secure", "samesite=lax"):
        assert part in sent
    assert "max-age" not in sent
    assert "expires" not in sent


async def test_a_session_that_was_planted_before_is_not_the_one_after_signing_in(desk: Desk, anybody: httpx.AsyncClient) -> None:
    other = desk.people.by_subject("https://id.test", "7", "Mallory", Role.ADVISER)
    assert other is not None
    planted = desk.sessions.open(other)
    anybody.cookies.set(COOKIE, planted, domain="handrail.test", path="/staff")
    secret = desk.people.add("Ann", Role.ADVISER, PASSWORD, "test")
    await sign_in(anybody, "Ann", code(secret, desk.store.clock))
    given = [cookie.value for cookie in anybody.cookies.jar if cookie.name == COOKIE and cookie.value != planted]
    assert len(given) == 1
    session = desk.sessions.get(str(given[0]))
    assert session is not None
    assert session.person.name == "Ann"


async def test_a_session_ends_when_idle_and_after_its_longest_time(desk: Desk, staff_client: StaffClient, clock: Clock) -> None:
    client = await staff_client("adviser")
    clock.now += IDLE_SECONDS - 60
    assert (await client.get("/staff")).status_code == 200
    clock.now += IDLE_SECONDS + 60
    assert (await client.get("/staff")).status_code == 303
    client = await staff_client("manager")
    for _ in range(LONGEST_SECONDS // (IDLE_SECONDS - 60) + 1):
        clock.now += IDLE_SECONDS - 60
        last = await client.get("/staff")
    assert last.status_code == 303


async def test_a_session_ends_when_its_person_is_shut_out_and_follows_their_role(desk: Desk, staff_client: StaffClient) -> None:
    client = await staff_client("manager")
    assert (await client.get("/staff/counts")).status_code == 200
    desk.people.change_role("a manager", Role.ADVISER, "test")
    assert (await client.get("/staff/counts")).status_code == 403
    desk.people.shut_out("a manager", "test")
    assert (await client.get("/staff")).status_code == 303


@pytest.mark.parametrize("sign", ["", "x" * 32, "another session's"])
async def test_a_form_without_the_sessions_own_sign_changes_nothing(desk: Desk, staff_client: StaffClient, sign: str) -> None:
    admin = await staff_client("admin")
    await staff_client("adviser")
    forged = sign
    if sign.startswith("another"):
        forged = await csrf_of(await staff_client("manager"))
    response = await admin.post("/staff/people", data={"csrf": forged, "name": "a adviser", "action": "shut_out"})
    assert response.status_code == 403
    assert all(account.active for account in desk.people.accounts())


FOREIGN = [{"origin": "https://evil.test"}, {"origin": "null", "sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}]


@pytest.mark.parametrize("foreign", FOREIGN)
async def test_a_form_from_another_website_changes_nothing(desk: Desk, staff_client: StaffClient, foreign: dict[str, str]) -> None:
    admin = await staff_client("admin")
    await staff_client("adviser")
    form = {"csrf": await csrf_of(admin), "name": "a adviser", "action": "shut_out"}
    response = await admin.post("/staff/people", data=form, headers=foreign)
    assert response.status_code == 403
    assert all(account.active for account in desk.people.accounts())
    own = {"origin": "null", "sec-fetch-site": "same-origin"}
    assert (await admin.post("/staff/people", data=form, headers=own)).status_code == 303


@pytest.mark.parametrize("foreign", FOREIGN)
async def test_a_sign_in_form_from_another_website_signs_nobody_in(
    desk: Desk, anybody: httpx.AsyncClient, foreign: dict[str, str]
) -> None:
    secret = desk.people.add("Ann", Role.ADVISER, PASSWORD, "test")
    form = {"name": "Ann", "password": PASSWORD, "code": code(secret, desk.store.clock)}
    response = await anybody.post("/staff/sign-in", data=form, headers=foreign)
    assert response.status_code == 403
    assert COOKIE not in anybody.cookies


async def test_what_was_wrong_is_not_told(desk: Desk, anybody: httpx.AsyncClient) -> None:
    secret = desk.people.add("Ann", Role.ADVISER, PASSWORD, "test")
    desk.people.add("Out", Role.ADVISER, PASSWORD, "test")
    desk.people.shut_out("Out", "test")
    tries = [
        ("Ann", "wrong", code(secret, desk.store.clock)),
        ("Nobody", PASSWORD, "000000"),
        ("Ann", PASSWORD, "000000"),
        ("Out", PASSWORD, "1"),
    ]
    tries.append(("Out", PASSWORD, "000000"))
    answers = [await sign_in(anybody, name, number, password) for name, password, number in tries]
    pages = {answer.text.replace(name, "NAME") for answer, (name, _, _) in zip(answers, tries, strict=True)}
    assert {answer.status_code for answer in answers} == {403}
    assert len(pages) == 1


async def test_a_password_is_weighed_for_an_unknown_name_too(
    desk: Desk, anybody: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from desk import passwords

    weighed: list[str | None] = []
    real = passwords.fits
    monkeypatch.setattr(passwords, "fits", lambda stored, password: weighed.append(stored) or real(stored, password))
    await sign_in(anybody, "Nobody", "000000")
    assert weighed == [None]


async def test_many_tries_from_one_address_have_to_wait_whatever_the_names(desk: Desk, anybody: httpx.AsyncClient) -> None:
    statuses = [(await sign_in(anybody, f"name {number}", "000000", "x")).status_code for number in range(14)]
    assert statuses[0] == 403
    assert statuses[-1] == 429


async def test_the_page_keeps_neither_password_nor_code(desk: Desk, anybody: httpx.AsyncClient) -> None:
    response = await sign_in(anybody, "Ann", "837261", "an unlikely secret")
    assert "an unlikely secret" not in response.text
    assert "837261" not in response.text
    assert response.headers["cache-control"] == "no-store"
