"""Outermost layer: strict headers on every response, HEAD like GET."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send


def policy(exit_address: str, frame_ancestors: str = "'none'") -> str:
    """The content security policy. `form-action` names the exit because leaving is a form that is then sent there."""
    exit_origin = "/".join(exit_address.split("/")[:3])
    return (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
        f"form-action 'self' {exit_origin}; base-uri 'none'; frame-ancestors {frame_ancestors}"
    )


def headers(exit_address: str) -> list[tuple[bytes, bytes]]:
    """What every response carries."""
    rows = {
        "content-security-policy": policy(exit_address),
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
        "x-robots-tag": "noindex",
    }
    return [(name.encode(), value.encode()) for name, value in rows.items()]


class Guard:
    """Plain ASGI, so that it costs a turn next to nothing."""

    def __init__(self, app: ASGIApp, extra: Iterable[tuple[bytes, bytes]]) -> None:
        self._app = app
        self._extra = list(extra)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # The routes name GET alone. A copy, because the server looks at its own to know that no body may follow.
        bodiless = scope["method"] == "HEAD"
        if bodiless:
            scope = {**scope, "method": "GET"}

        async def guarded_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._added(message["headers"])]
            elif bodiless and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app(scope, receive, guarded_send)

    def _added(self, existing: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        names = {name for name, _ in existing}
        # A response with a policy of its own says there who may frame it.
        own = b"content-security-policy" in names
        added = [row for row in self._extra if row[0] not in names and not (own and row[0] == b"x-frame-options")]
        return added if b"cache-control" in names else [*added, (b"cache-control", b"no-store")]
