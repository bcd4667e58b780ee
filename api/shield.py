"""Innermost layer, under the headers for other websites: a limit on every body, and a readable problem for every crash."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem, problem_response
from api.sent import FORM, keep_beginning
from bot.events import Event, Sparing, kind_of, place_of


class Shield:
    """Plain ASGI, so that it costs a turn next to nothing. `answer` makes the response to a problem: a page or its details.

    It lies under the layer that lets other websites read a response, so that the element can read these too.
    """

    def __init__(self, app: ASGIApp, largest_body: int, answer: Callable[[Request, Problem], Awaitable[Response]]) -> None:
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
            limited = await self._limited(scope, receive)
            # Nobody is left to hear an answer, and half a message must not be taken for a whole one.
            if limited is not None:
                await self._app(scope, limited, watched_send)
        except Exception as error:
            if not isinstance(error, Problem):
                self._failed.tell(error=kind_of(error), place=place_of(error.__traceback__))
            if not begun:
                response = await self._response(scope, error)
                await response(scope, receive, send)

    async def _response(self, scope: Scope, error: Exception) -> Response:
        problem = error if isinstance(error, Problem) else Problem("server_error")
        try:
            return await self._answer(Request(scope), problem)
        except Exception:
            # The page itself may be what is broken.
            return problem_response(problem)

    async def _limited(self, scope: Scope, receive: Receive) -> Receive | None:
        """Bodies that announce their length are refused by it; the others are read here, up to the limit. None for one that
        breaks off."""
        headers = dict(scope["headers"])
        announced = headers.get(b"content-length")
        if announced is not None and announced.isdigit() and int(announced) <= self._largest:
            return receive
        if announced is None and scope["method"] in ("GET", "OPTIONS"):
            return receive
        is_form = headers.get(b"content-type", b"").startswith(FORM.encode())
        if announced is not None and not is_form:
            raise Problem("large_request")
        body, more = b"", True
        while more and len(body) <= self._largest:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if announced is not None or len(body) > self._largest:
            if is_form:
                keep_beginning(scope, body[: self._largest])
            raise Problem("large_request")
        kept: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return kept.pop() if kept else await receive()

        return replay
