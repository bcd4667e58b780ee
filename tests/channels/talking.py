"""Somebody who talks over socket.io as Rasa's clients do, packet by packet, by long polling or by WebSocket."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Protocol

import httpx
import websockets

PATH = "/socket.io/"
_PATIENCE = 20.0
_BETWEEN = "\x1e"


class Line(Protocol):
    """What carries packets of Engine.IO's fourth version."""

    async def send(self, packet: str) -> None:
        """Sends one."""

    async def read(self) -> list[str]:
        """Waits for the next, one or more."""

    async def close(self) -> None:
        """Says goodbye."""


class Polling:
    """Packets by requests; `http` may reach a server or an application in this process."""

    def __init__(self, http: httpx.AsyncClient, **headers: str) -> None:
        self._http, self._headers, self.sid = http, headers, ""

    async def get(self) -> httpx.Response:
        """One poll; the first opens the line."""
        sid = {"sid": self.sid} if self.sid else {}
        return await self._http.get(PATH, params={"EIO": "4", "transport": "polling", **sid}, headers=self._headers)

    async def post(self, body: str | bytes) -> httpx.Response:
        """Posts packets as they are."""
        params = {"EIO": "4", "transport": "polling", "sid": self.sid}
        return await self._http.post(PATH, params=params, content=body, headers=self._headers)

    async def send(self, packet: str) -> None:
        answer = await self.post(packet)
        assert answer.status_code == 200, answer.status_code

    async def read(self) -> list[str]:
        answer = await self.get()
        assert answer.status_code == 200, answer.status_code
        packets = answer.text.split(_BETWEEN)
        if not self.sid:
            self.sid = json.loads(packets[0][1:])["sid"]
        return packets

    async def close(self) -> None:
        await self.send("1")


class WebSocket:
    """Packets by frames."""

    def __init__(self, url: str) -> None:
        self._url = url.replace("http", "ws", 1) + PATH + "?EIO=4&transport=websocket"
        self._socket: Any = None

    async def send(self, packet: str) -> None:
        await self._socket.send(packet)

    async def read(self) -> list[str]:
        if self._socket is None:
            self._socket = await websockets.connect(self._url)
        return [str(await self._socket.recv())]

    async def close(self) -> None:
        await self._socket.close()


class Talker:
    """One connection to the channel; `session` is sent with every message once `begin` has asked for one."""

    def __init__(self, line: Line) -> None:
        self.line, self.session = line, None
        self._came: list[Any] = []

    async def __aenter__(self) -> Talker:
        await self.line.read()
        await self.line.send("40")
        while not any(packet.startswith("40") for packet in await self.line.read()):
            pass
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.line.close()

    async def begin(self, session: str | None = None) -> str:
        """Asks for a session, under an id that is known already where one is given."""
        await self.emit("session_request", {"session_id": session})
        self.session = await self.next("session_confirm")
        assert isinstance(self.session, str)
        return self.session

    async def say(self, message: object, answers: int = 1) -> list[dict[str, Any]]:
        """So many answers to a message."""
        await self.emit("user_uttered", {"message": message, "customData": {}, "session_id": self.session})
        return [await self.next("bot_uttered") for _ in range(answers)]

    async def emit(self, event: str, data: object) -> None:
        """Sends an event."""
        await self.line.send("42" + json.dumps([event, data]))

    async def next(self, event: str) -> Any:
        """What the next event of that name brings."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                for place, (name, data) in enumerate(self._came):
                    if name == event:
                        del self._came[place]
                        return data
                for packet in await self.line.read():
                    if packet.startswith("42"):
                        self._came.append(json.loads(packet[2:]))
                    elif packet == "2":
                        await self.line.send("3")


def over(url: str, transport: str) -> Talker:
    """Somebody who talks to the server at that address by `polling` or by `websocket`."""
    if transport == "websocket":
        return Talker(WebSocket(url))
    return Talker(Polling(httpx.AsyncClient(base_url=url, timeout=60)))
