"""A small application for gunicorn that counts in memory which its workers share, with the calls that api.metrics asks for."""

from __future__ import annotations

import os
from typing import Any

from api.metrics import CONTENT_TYPE, Metrics

metrics = Metrics(["core_group"])
preload_app = True
accesslog = None
under_way: list[Any] = []


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    path = scope["path"]
    if path == "/turn":
        metrics.turn("answered", True, ["core_group"], 0.03, "api")
    elif path == "/hang":
        under_way.append(metrics.under_way())
        under_way[-1].__enter__()
    body = metrics.exposition() if path == "/metrics" else str(os.getpid()).encode()
    headers = [(b"content-type", CONTENT_TYPE.encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def pre_fork(server: Any, worker: Any) -> None:
    worker.place = metrics.new_worker()


def post_fork(server: Any, worker: Any) -> None:
    metrics.become_worker(worker.place)
    metrics.ready(1.0)


def child_exit(server: Any, worker: Any) -> None:
    metrics.worker_ended(worker.place)
