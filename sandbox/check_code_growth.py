"""How fast do the draft's time and memory grow with the size of its input?

Processor time and memory are the kernel's figures for the candidate's process. A program that
waits instead of working is measured by the judge's own clock.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from code_inputs import scalable_shape
from code_request import CodeRequest
from code_sizes import Sized, sized
from code_trials import CALL_S, Called, Candidates, Clock, Program
from findings import Checked, Finding

SLOW, LARGE = "slow_growth", "memory_growth"
CODES = (SLOW, LARGE)

# Exponents are fitted to the last sizes; a reference may be beaten by less than noise makes.
_STEPS = 4
_MORE_THAN_REFERENCE = 0.6
_MOST_ALONE = 2.3
_SLOW_S, _LARGE_BYTES = 0.05, 32 << 20
_TIMES_REFERENCE = 3.0
_NOISE_S, _NOISE_BYTES = 0.002, 2 << 20
_LONG_S = 0.3
_ONCE_S = 0.05
_WAITS = 4.0


class Step(NamedTuple):
    """What one size took: the median of some calls. ``late``: at least that, it was ended."""

    size: int
    cpu_s: float
    memory_bytes: int
    late: bool = False


def check_growth(asked: CodeRequest, candidates: Candidates, clock: Clock) -> Checked:
    """Call the draft with growing input, the reference before it where there is one."""
    shape = scalable_shape(asked) if asked.entry_point else None
    steps = list(sized(shape)) if shape is not None else []
    if len(steps) < _STEPS:
        why = "nothing of the input can be made larger"
        return Checked(failed=tuple(f"{code}: {why}" for code in CODES))
    right: list[Step] = []
    if asked.reference:
        half = Clock(clock.left_s / 2)
        right = _measure(candidates, asked.reference, asked.entry_point, steps, half)
    mine = _measure(candidates, None, asked.entry_point, steps, clock)
    if len(mine) < (_STEPS if not (mine and mine[-1].late) else 1):
        why = f"only {len(mine)} sizes could be measured"
        return Checked(failed=tuple(f"{code}: {why}" for code in CODES))
    found = [_slow(asked, mine, right), _large(asked, mine, right)]
    told = f"largest input of size {mine[-1].size}: {mine[-1].cpu_s:.3f} s"
    return Checked(tuple(finding for finding in found if finding is not None), CODES, told)


def _measure(
    candidates: Candidates,
    source: str | None,
    function: str,
    steps: Sequence[Sized],
    clock: Clock,
) -> list[Step]:
    """Call with each size until one takes long; a size counts only if all its calls answer."""
    measured: list[Step] = []
    with candidates.start(source) as program:
        first = program.call(function, list(steps[0].inputs[0].args), {}, timeout_s=CALL_S)
        for step in steps:
            calls = _calls(program, function, step, clock)
            if calls[-1].status == "timeout" and calls[-1].seconds >= CALL_S:
                measured.append(Step(step.size, CALL_S, 0, late=True))
            if clock.left_s <= 0 or any(call.status != "returned" for call in calls):
                break
            took = sorted(_spent(call) for call in calls)[len(calls) // 2]
            memory = max(0, calls[-1].peak_bytes - first.peak_bytes)
            measured.append(Step(step.size, took, memory))
            if calls[0].seconds > _LONG_S:
                break
    return measured


def _calls(program: Program, function: str, step: Sized, clock: Clock) -> list[Called]:
    """Call with each input of a size, once only where that takes its time."""
    calls: list[Called] = []
    for one in step.inputs:
        timeout_s = min(CALL_S, max(clock.left_s, 0.05))
        calls.append(program.call(function, list(one.args), {}, timeout_s=timeout_s))
        if calls[0].seconds > _ONCE_S:
            break
    return calls


def _spent(called: Called) -> float:
    """Processor time, or, where the program just waited, the time by the judge's clock."""
    waited = called.seconds > _WAITS * called.cpu_s + _SLOW_S
    return called.seconds if waited else called.cpu_s


def slope(points: Sequence[tuple[float, float]], noise: float) -> float:
    """Return the exponent of a power law through the last sizes (least squares of logarithms).

    What is below the noise counts as the noise; 0 where there are fewer than two points.
    """
    last = [(math.log(size), math.log(max(value, noise))) for size, value in points[-_STEPS:]]
    if len(last) < 2:  # noqa: PLR2004 - a line needs two
        return 0.0
    mean_x = sum(x for x, _ in last) / len(last)
    mean_y = sum(y for _, y in last) / len(last)
    spread = sum((x - mean_x) ** 2 for x, _ in last)
    return sum((x - mean_x) * (y - mean_y) for x, y in last) / spread


def _slow(asked: CodeRequest, mine: Sequence[Step], right: Sequence[Step]) -> Finding | None:
    last = mine[-1]
    if last.cpu_s < _SLOW_S:
        return None
    exponent = slope([(step.size, step.cpu_s) for step in mine], _NOISE_S)
    beside = {step.size: step for step in right if not step.late}
    most, words = _MOST_ALONE, "no more than the square"
    if last.size in beside:
        if last.cpu_s < _TIMES_REFERENCE * max(beside[last.size].cpu_s, _NOISE_S):
            return None
        until = [(step.size, step.cpu_s) for step in right if step.size <= last.size]
        most = max(slope(until, _NOISE_S), 1.0) + _MORE_THAN_REFERENCE
        words = f"that of a right program, n^{most - _MORE_THAN_REFERENCE:.1f}"
    if exponent <= most:
        return None
    at_least = "more than " if last.late else ""
    return Finding(
        SLOW,
        "warning",
        f"time grows as n^{exponent:.1f}: {at_least}{last.cpu_s:.2f} s at size {last.size}",
        f"find a way whose time grows as {words}: look for loops within loops, "
        "repeated searches in lists, and work done twice",
        place=f"{asked.entry_point}()",
        numbers={"exponent": round(exponent, 2), "allowed": round(most, 2)}
        | {"steps": [[step.size, round(step.cpu_s, 4)] for step in mine[-_STEPS:]]},
    )


def _large(asked: CodeRequest, mine: Sequence[Step], right: Sequence[Step]) -> Finding | None:
    known = [step for step in mine if not step.late]
    if not known or known[-1].memory_bytes < _LARGE_BYTES:
        return None
    last = known[-1]
    exponent = slope([(step.size, step.memory_bytes) for step in known], _NOISE_BYTES)
    beside = [(step.size, step.memory_bytes) for step in right if step.size <= last.size]
    most = _MOST_ALONE
    if beside and beside[-1][0] == last.size:
        if last.memory_bytes < _TIMES_REFERENCE * max(beside[-1][1], _NOISE_BYTES):
            return None
        most = max(slope(beside, _NOISE_BYTES), 1.0) + _MORE_THAN_REFERENCE
    if exponent <= most:
        return None
    megabytes = last.memory_bytes >> 20
    return Finding(
        LARGE,
        "warning",
        f"memory grows as n^{exponent:.1f}: {megabytes} MB at size {last.size}",
        "keep only what the result needs: build no table of all pairs, and no copy for each step",
        place=f"{asked.entry_point}()",
        numbers={"exponent": round(exponent, 2), "allowed": round(most, 2), "mb": megabytes},
    )
