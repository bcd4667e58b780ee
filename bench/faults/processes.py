"""What a process holds beside memory, read from /proc: file handles, threads, lines."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from pathlib import Path

_LISTENING = "0A"


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


def _entries(pid: int, folder: str) -> int:
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/{folder}").iterdir())
    except OSError:
        return 0
