"""Several workers behind one port: gunicorn loads the model once, forks them from it, and replaces one that dies."""

from __future__ import annotations

import gc
from typing import Any

from fastapi import FastAPI
from gunicorn.app.base import BaseApplication
from uvicorn_worker import UvicornWorker

from api.app import create_app, loaded_agent
from api.logs import write_logs
from api.serving import ways
from api.settings import Settings
from bot.events import Event, tell
from bot.quiet import end_with_parent
from content.library import default_library

# Seconds: a worker that says nothing for so long is replaced; one that is told to stop may end its turns for so long.
_SILENT, _ENDING = 30, 20


class Worker(UvicornWorker):
    """A worker as `python -m api` sets up its single one; see `serve`. `place` is its row among the metrics."""

    CONFIG_KWARGS: dict[str, Any] = {}
    place = 0


class _Workers(BaseApplication):
    def __init__(self, settings: Settings, host: str, port: int) -> None:
        self._settings = settings
        self._bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn."""
        chosen = {
            "bind": self._bind,
            "workers": self._settings.workers,
            "worker_class": "api.workers.Worker",
            "preload_app": True,
            "timeout": _SILENT,
            "graceful_timeout": _ENDING,
            "control_socket_disable": True,
            "loglevel": "error",
            "on_starting": self._on_starting,
            "pre_fork": self._before_fork,
            "post_fork": self._after_fork,
            "child_exit": self._after_end,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> FastAPI:
        """Called by gunicorn, once: whoever is forked afterwards shares what is loaded."""
        app = create_app(self._settings, agent=loaded_agent(self._settings, default_library()))
        self._metrics = app.state.handrail.metrics
        return app

    def _on_starting(self, arbiter: object) -> None:
        # gunicorn has set up handlers of its own by now.
        write_logs(self._settings.log_format)

    def _before_fork(self, arbiter: object, worker: Worker) -> None:
        worker.place = self._metrics.new_worker()
        # What is there already is never garbage: looked at by the collector, it would be copied into every worker.
        gc.collect()
        gc.freeze()

    def _after_fork(self, arbiter: object, worker: Worker) -> None:
        end_with_parent()
        self._metrics.become_worker(worker.place)
        tell(Event.WORKER_STARTED, worker=worker.place)

    def _after_end(self, arbiter: object, worker: Worker) -> None:
        self._metrics.worker_ended(worker.place)
        tell(Event.WORKER_ENDED, worker=worker.place)


def serve(settings: Settings, host: str, port: int) -> int:
    """Serves until it is told to stop."""
    Worker.CONFIG_KWARGS = ways(settings)
    _Workers(settings, host, port).run()
    return 0
