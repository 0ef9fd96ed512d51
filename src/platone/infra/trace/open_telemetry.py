"""Spans told to a collector by OTLP over HTTP, in the background.

A collector that is away holds up nobody: spans wait in a bounded queue of a thread of its own, and
the newest are dropped where it is full.
"""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from platone.infra.trace.step import PARENT
from platone.kernel.errors import PlatoneError

_PATH = "/v1/traces"
"""Where a collector takes traces (OTLP/HTTP)."""
_QUEUE = 2_048
"""Spans that wait at most: a day of a market of a thousand points of delivery has some hundreds."""
_TOGETHER = 256
"""Spans that are sent at once, at most."""
_PAUSE_MS = 2_000
"""Pause between two sendings, ms."""
_ANSWER_S = 5.0
"""Longest wait for the collector, s."""
_STOP_S = 5.0
"""How long a stop waits until what is told is sent, s."""


class _Ids(RandomIdGenerator):
    """Numbers of traces and spans: random ones, or those that are said for the next root.

    Attributes:
        next: The trace and span of the next root; none for random ones.
    """

    next: tuple[int, int] | None = None

    def generate_trace_id(self) -> int:
        """Return the number of a new trace, which only a root asks for, before its own."""
        return self.next[0] if self.next else super().generate_trace_id()

    def generate_span_id(self) -> int:
        """Return the number of a new span."""
        said, self.next = self.next, None
        return said[1] if said else super().generate_span_id()


class OpenTelemetry:
    """Spans told to a collector.

    Args:
        endpoint: The collector's address, such as ``http://collector.example:4318``.
        name: The server's name, as the collector knows it.
        version: The program's version.
    """

    def __init__(self, endpoint: str, name: str, version: str) -> None:
        told = {"service.name": name, "service.namespace": "platone", "service.version": version}
        self._ids = _Ids()
        self._provider = TracerProvider(
            resource=Resource(told), shutdown_on_exit=False, id_generator=self._ids
        )
        exporter = OTLPSpanExporter(endpoint.rstrip("/") + _PATH, timeout=_ANSWER_S)
        self._provider.add_span_processor(
            BatchSpanProcessor(
                exporter,
                max_queue_size=_QUEUE,
                schedule_delay_millis=_PAUSE_MS,
                max_export_batch_size=_TOGETHER,
            )
        )
        self._tracer = self._provider.get_tracer("platone", version)
        self._form = TraceContextTextMapPropagator()

    @contextmanager
    def span(self, name: str, parent: str, attributes: Mapping[str, str]) -> Iterator[str]:
        """Tell a span that lasts as long as its context, and give itself as a parent.

        Of what fails the kind is told, never its words, which may name somebody.
        """
        with self._tracer.start_as_current_span(
            name,
            self._form.extract({PARENT: parent}),
            attributes=dict(attributes),
            record_exception=False,
            set_status_on_exception=False,
        ) as made:
            own: dict[str, str] = {}
            self._form.inject(own)
            try:
                yield own.get(PARENT, "")
            except Exception as error:
                kind = error.slug if isinstance(error, PlatoneError) else type(error).__name__
                made.set_attribute("error.type", kind)
                made.set_status(Status(StatusCode.ERROR))
                raise

    def root(self, name: str, own: str, attributes: Mapping[str, str]) -> None:
        """Tell the span that others name as their parent."""
        _, trace, span, _ = own.split("-")
        self._ids.next = int(trace, 16), int(span, 16)
        self._tracer.start_span(name, Context(), attributes=dict(attributes)).end()

    async def stop(self) -> None:
        """Send what is told, for some seconds at most; the rest is dropped."""
        ending = threading.Thread(target=self._provider.shutdown, daemon=True)
        ending.start()
        await asyncio.to_thread(ending.join, _STOP_S)
