"""The least HTTP/1.1 client that measures a chat: one connection kept alive, no checks, so that it costs almost nothing."""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import Any, Protocol
from urllib.parse import urlsplit

Call = tuple[str, str, bytes, str | None]


class Line:
    """One connection, opened when it is first needed and again when the server has closed it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(self, call: Call) -> tuple[int, bytes]:
        """The status and the body that came back. Raises OSError where the server cannot be reached."""
        used = self._streams is not None
        try:
            return await self._exchange(call)
        except (asyncio.IncompleteReadError, ConnectionError):
            await self.close()
            if not used:
                raise
            return await self._exchange(call)

    async def close(self) -> None:
        """Gives the connection up."""
        if self._streams:
            self._streams[1].close()
            self._streams = None

    async def _exchange(self, call: Call) -> tuple[int, bytes]:
        method, path, body, token = call
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, limit=2**20)
        reader, writer = self._streams
        authorization = f"authorization: Bearer {token}\r\n" if token else ""
        head = f"{method} {path} HTTP/1.1\r\nhost: {self._host}\r\ncontent-type: application/json\r\n{authorization}"
        writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode("ascii") + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(answer.split(" ", 2)[1])
        fields = dict(line.split(": ", 1) for line in answer.split("\r\n")[1:] if ": " in line)
        if fields.get("transfer-encoding") == "chunked":
            said = await _chunks(reader)
        else:
            said = await reader.readexactly(int(fields.get("content-length", "0")))
        if fields.get("connection") == "close":
            await self.close()
        return status, said


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    found = b""
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        found += (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
    return found


class Chat(Protocol):
    """A way to speak to a chat."""

    async def open(self, line: Line) -> str:
        """A new conversation's name."""

    def say(self, conversation: str, text: str) -> Call:
        """The request that says `text`."""

    def is_whole(self, status: int, said: bytes) -> bool:
        """Whether it is an answer, and not a refusal or the words for a fault."""


class Handrail:
    """The chat as Handrail speaks it over HTTP."""

    async def open(self, line: Line) -> str:
        """A new conversation's token."""
        status, said = await line.call(("POST", "/api/conversations", b"", None))
        if status != 201:
            raise OSError(f"no conversation came: {status}")
        return str(json.loads(said)["token"])

    def say(self, conversation: str, text: str) -> Call:
        """The request that says `text`."""
        return "POST", "/api/conversations/messages", json.dumps({"text": text}).encode(), conversation

    def is_whole(self, status: int, said: bytes) -> bool:
        """Whether it is an answer, and not a refusal or the words for a fault."""
        return status == 200 and not _outcome(json.loads(said)).startswith("error")


class Rasa:
    """The chat as Rasa's REST channel speaks it."""

    async def open(self, line: Line) -> str:
        """A new sender."""
        return secrets.token_hex(8)

    def say(self, conversation: str, text: str) -> Call:
        """The request that says `text`."""
        return "POST", "/webhooks/rest/webhook", json.dumps({"sender": conversation, "message": text}).encode(), None

    def is_whole(self, status: int, said: bytes) -> bool:
        """Whether anything was said."""
        return status == 200 and bool(json.loads(said))


class Page:
    """Nothing but one page, asked for over and over; the message is its path."""

    async def open(self, line: Line) -> str:
        """A page knows no conversations."""
        return ""

    def say(self, conversation: str, text: str) -> Call:
        """The request for the page."""
        return "GET", text, b"", None

    def is_whole(self, status: int, said: bytes) -> bool:
        """Whether the page came."""
        return status == 200


CHATS: dict[str, Chat] = {"handrail": Handrail(), "rasa": Rasa(), "page": Page()}


def _outcome(turn: dict[str, Any]) -> str:
    return "" if turn["urgent"] else str(turn["outcome"])
