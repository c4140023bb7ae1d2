"""Where spans go: to whatever reads OTLP over HTTP, under ids that follow from the run."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from itertools import count
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit, urlunsplit

from critique_loop._version import __version__
from critique_loop.errors import CallError, MachineError
from critique_loop.telemetry.spans import RunSpans

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
    from opentelemetry.sdk.trace.id_generator import IdGenerator
    from opentelemetry.trace import Tracer

_SERVICE = "critique-loop"
_TRACES = "/v1/traces"
_QUEUE = 8192
_BATCH = 512
_FLUSH_MS = 3_600_000


@contextmanager
def sending(
    endpoint: str = "",
    *,
    headers: Mapping[str, str] | None = None,
    content: bool = False,
    exporter: SpanExporter | None = None,
    patient: bool = False,
) -> Generator[RunSpans]:
    """Lend what takes in events and sends spans; on leaving, all of them have been sent.

    ``endpoint`` is the URL of an OTLP/HTTP receiver (``/v1/traces`` is added where it has no path);
    "" leaves it to ``OTEL_EXPORTER_OTLP_ENDPOINT`` and its kin, as the OpenTelemetry specification
    has them, else http://localhost:4318. ``headers`` go with every request. ``content``: see
    ``RunSpans``. An ``exporter`` of the OpenTelemetry SDK takes the place of all that. The same run
    sent twice has the same ids. ``patient``: wait for a receiver that is slower than a store is
    read, and give up when a request fails for good; a live loop would go on, and lose spans.

    Raises:
        CallError: the extra ``otel`` is not installed, or the URL is none.
        MachineError: on leaving: some spans could not be delivered. The runs are not harmed.
    """
    _need_sdk()
    delivery = Delivery(exporter or _otlp(endpoint, headers), gives_up=patient)
    ids, begun = RunIds(), count(1)  # begun, not made: a sampler may leave out every one
    provider = _provider(delivery, ids)

    def on_span(run_id: str, step: str) -> None:
        if patient and next(begun) % (_QUEUE // 2) == 0:
            provider.force_flush(_FLUSH_MS)
        ids.next_is(run_id, step)

    spans = RunSpans(_tracer(provider), content=content, on_span=on_span)
    try:
        yield spans
    finally:
        spans.close()
        if patient:
            provider.force_flush(_FLUSH_MS)
        provider.shutdown()
    _require_all(spans.made, delivery.sent, endpoint)


def _require_all(made: int, sent: int, endpoint: str) -> None:
    """Raise MachineError where spans were lost."""
    if sent < made:
        raise MachineError(
            f"{made - sent} of {made} spans could not be delivered"
            + (f" to {endpoint}" if endpoint else ""),
            remedy="Is something listening there that reads OTLP over HTTP? Name it with "
            "--endpoint, or OTEL_EXPORTER_OTLP_ENDPOINT.",
        )


class RunIds:
    """Ids that follow from the run and the step, so that what is sent twice is there once."""

    def __init__(self) -> None:
        """Wait to be told what the next span is of."""
        self._run, self._step = "", ""

    def next_is(self, run_id: str, step: str) -> None:
        """Say of which run and step the next span is."""
        self._run, self._step = run_id, step

    def generate_trace_id(self) -> int:
        """Return the id of the run's trace: 16 bytes of the SHA-256 of its id."""
        return _number(f"trace {self._run}", 16)

    def generate_span_id(self) -> int:
        """Return the id of the step's span, 8 bytes."""
        return _number(f"span {self._run} {self._step}", 8)

    def is_trace_id_random(self) -> bool:
        """Return False: it follows from the run."""
        return False


class Delivery:
    """Passes spans on to an exporter and counts those that arrived."""

    def __init__(self, exporter: SpanExporter, *, gives_up: bool = False) -> None:
        """``exporter`` is what really sends; ``gives_up``: not again, once it has failed."""
        self.sent: int = 0
        self._failed = False
        self._exporter = exporter
        self._gives_up = gives_up

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send ``spans`` and return whether they arrived."""
        from opentelemetry.sdk.trace.export import SpanExportResult  # noqa: PLC0415 - an extra

        if self._failed and self._gives_up:
            return SpanExportResult.FAILURE
        result = self._exporter.export(spans)
        if result is SpanExportResult.SUCCESS:
            self.sent += len(spans)
        else:
            self._failed = True
        return result

    def shutdown(self) -> None:
        """Close the exporter."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what waits within the exporter."""
        return self._exporter.force_flush(timeout_millis)


def _need_sdk() -> None:
    try:
        import_module("opentelemetry.sdk.resources")
    except ImportError as error:
        raise CallError(
            "spans need the OpenTelemetry SDK, which is not installed",
            remedy="Install it: pip install 'critique-loop[otel]'",
        ) from error


def _provider(delivery: Delivery, ids: RunIds) -> TracerProvider:
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - an extra
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - an extra
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - an extra

    provider = TracerProvider(
        resource=Resource.create({"service.name": _SERVICE, "service.version": __version__}),
        id_generator=cast("IdGenerator", ids),  # its class can't be a base: it is an extra
        shutdown_on_exit=False,
    )
    exporter = cast("SpanExporter", delivery)
    provider.add_span_processor(BatchSpanProcessor(exporter, _QUEUE, max_export_batch_size=_BATCH))
    return provider


def _tracer(provider: TracerProvider) -> Tracer:
    return provider.get_tracer(_SERVICE, __version__)


def _number(text: str, size: int) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:size]) or 1  # 0 is no valid id


def _otlp(endpoint: str, headers: Mapping[str, str] | None) -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - an extra
        OTLPSpanExporter,
    )

    return OTLPSpanExporter(
        endpoint=_with_path(endpoint) if endpoint else None,
        headers=dict(headers) if headers else None,
    )


def _with_path(endpoint: str) -> str:
    """Return the URL with the path that traces go to.

    Raises:
        CallError: it is no URL of HTTP.
    """
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise CallError(
            f"{endpoint!r} is no URL of an OTLP receiver",
            remedy="Give one such as http://localhost:4318",
        )
    path = parts.path.rstrip("/") or _TRACES
    return urlunsplit(parts._replace(path=path))
