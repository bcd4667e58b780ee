"""Clients that dawdle, flood or say nothing, while others talk."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.faults import clients, runs
from bench.faults.house import Guide, House

DAWDLING = [clients.slow_headers, clients.slow_bodies, clients.slow_readers, clients.idle]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guide]:
    """A guide without a model, which starts at once."""
    folder = tmp_path_factory.mktemp("bare")
    guide = Guide(folder, HANDRAIL_MODEL="/nowhere/model.tar.gz", HANDRAIL_DATABASE="", HANDRAIL_SLOWEST_CLIENT="1")
    guide.wait_until("/health/live")
    yield guide
    guide.close()


@pytest.mark.parametrize("kind", DAWDLING, ids=lambda kind: kind.__name__)
def test_a_client_that_dawdles_is_let_go(bare: Guide, kind: Callable[[str, int], clients.Dawdlers]) -> None:
    dawdlers = kind(bare.url, 20)
    try:
        assert dawdlers.wait_until_left(0, patience=30) == 0
        assert runs.answers(bare.url)
    finally:
        dawdlers.close()


def test_a_client_that_takes_its_time_within_the_limit_is_served(bare: Guide) -> None:
    import socket

    with socket.create_connection(clients.address(bare.url), timeout=10) as line:
        for part in (b"GET /health/live HTTP/1.1\r\n", b"host: handrail\r\n", b"connection: close\r\n\r\n"):
            line.sendall(part)
        assert line.recv(100).startswith(b"HTTP/1.1 200")


def test_people_are_served_beside_clients_that_dawdle(house: House) -> None:
    assert not runs.slow_clients(house, runs.TEST).harmed


def test_people_are_served_beside_a_flood_and_a_danger_in_it_is_told_where_help_is(house: House) -> None:
    verdict = runs.flood(house, runs.TEST)
    assert not verdict.harmed
    assert "A danger that is refused names 999." in verdict.notes


def test_people_are_served_beside_two_thousand_lines_that_say_nothing(house: House) -> None:
    verdict = runs.idle_lines(house, runs.TEST)
    assert not verdict.harmed


def test_more_lines_than_the_first_limit_of_file_handles_shut_nobody_out(tmp_path: Path) -> None:
    guide = runs.few_handles(tmp_path)
    try:
        guide.wait_until("/health/live")
        crowd = clients.idle(guide.url, 600)
        try:
            assert runs.answers(guide.url)
        finally:
            crowd.close()
    finally:
        guide.close()


def test_a_client_that_dawdles_keeps_no_server_from_stopping(tmp_path: Path) -> None:
    guide = Guide(tmp_path, HANDRAIL_MODEL="/nowhere/model.tar.gz", HANDRAIL_DATABASE="", HANDRAIL_SLOWEST_CLIENT="1")
    try:
        guide.wait_until("/health/live")
        dawdlers = clients.slow_bodies(guide.url, 5)
        guide.end(signal.SIGTERM, patience=30)
        dawdlers.close()
    finally:
        guide.close()
