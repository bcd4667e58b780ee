"""A whole house for the faults: Redis, PostgreSQL, and Handrail as `python -m api` in processes that can be killed one by one."""

from __future__ import annotations

import base64
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from bench.services import ROOT, PostgresServer, RedisServer, free_port

_PATIENCE = 600.0
# With PostgreSQL the desk opens only with a key that was given.
_KEY = {"HANDRAIL_DESK_KEY": base64.b64encode(bytes(range(32))).decode()}


class Guide:
    """Handrail in processes of its own, with its files in `folder`."""

    def __init__(self, folder: Path, *, workers: int = 1, before: Callable[[], None] | None = None, **environment: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.port, self.workers = folder, free_port(), workers
        self.url = f"http://127.0.0.1:{self.port}"
        own = {"HOME": str(folder), "TMPDIR": str(folder), "PORT": str(self.port), "PYTHONUNBUFFERED": "1"}
        if self.workers > 1:
            own["HANDRAIL_WORKERS"] = str(self.workers)
        self._environment = {**os.environ, **_KEY, **own, **environment}
        self._before = before
        self._keeping = threading.Event()
        self._groups: list[int] = []
        self.process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        with (self.folder / "output.txt").open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "api"], cwd=ROOT, env=self._environment, preexec_fn=self._before,
                stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        self._groups.append(process.pid)
        return process

    @property
    def output(self) -> str:
        """What it has written so far."""
        return (self.folder / "output.txt").read_text(encoding="utf-8", errors="replace")

    def wait_until(self, path: str = "/health/ready", patience: float = _PATIENCE) -> float:
        """Waits until `path` answers with success; the seconds that it took. Raises AssertionError with the output."""
        began = time.monotonic()
        while time.monotonic() - began < patience:
            assert self._keeping.is_set() or self.process.poll() is None, self.output[-2000:]
            try:
                with urllib.request.urlopen(self.url + path, timeout=5):
                    return time.monotonic() - began
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"{path} never answered\n{self.output[-2000:]}")

    def pids(self) -> list[int]:
        """The processes that answer: the workers, or the one process where there are none."""
        if self.workers == 1:
            return [self.process.pid]
        try:
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        except OSError:
            return []
        return [int(child) for child in children]

    def kill_worker(self) -> int:
        """Kills one of the processes that answer, at once; its id."""
        pid = self.pids()[0]
        os.kill(pid, signal.SIGKILL)
        return pid

    def keep(self) -> None:
        """Starts it again whenever it dies, as a service manager does. Needed only where there is no master to replace a worker."""
        self._keeping.set()

        def watch() -> None:
            while self._keeping.is_set():
                if self.process.poll() is not None and self._keeping.is_set():
                    self.process = self._started()
                time.sleep(0.05)

        threading.Thread(target=watch, name="keeper", daemon=True).start()

    def wait_until_alone(self, patience: float = 120) -> None:
        """Waits until nobody of an earlier start is left and a new master is ready. Raises AssertionError."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            if self.process.poll() is None and set(self._listeners()) <= {self.process.pid, *self.pids()}:
                self.wait_until(patience=patience)
                return
            time.sleep(0.1)
        raise AssertionError(f"somebody of an earlier start still holds the port\n{self.output[-2000:]}")

    def _listeners(self) -> list[int]:
        """Every process that was started with this folder as its home and still runs."""
        mark, found = f"HOME={self.folder}\0".encode(), []
        for path in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if mark in path.read_bytes():
                    found.append(int(path.parent.name))
        return found

    def end(self, how: signal.Signals = signal.SIGTERM, patience: float = 60) -> float:
        """Sends the signal to the first process and waits until it is gone; the seconds. Raises subprocess.TimeoutExpired."""
        self._keeping.clear()
        began = time.monotonic()
        self.process.send_signal(how)
        try:
            self.process.wait(timeout=patience)
        finally:
            self._reap()
        return time.monotonic() - began

    def close(self) -> None:
        """Ends whatever is left of it."""
        self._keeping.clear()
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=20)
        self._reap()

    def _reap(self) -> None:
        for group in self._groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        self.process.wait(timeout=20)


class House:
    """Redis, PostgreSQL and one guide over them; further guides share the same stores. `close` ends everything.

    `place` is where the first guide writes; `HANDRAIL_DATABASE` puts another desk in the place of PostgreSQL.
    """

    def __init__(self, folder: Path, *, workers: int = 2, place: Path | None = None, **environment: str) -> None:
        self.folder, self._workers, self._environment = folder, workers, environment
        (folder / "redis").mkdir(parents=True, exist_ok=True)
        self.redis = RedisServer(folder / "redis")
        self._postgres = None if "HANDRAIL_DATABASE" in environment else PostgresServer()
        self.database = self._postgres.new_database() if self._postgres else environment["HANDRAIL_DATABASE"]
        self._guides: list[Guide] = []
        self.guide = self.another(place)

    @property
    def postgres(self) -> PostgresServer:
        """The desk's server."""
        assert self._postgres
        return self._postgres

    def another(self, place: Path | None = None, **environment: str) -> Guide:
        """One more guide beside the others, over the same Redis and PostgreSQL."""
        shared = {"HANDRAIL_REDIS": self.redis.url, "HANDRAIL_DATABASE": self.database}
        folder = place or self.folder / f"guide{len(self._guides)}"
        guide = Guide(folder, workers=self._workers, before=None, **{**shared, **self._environment, **environment})
        self._guides.append(guide)
        return guide

    def door(self) -> str:
        """Where visitors are led just now."""
        return self.guide.url

    def close(self) -> None:
        """Ends every process and removes the cluster."""
        for guide in self._guides:
            guide.close()
        self.redis.stop()
        if self._postgres:
            self._postgres.close()
