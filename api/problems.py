"""Errors as problem details (RFC 9457) with titles that a parent can read; the words come from content/problems.yml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from fastapi.responses import JSONResponse

from content.library import HERE
from content.reading import read_yaml


class Problem(Exception):
    """Something that the caller can mend. `kind` is an id in content/problems.yml."""

    def __init__(self, kind: str, *, retry_after: int | None = None, **values: Any) -> None:
        super().__init__(kind)
        self.kind = kind
        self.retry_after = retry_after
        self.values = values


def problem_response(problem: Problem) -> JSONResponse:
    """The problem as application/problem+json."""
    words = problem_words(problem)
    headers = {"retry-after": str(problem.retry_after)} if problem.retry_after else {}
    if problem.kind == "no_such_conversation":
        headers["www-authenticate"] = "Bearer"
    return JSONResponse(words, status_code=words["status"], headers=headers, media_type="application/problem+json")


def problem_words(problem: Problem) -> dict[str, Any]:
    """Type, title, status and detail; nothing of what the caller sent is repeated."""
    row = _rows()[problem.kind]
    return {
        "type": f"urn:handrail:problem:{problem.kind.replace('_', '-')}",
        "title": row["title"].format(**problem.values),
        "status": row["status"],
        "detail": row["detail"].format(**problem.values),
    }


@lru_cache(maxsize=1)
def _rows() -> Mapping[str, Mapping[str, Any]]:
    rows: Mapping[str, Mapping[str, Any]] = read_yaml(HERE / "problems.yml")
    return rows
