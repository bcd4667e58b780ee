"""`python -m bench.budgets`: what the chat and every page weigh on the wire, gzipped, beside what they may; needs no model."""

from __future__ import annotations

import asyncio
import gzip
import re
import sys
from collections.abc import Iterator
from typing import Any

import httpx

from api.app import create_app
from api.settings import Settings
from content.library import HERE, default_library
from content.loading import read_yaml

WIDGET, PAGE = 15_000, 40_000
_LOADED = re.compile(r'<(?:link rel="stylesheet" href|script src)="(/[^"]+)"')
_IMPORTED = re.compile(r'^import .* from "\./([^"]+)"', re.MULTILINE)


def main() -> int:
    """Prints a line for each; 1 where one is over."""
    rows = asyncio.run(_weights())
    for name, size, most in rows:
        print(f"{name:32} {size:7,} of {most:,} bytes{'' if size < most else '   OVER'}")
    over = [name for name, size, most in rows if size >= most]
    if over:
        print(f"Over budget: {', '.join(over)}")
    return 1 if over else 0


async def _weights() -> list[tuple[str, int, int]]:
    transport = httpx.ASGITransport(app=create_app(Settings()))
    async with httpx.AsyncClient(transport=transport, base_url="http://handrail.test") as client:
        pages = [(address, await _page(client, address), PAGE) for address in _addresses()]
        return [("/widget.js", await _size(client, "/widget.js"), WIDGET), *pages]


async def _page(client: httpx.AsyncClient, address: str) -> int:
    """The page with the styles and scripts that it loads."""
    html = (await _got(client, address)).text
    loaded = {part: await _got(client, part) for part in _LOADED.findall(html)}
    imported = {f"/{name}" for part in loaded.values() for name in _IMPORTED.findall(part.text)}
    return sum([await _size(client, part) for part in (address, *loaded, *imported)])


async def _size(client: httpx.AsyncClient, address: str) -> int:
    return _gzipped((await _got(client, address)).content)


async def _got(client: httpx.AsyncClient, address: str) -> httpx.Response:
    response = await client.get(address, headers={"accept": "text/html"})
    response.raise_for_status()
    return response


def _gzipped(body: bytes) -> int:
    return len(gzip.compress(body, 9))


def _addresses() -> Iterator[str]:
    frame: dict[str, Any] = read_yaml(HERE / "frame.yml")
    yield from (page["address"] for page in (*frame["pages"], *frame["more_pages"]))
    yield from ("/embed", "/sheets/ready", "/sheets/disagree", "/sheets/timeline")
    yield f"/topics/{max(default_library().topics.values(), key=lambda topic: len(str(topic))).id}"


if __name__ == "__main__":
    sys.exit(main())
