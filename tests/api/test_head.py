"""Monitors and link checkers ask with HEAD: everything that can be got answers it, and sends no body."""

from __future__ import annotations

from typing import Any

import pytest

from api.app import create_app
from api.settings import Settings


async def _asked(method: str, path: str) -> tuple[int, dict[bytes, bytes], bytes]:
    """Status, headers and body as the application sends them: httpx would drop the body of an answer to HEAD itself."""
    scope: dict[str, Any] = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"",
        "headers": [(b"host", b"handrail.test")], "scheme": "http", "server": ("handrail.test", 80), "client": ("127.0.0.1", 1),
        "http_version": "1.1",
    }  # fmt: skip
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await create_app(Settings(database=""))(scope, receive, send)
    assert scope["method"] == method
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(message["body"] for message in sent[1:])


@pytest.mark.parametrize(
    "path", ["/", "/health/live", "/health/ready", "/topics", "/lines", "/widget.js", "/docs", "/openapi.json", "/nothing"]
)
async def test_head_says_what_get_says_without_the_body(path: str) -> None:
    status, headers, body = await _asked("HEAD", path)
    assert body == b""
    got_status, got_headers, got_body = await _asked("GET", path)
    assert status == got_status
    assert set(headers) == set(got_headers)
    assert headers[b"content-length"] == got_headers[b"content-length"] == str(len(got_body)).encode()
    assert status == {"/health/ready": 503, "/nothing": 404}.get(path, 200)


async def test_what_is_only_posted_to_still_refuses_head() -> None:
    assert (await _asked("HEAD", "/api/conversations/messages"))[0] == 405
