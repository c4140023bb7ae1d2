"""A run's events, and a receiver of OTLP over HTTP that keeps what arrives in memory."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from critique_loop import rubric
from critique_loop.values import (
    Call,
    Choice,
    Critique,
    Decision,
    DecisionKind,
    Draft,
    Ended,
    Event,
    EventBody,
    EventKind,
    Execution,
    ExecutionStatus,
    Finding,
    Message,
    Picture,
    Score,
    Severity,
    Spend,
    Started,
    StopReason,
    Task,
    Usage,
)

GOAL = "mean Horsepower by Origin"
K = EventKind


@dataclass(slots=True)
class Receiver:
    """What arrived: requests with their path and headers, and all spans in them."""

    url: str = ""
    status: int = 200
    paths: list[str] = field(default_factory=list[str])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    spans: list[Any] = field(default_factory=list[Any])
    resources: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def named(self, name: str) -> list[Any]:
        return [span for span in self.spans if span.name == name]

    def one(self, name: str) -> Any:  # noqa: ANN401 - a protobuf message
        (span,) = self.named(name)
        return span


def attributes(of: Any) -> dict[str, Any]:  # noqa: ANN401 - a protobuf message
    return {pair.key: _value(pair.value) for pair in of.attributes}


def _value(value: Any) -> Any:  # noqa: ANN401 - a protobuf message
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    return getattr(value, kind)


def _answering(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                data = gzip.decompress(data)
            receiver.paths.append(self.path)
            receiver.headers.append(dict(self.headers.items()))
            request: Any = ExportTraceServiceRequest()
            request.ParseFromString(data)
            if receiver.status == 200:
                for found in request.resource_spans:
                    receiver.resources.append(attributes(found.resource))
                    receiver.spans += [s for scope in found.scope_spans for s in scope.spans]
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(receiver.status)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            del format, args

    return Answering


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    with ThreadingHTTPServer(("127.0.0.1", 0), _answering(found)) as server:
        found.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield found
        server.shutdown()
        thread.join()


def numbered(run_id: str, bodies: list[tuple[EventKind, int, EventBody]]) -> list[Event]:
    """Return events a second apart, each of which took half a second."""
    return [
        Event(run_id, seq, kind, number, 1_700_000_000.0 + seq, 0.5, body)
        for seq, (kind, number, body) in enumerate(bodies)
    ]


@pytest.fixture
def events() -> list[Event]:
    """An accepted run of two rounds; the first draft fails, two models are asked."""
    judged = rubric.load("charts")
    failed = Critique("measured", (Score("bugs", 0.0, 7.0, advice="mend line 3"),), overall=0.0)
    good = Critique(
        "measured",
        (Score("bugs", 10.0, 7.0), Score("type", None, 7.0, unscored="nobody looked")),
        findings=(Finding("long_title", Severity.NOTE, "The title is long."),),
    )
    asked = Call(
        "writer",
        "small",
        usage=Usage(120, 45, cached_input_tokens=20),
        cost_usd=0.002,
        messages=(
            Message("system", "You draw."),
            Message("user", "secret goal", (Picture(b"\x89PNG"),)),
        ),
        answers=(Choice("print(1)", reasoning="hm", finish_reason="stop"),),
    )
    refused = Call("critic", "big", error="rate_limit", requests=3)
    ended = Ended(StopReason.ACCEPTED, 2, Spend(rounds=2, seconds=9.0, calls=4, tokens=165))
    return numbered(
        "abc123",
        [
            (K.STARTED, 0, Started(Task(GOAL, judged), "model small", "measured", "docker", "1.0")),
            (K.CALLED, 1, asked),
            (K.DRAFTED, 1, Draft("print(1)", "model small", model="small")),
            (K.EXECUTED, 1, Execution(ExecutionStatus.ERROR, stderr="Traceback", wall_s=0.25)),
            (K.CALLED, 1, refused),
            (K.CRITIQUED, 1, failed),
            (K.DECIDED, 1, Decision(DecisionKind.REFINE, advice="mend line 3")),
            (K.DRAFTED, 2, Draft("print(2)", "model small")),
            (K.EXECUTED, 2, Execution(ExecutionStatus.OK, stdout="\ud800")),
            (K.CRITIQUED, 2, good),
            (K.DECIDED, 2, Decision(DecisionKind.ACCEPT)),
            (K.ENDED, 0, ended),
        ],
    )
