"""The clock of the guide jumps, as an operator or a time server may make it; done with libfaketime."""

from __future__ import annotations

from pathlib import Path

_HOMES = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/local/lib", "/usr/lib")


class NoFakeClock(Exception):
    """libfaketime is not installed: make services."""


class Clock:
    """The wall clock of a process that is started with `environment`; the one that only grows goes on, as in a real jump."""

    def __init__(self, folder: Path) -> None:
        found = [path for home in _HOMES if (path := Path(home) / "faketime" / "libfaketimeMT.so.1").exists()]
        if not found:
            raise NoFakeClock
        folder.mkdir(parents=True, exist_ok=True)
        self._offset = folder / "offset"
        self.jump("+0")
        self.environment = {
            "LD_PRELOAD": str(found[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._offset),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def jump(self, offset: str) -> None:
        """Sets it so far off the real time, such as +1d or -3h; it takes a second to be seen."""
        fresh = self._offset.with_suffix(".new")
        fresh.write_text(offset + "\n", encoding="utf-8")
        fresh.replace(self._offset)
