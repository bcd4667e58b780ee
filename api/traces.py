"""Sends spans to an OpenTelemetry collector, where one was named; imported by nobody else, so that it costs nothing else.

What leaves is a name of bot.spans.NAMES, times, and the attributes of bot.spans.ATTRIBUTES. A trace joins nothing beyond one
turn: no header of a request is read, and no conversation, address, host or error message is sent.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Span as OpenSpan
from opentelemetry.trace import Status, StatusCode

from bot.events import Event, tell
from bot.spans import ATTRIBUTES, NAMES, Attribute, Span, trace_with

_PLAIN = re.compile(r"[a-z0-9_]{1,80}")
_ROOT = "turn"
_EXPORT_SECONDS = 3.0
_DELAY_MILLISECONDS = 2000
# Past so many spans that wait, new ones are thrown away: a collector that is gone must cost memory neither.
_MOST_WAITING = 2048


class Traces:
    """From `start` to `stop`. Spans wait in memory and are sent by a thread of their own; no turn waits for it."""

    def __init__(self, endpoint: str, version: str) -> None:
        address = endpoint if endpoint.rstrip("/").endswith("/v1/traces") else f"{endpoint.rstrip('/')}/v1/traces"
        # Not Resource.create, which would add what the environment says of this machine.
        resource = Resource({"service.name": "handrail", "service.version": version})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        exporter = _Telling(OTLPSpanExporter(endpoint=address, timeout=_EXPORT_SECONDS))
        self._provider.add_span_processor(
            BatchSpanProcessor(exporter, max_queue_size=_MOST_WAITING, schedule_delay_millis=_DELAY_MILLISECONDS)
        )
        self._tracer = self._provider.get_tracer("handrail")

    def start(self) -> None:
        """From now on spans are taken."""
        trace_with(self._open)

    def stop(self, seconds: float = 2.0) -> None:
        """Takes no more, and sends what waits for at most so many seconds."""
        trace_with(None)
        sending = threading.Thread(target=self._provider.shutdown, name="last traces", daemon=True)
        sending.start()
        sending.join(timeout=seconds)

    def _open(self, name: str) -> AbstractContextManager[Span]:
        return self._opened(name if name in NAMES else "other")

    @contextmanager
    def _opened(self, name: str) -> Iterator[Span]:
        # A turn begins a trace of its own, whatever a library has taken from the request.
        context = Context() if name == _ROOT else None
        # By default an error's message and stack would go with the span.
        with self._tracer.start_as_current_span(
            name, context=context, record_exception=False, set_status_on_exception=False
        ) as opened:
            try:
                yield _Sent(opened)
            except BaseException as error:
                opened.set_status(Status(StatusCode.ERROR))
                opened.set_attribute("error.type", type(error).__name__)
                raise


class _Sent:
    def __init__(self, span: OpenSpan) -> None:
        self._span = span

    def set(self, **attributes: Attribute) -> None:
        """Adds those that may be sent, and only plain values."""
        for name, value in attributes.items():
            if name in ATTRIBUTES:
                self._span.set_attribute(name, _kept(value))


def _kept(value: Attribute) -> Attribute:
    if isinstance(value, tuple):
        return tuple(one for one in value if _PLAIN.fullmatch(one))
    return value if not isinstance(value, str) or _PLAIN.fullmatch(value) else "?"


class _Telling(SpanExporter):
    """Tells once when the collector stops taking spans, and once when it takes them again."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._lost = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        lost = result is not SpanExportResult.SUCCESS
        if lost != self._lost:
            self._lost = lost
            tell(Event.TRACES_LOST if lost else Event.TRACES_SENT)
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return self._exporter.force_flush(timeout_millis)
