"""Both databases of the desk for its tests: SQLite in a file, and a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.services import PostgresServer

DATABASES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for the whole run; each test makes a database of its own in it."""
    server = PostgresServer()
    yield server
    server.close()


def new_url(request: pytest.FixtureRequest, folder: Path) -> str:
    """The address of an empty database of the kind that the fixture's parameter names; PostgreSQL starts when first asked for."""
    if request.param == "sqlite":
        return f"sqlite:///{folder}/desk.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()
