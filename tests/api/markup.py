"""A page of HTML as the tests of the pages look at it."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise

import httpx

_VOID = {"meta", "link", "input", "br", "hr", "img"}


class Markup(HTMLParser):
    """Every element with its attributes and what it stands in, the text of each textarea, and `faults`: tags that do not match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.found: list[tuple[str, dict[str, str | None], tuple[str, ...]]] = []
        self.areas: dict[str, str] = {}
        self.faults: list[str] = []
        self._open: list[str] = []
        self._area = ""
        self.feed(html)
        self.faults += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), tuple(self._open)))
        self._area = str(dict(attrs).get("id")) if tag == "textarea" else ""
        if self._area:
            self.areas[self._area] = ""
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs), tuple(self._open)))

    def handle_data(self, data: str) -> None:
        if self._area:
            self.areas[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        self._area = ""
        if not self._open or self._open.pop() != tag:
            self.faults.append(tag)

    @property
    def tags(self) -> list[tuple[str, dict[str, str | None]]]:
        return [(tag, row) for tag, row, _ in self.found]

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [row for tag, row, _ in self.found if tag in tags]

    def one(self, tag: str) -> dict[str, str | None]:
        (row,) = self.all(tag)
        return row

    def named(self, identity: str) -> dict[str, str | None]:
        (row,) = [row for _, row, _ in self.found if row.get("id") == identity]
        return row

    def ids(self) -> list[str]:
        return [str(row["id"]) for _, row, _ in self.found if row.get("id")]

    def links(self) -> list[str]:
        return [str(row["href"]) for row in self.all("a")]

    def headings(self) -> list[int]:
        return [int(tag[1]) for tag, _, _ in self.found if re.fullmatch(r"h[1-6]", tag)]

    @property
    def text(self) -> str:
        return plain(re.sub(r"<[^>]+>", " ", self.html))


def checked(page: httpx.Response) -> Markup:
    """The page, whole, with its headings in order, nothing pointing nowhere, and no style or script in an attribute."""
    markup = Markup(page.text)
    assert markup.faults == []
    assert len(markup.all("h1")) == 1
    assert all(after <= before + 1 for before, after in pairwise(markup.headings()))
    ids = [row["id"] for _, row in markup.tags if "id" in row]
    assert len(ids) == len(set(ids))
    keys = ("aria-labelledby", "aria-describedby", "for")
    assert {name for _, row in markup.tags for key in keys for name in (row.get(key) or "").split()} <= set(ids)
    assert not [row for _, row in markup.tags for key in row if key == "style" or key.startswith("on")]
    return markup


def plain(text: str) -> str:
    """Words alone, so that line breaks, list marks and links do not matter."""
    return " ".join(re.findall(r"[\w£]+", unescape(text)))
