"""Real servers that tests and measurements start and stop: Redis, PostgreSQL, a collector of traces, and Handrail itself."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg2

from bench.serving import ROOT, free_port

__all__ = ["ROOT", "Collector", "PostgresServer", "RedisServer", "Server", "free_port"]


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


class PostgresServer:
    """A PostgreSQL cluster of its own on loopback; it can be stopped and started again, and `close` removes its files."""

    def __init__(self) -> None:
        # PostgreSQL refuses to run as root, and pytest's own folders admit nobody else.
        self._user: str | None = "postgres" if os.geteuid() == 0 else None
        self.folder, self.port = Path(tempfile.mkdtemp(prefix="handrail-postgres-", dir="/tmp")), free_port()
        if self._user:
            shutil.chown(self.folder, self._user, self._user)
        self._process: subprocess.Popen[bytes] | None = None
        self._run("initdb", "--username=handrail", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        self.start()

    @property
    def url(self) -> str:
        """The address of the database that every cluster has."""
        return self._url("postgres")

    def new_database(self) -> str:
        """Makes an empty database and gives its address."""
        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_database")
            name = f"desk{cursor.fetchone()[0]}"
            cursor.execute(f"CREATE DATABASE {name}")
        connection.close()
        return self._url(name)

    def start(self) -> None:
        """Starts it, and waits until it answers. What was written before is there again."""
        options = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [_postgres("postgres"), "-D", str(self._data), *(f"--{name}={value}" for name, value in options.items())],
                user=self._user, group=self._user, cwd="/", stdout=log, stderr=log,
            )  # fmt: skip
        for _ in range(400):
            if self._answers():
                return
            time.sleep(0.05)
        raise AssertionError((self.folder / "server.log").read_text(errors="replace")[-2000:])

    def stop(self) -> None:
        """Ends it at once, whatever it is doing."""
        if self._process:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=20)

    def close(self) -> None:
        """Stops it and removes its files."""
        self.stop()
        shutil.rmtree(self.folder)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _url(self, database: str) -> str:
        return f"postgresql://handrail@127.0.0.1:{self.port}/{database}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [_postgres(program), "-D", str(self._data), *arguments]
        done = subprocess.run(command, user=self._user, group=self._user, cwd="/", capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def _answers(self) -> bool:
        try:
            psycopg2.connect(self.url, connect_timeout=1).close()
        except psycopg2.OperationalError:
            return False
        return True


def _postgres(program: str) -> str:
    # Debian keeps the server's programs outside of PATH, one folder for each version.
    homes = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: float(path.parts[-3]))
    found = str(homes[-1]) if homes else shutil.which(program)
    assert found, f"PostgreSQL's {program} is missing: make services"
    return found


class Collector:
    """Takes traces as OTLP over HTTP, and writes down everything that comes: headers and bodies. It can be stopped."""

    def __init__(self, folder: Path) -> None:
        self.received = folder / "collector.txt"
        self.received.touch()
        received = self.received

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                with received.open("ab") as file:
                    file.write(f"{self.path}\n{self.headers}".encode() + body + b"\n")
                self.send_response(200)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def spans(self) -> list[dict[str, Any]]:
        """Every span that came."""
        bodies = [json.loads(line) for line in self.received.read_text(encoding="utf-8").splitlines() if line.startswith("{")]
        scopes = [scope for body in bodies for resource in body["resourceSpans"] for scope in resource["scopeSpans"]]
        return [span for scope in scopes for span in scope["spans"]]

    def wait_for(self, name: str, least: int = 1) -> list[dict[str, Any]]:
        """The spans of that name, once there are so many."""
        for _ in range(600):
            found = [span for span in self.spans() if span["name"] == name]
            if len(found) >= least:
                return found
            time.sleep(0.1)
        raise AssertionError(f"{name} came {len(found)} times")

    def stop(self) -> None:
        """Ends it: whoever calls finds nobody."""
        self._server.shutdown()
        self._server.server_close()


class Server:
    """Handrail in a process of its own, watched: its output, the files that it writes, the addresses that it calls."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.notes = folder / "watched.txt"
        own = {"HOME": str(folder), "TMPDIR": str(folder), "PORT": str(self.port), "WATCH_LOG": str(self.notes)}
        own["HANDRAIL_DATABASE"] = self.database = environment.get("HANDRAIL_DATABASE", f"sqlite:///{folder / 'desk.db'}")
        self._output = (folder / "output.txt").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests" / "watched_server.py")], cwd=ROOT, env={**os.environ, **own, **environment},
            stdout=self._output, stderr=self._output, start_new_session=True,
        )  # fmt: skip

    def wait_until(self, path: str, tries: int = 3000) -> None:
        """Waits until `path` answers with success, a tenth of a second between tries."""
        for _ in range(tries):
            assert self.process.poll() is None, (self.folder / "output.txt").read_text(errors="replace")[-2000:]
            try:
                with urllib.request.urlopen(self.url + path, timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"{path} never answered")

    def wait_for_desk(self) -> None:
        """Waits until the desk's store is open."""
        for _ in range(300):
            said = (self.folder / "output.txt").read_text(errors="replace")
            if "The desk is open." in said or '"event": "desk_open"' in said:
                return
            time.sleep(0.1)
        raise AssertionError((self.folder / "output.txt").read_text(errors="replace")[-2000:])

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Ends it with that signal."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, how)
            self.process.wait(timeout=20)
        self._output.close()
