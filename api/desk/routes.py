"""Every page of the desk, and what a browser sees when one cannot be given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from api.desk import (
    call_page,
    content_pages,
    counts_pages,
    openid_pages,
    people_pages,
    questions_pages,
    sign_in,
    switch_pages,
    triage_pages,
)
from api.desk.door import SignInFirst
from api.desk.frame import desk_page
from api.problems import Problem, problem_words
from content.library import HERE
from content.loading import read_yaml

_WORDS: Mapping[str, Any] = read_yaml(HERE / "desk" / "trouble.yml")
_GIVEN_BACK = ("/staff/content/", "/staff/switch")
_MODULES = (
    sign_in,
    openid_pages,
    triage_pages,
    call_page,
    counts_pages,
    questions_pages,
    content_pages,
    switch_pages,
    people_pages,
)


def mount(app: FastAPI) -> None:
    """Adds the pages, and what happens where nobody is signed in or the store is down."""
    for module in _MODULES:
        app.include_router(module.router)

    @app.exception_handler(SignInFirst)
    async def _sign_in_first(request: Request, error: SignInFirst) -> Response:
        return RedirectResponse("/staff/sign-in", status_code=303)


def desk_problem(request: Request, problem: Problem) -> Response:
    """The problem as a page of the desk. Only the forms for content and switches get back what was typed in them."""
    # The words of that one are for who sends JSON.
    words = problem_words(Problem("staff_bad_request") if problem.kind == "bad_request" else problem)
    state = request.app.state.handrail
    typed = getattr(request.state, "typed", []) if request.url.path.startswith(_GIVEN_BACK) else []
    return desk_page(request, state, None, "trouble.html.j2", status=words["status"], words=_WORDS, problem=words, typed=typed)
