"""What a process holds, read from /proc: memory that is its own share, file handles, threads."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from pathlib import Path

_LISTENING = "0A"


def pss(pids: Iterable[int]) -> float:
    """Proportional share of memory in MiB, of all of them together; processes that are gone count nothing."""
    return sum(_pss(pid) for pid in pids)


def handles(pids: Iterable[int]) -> int:
    """Open file handles of all of them together."""
    return sum(_entries(pid, "fd") for pid in pids)


def threads(pids: Iterable[int]) -> int:
    """Threads of all of them together."""
    return sum(_entries(pid, "task") for pid in pids)


def lines(port: int) -> list[tuple[str, int]]:
    """Address and port of everybody whose connection to `port` some process of this machine holds a handle of."""
    found = []
    for row in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        local, remote, state, inode = (row.split()[place] for place in (1, 2, 3, 9))
        if int(local.split(":")[1], 16) == port and state != _LISTENING and inode != "0":
            place, number = remote.split(":")
            found.append((socket.inet_ntoa(bytes.fromhex(place)[::-1]), int(number, 16)))
    return found


def _pss(pid: int) -> float:
    try:
        found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def _entries(pid: int, folder: str) -> int:
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/{folder}").iterdir())
    except OSError:
        return 0
