"""Turns an answer's plain text into paragraphs, lists and telephone links for a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from content.numbers import default_numbers


@dataclass(frozen=True)
class Piece:
    """A run of text; `link` is what a tap does where the run is a number to call or to text."""

    text: str
    link: str | None = None


@dataclass(frozen=True)
class Block:
    """A paragraph of lines, or a list of items; each line or item is a row of pieces."""

    is_list: bool
    lines: tuple[tuple[Piece, ...], ...]


def blocks(text: str) -> list[Block]:
    """Lines that begin with "- " become lists; blank lines part paragraphs."""
    found: list[Block] = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        run: list[str] = []
        run_is_list = False
        for line in paragraph.split("\n"):
            is_list = line.startswith("- ")
            if run and is_list != run_is_list:
                found.append(_block(run, run_is_list))
                run = []
            run_is_list = is_list
            run.append(line[2:] if is_list else line)
        found.append(_block(run, run_is_list))
    return found


def _block(lines: list[str], is_list: bool) -> Block:
    return Block(is_list, tuple(tuple(_pieces(line)) for line in lines))


def _pieces(line: str) -> Iterator[Piece]:
    at = 0
    numbers = default_numbers()
    for match in numbers.pattern.finditer(line):
        if match.start() > at:
            yield Piece(line[at : match.start()])
        number = match.group()
        yield Piece(number, numbers.address(number))
        at = match.end()
    if at < len(line):
        yield Piece(line[at:])
