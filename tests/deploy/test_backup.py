"""Backup and restore word for word as docs/deploying.md has them, at a real PostgreSQL that asks for its password."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import yaml

from bench.services import ROOT, free_port

PASSWORD = "seven-green-ladders"
GUIDE = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8").split("## Backup")[1].split("\n## ")[0]
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
_INSIDE = "docker compose -f deploy/compose.yaml exec -T postgres "


class _Postgres:
    """Made with the options of the compose file, and reached by its socket alone, as from inside the container."""

    def __init__(self) -> None:
        user = "postgres" if os.geteuid() == 0 else None
        # PostgreSQL refuses to run as root, and pytest's own folders admit nobody else.
        self.folder, self.port = Path(tempfile.mkdtemp(prefix="handrail-backup-", dir="/tmp")), free_port()
        (self.folder / "password").write_text(PASSWORD)
        if user:
            for path in (self.folder, self.folder / "password"):
                shutil.chown(path, user, user)
        self.folder.chmod(0o755)
        homes = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parts[-2]))
        self.path = ":".join([*(str(home) for home in homes[-1:]), os.environ["PATH"]])
        given = {"user": user, "group": user, "cwd": "/", "env": {"PATH": self.path, "LC_ALL": "C.UTF-8"}}
        options = COMPOSE["services"]["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split()
        data = ["-D", str(self.folder / "data")]
        made = subprocess.run(
            ["initdb", *data, "--username=handrail", f"--pwfile={self.folder / 'password'}", "--no-sync", *options],
            capture_output=True, text=True, check=False, **given,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        socket = [f"--port={self.port}", "--listen_addresses=", f"--unix_socket_directories={self.folder}", "--fsync=off"]
        self.process = subprocess.Popen(["postgres", *data, *socket], stderr=subprocess.DEVNULL, **given)
        for _ in range(400):
            try:
                self.ask("CREATE DATABASE handrail", database="postgres")
            except psycopg2.OperationalError:
                assert self.process.poll() is None
                time.sleep(0.05)
            else:
                return
        raise AssertionError("PostgreSQL did not start")

    def ask(self, statement: str, database: str = "handrail") -> list[Any]:
        connection = psycopg2.connect(host=str(self.folder), port=self.port, user="handrail", password=PASSWORD, dbname=database)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
        connection.close()
        return rows

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)
        shutil.rmtree(self.folder)


@pytest.fixture
def postgres() -> Iterator[_Postgres]:
    server = _Postgres()
    yield server
    server.close()


def _told(program: str, dump: Path) -> str:
    """The line of the guide that runs the program, with the lines before it that set the shell up."""
    (line,) = [line for line in GUIDE.splitlines() if line.startswith(_INSIDE) and program in line]
    before = [each for each in GUIDE.splitlines() if each.startswith("set ")]
    line = line.removeprefix(_INSIDE).replace("age -r KEY", "cat")
    return "\n".join([*before, re.sub(r'([<>]) (".*"|\S+\.dump)$', rf"\1 {dump}", line)])


def _run(postgres: _Postgres, script: str, password: str = PASSWORD) -> int:
    """Without a terminal, so that nothing can ask for a password."""
    inside = {"PATH": postgres.path, "PGHOST": str(postgres.folder), "PGPORT": str(postgres.port), "POSTGRES_PASSWORD": password}
    return subprocess.run(
        ["bash", "-c", script], env=inside, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, check=False
    ).returncode


def test_what_was_backed_up_can_be_restored(postgres: _Postgres, tmp_path: Path) -> None:
    postgres.ask("CREATE TABLE kept (word text)")
    postgres.ask("INSERT INTO kept VALUES ('lighthouse')")
    assert _run(postgres, _told("pg_dump", tmp_path / "desk.dump")) == 0
    assert (tmp_path / "desk.dump").stat().st_size > 500
    postgres.ask("DELETE FROM kept")
    assert _run(postgres, _told("pg_restore", tmp_path / "desk.dump")) == 0
    assert postgres.ask("SELECT word FROM kept") == [("lighthouse",)]


def test_a_backup_that_failed_says_so(postgres: _Postgres, tmp_path: Path) -> None:
    assert _run(postgres, _told("pg_dump", tmp_path / "desk.dump"), password="wrong") != 0
