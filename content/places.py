"""The places of a topic where words stand, and how the words of one place are changed in its file and nothing else is."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from content.loading import parsed
from content.model import FOLLOW_UPS, VOICES, Topic

# These hold a list: one line of the text is one entry.
LISTS = ("now", "now_child", "now_kin")
_ALWAYS = frozenset({"question", "answer.short", "answer.plain", "now", "follow.why"})
PLACES = (
    *("question", "answer.short"), *(f"answer.{voice}" for voice in VOICES), *LISTS,
    *(f"follow.{key}" for key in FOLLOW_UPS), "differs",
)  # fmt: skip
_STEP = 2


class NotWritable(ValueError):
    """The text cannot stand in that place of the file, or the place is not one of a topic."""


@dataclass(frozen=True)
class Place:
    """`id` is the path in the file, such as answer.short; `text` is empty where nothing stands there yet."""

    id: str
    text: str


def places(topic: Topic) -> list[Place]:
    """Every place where a topic has words, or may have some."""
    held = {
        "question": topic.question, "answer.short": topic.short,
        **{f"answer.{voice}": text for voice, text in topic.voices.items()},
        "now": "\n".join(topic.now), "now_child": "\n".join(topic.now_child),
        "now_kin": "\n".join(topic.now_kin),
        **{f"follow.{key}": text for key, text in topic.follow.items()}, "differs": (topic.differs or "").strip(),
    }  # fmt: skip
    return [Place(id, held.get(id, "")) for id in PLACES]


def text_at(topic: Topic, place: str) -> str:
    """The words that stand there; raises NotWritable for a place that no topic has."""
    for known in places(topic):
        if known.id == place:
            return known.text
    raise NotWritable(place)


def tidy(place: str, text: str) -> str:
    """The text as that place can hold it: one kind of line end, no spaces at the ends of lines, nothing that cannot be seen.

    An entry of a list needs no dash, and gets none.
    """
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ").split("\n")
    seen = ("".join(sign for sign in line if not _is_hidden(sign)).rstrip() for line in lines)
    if place in LISTS:
        return "\n".join(entry for line in seen if (entry := line.strip().removeprefix("- ").strip()))
    return "\n".join(seen).strip()


def rewritten(source: str, place: str, text: str) -> str:
    """The topic's file with `text` in that place, and every other line as it was.

    An empty text takes the place away where a topic can be without it. Raises NotWritable.
    """
    if place not in PLACES or (not text and place in _ALWAYS):
        raise NotWritable(place)
    path = place.split(".")
    wanted = _with(parsed(source), path, _value(place, text))
    for changed in _ways(source, path, place, text):
        try:
            if _alike(parsed(changed), wanted, path):
                return changed
        except yaml.YAMLError:
            continue
    raise NotWritable(place)


def _value(place: str, text: str) -> Any:
    return text.split("\n") if text and place in LISTS else text


def _with(raw: dict[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    changed: dict[str, Any] = {**raw}
    if len(path) > 1:
        changed[path[0]] = _with(dict(raw.get(path[0]) or {}), path[1:], value)
    elif value:
        changed[path[0]] = value
    else:
        changed.pop(path[0], None)
    return changed


def _alike(found: Any, wanted: Any, path: list[str]) -> bool:
    """Whether the file says what was wanted: all else just the same, and the words but for a line end after the last."""
    if not isinstance(found, dict) or set(found) != set(wanted):
        return False
    here, rest = path[0], path[1:]
    if any(found[key] != wanted[key] for key in found if key != here):
        return False
    if here not in found:
        return True
    if rest:
        return _alike(found[here], wanted[here], rest)
    return bool((found[here].strip() if isinstance(found[here], str) else found[here]) == wanted[here])


def _ways(source: str, path: list[str], place: str, text: str) -> Iterator[str]:
    """The file with the change written in one style after the other: first as the place was written before."""
    root = _composed(source)
    found = _find(root, path)
    if found is None:
        yield from _added(source, root, path, place, text)
        return
    key, node = found
    start, end = key.start_mark.index, _end(source, node)
    if not text:
        yield source[:start].rstrip(" ") + source[end:].removeprefix("\n")
        return
    indent = key.start_mark.column
    for written in _written(place, text, indent, _style(source, node)):
        yield f"{source[:start]}{key.value}:{written}{source[end:]}"


def _added(source: str, root: Any, path: list[str], place: str, text: str) -> Iterator[str]:
    """The same where nothing stands there yet: at the end of what it belongs to."""
    if not text:
        yield source
        return
    parent = _find(root, path[:-1])[1] if len(path) > 1 else root  # type: ignore[index]
    after = parent.value[-1] if len(path) > 1 else _neighbour(parent, place)
    key, last = after
    end, indent = _end(source, last), key.start_mark.column
    for written in _written(place, text, indent, None):
        yield f"{source[:end]}\n{' ' * indent}{path[-1]}:{written}{source[end:]}"


def _neighbour(root: Any, place: str) -> Any:
    """Where the other files have it: further lists after the first, what differs after the follow-ups."""
    before = "now" if place in LISTS else "follow"
    return next(row for row in root.value if row[0].value == before)


@lru_cache(maxsize=4)
def _composed(source: str) -> Any:
    # The slower loader: the quick one does not say where things stand.
    return yaml.compose(source, Loader=yaml.SafeLoader)


def _find(root: Any, path: list[str]) -> tuple[Any, Any] | None:
    """The nodes of key and value, or None."""
    key, node = None, root
    for step in path:
        if not isinstance(node, yaml.MappingNode):
            return None
        found = next((row for row in node.value if row[0].value == step), None)
        if found is None:
            return None
        key, node = found
    return key, node


def _end(source: str, node: Any) -> int:
    """Where the last sign of the value stands, without line ends, and without comments that follow it."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    end: int = node.end_mark.index
    if not isinstance(node, yaml.ScalarNode) or node.style not in ("|", ">"):
        return end
    return len(source[:end].rstrip("\n "))


def _style(source: str, node: Any) -> str | None:
    """How the value is written: the header of a block such as >-, a quote, or nothing."""
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return source[node.start_mark.index :].split("\n", 1)[0].strip()
    return str(node.style) if isinstance(node, yaml.ScalarNode) and node.style else None


def _written(place: str, text: str, indent: int, style: str | None) -> Iterator[str]:
    """The value after its colon, in every style that may do."""
    lines, inside = text.split("\n"), " " * (indent + _STEP)
    if place in LISTS:
        yield "".join(f"\n{inside}- {_plain_or_quoted(line)}" for line in lines)
        return
    literal = "".join(f"\n{inside}{line}" if line else "\n" for line in lines)
    quoted = f" {json.dumps(text, ensure_ascii=False)}"
    if style and style[0] in "|>" and (style[0] == "|" or len(lines) == 1):
        yield f" {style}{literal}"
    if len(lines) == 1 and (style is None or style in "'\""):
        yield f" {text}" if style is None else quoted
        if place == "question":
            yield quoted
        yield f" >-{literal}"
    yield f" {'|-' if place == 'differs' else '|'}{literal}"
    yield quoted


def _plain_or_quoted(entry: str) -> str:
    try:
        if parsed(f"- {entry}\n") == [entry]:
            return entry
    except yaml.YAMLError:
        pass
    return json.dumps(entry, ensure_ascii=False)


def _is_hidden(sign: str) -> bool:
    return unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") or sign == "\ufeff"
