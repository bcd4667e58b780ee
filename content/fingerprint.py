"""A short sum of everything that Handrail may say, to tell which content a server runs."""

from __future__ import annotations

import hashlib
from pathlib import Path

_LETTERS = 12


def fingerprint(folder: Path) -> str:
    """Twelve letters that change with any content file, its name or its place in `folder`."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*.yml")):
        found.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:_LETTERS]
