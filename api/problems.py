"""Errors as problem details (RFC 9457) with titles that a parent can read; the words come from content/problems.yml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from fastapi.responses import JSONResponse

from bot.reply import Message
from content.library import HERE
from content.loading import read_yaml

# What is asked for a bearer token that is not there, or opens nothing.
_ASK_FOR_TOKEN = frozenset({"no_such_conversation", "missing_token", "wrong_token"})


class Problem(Exception):
    """Something that the caller can mend. `kind` is an id in content/problems.yml.

    `status` and `headers` are those of HTTP where they say more than the kind; `safety` is what is said to a message that
    shows danger although it is refused.
    """

    def __init__(
        self,
        kind: str,
        *,
        retry_after: int | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> None:
        super().__init__(kind)
        self.kind = kind
        self.retry_after = retry_after
        self.status = status
        self.values = values
        self.safety: tuple[Message, ...] = ()
        self._headers = dict(headers or {})

    @property
    def headers(self) -> dict[str, str]:
        """What the response carries beside its words."""
        found = dict(self._headers)
        if self.retry_after:
            found["retry-after"] = str(self.retry_after)
        if self.kind in _ASK_FOR_TOKEN:
            found["www-authenticate"] = "Bearer"
        return found


def problem_response(problem: Problem) -> JSONResponse:
    """The problem as application/problem+json."""
    words = problem_words(problem)
    return JSONResponse(words, status_code=words["status"], headers=problem.headers, media_type="application/problem+json")


def problem_words(problem: Problem, *, with_safety: bool = True) -> dict[str, Any]:
    """Type, title, status and detail; nothing of what the caller sent is repeated.

    Where it showed danger the detail begins with the words for that, which are there as messages too, for whoever can show
    them apart.
    """
    row = _rows()[problem.kind]
    words = {
        "type": f"urn:handrail:problem:{problem.kind.replace('_', '-')}",
        "title": row["title"].format(**problem.values),
        "status": problem.status or row["status"],
        "detail": row["detail"].format(**problem.values),
    }
    if problem.safety and with_safety:
        words["detail"] = "\n\n".join([*(message.text for message in problem.safety), words["detail"]])
        words["urgent"] = True
        words["messages"] = [{"kind": message.kind, "text": message.text} for message in problem.safety]
    return words


@lru_cache(maxsize=1)
def _rows() -> Mapping[str, Mapping[str, Any]]:
    rows: Mapping[str, Mapping[str, Any]] = read_yaml(HERE / "problems.yml")
    return rows
