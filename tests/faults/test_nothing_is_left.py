"""When people have left, the guide holds no more than before: no line, no thread, no file."""

from __future__ import annotations

import time

from bench.faults import runs
from bench.faults.house import House
from bench.faults.processes import handles, lines, threads
from bench.traffic import Traffic


def _talk(house: House, messages: int) -> None:
    traffic = Traffic(house.door, runs.TEST.visitors, think=0)
    traffic.start()
    traffic.wait_for(messages)
    traffic.stop()


def _resting(house: House) -> int:
    """The handles that are open once nobody is connected; kept-alive lines take some seconds to be closed."""
    until = time.monotonic() + 60
    while lines(house.guide.port) and time.monotonic() < until:
        time.sleep(0.1)
    return handles(house.guide.pids())


def _files(house: House) -> set[str]:
    return {str(path) for path in house.guide.folder.rglob("*") if path.is_file()}


def test_lines_threads_and_temporary_files_go_with_the_people(house: House) -> None:
    _talk(house, 30)
    resting, busy, files = _resting(house), threads(house.guide.pids()), _files(house)
    _talk(house, 60)
    assert _resting(house) <= resting + 2
    assert threads(house.guide.pids()) <= busy + 4
    assert _files(house) == files
