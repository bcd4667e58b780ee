"""`python -m bench.canary URL --look PATH...`: says unique words to a chat and looks for them where nothing may be kept.

URL is a server of Handrail, or, with --rasa, the REST webhook of any Rasa assistant. PATHs are files and folders: logs,
databases, dumps. Finds the words as they are and as they are commonly written otherwise; ends with 1 where one was found.
"""

from __future__ import annotations

import argparse
import base64
import bz2
import gzip
import hashlib
import json
import lzma
import secrets
import sys
import urllib.request
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

_LETTERS = "bcdfghjkmnpqrstvwxz"
_LARGEST = 400_000_000
_OPENERS: tuple[Callable[[bytes], bytes], ...] = (gzip.decompress, bz2.decompress, lzma.decompress, zlib.decompress)
_MAGIC = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x78")
SENTENCES = (
    "what is a core group {word}",
    "he hit me last night {word} and i am scared",
    "my son {word} is on a plan, when is the review",
    "{word}",
    "i want to die {word}",
    "tell me about {word} conferences in {word}",
)


def new_word() -> str:
    """A word that nobody wrote before: letters alone, so that no step of cleaning changes it."""
    return "zanz" + "".join(secrets.choice(_LETTERS) for _ in range(14))


def encodings(word: str) -> dict[str, bytes]:
    """The word as files, logs and databases may hold it."""
    raw = word.encode()
    found = {"as it is": raw, "capitals": raw.upper(), "backwards": raw[::-1], "hex": raw.hex().encode()}
    found |= {name: word.encode(name) for name in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")}
    for shift in range(3):
        # In base64 the neighbours of the first and last letters are unknown, so only the middle is looked for.
        found[f"base64 {shift}"] = base64.b64encode(b"x" * shift + raw)[4 * (shift > 0) + 0 : -4].strip(b"=")[1:]
    found |= {name: hashlib.new(name, raw).hexdigest().encode() for name in ("md5", "sha1", "sha256")}
    return found


def hits(data: bytes, words: Iterable[str]) -> list[str]:
    """Which encodings of the words stand in `data`, also where it is compressed."""
    held = [data, *_opened(data)]
    return [
        f"{word} ({name})"
        for word in words
        for name, form in encodings(word).items()
        if any(form in one or (name == "as it is" and form in one.lower()) for one in held)
    ]


def search(paths: Iterable[Path], words: Iterable[str]) -> list[str]:
    """One line for each file below `paths` that holds one of the words."""
    words = list(words)
    return [f"{path}: {', '.join(found)}" for path in _files(paths) if (found := hits(_read(path), words))]


def _opened(data: bytes) -> Iterator[bytes]:
    for magic, opener in zip(_MAGIC, _OPENERS, strict=True):
        if data.startswith(magic):
            try:
                yield opener(data)
            except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
                continue


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        yield from (
            (inner for inner in sorted(path.rglob("*")) if inner.is_file() and not inner.is_symlink()) if path.is_dir() else [path]
        )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.stat().st_size <= _LARGEST else b""
    except OSError:
        return b""


def _say(url: str, words: Iterable[str], *, rasa: bool) -> None:
    if rasa:
        for number, word in enumerate(words):
            for sentence in SENTENCES:
                _post(url, {"sender": f"canary-{number}", "message": sentence.format(word=word)})
        return
    token = _post(f"{url}/api/conversations", {})["token"]
    for word in words:
        for sentence in SENTENCES:
            _post(f"{url}/api/conversations/messages", {"text": sentence.format(word=word)}, str(token))


def _post(url: str, body: dict[str, str], token: str | None = None) -> dict[str, object]:
    request = urllib.request.Request(url, data=json.dumps(body).encode(), headers={"content-type": "application/json"})
    if token:
        request.add_header("authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=60) as response:
        answer = json.loads(response.read())
    return answer if isinstance(answer, dict) else {"messages": answer}


def main() -> int:
    """Talks, searches, and says what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("--rasa", action="store_true", help="URL is a Rasa REST webhook")
    parser.add_argument("--look", nargs="+", type=Path, required=True, help="files and folders to search")
    given = parser.parse_args()
    words = [new_word() for _ in range(3)]
    _say(given.url.rstrip("/"), words, rasa=given.rasa)
    found = search(given.look, words)
    print("\n".join(found) or f"Nothing was found in {sum(1 for _ in _files(given.look))} files.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
