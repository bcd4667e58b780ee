"""The desk's own key: from the environment, or a file beside the embedded database that only its owner can read."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from pathlib import Path

_BYTES = 32


class KeyRefused(ValueError):
    """The key is not 32 random bytes, or its file can be read by others."""


def desk_key(given: str | None, database: str) -> bytes:
    """The key as given (base64), or the one of the file beside the SQLite database, which is made when missing."""
    if given:
        return _checked(given)
    folder = sqlite_folder(database)
    if folder is None:
        raise KeyRefused("HANDRAIL_DESK_KEY must be set where the database is not a file of this machine")
    path = folder / "desk.key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write_once(path)
    if path.stat().st_mode & 0o077:
        raise KeyRefused(f"{path.name} can be read by others: chmod 600")
    return _checked(path.read_text(encoding="ascii").strip())


def sqlite_folder(database: str) -> Path | None:
    """The folder of an SQLite database, or None for another kind."""
    if not database.startswith("sqlite:///"):
        return None
    return Path(database.removeprefix("sqlite:///")).parent


def _write_once(path: Path) -> None:
    """Several workers may start at once: whoever is first wins, and nobody sees half a key."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(base64.b64encode(secrets.token_bytes(_BYTES)).decode())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _checked(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise KeyRefused("the desk's key must be base64") from None
    if len(key) != _BYTES or len(set(key)) < 12:
        raise KeyRefused(f"the desk's key must be {_BYTES} random bytes in base64")
    return key
