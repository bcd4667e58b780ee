"""Silences Rasa before it is imported: no telemetry, and no log line that could hold what a person wrote."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import resource
import signal
import sys
import warnings

import structlog

_TALKATIVE = ("rasa", "rasa_sdk", "asyncio", "apscheduler", "sanic", "matplotlib", "numba", "tensorflow", "aio_pika")
# From linux/prctl.h.
_SET_DUMPABLE, _SET_PDEATHSIG = 4, 1


class _Drop(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return False


def hush() -> None:
    """Safe to call more than once. Rasa logs messages, slots and ids at many levels, so all of its loggers are closed."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    structlog.configure(
        processors=[_swallow],
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
        logger_factory=structlog.ReturnLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
        if not any(isinstance(existing, _Drop) for existing in logger.filters):
            logger.addFilter(_Drop())
    warnings.filterwarnings("ignore", module=r"(rasa|tensorflow|sanic|pkg_resources|jax|sklearn|google|keras)(\.|$)")


def seal_process() -> None:
    """No core dump and no other process of the same user may read this one's memory, where the system can promise that."""
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)


def end_with_parent() -> None:
    """A worker whose parent was killed is asked to end, where the system can promise that: nobody would replace or stop it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _swallow(logger: object, name: str, event: object) -> object:
    raise structlog.DropEvent
