"""Outermost layer: strict headers on every response, a limit on every body, a readable problem for every crash, HEAD like GET."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem, problem_response
from bot.events import Event, Sparing, kind_of, place_of


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

    def __init__(self, app: ASGIApp, largest_body: int, extra: Iterable[tuple[bytes, bytes]]) -> None:
        self._app = app
        self._largest = largest_body
        self._extra = list(extra)
        self._failed = Sparing(Event.REQUEST_FAILED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # The routes name GET alone. A copy, because the server looks at its own to know that no body may follow.
        bodiless = scope["method"] == "HEAD"
        if bodiless:
            scope = {**scope, "method": "GET"}
        begun = False

        async def guarded_send(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message["headers"] = [*message["headers"], *self._added(message["headers"])]
            elif bodiless and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            await self._app(scope, await self._limited(scope, receive), guarded_send)
        except Problem as problem:
            if not begun:
                await problem_response(problem)(scope, receive, guarded_send)
        except Exception as error:
            self._failed.tell(error=kind_of(error), place=place_of(error.__traceback__))
            if not begun:
                await problem_response(Problem("server_error"))(scope, receive, guarded_send)

    def _added(self, existing: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        names = {name for name, _ in existing}
        # A response with a policy of its own says there who may frame it.
        own = b"content-security-policy" in names
        added = [row for row in self._extra if row[0] not in names and not (own and row[0] == b"x-frame-options")]
        return added if b"cache-control" in names else [*added, (b"cache-control", b"no-store")]

    async def _limited(self, scope: Scope, receive: Receive) -> Receive:
        """Bodies that announce their length are refused by it; the others are read here, up to the limit."""
        announced = dict(scope["headers"]).get(b"content-length")
        if announced is not None:
            if not announced.isdigit() or int(announced) > self._largest:
                raise Problem("large_request")
            return receive
        if scope["method"] in ("GET", "OPTIONS"):
            return receive
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._largest:
                raise Problem("large_request")
        kept: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return kept.pop() if kept else await receive()

        return replay
