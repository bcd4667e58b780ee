"""What was switched last, in a file of this machine: a new worker begins with it while the database cannot be reached."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from content.switches import Switches
from desk.key import sqlite_folder


class LastSwitches:
    """Beside an embedded database; for another one where this machine keeps what is temporary. Only its owner may read it."""

    def __init__(self, database: str) -> None:
        self._path = _path(database)
        self._kept: Switches | None = None

    def read(self) -> Switches | None:
        """What was kept; None where nothing was, or somebody else may have written it."""
        try:
            with open(os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW), encoding="utf-8") as file:
                held = os.fstat(file.fileno())
                if held.st_uid != os.geteuid() or held.st_mode & 0o077:
                    return None
                return _switches(json.load(file))
        except (OSError, ValueError):
            return None

    def keep(self, switches: Switches) -> None:
        """Keeps it; where that cannot be done, a new worker begins as usual until it reaches the database."""
        if switches == self._kept and self._path.exists():
            return
        said = {"chat_off": switches.chat_off, "offline": sorted(switches.offline), "notice": switches.notice}
        with contextlib.suppress(OSError):
            # Whole or not at all: another worker may begin just now.
            number, draft = tempfile.mkstemp(dir=self._path.parent, prefix=f"{self._path.name}.")
            try:
                with open(number, "w", encoding="utf-8") as file:
                    json.dump(said, file)
                os.replace(draft, self._path)
                self._kept = switches
            except OSError:
                Path(draft).unlink(missing_ok=True)


def _path(database: str) -> Path:
    folder = sqlite_folder(database)
    if folder is not None:
        return Path(f"{database.removeprefix('sqlite:///')}.switches")
    with contextlib.suppress(ArgumentError):
        # Without the password: a hash of it would stand in a name that everybody here can read.
        database = make_url(database).set(password=None).render_as_string()
    named = hashlib.sha256(database.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"handrail-{os.geteuid()}-{named}.switches"


def _switches(said: object) -> Switches | None:
    if not isinstance(said, dict):
        return None
    chat_off, offline, notice = said.get("chat_off"), said.get("offline"), said.get("notice")
    words = all(text is None or isinstance(text, str) for text in (chat_off, notice))
    if not words or not isinstance(offline, list) or not all(isinstance(topic, str) for topic in offline):
        return None
    return Switches(chat_off, frozenset(offline), notice)
