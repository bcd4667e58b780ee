"""Clients that other people made for Rasa, unchanged, against a real server: Tiledesk's connector, Botium, `rasa shell`."""

from __future__ import annotations

import json
import os
import pty
import queue
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.services import ROOT, Server, free_port
from content.library import Library

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
DANGER, CALM, FOLLOW_UP = "he is hitting me right now", "what is a core group", "why"
# Botium would tell its makers of each use.
NODE = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "BOTIUM_ANALYTICS": "false"}
_PATIENCE = 120.0


@dataclass
class Tiledesk:
    """What stands in for Tiledesk: it takes the messages that a connector sends for a person."""

    url: str = ""
    messages: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)

    def next(self) -> dict[str, Any]:
        """The next message."""
        return self.messages.get(timeout=_PATIENCE)


@pytest.fixture(scope="module")
def tiledesk() -> Iterator[Tiledesk]:
    stand_in = Tiledesk()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])) or b"{}")
            if self.path.endswith("/messages"):
                stand_in.messages.put({"path": self.path, **body})
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_PATCH = do_PUT = do_POST

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand_in.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield stand_in
    server.shutdown()


@pytest.fixture(scope="module")
def connector(packages: Path, plain: Server, tiledesk: Tiledesk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Tiledesk's connector, between the stand-in and the server."""
    port, output = free_port(), tmp_path_factory.mktemp("tiledesk") / "output.txt"
    places = {"PORT": str(port), "API_ENDPOINT": tiledesk.url, "serverUrl": f"{plain.url}/webhooks/rest/webhook"}
    with output.open("wb") as file:
        process = subprocess.Popen(["node", "tiledesk.js"], cwd=HERE, env={**NODE, **places}, stdout=file, stderr=file)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url, process, output)
        yield url
    finally:
        process.kill()
        process.wait(timeout=20)


def _wait_for(url: str, process: subprocess.Popen[bytes], output: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, output.read_text(errors="replace")[-2000:]
        try:
            httpx.get(url, timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(output.read_text(errors="replace")[-2000:])


def _post(connector: str, text: str, request: str) -> None:
    """What Tiledesk posts to a bot when somebody writes."""
    payload = {"text": text, "id_project": "project", "request": {"request_id": request, "lead": {"_id": "lead"}}}
    body = {"payload": payload, "token": "JWT none", "hook": {"_id": "bot", "name": "Handrail"}}
    assert httpx.post(f"{connector}/rasabot", json=body, timeout=60).status_code == 200


def test_tiledesks_connector_brings_the_answer_with_its_buttons_and_goes_on(
    connector: str, tiledesk: Tiledesk, library: Library
) -> None:
    topic = library.topics["core_group"]
    _post(connector, CALM, "support-group-one")
    answer = tiledesk.next()
    assert answer["path"] == "/project/requests/support-group-one/messages"
    assert answer["text"].startswith(topic.short.strip())
    buttons = answer["attributes"]["attachment"]["buttons"]
    assert [button["action"] for button in buttons] == [library.topics[next_].question for next_ in topic.next]
    _post(connector, FOLLOW_UP, "support-group-one")
    why = tiledesk.next()
    while not why.get("text"):
        why = tiledesk.next()
    assert why["text"].startswith(topic.follow["why"].strip())


def test_tiledesks_connector_brings_danger_words_first(connector: str, tiledesk: Tiledesk) -> None:
    _post(connector, DANGER, "support-group-two")
    first = tiledesk.next()
    while first["path"] != "/project/requests/support-group-two/messages":
        first = tiledesk.next()
    assert "999" in first["text"]


def test_botiums_driver_has_a_conversation(packages: Path, plain: Server, library: Library) -> None:
    command = ["node", "botium.js", plain.url, CALM, FOLLOW_UP, DANGER]
    done = subprocess.run(command, cwd=HERE, env=NODE, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    answer, why, safety = json.loads(done.stdout.splitlines()[-1])
    topic = library.topics["core_group"]
    assert answer["text"].startswith(topic.short.strip())
    assert answer["buttons"] == [library.topics[next_].question for next_ in topic.next]
    assert why["text"].startswith(topic.follow["why"].strip())
    assert "999" in safety["text"]


def test_rasa_shell_talks_to_the_server(plain: Server, library: Library) -> None:
    """`rasa shell` starts a server of its own, and then talks to `localhost` at that port, whatever interface it chose.

    On another loopback address with our port, its own server stays unasked and the stock command talks to ours.
    """
    before = _rest_turns(plain)
    keys, screen = pty.openpty()
    command = [BIN / "rasa", "shell", "--interface", "127.0.0.2", "--port", str(plain.port), "--model", "models/handrail.tar.gz"]
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "TERM": "xterm", "COLUMNS": "200", "LINES": "50"}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=screen, stdout=screen, stderr=screen, start_new_session=True
    )
    os.close(screen)
    try:
        _read_until(keys, r"Your input ->")
        os.write(keys, f"{CALM}\r".encode())
        seen = _read_until(keys, r'"core_group"[\s\S]*Your input ->')
        assert " ".join(library.topics["core_group"].short.split())[:60] in " ".join(seen.split())
        os.write(keys, b"/stop\r")
        _read_until(keys, None)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=20)
        os.close(keys)
    assert _rest_turns(plain) == before + 1


def _rest_turns(server: Server) -> float:
    rows = httpx.get(f"{server.url}/metrics", timeout=30).text.splitlines()
    return sum(float(row.split()[-1]) for row in rows if row.startswith("handrail_turns_total") and 'channel="rest"' in row)


def _read_until(keys: int, pattern: str | None) -> str:
    """What the terminal shows until the pattern is there; None for until the program ends."""
    seen, until = "", time.monotonic() + _PATIENCE * 2
    while time.monotonic() < until:
        if not select.select([keys], [], [], 1)[0]:
            continue
        try:
            came = os.read(keys, 65_536)
        except OSError:
            came = b""
        if not came:
            break
        if b"\x1b[6n" in came:
            # The prompt asks the terminal where its cursor stands.
            os.write(keys, b"\x1b[1;1R")
        seen = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen + came.decode(errors="replace"))
        if pattern and re.search(pattern, seen):
            return seen
    assert pattern is None, seen[-2000:]
    return seen
