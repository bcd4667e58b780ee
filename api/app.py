"""Builds the web application: resources in the lifespan, routes, problems, strict headers."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Match

from api import chat, docs, health, library_pages, page, rest, services, sheets, static_files, websites, widget
from api.board import process_seconds
from api.desk import routes
from api.desk.opening import Opening
from api.guard import Guard, headers
from api.problems import Problem, problem_response
from api.settings import Settings
from api.shield import Shield
from api.state import State, heard
from api.watch import Watch
from bot.engine import Engine, Limits, ModelMissing, load_agent
from bot.events import Event, kind_of, place_of, tell
from bot.memory import MemoryVault
from bot.seams import InProcessAgent
from content.fingerprint import fingerprint
from content.library import HERE, Library, default_library
from desk.desk import Desk
from desk.store import StoreDown

if TYPE_CHECKING:
    from api.traces import Traces

_METHODS = ("GET", "POST", "DELETE")
_BY_STATUS = {404: "not_found", 405: "not_allowed", 400: "not_text", 413: "large_request"}


def create_app(
    settings: Settings | None = None,
    *,
    library: Library | None = None,
    engine: Engine | None = None,
    agent: InProcessAgent | None = None,
    desk: Desk | None = None,
) -> FastAPI:
    """The application. Without `engine` the model is loaded beside the first requests, which get the safety net.

    An `agent` is a model that is loaded already, for workers that share it. Without `desk` the one of the settings'
    database is opened beside the first requests.
    """
    settings = settings or Settings()
    state = State.of(settings, library or default_library())
    state.engine, state.desk = engine, desk
    app = FastAPI(
        title="Handrail",
        version="0.1.0",
        lifespan=_lifespan(state, agent, load=engine is None, opening=desk is None),
        docs_url=None,
        redoc_url=None,
        # FastAPI's own would send addresses, paths and the messages of errors wherever the environment says.
        telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False, "auto_configure": False},
    )
    app.state.handrail = state
    for module in (chat, services, health, page, static_files, widget, sheets, library_pages, websites):
        app.include_router(module.router)
    if settings.rest_channel:
        app.include_router(rest.router)
    if settings.socket_channel:
        _mount_socket(app, state)
    routes.mount(app)
    docs.mount(app)
    _handle_problems(app)
    # The last that is added is the outermost.
    app.add_middleware(Shield, largest_body=settings.largest_body, answer=_answer)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.allowed_origins),
            allow_methods=["POST", "DELETE", "GET"],
            allow_headers=["authorization", "content-type", "idempotency-key"],
            expose_headers=["retry-after"],
        )
    app.add_middleware(Guard, extra=headers(settings.exit_address))
    return app


def _mount_socket(app: FastAPI, state: State) -> None:
    # Loaded here, so that whoever has not switched it on runs nothing of it.
    from api import socket_channel

    app.include_router(socket_channel.router)
    channel = app.state.socket_channel = socket_channel.SocketChannel(state)
    app.mount(socket_channel.PATH, channel)


def _lifespan(state: State, agent: InProcessAgent | None, *, load: bool, opening: bool):  # type: ignore[no-untyped-def]
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        state.metrics.running(version=app.version, content=fingerprint(HERE))
        if load and agent:
            _use(state, agent, app.version)
        elif load:
            threading.Thread(target=_load_engine, args=(state, app.version), name="load", daemon=True).start()
        desk_opening = Opening(state) if opening and state.settings.database else None
        if desk_opening:
            desk_opening.start()
        watch, traces = Watch(state), _traces(state, app.version)
        watch.start()
        if traces:
            traces.start()
        yield
        tell(Event.STOP)
        watch.stop()
        if state.settings.socket_channel:
            await app.state.socket_channel.close()
        if desk_opening:
            await run_in_threadpool(desk_opening.stop)
        if state.engine is not None and load:
            state.engine.close()
        if traces:
            await run_in_threadpool(traces.stop)

    return lifespan


def loaded_agent(settings: Settings, library: Library) -> InProcessAgent | None:
    """The model, or None where it cannot be used: the safety net answers then. Either is told."""
    began = time.monotonic()
    try:
        agent = load_agent(settings.model, library)
    except ModelMissing:
        tell(Event.MODEL_MISSING)
    except Exception as error:
        tell(Event.MODEL_FAILED, error=kind_of(error), place=place_of(error.__traceback__))
    else:
        tell(Event.MODEL_LOADED, model=agent.model_fingerprint, seconds=time.monotonic() - began)
        return agent
    return None


def _load_engine(state: State, version: str) -> None:
    if agent := loaded_agent(state.settings, state.library):
        _use(state, agent, version)


def _use(state: State, agent: InProcessAgent, version: str) -> None:
    """From now on this worker answers with what was loaded, and says so."""
    engine = engine_of(state, agent)
    model, trained = engine.model
    seconds = process_seconds() or 0.0
    state.metrics.running(version=version, content=fingerprint(HERE), model=model, trained=trained)
    state.metrics.ready(seconds)
    state.engine = engine
    tell(Event.READY, seconds=seconds)


def _traces(state: State, version: str) -> Traces | None:
    if not state.settings.traces:
        return None
    from api.traces import Traces

    return Traces(state.settings.traces, version)


def engine_of(state: State, agent: InProcessAgent) -> Engine:
    """The engine over a loaded agent, with what the settings say about memory and time."""
    settings = state.settings
    if state.vault is None:
        state.vault = MemoryVault(settings.idle_minutes * 60)
    limits = Limits(
        timeout=settings.reply_timeout, urgent_timeout=settings.urgent_timeout, most_waiting=settings.most_waiting,
        sender_idle=settings.sender_idle_minutes * 60,
    )  # fmt: skip
    return Engine(agent, state.library, state.vault, limits=limits)


def _handle_problems(app: FastAPI) -> None:
    @app.exception_handler(Problem)
    async def _problem(request: Request, problem: Problem) -> Response:
        return await _answer(request, problem)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        return await _answer(request, Problem("bad_request"))

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        status, headers = error.status_code, dict(error.headers or {})
        if status == 405:
            headers["allow"] = _allowed(request)
        kind = _BY_STATUS.get(status) or ("server_error" if status >= 500 else "bad_request")
        return await _answer(request, Problem(kind, status=status, headers=headers))

    @app.exception_handler(StoreDown)
    async def _store_down(request: Request, error: StoreDown) -> Response:
        return await _answer(request, Problem("desk_down", retry_after=5))

    @app.exception_handler(UnicodeDecodeError)
    async def _not_text(request: Request, error: UnicodeDecodeError) -> Response:
        return await _answer(request, Problem("not_text"))


def _allowed(request: Request) -> str:
    """What may be done at the request's address: each route on its own knows of its own methods only."""
    scopes = {method: {**request.scope, "method": method} for method in _METHODS}
    found = [
        method for method, scope in scopes.items() if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)
    ]
    return ", ".join([*found, "HEAD"] if "GET" in found else found)


async def _answer(request: Request, problem: Problem) -> Response:
    """A page for a browser that posted a form or asked for a page, problem details for everything else."""
    state: State = request.app.state.handrail
    at_desk = request.url.path.startswith("/staff")
    if not at_desk:
        problem = await heard(request, state, problem)
    wants_page = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(("/api/", "/webhooks/"))
    if not wants_page:
        return problem_response(problem)
    if at_desk:
        response: Response = routes.desk_problem(request, problem)
    else:
        response = await page.page_problem(request, state, problem)
    response.headers.update(problem.headers)
    return response
