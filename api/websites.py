"""The page on which people who run a website choose how the chat looks there, and the code that they copy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse

from actions.wording import ADVICE_LINE
from api.layout import rendered
from api.state import State, StateOf, within_messages
from api.widget import languages
from content.library import HERE
from content.loading import read_yaml

router = APIRouter(include_in_schema=False)

_WORDS: Mapping[str, Any] = read_yaml(HERE / "websites.yml")
# Browsers check the same patterns, so they are written as both Python and HTML's `pattern` read them.
_PATTERNS = {
    "accent": r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})|[a-zA-Z]{3,24}|(rgb|hsl|hwb|lab|lch|oklab|oklch)\([0-9a-z%., \/+\-]{1,24}\)",
    "exit": r"[hH][tT][tT][pP][sS]?:\/\/[^\s\/?#@:.\\]+(\.[^\s\/?#@:.\\]+)*(:[0-9]{1,5})?([\/?#]\S*)?",
}
_LONGEST = {"heading": 120, "launch": 60, "accent": 32, "exit": 300}
# What the page for a frame takes from its address.
_IN_FRAME = ("heading", "accent", "labels")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@router.get("/websites")
async def websites(request: Request, state: StateOf) -> HTMLResponse:
    """The page with nothing chosen."""
    return _page(request, state, {})


@router.post("/websites", dependencies=[Depends(within_messages)])
async def chosen(
    request: Request,
    state: StateOf,
    heading: Annotated[str, Form()] = "",
    launch: Annotated[str, Form()] = "",
    accent: Annotated[str, Form()] = "",
    position: Annotated[str, Form()] = "",
    labels: Annotated[str, Form()] = "",
    exit: Annotated[str, Form()] = "",
) -> HTMLResponse:
    """The same with the code for what was chosen, for browsers without scripts."""
    typed = {"heading": heading, "launch": launch, "accent": accent, "position": position, "labels": labels, "exit": exit}
    return _page(request, state, {name: " ".join(value.split()) for name, value in typed.items()})


def unusable(typed: Mapping[str, str]) -> list[str]:
    """The fields whose value cannot go into a page."""
    return [name for name, value in typed.items() if value and not _usable(name, value)]


def filled(code: str, values: Mapping[str, str]) -> str:
    """The code with the values, escaped for HTML. A line whose value is empty is left out."""
    lines = [line for line in code.splitlines() if all(values[name] for name in _PLACEHOLDER.findall(line))]
    return "\n".join(_PLACEHOLDER.sub(lambda found: escape(values[found[1]]), line) for line in lines)


def frame_address(server: str, chosen: Mapping[str, str]) -> str:
    """The address of the chat for a frame, written as a browser's URLSearchParams writes it."""
    query = urlencode({name: chosen[name] for name in _IN_FRAME if chosen.get(name)}, safe="*").replace("~", "%7E")
    return f"{server}/embed?{query}" if query else f"{server}/embed"


def _usable(name: str, value: str) -> bool:
    choices = _choices(name)
    if choices:
        return value in choices
    pattern = _PATTERNS.get(name)
    return len(value) <= _LONGEST[name] and (pattern is None or re.fullmatch(pattern, value) is not None)


def _choices(name: str) -> Mapping[str, str]:
    """What can be picked, by its value; empty where the field is typed."""
    if name == "labels":
        return {"" if code == "en" else code: words["language"] for code, words in languages().items()}
    choices: Mapping[str, str] = next(field for field in _WORDS["fields"] if field["id"] == name).get("choices", {})
    return choices


def _page(request: Request, state: State, typed: Mapping[str, str]) -> HTMLResponse:
    wrong = unusable(typed)
    used = {field["id"]: "" for field in _WORDS["fields"]} | {name: value for name, value in typed.items() if name not in wrong}
    server = f"{request.url.scheme}://{request.url.netloc}"
    title = used["heading"] or languages()[used["labels"] or "en"]["heading"]
    values = {**used, "server": server, "title": title, "frame": frame_address(server, used)}
    return rendered(
        state, "websites.html.j2", here="/websites", status=422 if wrong else 200, words=_WORDS, server=server,
        fields=list(_fields(state, typed, wrong)), used=used, blocks=list(_blocks(state, values)), wrong=wrong,
    )  # fmt: skip


def _fields(state: State, typed: Mapping[str, str], wrong: Iterable[str]) -> Iterable[Mapping[str, Any]]:
    english = languages()["en"]
    usual = {"heading": english["heading"], "launch": english["launch"], "exit": state.settings.exit_address}
    for field in _WORDS["fields"]:
        name = field["id"]
        choices = [
            {"value": value, "label": label, "lang": (value or "en") if name == "labels" else "", "title": _title(name, value)}
            for value, label in _choices(name).items()
        ]
        yield {
            "id": name, "label": field["label"], "hint": field["hint"].format(**usual), "wrong": field.get("wrong", ""),
            "choices": choices, "pattern": _PATTERNS.get(name, ""), "longest": _LONGEST.get(name, 0),
            "typed": typed.get(name, ""), "unusable": name in wrong, "in_frame": name in _IN_FRAME,
        }  # fmt: skip


def _title(name: str, value: str) -> str:
    """The heading that the chat has in the language of this choice."""
    return languages()[value or "en"]["heading"] if name == "labels" else ""


def _blocks(state: State, values: Mapping[str, str]) -> Iterable[Mapping[str, str]]:
    """The pieces of code, with what the page's script fills in anew when something else is chosen."""
    line = state.library.services[ADVICE_LINE]
    help_line = {name: escape(value or "") for name, value in (("name", line.name), ("number", line.number), ("tel", line.tel))}
    for block in _WORDS["blocks"]:
        template = _PLACEHOLDER.sub(lambda found: help_line.get(found[1], found[0]), block["code"].rstrip())
        yield {**block, "template": template, "code": filled(template, values)}
