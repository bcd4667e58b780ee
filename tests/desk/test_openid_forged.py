"""A provider that lies, and whoever forges its tokens: nobody gets in, and nothing of what it says is shown."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, OctKey

from desk.desk import Desk
from tests.desk.conftest import SITE, Clock
from tests.desk.openid_site import Site, away, is_in, now, shut
from tests.desk.providers import SECRET, RogueProvider

CLIENT = "desk"
Claims = dict[str, Any]


@pytest.fixture
def rogue() -> Iterator[RogueProvider]:
    provider = RogueProvider()
    yield provider
    provider.stop()


@pytest.fixture
def site(rogue: RogueProvider, desk: Desk, clock: Clock) -> Site:
    clock.now = now()
    return Site(desk, rogue.issuer, CLIENT)


async def _back(browser: httpx.AsyncClient, there: httpx.URL, **query: str) -> httpx.Response:
    return await browser.get("/staff/openid/back", params={"state": there.params["state"], "code": "c", **query})


async def _with_token(site: Site, rogue: RogueProvider, made: Callable[[Claims], str | None]) -> tuple[httpx.Response, bool]:
    """Signs in with the token that `made` gives for right claims; whether the desk is open then."""
    async with site.browser() as browser:
        there = await away(browser)
        rogue.gives(made(rogue.claims(CLIENT, there.params["nonce"])))
        response = await _back(browser, there)
        inside = await is_in(browser)
        if not inside:
            shut(site, browser, response)
    return response, inside


async def test_a_token_that_is_right_in_every_way_opens_the_desk(site: Site, rogue: RogueProvider) -> None:
    response, inside = await _with_token(site, rogue, rogue.sign)
    assert (response.status_code, inside) == (303, True)
    assert rogue.asked[0]["grant_type"] == "authorization_code"
    assert "/me" not in rogue.fetched


def _changed(**changes: Any) -> Callable[[RogueProvider, Claims], str]:
    return lambda rogue, claims: rogue.sign({**claims, **changes})


def _without(name: str) -> Callable[[RogueProvider, Claims], str]:
    return lambda rogue, claims: rogue.sign({key: value for key, value in claims.items() if key != name})


def _at(**changes: int) -> Callable[[RogueProvider, Claims], str]:
    return lambda rogue, claims: rogue.sign({**claims, **{key: claims["iat"] + value for key, value in changes.items()}})


def _unsigned(rogue: RogueProvider, claims: Claims) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "none", "kid": "first"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


def _signed_with_the_public_key(rogue: RogueProvider, claims: Claims) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "kid": "first"}, claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    made = hmac.digest(rogue.key.as_pem(private=False), signed, "sha256")
    return b".".join((signed, base64.urlsafe_b64encode(made).rstrip(b"="))).decode()


def _cut(rogue: RogueProvider, claims: Claims) -> str:
    """Claims changed after they were signed."""
    head, _, signature = rogue.sign({**claims, "groups": ["nobody"]}).split(".")
    return f"{head}.{base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b'=').decode()}.{signature}"


FORGED: dict[str, Callable[[RogueProvider, Claims], str | None]] = {
    "signed by another key under the same name": lambda rogue, claims: rogue.sign(claims, rogue.new_key("first")),
    "signed by a key that nobody published": lambda rogue, claims: rogue.sign(claims, rogue.new_key("second"), kid="second"),
    "signed by a key of another kind": lambda rogue, claims: rogue.sign(claims, ECKey.generate_key("P-256"), alg="ES256"),
    "signed with the client's secret": lambda rogue, claims: rogue.sign(claims, OctKey.import_key(SECRET), alg="HS256"),
    "signed with the public key as a secret": _signed_with_the_public_key,
    "signed in a way that is not on the list": lambda rogue, claims: rogue.sign(claims, alg="RS512"),
    "not signed": _unsigned,
    "changed after it was signed": _cut,
    "not a token": lambda rogue, claims: "a.b.c",
    "no token": lambda rogue, claims: None,
    "another nonce": _changed(nonce="another"),
    "no nonce": _without("nonce"),
    "another issuer": _changed(iss="https://elsewhere.example"),
    "no issuer": _without("iss"),
    "for somebody else": _changed(aud="another desk"),
    "for somebody else, though handed to the desk": _changed(aud="another desk", azp=CLIENT),
    "for somebody else too, and not said for whom": _changed(aud=[CLIENT, "another desk"]),
    "handed to somebody else": _changed(azp="another desk"),
    "for nobody": _without("aud"),
    "expired": _at(exp=-61, iat=-400),
    "never expires": _without("exp"),
    "expires in words": _changed(exp="tomorrow"),
    "from the future": _at(iat=120),
    "not valid yet": _at(nbf=120),
    "no subject": _without("sub"),
    "an empty subject": _changed(sub=""),
    "a subject that cannot be kept": _changed(sub="a\x00b"),
    "a subject without end": _changed(sub="a" * 201),
    "a subject that is no text": _changed(sub=["rogue-7"]),
    "no role": _changed(groups=["nobody"]),
    "roles that are no list": _changed(groups={"advice": True}),
    "a role that is only part of a name": _changed(groups="advice line"),
}


@pytest.mark.parametrize("how", FORGED)
async def test_a_token_that_does_not_hold_opens_nothing(site: Site, rogue: RogueProvider, desk: Desk, how: str) -> None:
    response, inside = await _with_token(site, rogue, lambda claims: FORGED[how](rogue, claims))
    assert (response.status_code, inside) == (403, False)
    assert desk.people.accounts() == []


FINE: dict[str, Callable[[RogueProvider, Claims], str]] = {
    "a minute of difference between the clocks": _at(exp=-30, iat=-330),
    "for several, handed to the desk": _changed(aud=[CLIENT, "another"], azp=CLIENT),
    "one group as a word": _changed(groups="advice"),
    "no name": _without("name"),
    "a name without end": _changed(name="Rosa \n" * 60),
    "a name that is no text": _changed(name=7),
}


@pytest.mark.parametrize("how", FINE)
async def test_a_token_that_is_unusual_but_right_opens_the_desk(site: Site, rogue: RogueProvider, desk: Desk, how: str) -> None:
    _, inside = await _with_token(site, rogue, lambda claims: FINE[how](rogue, claims))
    assert inside
    name = desk.people.accounts()[0].person.name
    assert name.isprintable()
    assert 0 < len(name) <= 80


async def test_all_refusals_look_the_same(site: Site, rogue: RogueProvider) -> None:
    pages = set()
    for how in ("no role", "another nonce", "no token"):
        response, _ = await _with_token(site, rogue, lambda claims, how=how: FORGED[how](rogue, claims))
        pages.add(response.text)
    async with site.browser() as browser:
        there = await away(browser)
        pages.add((await _back(browser, there, error="access_denied", error_description="<b>Rosa</b>")).text)
        pages.add((await _back(browser, there)).text)
    assert len(pages) == 1


async def test_neither_page_nor_log_repeats_what_the_provider_or_the_browser_sent(
    site: Site, rogue: RogueProvider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    marked = "Marigold"
    async with site.browser() as browser:
        there = await away(browser)
        answers = [await _back(browser, there, error=marked, error_description=marked, error_uri=f"https://{marked}.example")]
        there = await away(browser)
        rogue.token, rogue.token_status = {"error": marked, "error_description": marked}, 400
        answers.append(await _back(browser, there, code=f"code-{marked}"))
        there = await away(browser)
        rogue.token_status = 200
        rogue.gives(rogue.sign({**rogue.claims(CLIENT, there.params["nonce"]), "groups": [marked], "name": marked}))
        answers.append(await _back(browser, there))
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("handrail")]
    assert len(ours) == 3
    assert marked not in " ".join(ours) + " ".join(answer.text for answer in answers)


async def test_an_answer_in_another_providers_name_opens_nothing(site: Site, rogue: RogueProvider) -> None:
    async with site.browser() as browser:
        response = await _back(browser, await away(browser), iss="https://elsewhere.example")
        assert response.status_code == 403
        shut(site, browser, response)
    rogue.metadata = {"authorization_response_iss_parameter_supported": True}
    careful = Site(site.desk, rogue.issuer, CLIENT)
    async with careful.browser() as browser:
        response = await _back(browser, await away(browser))
        assert response.status_code == 403
        there = await away(browser)
        rogue.gives(rogue.sign(rogue.claims(CLIENT, there.params["nonce"])))
        assert (await _back(browser, there, iss=rogue.issuer)).status_code == 303
    assert len(rogue.asked) == 1


async def test_no_code_is_taken_to_the_provider_for_a_browser_that_never_set_out(site: Site, rogue: RogueProvider) -> None:
    async with site.browser() as browser:
        for note in ("", "forged", "gAAAAA"):
            browser.cookies.set("handrail_openid", note, domain="handrail.test", path="/staff/openid")
            response = await browser.get("/staff/openid/back", params={"state": "", "code": "c"})
            assert response.status_code == 403
            shut(site, browser, response)
    assert rogue.asked == []


@pytest.mark.parametrize("state", [None, "", "another"])
async def test_a_state_that_is_not_this_browsers_opens_nothing(site: Site, rogue: RogueProvider, state: str | None) -> None:
    async with site.browser() as browser:
        there = await away(browser)
        rogue.gives(rogue.sign(rogue.claims(CLIENT, there.params["nonce"])))
        query = {"code": "c"} | ({} if state is None else {"state": state})
        response = await browser.get("/staff/openid/back", params=query)
        assert response.status_code == 403
        shut(site, browser, response)
    assert rogue.asked == []


async def test_the_code_goes_to_the_provider_with_the_verifier_of_what_was_challenged(site: Site, rogue: RogueProvider) -> None:
    async with site.browser() as browser:
        there = await away(browser)
        rogue.gives(None)
        await _back(browser, there)
    digest = hashlib.sha256(rogue.asked[0]["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == there.params["code_challenge"]
    assert there.params["code_challenge_method"] == "S256"


async def test_a_note_of_another_desk_is_worth_nothing(site: Site, rogue: RogueProvider, desk: Desk) -> None:
    from desk.openid import OpenId

    registration = site.app.state.handrail.settings.openid()
    foreign = await OpenId(registration, bytes(range(1, 33)), desk.store.clock).begin()
    async with site.browser() as browser:
        browser.cookies.set("handrail_openid", foreign.sealed, domain="handrail.test", path="/staff/openid")
        response = await _back(browser, httpx.URL(foreign.address))
        assert response.status_code == 403
        shut(site, browser, response)


async def test_new_keys_of_the_provider_are_learned_when_a_token_names_one(site: Site, rogue: RogueProvider) -> None:
    assert (await _with_token(site, rogue, rogue.sign))[1]
    rogue.key = rogue.new_key("next")
    assert (await _with_token(site, rogue, lambda claims: rogue.sign(claims, kid="next")))[1]
    assert rogue.fetched.count("/jwks") == 2
    assert rogue.fetched.count("/.well-known/openid-configuration") == 1


async def test_what_is_told_of_somebody_else_gives_no_role(site: Site, rogue: RogueProvider) -> None:
    def bare(claims: Claims) -> str:
        return rogue.sign({key: value for key, value in claims.items() if key not in ("groups", "name")})

    rogue.user_info = {"sub": "somebody-else", "groups": ["board"]}
    response, inside = await _with_token(site, rogue, bare)
    assert (response.status_code, inside) == (403, False)
    rogue.user_info = {"sub": "rogue-7", "groups": ["board"], "name": "Rosa"}
    assert (await _with_token(site, rogue, bare))[1]
    assert [account.person.name for account in site.desk.people.accounts()] == ["Rosa"]


async def test_a_provider_that_does_not_tell_of_the_person_is_said_to_be_away(site: Site, rogue: RogueProvider) -> None:
    rogue.metadata = {"userinfo_endpoint": f"{rogue.issuer}/nowhere"}
    response, inside = await _with_token(site, rogue, lambda claims: _without("groups")(rogue, claims))
    assert (response.status_code, inside) == (502, False)


LIES: dict[str, dict[str, Any]] = {
    "another issuer": {"issuer": "https://elsewhere.example"},
    "no place for tokens": {"token_endpoint": None},
    "tokens over plain http elsewhere": {"token_endpoint": "http://elsewhere.example/token"},
    "a script for a sign-in page": {"authorization_endpoint": "javascript:alert(1)"},
    "keys in a file": {"jwks_uri": "file:///etc/passwd"},
    "people over plain http elsewhere": {"userinfo_endpoint": "http://elsewhere.example/me"},
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_provider_that_publishes_what_cannot_be_used_is_not_used(site: Site, rogue: RogueProvider, lie: str) -> None:
    rogue.metadata = LIES[lie]
    async with site.browser() as browser:
        assert (await browser.get("/staff/openid")).status_code == 502
        rogue.metadata = {}
        assert (await browser.get("/staff/openid")).status_code == 303


@pytest.mark.parametrize(("token", "status"), [("nonsense", 200), ({}, 503), ([], 200)])
async def test_a_provider_whose_tokens_are_broken_is_said_to_be_away(
    site: Site, rogue: RogueProvider, token: Any, status: int
) -> None:
    rogue.token, rogue.token_status = token, status
    async with site.browser() as browser:
        response = await _back(browser, await away(browser))
        assert response.status_code == 502
        shut(site, browser, response)


async def test_codes_cannot_be_tried_in_numbers(site: Site, rogue: RogueProvider) -> None:
    rogue.token, rogue.token_status = {"error": "invalid_grant"}, 400
    async with site.browser() as browser:
        answers = [(await _back(browser, await away(browser))).status_code for _ in range(14)]
    assert answers[0] == 403
    assert answers[-1] == 429
    assert len(rogue.asked) < 14


async def test_without_a_provider_there_is_no_such_way_in(desk: Desk) -> None:
    site = Site(desk, "", CLIENT)
    async with site.browser() as browser:
        assert (await browser.get("/staff/openid")).status_code == 404
        assert (await browser.get("/staff/openid/back")).status_code == 404
        assert f"{SITE}/staff/openid" not in (await browser.get("/staff/sign-in")).text
