"""What the process says of itself: a fixed list of events with fixed fields, so that no line can hold what a person wrote."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType

log = logging.getLogger("handrail")

_ROOT = Path(__file__).parent.parent
_OURS = ("content", "actions", "bot", "desk", "api")
# A value is a number or one word of our own making: a type, a place in the code, an outcome.
_PLAIN = re.compile(r"[A-Za-z0-9_.:+-]{1,80}")
_BETWEEN_SECONDS = 10.0

Value = str | int | float | bool


class Event(StrEnum):
    """Every event; docs/operating.md says what each means."""

    START = "start"
    MODEL_LOADED = "model_loaded"
    MODEL_MISSING = "model_missing"
    MODEL_FAILED = "model_failed"
    READY = "ready"
    STOP = "stop"
    WORKER_STARTED = "worker_started"
    WORKER_ENDED = "worker_ended"
    DESK_OPEN = "desk_open"
    DESK_SHUT = "desk_shut"
    STORE_DOWN = "store_down"
    STORE_UP = "store_up"
    SWITCHES_UNREAD = "switches_unread"
    SIGN_IN_REFUSED = "sign_in_refused"
    PROVIDER_DOWN = "provider_down"
    SLOW_TURN = "slow_turn"
    TURN_FAILED = "turn_failed"
    REQUEST_FAILED = "request_failed"
    SHED = "shed"
    TRACES_LOST = "traces_lost"
    TRACES_SENT = "traces_sent"
    CRASHED = "crashed"
    OTHER = "other"


@dataclass(frozen=True)
class _Shape:
    """The level of an event and its sentence, whose {places} are its fields. `hint` closes the sentence and is no field."""

    level: int
    sentence: str

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(re.findall(r"\{(\w+)\}", self.sentence)) - {"hint"}


_INFO, _WARNING, _ERROR = logging.INFO, logging.WARNING, logging.ERROR
_SHAPES = {
    Event.START: _Shape(_INFO, "Handrail is starting on http://{host}:{port}"),
    Event.MODEL_LOADED: _Shape(_INFO, "The model is loaded. It is {model}, and took {seconds} seconds."),
    Event.MODEL_MISSING: _Shape(_ERROR, "No trained model can be used: run `make train`. Danger and the advice line are answered."),
    Event.MODEL_FAILED: _Shape(_ERROR, "The model could not be loaded: {error} at {place}."),
    Event.READY: _Shape(_INFO, "Handrail is ready, {seconds} seconds after its start."),
    Event.STOP: _Shape(_INFO, "Handrail is stopping."),
    Event.WORKER_STARTED: _Shape(_INFO, "Worker {worker} has started."),
    Event.WORKER_ENDED: _Shape(_WARNING, "Worker {worker} has ended."),
    Event.DESK_OPEN: _Shape(_INFO, "The desk is open."),
    Event.DESK_SHUT: _Shape(_ERROR, "The desk stays shut ({error}). {hint}"),
    Event.STORE_DOWN: _Shape(_ERROR, "The store of {store} cannot be used ({error}). The chat goes on; trying again."),
    Event.STORE_UP: _Shape(_INFO, "The store of {store} can be used again."),
    Event.SWITCHES_UNREAD: _Shape(_WARNING, "The switches could not be read: {error}. {times} times so far."),
    Event.SIGN_IN_REFUSED: _Shape(_WARNING, "A sign-in with the organisation's account was refused: {hint}"),
    Event.PROVIDER_DOWN: _Shape(_ERROR, "The organisation's sign-in cannot be used: {hint}"),
    Event.SLOW_TURN: _Shape(_WARNING, "A turn took {seconds} seconds and ended as {outcome}."),
    Event.TURN_FAILED: _Shape(_ERROR, "A turn failed: {error} at {place}. The words for danger and the advice line were given."),
    Event.REQUEST_FAILED: _Shape(_ERROR, "A request failed: {error} at {place}. {times} so far."),
    Event.SHED: _Shape(_WARNING, "Requests were turned away: {reason}. {times} so far."),
    Event.TRACES_LOST: _Shape(_WARNING, "Traces cannot be sent and are thrown away. The chat goes on."),
    Event.TRACES_SENT: _Shape(_INFO, "Traces are sent again."),
    Event.CRASHED: _Shape(_ERROR, "A part of the process failed: {error} at {place}."),
    Event.OTHER: _Shape(_WARNING, "{logger} reports {error} at {place}."),
}


def tell(event: Event, hint: object = "", **fields: Value) -> None:
    """Writes one line. Raises nothing: a field that is unknown is left out, and a value that is not plain becomes `?`.

    `hint` is a sentence of ours for whoever reads the lines as text; it never holds what somebody sent.
    """
    shape = _SHAPES[event]
    kept = {name: plain(fields.get(name, "?")) for name in sorted(shape.fields)}
    log.log(shape.level, shape.sentence.format(**kept, hint=hint), extra={"event": event.value, "fields": kept})


def fields_of(event: Event) -> frozenset[str]:
    """The names of the fields that every line of that event has."""
    return _SHAPES[event].fields


def plain(value: Value) -> Value:
    """The value where it is a number or one plain word, else `?`."""
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return round(value, 3)
    return value if _PLAIN.fullmatch(value) else "?"


def kind_of(error: BaseException | None) -> str:
    """The type of an error, with the name of its number where the system gave one; never its message."""
    if isinstance(error, OSError) and error.errno is not None:
        import errno

        return f"{type(error).__name__}:{errno.errorcode.get(error.errno, error.errno)}"
    return type(error).__name__


def place_of(trace: TracebackType | None) -> str:
    """The last place in our own code that a traceback goes through, or its very last, as module:line."""
    found = ours = "?"
    while trace is not None:
        path = Path(trace.tb_frame.f_code.co_filename)
        found = f"{path.stem}:{trace.tb_lineno}"
        if path.is_relative_to(_ROOT) and path.relative_to(_ROOT).parts[0] in _OURS:
            ours = f"{'.'.join(path.relative_to(_ROOT).with_suffix('').parts)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found if ours == "?" else ours


class Sparing:
    """Tells of something that may happen a thousand times a second once in a while, with how often it has happened."""

    def __init__(self, event: Event, between: float = _BETWEEN_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._event, self._between, self._clock = event, between, clock
        self._times = 0
        self._next = -1.0
        self._lock = threading.Lock()

    def tell(self, **fields: Value) -> None:
        """Counts it, and writes a line where the last one is long enough ago."""
        with self._lock:
            self._times += 1
            times, now = self._times, self._clock()
            if now < self._next:
                return
            self._next = now + self._between
        tell(self._event, times=times, **fields)
