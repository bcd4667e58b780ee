"""What HTTP asks of an answer beside its words: its status, its headers, and an end where the client has gone."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request

from api.app import create_app
from api.desk.door import same_origin
from api.problems import Problem
from api.settings import Settings

MESSAGES = "/api/conversations/messages"


def _client(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://handrail.test")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/conversations", {"POST", "DELETE"}),
        (MESSAGES, {"POST"}),
        ("/", {"GET", "HEAD", "POST"}),
        ("/health/live", {"GET", "HEAD"}),
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
async def test_a_method_that_is_not_there_is_told_with_those_that_are(path: str, allowed: set[str], accept: str) -> None:
    async with _client(create_app(Settings())) as client:
        response = await client.request("PUT", path, headers={"accept": accept})
    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == allowed


async def test_whoever_brings_no_token_is_told_which_kind_is_asked_for() -> None:
    async with _client(create_app(Settings(metrics_token="secret"))) as client:
        answers = [await client.post(MESSAGES, json={"text": "hi"}), await client.get("/metrics")]
    for answer in answers:
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("status", [406, 415, 501])
async def test_another_status_stays_as_it_is_with_its_headers(status: int) -> None:
    app = create_app(Settings())

    @app.get("/other")
    async def other() -> None:
        raise HTTPException(status, headers={"x-more": "1"})

    async with _client(app) as client:
        for accept in ("application/json", "text/html"):
            response = await client.get("/other", headers={"accept": accept})
            assert (response.status_code, response.headers["x-more"]) == (status, "1")


@pytest.mark.parametrize("origin", ["http://[", "http://]", "https://elsewhere.example", "http://handrail.test:99"])
def test_a_form_whose_origin_is_another_or_none_is_taken_for_forged(origin: str) -> None:
    headers = [(b"host", b"handrail.test"), (b"origin", origin.encode())]
    with pytest.raises(Problem) as raised:
        same_origin(Request({"type": "http", "method": "POST", "path": "/staff/sign-in", "headers": headers}))
    assert raised.value.kind == "staff_forged"


async def test_a_body_that_breaks_off_is_not_taken_for_a_whole_one(monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(Settings())
    coming: list[dict[str, Any]] = [
        {"type": "http.request", "body": b'{"text": "what is a core group"}', "more_body": True},
        {"type": "http.disconnect"},
    ]
    headers = [(b"content-type", b"application/json"), (b"authorization", b"Bearer x"), (b"transfer-encoding", b"chunked")]
    scope = {
        "type": "http", "method": "POST", "path": MESSAGES, "raw_path": MESSAGES.encode(), "query_string": b"",
        "headers": headers, "client": ("203.0.113.9", 1), "server": ("handrail.test", 80), "scheme": "http", "root_path": "",
        "http_version": "1.1", "asgi": {"version": "3.0"},
    }  # fmt: skip
    sent = []

    async def receive() -> dict[str, Any]:
        return coming.pop(0) if coming else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    assert sent == []
    assert (
        'handrail_turns_total{channel="api",outcome="error_engine",urgent="false"} 0'
        in app.state.handrail.metrics.exposition().decode()
    )
