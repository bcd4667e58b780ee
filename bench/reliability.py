"""docs/reliability.md: the frame, and the parts that the chaos and soak runs write into it."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "reliability.md"
_PARTS = ("faults", "soak")


def write_part(name: str, text: str) -> None:
    """Puts `text` in the place of the part, and leaves the other one as it is."""
    there = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    parts = {part: _part(there, part) for part in _PARTS} | {name: text.strip()}
    PAGE.write_text(_FRAME.format(**{part: _marked(part, parts[part]) for part in _PARTS}), encoding="utf-8")


def _marked(name: str, text: str) -> str:
    return f"<!-- {name} -->\n{text}\n<!-- /{name} -->"


def _part(page: str, name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- /{name} -->", page, re.DOTALL)
    return found[1] if found else "Not run yet."


# ruff: noqa: E501
_FRAME = """# How hard Handrail is to kill

Written by `make chaos` and `make soak`; do not edit. The parts that fail are real: processes get `kill -9`, servers are stopped, a disk is filled, clients dawdle. People talk all the while. Each keeps a script whose right answers depend on what was said before, so that a conversation that was lost, an answer that was given twice, or one that belongs to somebody else shows as a wrong topic or a wrong step. When a line breaks or the server asks to wait, the same message is sent again with the same `Idempotency-Key`.

## What is promised

1. No conversation is lost that Redis had confirmed.
2. No answer is given twice, and none to the wrong person.
3. A message that shows danger gets its safety words within a second, from whatever answers. When it is refused, the refusal names 999.
4. It gets well without a hand.

`tests/faults` asks the same of every change, with fewer people. A chat without `HANDRAIL_REDIS` lives in one process and ends with it.

## Faults

*Lost* to *without help* count messages; each should be 0. *Slowest urgent* is the slowest answer to a message that shows danger, from the try that was answered. *Back to normal* is the time from the end of the fault until the last message that did not go as usual: right, at the first try, within three seconds.

{faults}

## What no code can promise

- **A Redis that loses what it confirmed** loses the conversation: with `appendonly` and its default `everysec`, a power cut may cost a second; a kill costs nothing.
- **A Redis that may evict** (`maxmemory-policy` other than `noeviction`) forgets whom it likes. Keep `noeviction`: then nobody's chat goes, and new words are answered without being kept until there is room.
- **The clock of the Redis machine** decides when a chat is forgotten. A jump ahead by more than the idle time forgets all of them; people start anew. A jump back keeps them that much longer. The guide's own clock decides about opening hours, review dates, one-time codes and the desk's sessions, and about no chat.
- **Slow clients** are let go after `HANDRAIL_SLOWEST_CLIENT` seconds. Up to then each costs a file handle and some kilobytes; the guide asks for as many handles as the system allows.

## Soak

{soak}
"""
