"""Our own scripts and style, compressed once, kept by browsers for an hour; nothing on them is about a person."""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import Response

router = APIRouter(include_in_schema=False)

_HERE = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript"}
# What our own pages load. The chat element, which other websites load too, is served by api/widget.py.
_OURS = {
    name: name
    for name in (
        "exit.js",
        "sheets.js",
        "sheets.css",
        "working_days.js",
        "websites.js",
        "websites.css",
        "desk.css",
        "desk_call.js",
        "desk_triage.js",
        "desk_content.js",
    )
}
_OURS["style.css"] = "page.css"


@lru_cache(maxsize=32)
def static(name: str) -> bytes:
    """A file of api/static, read once."""
    return (_HERE / name).read_bytes()


async def _ours(request: Request) -> Response:
    """One of our own files."""
    name = _OURS[request.url.path.lstrip("/")]
    return compressed(request, static(name), _TYPES[Path(name).suffix])


for _name in _OURS:
    router.add_api_route(f"/{_name}", _ours, methods=["GET"], response_class=Response)


def compressed(request: Request, body: bytes, kind: str, **headers: str) -> Response:
    """The body, gzipped where the browser takes that. Only for what is public: compression would leak secrets by length."""
    shared = {"cache-control": "max-age=3600", "vary": "accept-encoding", **headers}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(_gzipped(body), media_type=f"{kind}; charset=utf-8", headers={**shared, "content-encoding": "gzip"})
    return Response(body, media_type=f"{kind}; charset=utf-8", headers=shared)


@lru_cache(maxsize=16)
def _gzipped(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)
