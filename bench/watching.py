"""What processes cost, read from /proc: processor seconds and memory of every process of a session."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_STATE, _SESSION, _USER, _AFTER = 2, 5, 13, 17


def processor_seconds(sessions: Iterable[int]) -> float:
    """User and system seconds that the sessions' processes have used, with those of children that have ended."""
    return sum(sum(map(int, fields[_USER:_AFTER])) for _, fields in _members(sessions)) / _TICKS


def memory_megabytes(sessions: Iterable[int]) -> float:
    """Proportional set size: a page that several processes share counts once in all."""
    return pss(pid for pid, _ in _members(sessions))


def pss(pids: Iterable[int]) -> float:
    """The same in MiB for processes by their ids; those that are gone count nothing."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            lines = (_PROC / str(pid) / "smaps_rollup").read_text(encoding="ascii").splitlines()
            total += next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
    return total / 1024


def process_count(sessions: Iterable[int]) -> int:
    """How many processes the sessions have."""
    return len(list(_members(sessions)))


def machine() -> dict[str, str]:
    """The processor, the number of cores and the memory of this machine."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
    kilobytes = int(Path("/proc/meminfo").read_text(encoding="ascii").split()[1])
    return {"processor": model, "cores": str(os.cpu_count()), "memory": f"{kilobytes / 1024**2:.0f} GB"}


def _members(sessions: Iterable[int]) -> Iterator[tuple[int, list[str]]]:
    """Each process with the fields of its stat, numbered as in proc(5) less one; the name in brackets counts as one."""
    wanted = set(sessions)
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            with suppress(ProcessLookupError, FileNotFoundError):
                head, _, tail = (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")
                fields = [head.split(" ", 1)[0], head, *tail.split()]
                if int(fields[_SESSION]) in wanted and fields[_STATE] != "Z":
                    yield int(entry.name), fields
