"""Handrail in a process of its own, as `python -m api` runs it, for what measures or pictures it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
_PATIENCE = 120.0


@dataclass(frozen=True)
class Served:
    """A running server: its address, its process, and the seconds from its start until it was ready."""

    url: str
    pid: int
    ready: float


@contextmanager
def served(**environment: str) -> Iterator[Served]:
    """Starts a server on a free port, waits until it is ready, and ends it. Raises TimeoutError when it never is."""
    port = _free_port()
    url, began = f"http://127.0.0.1:{port}", time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "api"], cwd=ROOT, env={**os.environ, "PORT": str(port), **environment},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait(process, url)
        yield Served(url, process.pid, time.perf_counter() - began)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/health/ready", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the server did not become ready")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
