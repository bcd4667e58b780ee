"""Innermost layer, under the headers for other websites: a limit on every body, and a readable problem for every crash."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem, problem_response
from bot.events import Event, Sparing, kind_of, place_of


class Shield:
    """Plain ASGI, so that it costs a turn next to nothing. `answer` makes the response to a problem: a page or its details.

    It lies under the layer that lets other websites read a response, so that the element can read these too.
    """

    def __init__(self, app: ASGIApp, largest_body: int, answer: Callable[[Request, Problem], Response]) -> None:
        self._app = app
        self._largest = largest_body
        self._answer = answer
        self._failed = Sparing(Event.REQUEST_FAILED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def watched_send(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, await self._limited(scope, receive), watched_send)
        except Exception as error:
            if not isinstance(error, Problem):
                self._failed.tell(error=kind_of(error), place=place_of(error.__traceback__))
            if not begun:
                await self._response(scope, error)(scope, receive, send)

    def _response(self, scope: Scope, error: Exception) -> Response:
        problem = error if isinstance(error, Problem) else Problem("server_error")
        try:
            return self._answer(Request(scope), problem)
        except Exception:
            # The page itself may be what is broken.
            return problem_response(problem)

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
