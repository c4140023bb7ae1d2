"""Why a draft is as it is: told with the answer, or only to whoever teaches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from critique_loop.definitions import Sharing
from critique_loop.definitions.fences import harmless, without_addresses
from critique_loop.definitions.fitting import Form, Section, ends_of, fitted
from critique_loop.definitions.telling import finding_lines, shorter
from critique_loop.export.answers import answer, fresh_intro, own_answer
from critique_loop.export.judged import Judged
from critique_loop.export.making import Making
from critique_loop.export.traces import Trace
from critique_loop.values import (
    Critique,
    Example,
    ExampleKind,
    Finding,
    Message,
    Score,
    Severity,
    Step,
)

_CARE = "What it takes care of, and why:"
_FEEDBACK_TOKENS = 4000
_STDERR_SIZES = (4000, 1500, 500)
_LINE_STEPS = (20, 8, 3)
_FAILED = "run_error"
_BY_USER = frozenset({"person", "policy"})
_NEXT = "## Now\nWrite the next program: mend what its critique names."


def explanation(trace: Trace, making: Making) -> Iterator[Example]:
    """Yield the accepted draft with why it is so: what the critiques before it had found."""
    turn = making.learned(trace)
    if turn is None:
        return
    reasons = _reasons(trace, turn, making.prompts.agent_of(trace).sharing)
    said = turn.draft.explanation.strip()
    if reasons:
        intro = "\n".join([fresh_intro(turn, trace.task), "", _CARE, *reasons])
        told = answer(intro, turn.code)
    elif said and not trace.before(turn.number):
        told = own_answer(turn, trace.task)
    else:
        making.left_out("nothing explains the accepted draft")
        return
    yield Example(
        kind=ExampleKind.EXPLANATION,
        prompt=making.prompts.first(trace),
        completion=told,
        code=turn.code,
        provenance=making.origins.of(trace, turn),
    )


def _reasons(trace: Trace, accepted: Judged, sharing: Sharing) -> list[str]:
    """Return a line for each fault that drafts before had, and the accepted one has not."""
    if not sharing.output:
        return []
    left = {finding.code for finding in accepted.critique.findings}
    before = {turn.number for turn in trace.before(accepted.number)}
    lines: dict[str, str] = {}
    for turn in trace.turns:
        if turn.number in before:
            for finding in turn.critique.findings:
                if finding.code not in left and finding.severity is not Severity.NOTE:
                    lines.setdefault(finding.code, _reason(finding))
            for score in turn.critique.scores:
                if not score.passed and score.advice and not _is_told(score, turn):
                    lines.setdefault(score.dimension, f"- {harmless(score.advice)}")
    return list(dict.fromkeys(lines.values()))


def _reason(finding: Finding) -> str:
    message, advice = harmless(finding.message).strip(), harmless(finding.advice).strip()
    if finding.code == _FAILED or not advice:
        return f"- Without it: {message}"
    return f"- {advice[:1].upper()}{advice[1:]}; otherwise: {message}"


def _is_told(score: Score, turn: Judged) -> bool:
    said = "; ".join(finding.advice for finding in turn.critique.findings)
    return all(part in said for part in score.advice.split("; "))


def stepwise(trace: Trace, making: Making) -> Iterator[Example]:
    """Yield the drafts of a run as steps, one of each turn, each with whether it is right."""
    turns = [turn for turn in trace.kept if turn.code.strip()]
    if not turns:
        making.left_out("its rounds are copies of another run's")
        return
    steps = tuple(Step((), own_answer(turn, trace.task), right=turn.is_right) for turn in turns)
    yield Example(
        kind=ExampleKind.STEPWISE,
        prompt=making.prompts.first(trace),
        steps=steps,
        code=turns[-1].code,
        provenance=making.origins.of(trace, turns[-1], *turns[:-1]),
    )


def self_distillation(trace: Trace, making: Making) -> Iterator[Example]:
    """Yield the task, and what only the teacher is told: how the first draft went."""
    first = trace.turns[0]
    if first.number <= trace.copied:
        making.left_out("its rounds are copies of another run's")
        return
    if first.accepted:
        making.left_out("the first draft was accepted: there is nothing to be told of it")
        return
    sharing = making.prompts.agent_of(trace).sharing
    yield Example(
        kind=ExampleKind.SELF_DISTILLATION,
        prompt=making.prompts.first(trace),
        context=feedback(first, sharing),
        code=first.code,
        provenance=making.origins.of(trace, first),
    )


def follow_up(turn: Judged, sharing: Sharing) -> tuple[Message, ...]:
    """Return what is said after a draft to get the next one, where the task has been told."""
    wanted = ""
    if turn.decision.by in _BY_USER:
        wanted = f"\n\n## What the user wants changed\n{harmless(turn.decision.advice)}"
    told = _told_of(turn, turn.seen, sharing)
    return (Message("user", f"{told}{wanted}\n\n{_NEXT}"),)


def feedback(turn: Judged, sharing: Sharing) -> str:
    """Return what came of a draft: how it ended, what it printed as errors, its critique.

    Whatever programs or tables may have put into it is fenced, as everywhere.
    """
    return _told_of(turn, turn.critique, sharing)


def _told_of(turn: Judged, critique: Critique, sharing: Sharing) -> str:
    execution = turn.execution
    status = execution.status.value.replace("_", " ")
    stderr = () if turn.ran else ends_of(without_addresses(execution.stderr), _STDERR_SIZES)
    lines = finding_lines(critique.findings, sharing)
    lines += [_score_line(score) for score in critique.scores if score.value is not None]
    sections: Sequence[Section] = (
        Section("How an earlier attempt ended", (Form(status),), 0, trusted=True),
        Section("Errors that it printed", stderr if sharing.output else (), 1, 0.5),
        Section("Its critique", shorter(lines, _LINE_STEPS, "lines of it"), 1, 0.5),
    )
    return fitted(sections, tokens=_FEEDBACK_TOKENS).text


def _score_line(score: Score) -> str:
    return f"- {score.dimension}: {score.value:g}, {'passes' if score.passed else 'fails'}"
