"""What the spans of each step say: names, numbers, marks, codes; texts only where wanted."""

from __future__ import annotations

from collections.abc import Mapping

from critique_loop.telemetry import names
from critique_loop.telemetry.messages import input_messages, output_messages, readable
from critique_loop.values import (
    Call,
    Critique,
    Decision,
    Draft,
    Ended,
    Execution,
    ExecutionStatus,
    Resumed,
    Score,
    Started,
)

Attributes = Mapping[str, str | bool | int | float | list[str]]


def begun(body: Started | Resumed, *, content: bool) -> Attributes:
    """Return what the span of a run says from its beginning."""
    said: Attributes = {
        names.OPERATION: names.INVOKE_WORKFLOW,
        names.WORKFLOW_NAME: names.WORKFLOW,
        names.KIND: names.CHAIN,
        f"{names.OWN}version": body.version,
        f"{names.OWN}resumed": isinstance(body, Resumed),
    }
    if isinstance(body, Resumed):
        return said
    return {
        **said,
        f"{names.OWN}task.kind": body.task.kind.value,
        f"{names.OWN}rubric": readable(body.task.rubric.name),
        f"{names.OWN}writer": readable(body.writer),
        f"{names.OWN}critic": readable(body.critic),
        f"{names.OWN}sandbox": readable(body.sandbox),
        **_text(names.INPUT, body.task.goal, content=content),
    }


def drafted(draft: Draft, *, content: bool) -> Attributes:
    """Return what the span of a draft says."""
    return {
        f"{names.OWN}definition": readable(draft.definition),
        f"{names.OWN}model": readable(draft.model),
        **_text(names.OUTPUT, draft.code, content=content),
    }


def executed(execution: Execution, *, content: bool) -> Attributes:
    """Return what the span of an execution says."""
    failed = execution.status is not ExecutionStatus.OK
    return {
        names.OPERATION: names.EXECUTE_TOOL,
        names.TOOL_NAME: names.SANDBOX_TOOL,
        names.KIND: names.TOOL,
        f"{names.OWN}status": execution.status.value,
        f"{names.OWN}cpu_s": execution.cpu_s,
        f"{names.OWN}wall_s": execution.wall_s,
        f"{names.OWN}isolation": execution.sandbox,
        **({names.ERROR_TYPE: execution.status.value} if failed else {}),
        **_text(names.OUTPUT, execution.stdout + execution.stderr, content=content),
    }


def criticised(critique: Critique) -> Attributes:
    """Return what the span of a critique says."""
    return {
        f"{names.OWN}critic": readable(critique.critic),
        f"{names.OWN}findings": [readable(finding.code) for finding in critique.findings],
        **({} if critique.overall is None else {f"{names.OWN}overall": critique.overall}),
    }


def evaluated(score: Score, *, content: bool) -> Attributes:
    """Return what the event of one dimension's score says: "pass", "fail" or "unscored"."""
    label = "unscored" if score.value is None else "pass" if score.passed else "fail"
    why = score.unscored or score.advice or "; ".join(score.evidence)
    return {
        names.EVALUATION_NAME: readable(score.dimension),
        names.EVALUATION_LABEL: label,
        **({} if score.value is None else {names.EVALUATION_SCORE: score.value}),
        **_text(names.EVALUATION_EXPLANATION, why, content=content),
    }


def decided(decision: Decision, *, content: bool) -> Attributes:
    """Return what the span of a decision says."""
    return {
        f"{names.OWN}decision": decision.kind.value,
        f"{names.OWN}decided_by": decision.by,
        **({} if decision.reason is None else {f"{names.OWN}reason": decision.reason.value}),
        **_text(names.OUTPUT, decision.advice, content=content),
    }


def called(call: Call, *, content: bool) -> Attributes:
    """Return what the span of a call of a model says."""
    known = {
        names.INPUT_TOKENS: call.usage.input_tokens,
        names.OUTPUT_TOKENS: call.usage.output_tokens,
        names.CACHED_TOKENS: call.usage.cached_input_tokens or None,
        f"{names.OWN}cost_usd": call.cost_usd,
    }
    said: dict[str, str | bool | int | float | list[str]] = {
        names.OPERATION: names.CHAT,
        names.KIND: names.LLM,
        names.PROVIDER: names.PROTOCOL,
        names.REQUEST_MODEL: readable(call.model),
        names.AGENT_NAME: call.role,
        f"{names.OWN}requests": call.requests,
        f"{names.OWN}from_cache": call.from_cache,
        **{name: value for name, value in known.items() if value is not None},
    }
    if call.answers:
        said[names.FINISH_REASONS] = [choice.finish_reason for choice in call.answers]
    if call.error:
        said[names.ERROR_TYPE] = call.error
    if content and call.messages:
        said[names.INPUT_MESSAGES] = input_messages(call.messages)
        said[names.OUTPUT_MESSAGES] = output_messages(call.answers)
    return said


def ended(end: Ended, *, content: bool) -> Attributes:
    """Return what the span of a run says once it has ended."""
    spend = end.spend
    return {
        f"{names.OWN}stopped_because": end.stopped_because.value,
        f"{names.OWN}best_round": end.best_round,
        f"{names.OWN}rounds": spend.rounds,
        f"{names.OWN}calls": spend.calls,
        f"{names.OWN}tokens": spend.tokens,
        **({} if spend.cost_usd is None else {f"{names.OWN}cost_usd": spend.cost_usd}),
        **_text(names.OUTPUT, end.message, content=content),
    }


def _text(name: str, text: str, *, content: bool) -> Mapping[str, str]:
    return {name: readable(text)} if content and text else {}
