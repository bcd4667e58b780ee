"""Servers in processes of their own, for what measures or pictures them: Handrail as `python -m api` runs it, or any command."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
_PATIENCE = 900.0


@dataclass(frozen=True)
class Served:
    """A running server: its address, the session of its processes, and the seconds from its start until it was ready."""

    url: str
    session: int
    ready: float


@contextmanager
def served(folder: Path = ROOT, **environment: str) -> Iterator[Served]:
    """Starts Handrail on a free port, waits until it is ready, and ends it. Raises TimeoutError when it never is.

    `folder` is the project to serve; this one unless given.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-W", "ignore", "-m", "api"]
    with running(command, f"{url}/health/ready", folder, PORT=str(port), **environment) as (session, ready):
        yield Served(url, session, ready)


@contextmanager
def running(command: Sequence[str], answers: str, folder: Path = ROOT, **environment: str) -> Iterator[tuple[int, float]]:
    """Runs the command in a session of its own until `answers` does so with success; gives the session and those seconds."""
    began = time.perf_counter()
    with started(command, folder, **environment) as process:
        wait(process, answers)
        yield process.pid, time.perf_counter() - began


@contextmanager
def started(command: Sequence[str], folder: Path = ROOT, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Starts the command in a session of its own, and ends every process of it."""
    process = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        _end(process)


def wait(process: subprocess.Popen[bytes], answers: str) -> None:
    """Waits until the address answers with success. Raises TimeoutError when it never does, or the process has ended."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(answers, timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError("the server did not become ready")


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=20)
