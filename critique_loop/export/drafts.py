"""Single answers to learn from: the accepted draft, and how it came about."""

from __future__ import annotations

from collections.abc import Iterator

from critique_loop.export.answers import fresh_answer, own_answer
from critique_loop.export.expecting import COMMAND, expected_of
from critique_loop.export.judged import Judged
from critique_loop.export.making import Making
from critique_loop.export.reasons import follow_up
from critique_loop.export.traces import Trace
from critique_loop.values import Example, ExampleKind, Step

_SFT = ExampleKind.SFT  # members of an enumeration are looked up at some cost


def sft(trace: Trace, making: Making) -> Iterator[Example]:
    """Yield the accepted draft as the answer to the task alone."""
    turn = making.learned(trace)
    if turn is None:
        return
    first = not trace.before(turn.number)
    said = own_answer(turn, trace.task) if first else fresh_answer(turn, trace.task)
    yield Example(
        kind=_SFT,
        prompt=making.prompts.first(trace),
        completion=said,
        code=turn.code,
        provenance=making.origins.of(trace, turn),
    )


def sft_messages(trace: Trace, making: Making) -> Iterator[Example]:
    """Yield the whole conversation up to the accepted draft."""
    turn = making.learned(trace)
    if turn is not None:
        yield _conversation(trace, making, turn, ExampleKind.SFT_MESSAGES)


def trajectory(trace: Trace, making: Making) -> Iterator[Example]:
    """Yield the accepted draft as the answer to the task, the draft before it and its critique."""
    turn = making.learned(trace)
    if turn is None:
        return
    if not trace.before(turn.number):
        making.left_out("the first draft was accepted: nothing was refined")
        return
    yield _conversation(trace, making, turn, ExampleKind.TRAJECTORY)


def _conversation(trace: Trace, making: Making, turn: Judged, kind: ExampleKind) -> Example:
    return Example(
        kind=kind,
        prompt=making.prompts.at(trace, turn.number),
        completion=own_answer(turn, trace.task),
        steps=_steps(trace, making, turn) if making.steps else (),
        code=turn.code,
        provenance=making.origins.of(trace, turn),
    )


def _steps(trace: Trace, making: Making, turn: Judged) -> tuple[Step, ...]:
    before = {earlier.number for earlier in trace.before(turn.number)}
    told = [*(earlier for earlier in trace.turns if earlier.number in before), turn]
    sharing = making.prompts.agent_of(trace).sharing
    asked = [making.prompts.first(trace), *(follow_up(one, sharing) for one in told[:-1])]
    return tuple(
        Step(said, own_answer(one, trace.task), one.accepted)
        for said, one in zip(asked, told, strict=True)
    )


def rlvr(trace: Trace, making: Making) -> Iterator[Example]:
    """Yield the task and the columns by which any answer to it can be judged, each task once."""
    turn = trace.accepted or trace.turns[-1]
    if turn.number <= trace.copied:
        making.left_out("its rounds are copies of another run's")
        return
    provenance = making.origins.of(trace, turn)
    if not making.is_new_task(provenance.task_sha256, provenance.rubric):
        making.left_out("another run is about the same task")
        return
    execution = turn.execution
    example = Example(
        kind=ExampleKind.RLVR,
        prompt=making.prompts.first(trace),
        verifier={
            "image_digest": execution.image_digest or f"none ({execution.sandbox})",
            "command": COMMAND,
            "expected": expected_of(trace.task),
        },
        provenance=provenance,
    )
    if not making.redactions.against(trace, example):  # else the next run may be whole
        making.take_task(provenance.task_sha256, provenance.rubric)
    yield example
