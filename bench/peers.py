"""The chats that are measured side by side: Handrail, and stock Rasa with our model and with its own default pipeline."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.joined import join
from bench.outside import Chat
from bench.serving import ROOT, free_port, served, started, wait

MODEL = ROOT / "models" / "handrail.tar.gz"
DEFAULT = ROOT / "models" / "few" / "few-rasa-default.tar.gz"
NAMES = {
    "handrail": "Handrail",
    "stock": "stock Rasa, same model",
    "default": "stock Rasa, default pipeline",
}
_UNLIMITED = {"HANDRAIL_MESSAGES_A_MINUTE": "100000000", "HANDRAIL_STARTS_A_MINUTE": "100000000"}
_FIRST = "what is a core group"


@dataclass(frozen=True)
class Peer:
    """A running chat. `chat` is how it is spoken to (`bench.wire`), `sessions` are its processes.

    `ready` is seconds from its start until it said that it is ready, `first_answer` until it had answered a message.
    """

    name: str
    chat: str
    url: str
    sessions: tuple[int, ...]
    ready: float
    first_answer: float


@contextmanager
def handrail(place: Path, folder: Path = ROOT, **environment: str) -> Iterator[Peer]:
    """Handrail over HTTP. Its desk's database lies in `place`; `folder` is the project to serve."""
    database = f"sqlite:///{place / f'{secrets.token_hex(4)}.db'}"
    began = time.perf_counter()
    with served(folder, HANDRAIL_DATABASE=database, **_UNLIMITED, **environment) as server:
        _answered(Chat(server.url, [], rasa=False))
        yield Peer(NAMES["handrail"], "handrail", server.url, (server.session,), server.ready, time.perf_counter() - began)


@contextmanager
def stock(name: str, model: Path, place: Path) -> Iterator[Peer]:
    """`rasa run` beside `rasa run actions` with that model, our actions and our endpoints."""
    rasa, actions = free_port(), free_port()
    endpoints = place / f"endpoints-{actions}.yml"
    endpoints.write_text(f'action_endpoint:\n  url: "http://127.0.0.1:{actions}/webhook"\n', encoding="utf-8")
    program = str(Path(sys.executable).parent / "rasa")
    url, began = f"http://127.0.0.1:{rasa}", time.perf_counter()
    serve = ["run", "--model", str(model), "--interface", "127.0.0.1", "--port", str(rasa), "--endpoints", str(endpoints)]
    act = [program, "run", "actions", "--port", str(actions)]
    with started([program, *serve]) as server, started(act) as actor:
        wait(server, f"{url}/webhooks/rest/")
        wait(actor, f"http://127.0.0.1:{actions}/health")
        ready = time.perf_counter() - began
        _answered(Chat(f"{url}/webhooks/rest/webhook", [], rasa=True))
        yield Peer(name, "rasa", url, (server.pid, actor.pid), ready, time.perf_counter() - began)


@contextmanager
def peer(key: str, place: Path) -> Iterator[Peer]:
    """One of NAMES, started."""
    if key == "handrail":
        with handrail(place) as found:
            yield found
    elif key == "stock":
        with stock(NAMES[key], MODEL, place) as found:
            yield found
    else:
        with stock(NAMES[key], whole_default(place), place) as found:
            yield found


def whole_default(place: Path) -> Path:
    """A model whose understanding is Rasa's default pipeline and whose dialogue is ours."""
    model = place / "default.tar.gz"
    if not model.exists():
        join(DEFAULT, MODEL, model)
    return model


def _answered(chat: Chat, patience: float = 900.0) -> None:
    """Waits until a message gets an answer."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        with suppress(OSError):
            if chat.ask(_FIRST).text:
                return
        time.sleep(0.05)
    raise TimeoutError("no message was answered")
