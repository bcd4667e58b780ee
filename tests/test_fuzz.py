"""No message and no request, however strange, ends in a server error. `make audit` does the same 100,000 times."""

from __future__ import annotations

import asyncio

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from api.app import create_app
from api.settings import Settings
from bench.fuzz import body, texts
from bot.engine import Engine

STRANGE = settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.large_base_example]
)
MANY = {"messages_a_minute": 10**9, "starts_a_minute": 10**9}
KNOWN = {200, 400, 413, 422}


async def test_no_message_ends_in_a_server_error(engine: Engine) -> None:
    app = create_app(Settings(rest_channel=True, socket_channel=True, **MANY), engine=engine)

    async def say(text: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://handrail.test") as client:
            token = (await client.post("/api/conversations")).json()["token"]
            headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
            return await client.post("/api/conversations/messages", content=body(text), headers=headers)

    @STRANGE
    @given(texts)
    def holds(text: str) -> None:
        answer = asyncio.run(say(text))
        assert answer.status_code in KNOWN
        # A part that breaks is answered all the same, and says so by its outcome.
        assert not answer.json().get("outcome", "").startswith("error_")

    await asyncio.to_thread(holds)


@pytest.mark.parametrize("path", ["/api/conversations/messages", "/webhooks/rest/webhook", "/", "/check", "/leave"])
async def test_no_bytes_end_in_a_server_error(client: httpx.AsyncClient, path: str) -> None:
    for content in (
        b"",
        b"\xff\xfe\x00",
        b"{" * 9000,
        b'{"text": 1}',
        b"[]",
        b"null",
        b'"' + b"\xed\xa0\x80" * 9 + b'"',
        b"a=%ff%00&text=%ed%a0%80",
    ):
        for kind in ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", ""):
            response = await client.post(path, content=content, headers={"content-type": kind})
            assert response.status_code < 500, (path, content[:20], kind)


def test_requests_made_from_the_openapi_document_end_in_no_server_error(engine: Engine) -> None:
    app = create_app(Settings(rest_channel=True, socket_channel=True, **MANY), engine=engine)
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations = list(schema.get_all_operations())
    assert len(operations) >= 8
    for operation in operations:

        @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(case=operation.ok().as_strategy())
        def holds(case: schemathesis.Case) -> None:
            assert case.call().status_code < 500, case

        holds()
