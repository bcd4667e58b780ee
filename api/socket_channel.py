"""Rasa's socket.io channel, for chat windows made for Rasa; loaded only where a setting asks for it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter
from socketio import AsyncServer, packet
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from api.limits import Limit
from api.problems import Problem, problem_words
from api.sender_turns import forget_sender, take_sender_turn
from api.state import State, address_of, is_over
from bot.memory import new_token
from content.library import Library

PATH = "/socket.io"

router = APIRouter()


@router.get("/webhooks/socketio/")
async def socket_health() -> dict[str, str]:
    """Rasa's own answer at this address."""
    return {"status": "ok"}


_LONGEST_NAME = 256
_MOST_SOURCES = 6


class _WordsOnly(packet.Packet):  # type: ignore[misc]
    """A packet without binary parts: nobody here sends any, and whoever announced many would fill the memory."""

    def decode(self, encoded_packet: Any) -> int:
        """The number of binary parts, which is 0; raises ValueError for a packet that announces some."""
        if super().decode(encoded_packet):
            raise ValueError("binary")
        return 0


class SocketChannel:
    """An ASGI application for PATH that speaks as Rasa's channel does: `user_uttered` in, `bot_uttered` out.

    Without persistence a conversation belongs to its connection, and is forgotten with it. With it, it belongs to the
    session id that the client names, and is forgotten when idle. Either way the reply goes to the connection that asked
    and to no other, so that whoever guesses a session id does not overhear what is said under it.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._origins = frozenset(state.settings.allowed_origins)
        self._persistent = state.settings.socket_persistence
        # Names of conversations without persistence, by connection.
        self._own: dict[str, str] = {}
        # What these packages log holds messages, ids and addresses. A logger that is in no register cannot be opened again
        # by whoever sets logging up later, as uvicorn does.
        silent = logging.Logger("silent", logging.CRITICAL + 1)
        self._server = AsyncServer(
            async_mode="asgi", logger=silent, engineio_logger=silent, serializer=_WordsOnly,
            # One after the other, so that a person's messages are answered in their order.
            async_handlers=False,
            # Who may call is looked at here, and the headers are the application's own.
            cors_allowed_origins=[], cors_credentials=False,
            max_http_buffer_size=state.settings.largest_body,
            transports=["polling", "websocket"] if state.settings.socket_polling else ["websocket"],
        )  # fmt: skip
        self._server.on("session_request", self._session_request)
        self._server.on("user_uttered", self._user_uttered)
        self._server.on("disconnect", self._disconnect)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = await self._problem(scope)
        if problem is None:
            await self._server.handle_request(scope, receive, send)
            self._let_go(_line(scope))
        elif scope["type"] == "http":
            raise problem
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    async def close(self) -> None:
        """Stops what watches the connections."""
        with contextlib.suppress(Exception):
            await self._server.shutdown()

    @property
    def held(self) -> int:
        """How many connections there are, and what belongs to them."""
        server = self._server
        rooms = sum(len(members) for rooms in server.manager.rooms.values() for members in rooms.values())
        return len(self._own) + len(server.environ) + len(server.eio.sockets) + rooms

    def _let_go(self, line: str | None) -> None:
        """Engine.IO keeps a line that was closed, with what was not fetched, until its watch comes round in some seconds."""
        held = self._server.eio.sockets.get(line)
        if held is not None and held.closed:
            self._server.eio.sockets.pop(line, None)

    async def _problem(self, scope: Scope) -> Problem | None:
        sent = {name: value.decode("latin-1") for name, value in scope["headers"]}
        origin = sent.get(b"origin")
        own = origin is None or origin.partition("://")[2] == sent.get(b"host")
        if not own and origin not in self._origins:
            return Problem("other_website")
        if _line(scope) is None:
            return await _too_many(self._state.starts, scope)
        return None

    async def _session_request(self, connection: str, data: object = None) -> None:
        """The client asks under which id it goes on; one that has none gets one that cannot be guessed."""
        await self._server.emit("session_confirm", _named(data) or new_token(), to=connection)

    async def _user_uttered(self, connection: str, data: object = None) -> None:
        for message in await self._replies(connection, data):
            await self._server.emit("bot_uttered", message, to=connection)

    async def _replies(self, connection: str, data: object) -> list[dict[str, Any]]:
        state = self._state
        sender = (_named(data) if self._persistent else None) or self._own.setdefault(connection, new_token())
        text = data.get("message") if isinstance(data, Mapping) else None
        scope = self._server.get_environ(connection)["asgi.scope"]
        try:
            problem = await _too_many(state.messages, scope)
            if problem and not self._shows_danger(text, scope):
                raise problem
            if text is not None and not isinstance(text, str):
                raise Problem("bad_request")
            return shown(await take_sender_turn(state, sender, text or "", "socket"), state.library)
        except Problem as problem:
            return [_said(problem)]
        except Exception:
            return [_said(Problem("server_error"))]

    def _shows_danger(self, text: object, scope: Scope) -> bool:
        """Whether a message over the limit is let through; what is looked at for that has a limit of its own."""
        if not isinstance(text, str) or self._state.looks.wait(address_of(HTTPConnection(scope))):
            return False
        return bool(self._state.net.dangers(text))

    async def _disconnect(self, connection: str, *_: object) -> None:
        sender = self._own.pop(connection, None)
        if sender is not None:
            # Where it cannot be forgotten now, its idle time ends it: nobody knows its name any more.
            with contextlib.suppress(Problem):
                await forget_sender(self._state, sender)


def shown(messages: list[dict[str, Any]], library: Library) -> list[dict[str, Any]]:
    """Messages of Rasa's REST channel as its socket.io channel gives them: `text`, and `quick_replies` where there are some.

    Chat windows look at the very keys of a message, and show nothing of one that carries more. So what is meant for
    programs stays out, but for the sources of an answer, which are put under its words.
    """
    said: list[dict[str, Any]] = []
    for message in messages:
        if message.get("text"):
            replies = [{"content_type": "text", **button} for button in message.get("buttons") or ()]
            said.append({"text": message["text"], **({"quick_replies": replies} if replies else {})})
        sources = (message.get("custom") or {}).get("sources")
        if sources and said:
            said[-1]["text"] = f"{said[-1]['text']}\n\n{_source_lines(sources, library)}"
    return said


def _source_lines(sources: list[Mapping[str, Any]], library: Library) -> str:
    lines = (
        f"- [{_plain(source['title'])}]({source['url']})" if source.get("url") else f"- {_plain(source['title'])}"
        for source in sources[:_MOST_SOURCES]
    )
    return "\n".join([library.say("sources"), *lines])


def _plain(title: str) -> str:
    return title.replace("[", "(").replace("]", ")")


def _said(problem: Problem) -> dict[str, Any]:
    words = problem_words(problem)
    return {"text": f"{words['title']} {words['detail']}"}


def _named(data: object) -> str | None:
    """The session id that a client names, if it can be one."""
    name = data.get("session_id") if isinstance(data, Mapping) else None
    return name if isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME else None


def _line(scope: Scope) -> str | None:
    """Engine.IO's name for the connection, which only the request that opens one lacks."""
    named = parse_qs(scope["query_string"]).get(b"sid")
    return named[0].decode("latin-1") if named else None


async def _too_many(limit: Limit, scope: Scope) -> Problem | None:
    seconds = await is_over(limit, HTTPConnection(scope))
    return Problem("too_many", retry_after=seconds, seconds=seconds) if seconds else None
