"""Runs as OpenTelemetry spans: one trace a run, one span a step.

====================================  ==========================================================
``invoke_workflow critique_loop``     the run, from its start (or resumption) to its end
``invoke_agent writer``               one draft; below it its ``chat {model}`` spans (CLIENT)
``execute_tool sandbox.run``          one execution; ``error.type`` is its status
``invoke_agent critic``               one critique, with an event ``gen_ai.evaluation.result`` for
                                      each dimension; below it its ``chat`` spans
``invoke_agent user_proxy``           one decision
====================================  ==========================================================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from critique_loop.telemetry import attributes as told
from critique_loop.telemetry import names
from critique_loop.telemetry.attributes import Attributes
from critique_loop.telemetry.messages import readable
from critique_loop.values import (
    Asked,
    Call,
    Critique,
    Decision,
    Draft,
    Ended,
    Event,
    Execution,
    ExecutionStatus,
    Resumed,
    Started,
    StopReason,
)

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, SpanKind, Tracer

_FAILURES = frozenset(
    {StopReason.MODEL_UNAVAILABLE, StopReason.SANDBOX_UNAVAILABLE, StopReason.INTERRUPTED}
)
_NANOSECONDS = 1_000_000_000


@dataclass(slots=True)
class _Open:
    """A run that has begun and not ended: its root span, and calls whose step is under way."""

    root: Span
    context: Context
    calls: list[Event] = field(default_factory=list["Event"])
    last_at: float = 0.0


class RunSpans:
    """Makes spans of the events of any number of runs, in the order in which they were stored.

    Spans begin and end when the steps did, whenever they are told of: while the loop runs, or from
    the store. ``content`` adds what was said and written: goals, prompts, answers, programs and
    what they printed; without it only names, numbers, marks and codes leave this machine.
    """

    def __init__(
        self,
        tracer: Tracer,
        *,
        content: bool = False,
        on_span: Callable[[str, str], None] | None = None,
    ) -> None:
        """Make spans through ``tracer``; ``on_span`` hears of each before: its run and step."""
        self._tracer = tracer
        self._content = content
        self._on_span = on_span
        self._open: dict[str, _Open] = {}
        self.made: int = 0
        """How many spans were begun, but those that a sampler left out."""

    def on_event(self, event: Event) -> None:
        """Take in the next step of a run."""
        body = event.body
        if isinstance(body, Started | Resumed):
            self._begin(event, body)
            return
        run = self._open.get(event.run_id)
        if run is None:
            return  # told of from the middle: there is nothing to hang it on
        run.last_at = event.at
        if isinstance(body, Call):
            run.calls.append(event)
        elif isinstance(body, Ended):
            self._end(event.run_id, run, body)
        else:
            self._step(event, run)

    def close(self) -> None:
        """End the spans of runs that have no end: killed ones, or ones that still run."""
        for run_id, run in list(self._open.items()):
            run.root.set_attribute(f"{names.OWN}stopped_because", "no end")
            _fail(run.root, "killed, or still running")
            self._finish(run_id, run)

    def _begin(self, event: Event, body: Started | Resumed) -> None:
        from opentelemetry.trace import SpanKind, set_span_in_context  # noqa: PLC0415 - an extra

        before = self._open.get(event.run_id)
        if before is not None:  # it was cut off, and goes on
            _fail(before.root, "killed")
            self._finish(event.run_id, before)
        root = self._span(
            event,
            f"{names.INVOKE_WORKFLOW} {names.WORKFLOW}",
            told.begun(body, content=self._content),
            kind=SpanKind.INTERNAL,
        )
        self._open[event.run_id] = _Open(root, set_span_in_context(root), last_at=event.at)

    def _step(self, event: Event, run: _Open) -> None:
        match event.body:
            case Draft() as draft:
                span = self._agent(event, run, "writer", told.drafted(draft, content=self._content))
            case Execution() as execution:
                span = self._executed(event, run, execution)
            case Critique() as critique:
                span = self._agent(event, run, "critic", told.criticised(critique))
                self._evaluations(event, span, critique)
            case Decision() as decision:
                span = self._agent(
                    event, run, "user_proxy", told.decided(decision, content=self._content)
                )
            case Asked() as asked:
                run.root.add_event(
                    f"{names.OWN}asked",
                    {f"{names.OWN}question": asked.question.kind.value},
                    timestamp=_nanoseconds(event.at),
                )
                return
            case _:
                return
        self._chats(run, span)
        span.end(_nanoseconds(event.at))

    def _executed(self, event: Event, run: _Open, execution: Execution) -> Span:
        attributes = told.executed(execution, content=self._content)
        span = self._span(
            event, f"{names.EXECUTE_TOOL} {names.SANDBOX_TOOL}", attributes, context=run.context
        )
        if execution.status is not ExecutionStatus.OK:
            _fail(span, execution.status.value)
        return span

    def _agent(self, event: Event, run: _Open, role: str, attributes: Attributes) -> Span:
        own = {
            names.OPERATION: names.INVOKE_AGENT,
            names.AGENT_NAME: role,
            names.KIND: names.AGENT,
        }
        return self._span(
            event, f"{names.INVOKE_AGENT} {role}", {**own, **attributes}, context=run.context
        )

    def _evaluations(self, event: Event, span: Span, critique: Critique) -> None:
        for score in critique.scores:
            attributes = told.evaluated(score, content=self._content)
            span.add_event(names.EVALUATION, attributes, timestamp=_nanoseconds(event.at))

    def _chats(self, run: _Open, parent: Span) -> None:
        """Hang the calls of a step below it: they were stored before it was."""
        from opentelemetry.trace import set_span_in_context  # noqa: PLC0415 - an extra

        context = set_span_in_context(parent)
        for event in run.calls:
            if isinstance(event.body, Call):
                self._chat(event, event.body, context)
        run.calls.clear()

    def _chat(self, event: Event, call: Call, context: Context) -> None:
        from opentelemetry.trace import SpanKind  # noqa: PLC0415 - an extra

        attributes = told.called(call, content=self._content)
        name = f"{names.CHAT} {readable(call.model)}"
        span = self._span(event, name, attributes, context=context, kind=SpanKind.CLIENT)
        if call.error:
            _fail(span, call.error)
        span.end(_nanoseconds(event.at))

    def _end(self, run_id: str, run: _Open, ended: Ended) -> None:
        run.root.set_attributes(told.ended(ended, content=self._content))
        if ended.stopped_because in _FAILURES:
            _fail(run.root, ended.stopped_because.value)
        self._finish(run_id, run)

    def _finish(self, run_id: str, run: _Open) -> None:
        self._chats(run, run.root)  # those of a step that never came to its end
        run.root.end(_nanoseconds(run.last_at))
        del self._open[run_id]

    def _span(
        self,
        event: Event,
        name: str,
        attributes: Attributes,
        *,
        context: Context | None = None,
        kind: SpanKind | None = None,
    ) -> Span:
        from opentelemetry.context import Context  # noqa: PLC0415 - an extra
        from opentelemetry.trace import SpanKind  # noqa: PLC0415 - an extra

        own: dict[str, str | int] = {names.CONVERSATION: event.run_id}
        if event.round:
            own[f"{names.OWN}round"] = event.round
        if self._on_span is not None:
            self._on_span(event.run_id, f"{event.seq} {name}")
        span = self._tracer.start_span(
            name,
            context=context or Context(),  # a root, whatever else is being traced here
            kind=kind or SpanKind.INTERNAL,
            attributes={**own, **attributes},
            start_time=_nanoseconds(event.at - event.seconds),
        )
        self.made += span.is_recording()
        return span


def _fail(span: Span, why: str) -> None:
    from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415 - an extra

    span.set_status(Status(StatusCode.ERROR, why))


def _nanoseconds(at: float) -> int:
    return int(at * _NANOSECONDS)
