"""Writes the process's events as lines of text or of JSON; whatever else is logged or crashes comes without its words."""

from __future__ import annotations

import json
import logging
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from bot.events import Event, kind_of, place_of, plain, tell

# They repeat what they sent, or say every few seconds what an event of ours says once; warnings are for who writes code.
_SILENT = ("opentelemetry", "urllib3", "py.warnings")
# Their lines go to our handler, and so through our formatter.
_SERVERS = ("uvicorn", "uvicorn.error", "gunicorn", "gunicorn.error")


def write_logs(form: str) -> None:
    """Sends every log line of this process to the standard error, as `text` or `json`.

    A server that sets its own logging up later, such as gunicorn, is followed by another call.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(AsJson() if form == "json" else AsText())
    handler.addFilter(_has_a_name)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(True)
    logging.getLogger("handrail").setLevel(logging.INFO)
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    for name in _SERVERS:
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
        logging.getLogger(name).setLevel(logging.WARNING)
    sys.excepthook = _crashed
    threading.excepthook = lambda failed: _crashed(failed.exc_type, failed.exc_value, failed.exc_traceback)
    sys.unraisablehook = lambda failed: _crashed(failed.exc_type, failed.exc_value, failed.exc_traceback)


class AsText(logging.Formatter):
    """Our events as their sentences; of other lines where they come from and which error they are about."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        if hasattr(record, "event"):
            return record.getMessage()
        return " ".join(f"{name}={value}" for name, value in _of_others(record).items())


class AsJson(logging.Formatter):
    """Our events as their names and fields."""

    def format(self, record: logging.LogRecord) -> str:
        """One line: `time`, `level`, `event`, `pid`, and the event's own fields."""
        own: dict[str, Any] = getattr(record, "fields", {}) if hasattr(record, "event") else _of_others(record)
        row = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", Event.OTHER.value),
            "pid": record.process,
            **own,
        }
        return json.dumps(row)


def _has_a_name(record: logging.LogRecord) -> bool:
    # TensorFlow, as it is imported, warns on the root logger of what is missing and never used here.
    return record.name != "root" or record.levelno >= logging.ERROR


def _of_others(record: logging.LogRecord) -> dict[str, Any]:
    """Never the message: a library may put anything into it. Some log the exception itself in its place."""
    error = record.exc_info[1] if record.exc_info else record.msg if isinstance(record.msg, BaseException) else None
    trace = error.__traceback__ if error else None
    place = place_of(trace) if trace else f"{Path(record.pathname).stem}:{record.lineno}"
    return {"logger": plain(record.name), "error": kind_of(error) if error else record.levelname.lower(), "place": place}


def _crashed(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    tell(Event.CRASHED, error=kind_of(error) if error else kind.__name__, place=place_of(trace))
