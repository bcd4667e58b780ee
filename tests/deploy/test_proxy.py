"""The proxy as it is deployed: a real nginx over the deployed configuration, before a real Handrail."""

from __future__ import annotations

import http.client
import http.server
import json
import re
import threading
from collections.abc import Iterator

import engineio
import pytest
import websockets

from api.settings import Settings
from bench.services import Server, free_port
from deploy.down_page import FOLDER, files
from tests.channels.talking import Talker, WebSocket
from tests.deploy.proxy import CONFIGURATION, Proxy

CANARY = "zanzibar-lighthouse-4471"
LARGEST = Settings.model_fields["largest_body"].default


@pytest.fixture(scope="module")
def handrail(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With everything open that the proxy has to close, and chat windows made for Rasa let in as the compose file does it."""
    channels = {"HANDRAIL_REST_CHANNEL": "true", "HANDRAIL_SOCKET_CHANNEL": "true", "HANDRAIL_SOCKET_POLLING": "false"}
    server = Server(tmp_path_factory.mktemp("handrail"), **channels)
    server.wait_until("/health/ready", tries=3000)
    yield server
    server.kill()


@pytest.fixture(scope="module")
def proxy(handrail: Server) -> Iterator[Proxy]:
    proxy = Proxy(handrail.port)
    yield proxy
    proxy.close()


@pytest.fixture
def alone() -> Iterator[Proxy]:
    """Before nobody."""
    proxy = Proxy(free_port())
    yield proxy
    proxy.close()


class _Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({name.lower(): value for name, value in self.headers.items()}).encode())

    def log_message(self, *_: object) -> None:
        """Nothing is said."""


@pytest.fixture
def echoed() -> Iterator[Proxy]:
    """Before a server that says which headers it was sent."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    proxy = Proxy(server.server_address[1])
    yield proxy
    proxy.close()
    server.shutdown()


class _OverTls(WebSocket):
    def __init__(self, proxy: Proxy) -> None:
        super().__init__(f"https://localhost:{proxy.port}")
        self._trusted = proxy.trusted

    async def read(self) -> list[str]:
        if self._socket is None:
            self._socket = await websockets.connect(self._url, ssl=self._trusted)
        return await super().read()


def _message(proxy: Proxy, token: str, body: bytes) -> tuple[int, str, str]:
    response = proxy.ask(
        "POST", "/api/conversations/messages", body, {"authorization": f"Bearer {token}", "content-type": "application/json"}
    )
    return response.status, response.text, response.headers["content-type"]  # type: ignore[attr-defined]


def _token(proxy: Proxy) -> str:
    started = proxy.ask("POST", "/api/conversations")
    assert started.status == 201
    token: str = json.loads(started.text)["token"]  # type: ignore[attr-defined]
    return token


@pytest.mark.parametrize("path", ["/", "/health/live", "/health/ready", "/widget.js", "/widget.css", "/topics", "/staff/sign-in"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_people_need_comes_through_tls(proxy: Proxy, method: str, path: str) -> None:
    response = proxy.ask(method, path)
    assert response.status == 200
    assert "strict-transport-security" not in response.headers
    assert response.headers["referrer-policy"] == "no-referrer"


def test_a_chat_goes_through_tls_and_can_be_deleted(proxy: Proxy) -> None:
    token = _token(proxy)
    status, text, _ = _message(proxy, token, b'{"text": "what is a core group"}')
    assert status == 200
    assert json.loads(text)["topics"] == ["core_group"]
    deleted = proxy.ask("DELETE", "/api/conversations", headers={"authorization": f"Bearer {token}"})
    assert deleted.status == 200
    assert _message(proxy, token, b'{"text": "why"}')[0] == 404


async def test_a_chat_window_made_for_rasa_speaks_websocket_through_the_proxy(proxy: Proxy) -> None:
    async with Talker(_OverTls(proxy)) as talker:
        await talker.begin()
        (answer, *_) = await talker.say("what is a core group")
    assert "core group" in answer["text"]


def test_nothing_but_the_chat_windows_address_becomes_a_websocket(echoed: Proxy) -> None:
    asked = {"upgrade": "websocket", "connection": "Upgrade"}
    seen = json.loads(echoed.ask("GET", "/socket.io/?EIO=4", headers=asked).text)  # type: ignore[attr-defined]
    assert (seen["upgrade"], seen["connection"]) == ("websocket", "upgrade")
    for path in ("/", "/api/conversations", "/staff", "/socket.iox"):
        seen = json.loads(echoed.ask("GET", path, headers=asked).text)  # type: ignore[attr-defined]
        assert not {"upgrade", "connection"} & set(seen)


def test_a_line_on_which_nobody_says_anything_outlives_its_signs_of_life() -> None:
    part = CONFIGURATION.read_text(encoding="utf-8").split("location /socket.io/")[1]
    seconds = re.search(r"proxy_read_timeout (\d+)s;", part)
    assert seconds
    assert int(seconds[1]) > 2 * engineio.AsyncServer().ping_interval


def test_containers_that_do_not_listen_yet_are_passed_over(handrail: Server) -> None:
    proxy = Proxy(free_port(), free_port(), handrail.port, handrail.port)
    try:
        assert [proxy.ask("POST", "/api/conversations").status for _ in range(8)] == [201] * 8
    finally:
        proxy.close()


@pytest.mark.parametrize(
    "path",
    [
        "/metrics", "/metrics/", "/metrics?x=1", "//metrics", "/%6detrics", "/topics/../metrics", "/./metrics",
        "/webhooks/rest/webhook", "/webhooks/rest/", "//webhooks/rest/", "/%77ebhooks/rest/", "/topics/..%2fwebhooks/rest/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_metrics_and_webhooks_cannot_be_reached_from_outside(proxy: Proxy, method: str, path: str) -> None:
    body = b'{"sender": "x", "message": "what is a core group"}' if method == "POST" else None
    response = proxy.ask(method, path, body, {"content-type": "application/json"})
    assert response.status in (400, 404, 405)
    assert not re.search("handrail_|core group|Core group", response.text)  # type: ignore[attr-defined]


def test_they_are_there_inside(handrail: Server) -> None:
    handrail.wait_until("/metrics")
    handrail.wait_until("/webhooks/rest/")


def test_an_ordinary_visit_leaves_no_line_in_the_log(proxy: Proxy) -> None:
    before = proxy.log.read_bytes()
    proxy.ask("GET", "/topics/core_group")
    _message(proxy, _token(proxy), b'{"text": "what is a core group"}')
    assert proxy.log.read_bytes() == before


def _asked_wrongly(proxy: Proxy) -> list[str]:
    """The lines that the log has after requests that fail, each full of a word."""
    headers = {
        "user-agent": CANARY,
        "referer": f"https://{CANARY}.example/",
        "x-forwarded-for": "203.0.113.9",
        "cookie": f"a={CANARY}",
    }
    asked = [
        ("GET", f"/{CANARY}?chat={CANARY}", None), ("GET", f"/leave/{CANARY}", None), ("POST", f"/api/{CANARY}", CANARY.encode()),
        ("POST", "/api/conversations/messages", CANARY.encode()), ("ZANZIBAR", "/", None), ("POST", "/", CANARY.encode() * 4000),
        ("GET", f"/{CANARY * 600}", None),
    ]  # fmt: skip
    for method, path, body in asked:
        proxy.ask(method, path, body, headers)
    return proxy.log.read_text().splitlines()


def _says_nothing_about_anybody(lines: list[str]) -> None:
    assert len(lines) >= 6
    for line in lines:
        assert re.fullmatch(r"\S+T\S+ (chat|desk|health|page) (GET|POST|DELETE|HEAD|OPTIONS|other) [45]\d\d [0-9.]+", line), line


def test_the_log_holds_no_address_no_path_no_query_and_no_word(proxy: Proxy) -> None:
    _says_nothing_about_anybody(_asked_wrongly(proxy))


def test_a_fault_of_handrail_brings_no_address_and_no_word_into_the_log(alone: Proxy) -> None:
    _says_nothing_about_anybody(_asked_wrongly(alone))


@pytest.mark.parametrize("path", ["/", "/apis", "/topics/core_group"])
def test_the_phone_numbers_come_when_no_handrail_answers(alone: Proxy, path: str) -> None:
    response = alone.ask("GET", path)
    assert response.status == 503
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    for number in ("tel:999", "tel:08088010366"):
        assert number in response.text  # type: ignore[attr-defined]


def _tells_scripts(response: http.client.HTTPResponse, status: int) -> None:
    assert response.status == status
    assert response.headers["content-type"].startswith("application/problem+json")
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["cache-control"] == "no-store"
    problem = json.loads(response.text)  # type: ignore[attr-defined]
    assert problem["status"] == status
    assert "999" in problem["detail"]


def test_scripts_of_any_website_can_read_what_the_proxy_says_when_no_handrail_answers(alone: Proxy) -> None:
    response = alone.ask("POST", "/api/conversations", headers={"origin": "https://charity.example"})
    _tells_scripts(response, 503)
    assert response.headers["retry-after"] == "30"
    assert response.headers["access-control-expose-headers"] == "Retry-After"


def test_what_the_proxy_says_is_made_of_todays_content() -> None:
    for name, text in files().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, "python -m deploy.down_page"


@pytest.mark.parametrize("name", ["down.html", "down.json", "large.html", "large.json"])
def test_what_the_proxy_says_has_no_address_of_its_own(proxy: Proxy, name: str) -> None:
    assert proxy.ask("GET", f"/{name}").status == 404


@pytest.mark.parametrize("length", [LARGEST, 65_536])
def test_the_largest_body_passes_though_the_proxy_can_write_no_file(proxy: Proxy, length: int) -> None:
    assert {path.name for path in proxy.stores} >= {"body", "proxy"}
    frame = b'{"text": "%s"}'
    body = frame % (b"x" * (length - len(frame) + 2))
    assert len(body) == length
    status, text, kind = _message(proxy, _token(proxy), body)
    assert status == (422 if length <= LARGEST else 413)
    # The words are Handrail's own.
    assert kind.startswith("application/problem+json")
    assert json.loads(text)["title"]


def test_a_body_without_a_length_passes_in_the_same_way(proxy: Proxy) -> None:
    token = _token(proxy)
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json", "transfer-encoding": "chunked"}
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (b'{"text": "what is a core group', b" " * 30_000, b'"}'))
    response = proxy.ask("POST", "/api/conversations/messages", pieces + b"0\r\n\r\n", headers)
    assert response.status == 422


def test_a_body_that_is_far_too_large_stops_at_the_proxy(proxy: Proxy) -> None:
    body = b"x" * 65_537
    _tells_scripts(proxy.ask("POST", "/api/conversations/messages", body, {"origin": "https://charity.example"}), 413)
    page = proxy.ask("POST", "/", body)
    assert page.status == 413
    assert "retry-after" not in page.headers
    assert "tel:999" in page.text  # type: ignore[attr-defined]


def test_no_file_of_a_body_or_an_answer_is_left(proxy: Proxy) -> None:
    assert len(proxy.ask("GET", "/widget.js").text) > 20_000  # type: ignore[attr-defined]
    assert [path for store in proxy.stores for path in store.rglob("*") if path.is_file()] == []


def test_a_visitor_cannot_say_who_they_are(echoed: Proxy) -> None:
    lies = ("x-forwarded-for", "x-real-ip", "forwarded", "x-forwarded-host")
    headers = dict.fromkeys(lies, "203.0.113.9") | {"x-forwarded-proto": "http"}
    seen = json.loads(echoed.ask("GET", "/", headers=headers).text)  # type: ignore[attr-defined]
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert seen["x-forwarded-proto"] == "https"
    assert "203.0.113.9" not in json.dumps(seen)
    assert seen["host"] == f"localhost:{echoed.port}"


def test_plain_http_only_shows_the_way_to_tls(alone: Proxy) -> None:
    response = alone.ask("GET", "/topics", plain=True)
    assert response.status == 308
    assert response.headers["location"] == "https://127.0.0.1/topics"
