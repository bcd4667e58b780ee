"""Faults of those who call: senders and readers that dawdle, a flood from one place, connections that say nothing."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

from bench.faults.processes import lines

_FLOOD_FROM = "127.9.9.9"
_DAWDLERS_FROM = "127.8.8.8"
_HEAD = b"POST /api/conversations/messages HTTP/1.1\r\nhost: handrail\r\n"


def address(url: str) -> tuple[str, int]:
    """Host and port of `url`."""
    host, _, port = url.removeprefix("http://").partition(":")
    return host, int(port)


def _line(url: str, source: str, receives: int | None = None) -> socket.socket:
    line = socket.socket()
    if receives:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
    line.bind((source, 0))
    line.settimeout(10)
    line.connect(address(url))
    return line


class Dawdlers:
    """Clients that open lines and make them last. `close` lets go; `left` counts the lines that the server still holds."""

    def __init__(self, opened: list[socket.socket], drip: Callable[[socket.socket], None] | None) -> None:
        self._lines, self._drip = opened, drip
        self._server = opened[0].getpeername()[1]
        self._ports = {line.getsockname()[1] for line in opened}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dawdle", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while self._drip and not self._over.wait(0.2):
            for line in self._lines:
                with contextlib.suppress(OSError):
                    self._drip(line)

    def left(self) -> int:
        """How many of the lines are still open at the server's end."""
        return sum(place == _DAWDLERS_FROM and port in self._ports for place, port in lines(self._server))

    def wait_until_left(self, most: int, patience: float) -> int:
        """Waits until the server holds no more than so many; how many it holds."""
        until = time.monotonic() + patience
        while (left := self.left()) > most and time.monotonic() < until:
            time.sleep(0.1)
        return left

    def close(self) -> None:
        """Ends them."""
        self._over.set()
        self._thread.join(timeout=10)
        for line in self._lines:
            line.close()


def slow_headers(url: str, number: int) -> Dawdlers:
    """Headers that come a byte at a time and have no end."""
    opened = [_line(url, _DAWDLERS_FROM) for _ in range(number)]
    for line in opened:
        line.sendall(_HEAD + b"x-slow: ")
    return Dawdlers(opened, lambda line: line.sendall(b"a"))


def slow_bodies(url: str, number: int) -> Dawdlers:
    """A body that was announced and comes a byte at a time."""
    opened = [_line(url, _DAWDLERS_FROM) for _ in range(number)]
    for line in opened:
        line.sendall(_HEAD + b'content-type: application/json\r\ncontent-length: 30000\r\n\r\n{"text": "')
    return Dawdlers(opened, lambda line: line.sendall(b"a"))


def slow_readers(url: str, number: int, path: str = "/widget.js") -> Dawdlers:
    """Clients that ask for a file again and again, and read nothing of it."""
    ask = f"GET {path} HTTP/1.1\r\nhost: handrail\r\n\r\n".encode() * 400
    opened = [_line(url, _DAWDLERS_FROM, receives=2048) for _ in range(number)]
    for line in opened:
        line.sendall(ask)
    return Dawdlers(opened, None)


def idle(url: str, number: int) -> Dawdlers:
    """Lines that are opened and never say a word."""
    return Dawdlers([_line(url, _DAWDLERS_FROM) for _ in range(number)], None)


@contextlib.contextmanager
def flood(url: str, threads: int = 6) -> Iterator[Counter[str]]:
    """As many messages as can be sent from one address; what came back, by status, counted in what is given."""
    over, came = threading.Event(), Counter[str]()
    token = _token(url)

    def send() -> None:
        body = json.dumps({"text": "what is a core group"})
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        while not over.is_set():
            line = http.client.HTTPConnection(*address(url), timeout=10, source_address=(_FLOOD_FROM, 0))
            try:
                for _ in range(50):
                    if over.is_set():
                        break
                    line.request("POST", "/api/conversations/messages", body, headers)
                    answer = line.getresponse()
                    answer.read()
                    came[str(answer.status)] += 1
            except (OSError, http.client.HTTPException):
                came["line broken"] += 1
            finally:
                line.close()

    crowd = [threading.Thread(target=send, daemon=True) for _ in range(threads)]
    for one in crowd:
        one.start()
    try:
        yield came
    finally:
        over.set()
        for one in crowd:
            one.join(timeout=15)


def refused_with_help(url: str) -> bool:
    """Whether a danger that is refused for the flood of its address is still told where help is."""
    line = http.client.HTTPConnection(*address(url), timeout=10, source_address=(_FLOOD_FROM, 0))
    try:
        headers = {"authorization": f"Bearer {_token(url)}", "content-type": "application/json"}
        for _ in range(2000):
            line.request("POST", "/api/conversations/messages", json.dumps({"text": "he is hitting me right now"}), headers)
            answer = line.getresponse()
            said = answer.read()
            if answer.status == 429:
                return b"999" in said
            if answer.status == 200 and b'"safety"' not in said:
                return False
        return True
    finally:
        line.close()


def _token(url: str) -> str:
    line = http.client.HTTPConnection(*address(url), timeout=20)
    try:
        line.request("POST", "/api/conversations")
        return str(json.loads(line.getresponse().read())["token"])
    finally:
        line.close()
