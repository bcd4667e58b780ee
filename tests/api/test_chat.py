"""The chat's contract: what each call gives, and a clear problem for everything that cannot be taken."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from api.statements import canonical

MESSAGES = "/api/conversations/messages"
URL = "/api/conversations"


def _auth(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def _say(client: httpx.AsyncClient, token: str, text: Any) -> httpx.Response:
    return await client.post(MESSAGES, json={"text": text}, headers=_auth(token))


def _is_problem(response: httpx.Response, status: int, kind: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"].startswith("application/problem+json")
    body = response.json()
    assert body["type"] == f"urn:handrail:problem:{kind}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]


async def test_a_conversation_starts_with_a_token_and_a_greeting(client: httpx.AsyncClient) -> None:
    response = await client.post(URL)
    assert response.status_code == 201
    body = response.json()
    assert set(body) == {"token", "expires_in", "leave", "messages"}
    assert body["expires_in"] == 1800
    assert body["messages"][0]["buttons"]


async def test_a_turn_has_the_shape_of_the_contract(client: httpx.AsyncClient, token: str) -> None:
    response = await _say(client, token, "can the conference take my child away?")
    assert response.status_code == 200
    turn = response.json()
    assert set(turn) == {"outcome", "urgent", "topics", "messages", "may_share"}
    assert turn["outcome"] == "answered"
    assert turn["urgent"] is False
    assert turn["topics"] == ["removal_at_conference"]
    message = turn["messages"][0]
    assert set(message) == {"kind", "text", "facts", "sources", "buttons", "words"}
    assert message["kind"] == "answer"
    assert set(message["sources"][0]) == {"title", "publisher", "url", "checked"}
    assert set(message["buttons"][0]) == {"label", "send"}


async def test_a_button_posted_as_text_leads_on(client: httpx.AsyncClient, token: str) -> None:
    turn = (await _say(client, token, "what is a child protection plan?")).json()
    send = turn["messages"][0]["buttons"][0]["send"]
    assert (await _say(client, token, send)).json()["outcome"] == "answered"


async def test_deleting_gives_a_signed_statement_and_closes_every_way_back(client: httpx.AsyncClient, token: str) -> None:
    await _say(client, token, "what is a plan")
    response = await client.delete(URL, headers=_auth(token))
    assert response.status_code == 200
    body = response.json()
    published = (await client.get("/.well-known/handrail-key")).json()["public_key"]
    assert body["public_key"] == published
    assert body["statement"]["held_bytes"] > 0
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(published))
    key.verify(base64.b64decode(body["signature"]), canonical(body["statement"]))
    with pytest.raises(InvalidSignature):
        key.verify(base64.b64decode(body["signature"]), canonical({**body["statement"], "held_bytes": 0}))
    _is_problem(await _say(client, token, "why"), 404, "no-such-conversation")
    _is_problem(await client.delete(URL, headers=_auth(token)), 404, "no-such-conversation")


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u200b\u200e", "/"])
async def test_an_empty_message_is_told_so(client: httpx.AsyncClient, token: str, text: str) -> None:
    _is_problem(await _say(client, token, text), 422, "empty-message")


async def test_a_message_that_is_too_long_is_told_so(client: httpx.AsyncClient, token: str) -> None:
    _is_problem(await _say(client, token, "a" * 4001), 422, "long-message")
    assert (await _say(client, token, "word " * 800)).status_code == 200


async def test_a_hundred_thousand_characters_are_refused_before_they_are_read(client: httpx.AsyncClient, token: str) -> None:
    _is_problem(await _say(client, token, "a" * 100_000), 413, "large-request")


async def test_a_body_without_a_length_is_stopped_as_well(client: httpx.AsyncClient, token: str) -> None:
    async def chunks() -> Any:
        for _ in range(100):
            yield b"a" * 1000

    response = await client.post(MESSAGES, content=chunks(), headers=_auth(token))
    _is_problem(response, 413, "large-request")


@pytest.mark.parametrize("text", [None, 7, ["a"], {"a": 1}, True])
async def test_a_text_of_the_wrong_type_is_told_so(client: httpx.AsyncClient, token: str, text: Any) -> None:
    _is_problem(await _say(client, token, text), 422, "bad-request")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b'{"words": "a"}', b'{"text": "a", "more": 1}'])
async def test_a_body_of_the_wrong_shape_is_told_so(client: httpx.AsyncClient, token: str, body: bytes) -> None:
    response = await client.post(MESSAGES, content=body, headers={**_auth(token), "content-type": "application/json"})
    _is_problem(response, 422, "bad-request")


@pytest.mark.parametrize("body", [b'{"text": "\xff\xfe"}', b"\xff\xfe\x00", b'{"text": "\xc3\x28"}'])
async def test_broken_utf_8_is_told_so(client: httpx.AsyncClient, token: str, body: bytes) -> None:
    response = await client.post(MESSAGES, content=body, headers={**_auth(token), "content-type": "application/json"})
    assert response.status_code in (400, 422)
    assert response.headers["content-type"].startswith("application/problem+json")


async def test_a_lone_surrogate_is_taken_out(client: httpx.AsyncClient, token: str) -> None:
    response = await client.post(
        MESSAGES, content=b'{"text": "what is a plan \\ud800"}', headers={**_auth(token), "content-type": "application/json"}
    )
    assert response.status_code == 200


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "Bearer " + "a" * 300])
async def test_a_call_without_a_token_is_told_so(client: httpx.AsyncClient, header: str | None) -> None:
    headers = {} if header is None else {"authorization": header}
    _is_problem(await client.post(MESSAGES, json={"text": "hi"}, headers=headers), 401, "missing-token")
    _is_problem(await client.delete(URL, headers=headers), 401, "missing-token")


async def test_a_token_that_nobody_gave_out_is_told_so(client: httpx.AsyncClient) -> None:
    response = await _say(client, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "hi")
    _is_problem(response, 404, "no-such-conversation")
    assert response.headers["www-authenticate"] == "Bearer"


async def test_a_second_message_under_way_is_told_to_wait_and_nothing_is_lost(client: httpx.AsyncClient, token: str) -> None:
    both = await asyncio.gather(_say(client, token, "what is a plan"), _say(client, token, "what is a core group"))
    codes = sorted(response.status_code for response in both)
    assert codes == [200, 409]
    refused = next(response for response in both if response.status_code == 409)
    _is_problem(refused, 409, "busy")
    assert refused.headers["retry-after"] == "1"
    assert (await _say(client, token, "why")).json()["topics"]


async def test_an_error_repeats_nothing_of_what_was_sent(client: httpx.AsyncClient, token: str) -> None:
    canary = "zanzibar-lighthouse"
    for body in ({"text": canary * 1000}, {"words": canary}, {"text": [canary]}):
        response = await client.post(MESSAGES, json=body, headers=_auth(token))
        assert canary not in response.text


@pytest.mark.parametrize(("method", "path", "status"), [("GET", URL, 405), ("GET", "/nothing", 404), ("PUT", MESSAGES, 405)])
async def test_a_wrong_address_is_told_so(client: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    response = await client.request(method, path)
    assert response.status_code == status
    assert response.headers["content-type"].startswith("application/problem+json")


async def test_rasas_rest_channel_speaks_as_rasa_does(client: httpx.AsyncClient) -> None:
    response = await client.post("/webhooks/rest/webhook", json={"sender": "me", "message": "what is a core group?"})
    assert response.status_code == 200
    messages = response.json()
    assert all(message["recipient_id"] == "me" for message in messages)
    assert messages[0]["text"]
    assert set(messages[0]["buttons"][0]) == {"title", "payload"}
    assert messages[1]["custom"]["topics"] == ["core_group"]
    follow = await client.post("/webhooks/rest/webhook", json={"sender": "me", "message": "why"})
    assert follow.json()[1]["custom"]["topics"] == ["core_group"]
    assert (await client.get("/webhooks/rest/")).json() == {"status": "ok"}


@pytest.mark.parametrize("unnamed", [{}, {"sender": ""}, {"sender": None}])
async def test_whoever_sends_no_sender_gets_a_conversation_that_nobody_else_has(
    client: httpx.AsyncClient, unnamed: dict[str, str | None]
) -> None:
    hook = "/webhooks/rest/webhook"
    first = (await client.post(hook, json={**unnamed, "message": "what is a core group?"})).json()
    second = (await client.post(hook, json={**unnamed, "message": "why"})).json()
    (one,), (another,) = ({message["recipient_id"] for message in messages} for messages in (first, second))
    assert one != another
    assert min(len(one), len(another)) >= 43
    assert first[1]["custom"]["topics"] == ["core_group"]
    assert second[1]["custom"]["topics"] == []
    own = (await client.post(hook, json={"sender": one, "message": "why"})).json()
    assert own[1]["custom"]["topics"] == ["core_group"]


async def test_rasas_rest_channel_streams_lines(client: httpx.AsyncClient) -> None:
    response = await client.post("/webhooks/rest/webhook?stream=true", json={"sender": "me2", "message": "what is a plan?"})
    assert len(response.text.strip().splitlines()) >= 2
