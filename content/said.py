"""Every sentence that the content holds outside of the topics, with the place it stands in, for the linter."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from content.loading import read_yaml

# Read whole: nothing stands in them but words for people and names of things.
_WHOLE = ("frame", "messages", "page", "pages", "problems", "sheets", "themes", "websites", "widget")
# Of the others, what is said stands under these; beside it stand patterns.
_SAID = {"safety": ("text", "child_text"), "after_danger": ("closing", "text", "child"), "glossary": ("words",)}
_OF_AREAS = ("notes", "outside")


def sentences(folder: Path) -> Iterator[tuple[str, str]]:
    """The file with the way to the sentence in it, and the sentence. Journeys have a reader of their own."""
    for name in _WHOLE:
        yield from _in_file(folder, f"{name}.yml")
    for path in sorted((folder / "desk").glob("*.yml")):
        yield from _in_file(folder, f"desk/{path.name}")
    for name, under in _SAID.items():
        yield from _in_file(folder, f"{name}.yml", under)
    for path in sorted((folder / "areas").glob("*.yml")):
        yield from _in_file(folder, f"areas/{path.name}", _OF_AREAS)


def _in_file(folder: Path, name: str, under: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    for place, text in _leaves(read_yaml(folder / name), ""):
        if not under or not set(under).isdisjoint(place.split(".")):
            yield f"{name}: {place}", text


def _leaves(part: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(part, str):
        yield place.removeprefix("."), part
    elif isinstance(part, dict):
        for key, inner in part.items():
            yield from _leaves(inner, f"{place}.{key}")
    elif isinstance(part, list):
        for number, inner in enumerate(part, 1):
            yield from _leaves(inner, f"{place}.{number}")
