"""Real servers that tests start and stop: Redis, and Handrail itself as `python -m api` runs it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parent.parent


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RedisServer:
    """A redis-server of its own with its files in `folder`; it can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("redis-server")
        assert program, "redis-server is missing: make services"
        self.folder, self.port, self._program = folder, free_port(), program
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Starts it, and waits until it answers. What was saved is loaded again."""
        options = {
            "port": self.port,
            "dir": self.folder,
            "rdbcompression": "no",
            "appendonly": "yes",
            "logfile": "redis.log",
            "loglevel": "debug",
        }
        command = [self._program, *(str(part) for name, value in options.items() for part in (f"--{name}", value))]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            if self._answers():
                return
            time.sleep(0.05)
        raise AssertionError("redis-server did not start")

    def stop(self) -> None:
        """Kills it at once."""
        if self._process:
            self._process.kill()
            self._process.wait(timeout=10)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=0.5) as line:
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False


class Server:
    """Handrail in a process of its own, watched: its output, the files that it writes, the addresses that it calls."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.notes = folder / "watched.txt"
        own = {"HOME": str(folder), "TMPDIR": str(folder), "PORT": str(self.port), "WATCH_LOG": str(self.notes)}
        self._output = (folder / "output.txt").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests" / "watched_server.py")], cwd=ROOT, env={**os.environ, **own, **environment},
            stdout=self._output, stderr=self._output, start_new_session=True,
        )  # fmt: skip

    def wait_until(self, path: str) -> None:
        """Waits until `path` answers with success."""
        for _ in range(900):
            assert self.process.poll() is None, (self.folder / "output.txt").read_text(errors="replace")[-2000:]
            try:
                with urllib.request.urlopen(self.url + path, timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"{path} never answered")

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Ends it with that signal."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, how)
            self.process.wait(timeout=20)
        self._output.close()
