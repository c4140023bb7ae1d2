"""Sending spans: where they go, what is sent twice, what does not arrive."""

from __future__ import annotations

import importlib
import logging
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace

import anyio
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from critique_loop import rubric
from critique_loop.errors import CallError, MachineError
from critique_loop.loop import Loop
from critique_loop.proxy import UserProxy
from critique_loop.telemetry import sending
from critique_loop.testing import ScriptedCritic, ScriptedExecutor, ScriptedWriter
from critique_loop.values import Event, Task
from tests.telemetry.conftest import Receiver


def test_spans_go_to_the_path_of_traces_with_the_headers(
    events: list[Event], receiver: Receiver
) -> None:
    with sending(receiver.url, headers={"x-project": "seven"}) as spans:
        for event in events:
            spans.on_event(event)

    assert set(receiver.paths) == {"/v1/traces"}
    assert {name.lower(): v for name, v in receiver.headers[0].items()}["x-project"] == "seven"


def test_a_path_of_the_users_own_is_kept(events: list[Event], receiver: Receiver) -> None:
    with sending(f"{receiver.url}/otel/traces") as spans:
        spans.on_event(events[0])

    assert set(receiver.paths) == {"/otel/traces"}


def test_the_environment_says_where_to_send(
    events: list[Event], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)

    with sending() as spans:
        spans.on_event(events[0])

    assert len(receiver.spans) == 1


def test_what_is_sent_twice_has_the_same_ids(events: list[Event], receiver: Receiver) -> None:
    for _ in range(2):
        with sending(receiver.url) as spans:
            for event in events:
                spans.on_event(event)

    half = len(receiver.spans) // 2
    ids = [(span.trace_id, span.span_id) for span in receiver.spans]
    assert sorted(ids[:half]) == sorted(ids[half:])
    assert len(set(ids)) == half


def test_a_receiver_that_refuses_is_told_with_the_number_of_spans(
    events: list[Event], receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.status = 400

    def send() -> None:
        with sending(receiver.url) as spans:
            for event in events:
                spans.on_event(event)

    with (
        caplog.at_level(logging.CRITICAL),
        pytest.raises(MachineError, match="11 of 11 spans") as caught,
    ):
        send()

    assert "--endpoint" in caught.value.remedy


class Slow(InMemorySpanExporter):
    """An exporter that takes nothing until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = threading.Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.let.wait(10)
        return super().export(spans)


@pytest.fixture
def short_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("critique_loop.telemetry.sending")
    monkeypatch.setattr(module, "_QUEUE", 8)
    monkeypatch.setattr(module, "_BATCH", 4)


def runs_of(events: list[Event], number: int) -> list[Event]:
    return [replace(event, run_id=f"r{n}") for n in range(number) for event in events]


@pytest.mark.usefixtures("short_queue")
def test_spans_that_had_no_room_to_wait_are_missed(events: list[Event]) -> None:
    exporter = Slow()

    def send() -> None:
        with sending(exporter=exporter) as spans:
            for event in runs_of(events, 3):
                spans.on_event(event)
            exporter.let.set()

    with pytest.raises(MachineError, match=r"\d+ of 33 spans could not be delivered"):
        send()


@pytest.mark.usefixtures("short_queue")
def test_the_patient_wait_for_a_slow_receiver(events: list[Event]) -> None:
    exporter = Slow()
    threading.Timer(0.2, exporter.let.set).start()

    with sending(exporter=exporter, patient=True) as spans:
        for event in runs_of(events, 3):
            spans.on_event(event)

    assert len(exporter.get_finished_spans()) == 33


@pytest.mark.usefixtures("short_queue")
def test_the_patient_do_not_try_again_what_has_failed_for_good(
    events: list[Event], receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.status = 400

    def send() -> None:
        with sending(receiver.url, patient=True) as spans:
            for event in runs_of(events, 3):
                spans.on_event(event)

    with caplog.at_level(logging.CRITICAL), pytest.raises(MachineError, match="33 of 33 spans"):
        send()

    assert len(receiver.paths) == 1


def test_what_a_sampler_leaves_out_is_not_missed(
    events: list[Event], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")

    with sending(receiver.url) as spans:
        for event in events:
            spans.on_event(event)

    assert (spans.made, receiver.paths) == (0, [])


@pytest.mark.usefixtures("short_queue")
@pytest.mark.parametrize("sampler", ["always_off", "always_on"])
def test_the_patient_wait_once_for_half_a_queue_whatever_a_sampler_leaves_out(
    sampler: str, events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", sampler)
    waited: list[int] = []
    flush = TracerProvider.force_flush

    def counted(provider: TracerProvider, timeout_millis: int = 30_000) -> bool:
        waited.append(timeout_millis)
        return flush(provider, timeout_millis)

    monkeypatch.setattr(TracerProvider, "force_flush", counted)

    with sending(exporter=InMemorySpanExporter(), patient=True) as spans:
        for event in runs_of(events, 3):  # 33 spans
            spans.on_event(event)

    assert len(waited) == 33 // 4 + 1


@pytest.mark.parametrize("endpoint", ["localhost:4318", "ftp://x", "http://", "nonsense"])
def test_what_is_no_url_is_refused(endpoint: str) -> None:
    with pytest.raises(CallError, match="no URL"), sending(endpoint):
        pass


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)

    with pytest.raises(CallError) as caught, sending():
        pass

    assert "critique-loop[otel]" in caught.value.remedy


def test_an_error_of_the_run_is_not_hidden_by_one_of_sending(receiver: Receiver) -> None:
    receiver.status = 400

    with pytest.raises(ZeroDivisionError), sending(receiver.url):
        raise ZeroDivisionError


def test_a_live_loop_sends_its_steps() -> None:
    task = Task("a goal", rubric.load("charts"))
    exporter = InMemorySpanExporter()
    loop = Loop(
        writer=ScriptedWriter(["print(1)"]),
        executor=ScriptedExecutor(),
        critic=ScriptedCritic({"print(1)": 10.0}),
        proxy=UserProxy(),
    )

    async def run() -> None:
        with sending(exporter=exporter) as spans:
            await loop.run(task, on_event=spans.on_event)

    anyio.run(run)

    names = [span.name for span in exporter.get_finished_spans()]
    assert names == [
        "invoke_agent writer",
        "execute_tool sandbox.run",
        "invoke_agent critic",
        "invoke_agent user_proxy",
        "invoke_workflow critique_loop",
    ]
