"""What /proc says of processes is what they did."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bench.watching import memory_megabytes, process_count, processor_seconds

MEGABYTES, SECONDS = 60, 0.3
# A process and its child share the memory; the parent has used its processor seconds when it says so.
PROGRAM = f"""
import os, sys, time
kept = bytearray(os.urandom(1024)) * (1024 * {MEGABYTES})
if os.fork() == 0:
    time.sleep(600)
while time.process_time() < {SECONDS}:
    pass
print("done", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def session() -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert process.stdout
    assert process.stdout.readline() == b"done\n"
    yield process.pid
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_processor_seconds_are_those_of_the_whole_session(session: int) -> None:
    assert SECONDS * 0.8 <= processor_seconds([session]) < SECONDS + 2


def test_memory_that_processes_share_counts_once(session: int) -> None:
    assert process_count([session]) == 2
    assert MEGABYTES <= memory_megabytes([session]) < 1.5 * MEGABYTES


def test_a_session_that_is_gone_costs_nothing() -> None:
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getsid(0))"], capture_output=True, start_new_session=True)
    assert (processor_seconds([int(ended.stdout)]), memory_megabytes([int(ended.stdout)])) == (0, 0)
