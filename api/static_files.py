"""Our own scripts and style, compressed once, kept by browsers for an hour; nothing on them is about a person."""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import Response

router = APIRouter(include_in_schema=False)

_HERE = Path(__file__).parent / "static"
_FILES = {
    "style.css": ("page.css", "text/css"),
    "exit.js": ("exit.js", "text/javascript"),
    "sheets.js": ("sheets.js", "text/javascript"),
    "sheets.css": ("sheets.css", "text/css"),
    "working_days.js": ("working_days.js", "text/javascript"),
    "websites.js": ("websites.js", "text/javascript"),
    "websites.css": ("websites.css", "text/css"),
}


@router.get("/style.css")
@router.get("/exit.js")
@router.get("/sheets.js")
@router.get("/sheets.css")
@router.get("/working_days.js")
@router.get("/websites.js")
@router.get("/websites.css")
async def static_file(request: Request) -> Response:
    """One of our own files."""
    name, kind = _FILES[request.url.path.lstrip("/")]
    return compressed(request, (_HERE / name).read_bytes(), kind)


def compressed(request: Request, body: bytes, kind: str, **headers: str) -> Response:
    """The body, gzipped where the browser takes that. Only for what is public: compression would leak secrets by length."""
    shared = {"cache-control": "max-age=3600", "vary": "accept-encoding", **headers}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(_gzipped(body), media_type=f"{kind}; charset=utf-8", headers={**shared, "content-encoding": "gzip"})
    return Response(body, media_type=f"{kind}; charset=utf-8", headers=shared)


@lru_cache(maxsize=16)
def _gzipped(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)
