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
from code_trials import CALL_S, Called, Candidates, Clock, Program, waited
from findings import Checked, Finding

SLOW, LARGE = "slow_growth", "memory_growth"
CODES = (SLOW, LARGE)

# Exponents are fitted to the last sizes; a reference may be beaten by less than noise makes.
_STEPS = 4
_MORE_THAN_REFERENCE = 0.6
_MOST_ALONE = 2.3
_EARLIER = 0.3  # smaller sizes show less of the growth: what a call costs anyway weighs more
_SLOW_S, _LARGE_BYTES = 0.05, 32 << 20
_TIMES_REFERENCE = 3.0
_NOISE_S, _NOISE_BYTES = 0.001, 2 << 20
_LONG_S = 0.3
_ONCE_S = 0.15

Points = Sequence[tuple[int, float]]


class Step(NamedTuple):
    """What one size took: the least of some calls, as whatever disturbs them only adds.

    ``late``: it took at least that, and was ended.
    """

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
                measured.append(Step(step.size, _spent(calls[-1]), 0, late=True))
            if clock.left_s <= 0 or any(call.status != "returned" for call in calls):
                break
            took = min(_spent(call) for call in calls)
            memory = max(0, calls[-1].peak_bytes - first.peak_bytes)
            measured.append(Step(step.size, took, memory))
            if calls[0].seconds > _LONG_S:
                break
    return measured


def _calls(program: Program, function: str, step: Sized, clock: Clock) -> list[Called]:
    """Call with each input of a size, once only where that takes its time."""
    calls: list[Called] = []
    for one in step.inputs:
        calls.append(program.call(function, list(one.args), {}, timeout_s=clock.call_s))
        if calls[0].seconds > _ONCE_S:
            break
    return calls


def _spent(called: Called) -> float:
    """Processor time, or, where the program just waited, the time by the judge's clock."""
    return called.seconds if waited(called) else called.cpu_s


def slope(points: Points, noise: float) -> float:
    """Return the exponent of a power law through the last sizes (least squares of logarithms).

    Of the sizes below the noise only the largest counts, as the noise; 0 where there are fewer than
    two points.
    """
    below = sum(1 for _, value in points if value < noise)
    telling = points[max(0, below - 1) :][-_STEPS:]
    last = [(math.log(size), math.log(max(value, noise))) for size, value in telling]
    if len(last) < 2:  # noqa: PLR2004 - a line needs two
        return 0.0
    mean_x = sum(x for x, _ in last) / len(last)
    mean_y = sum(y for _, y in last) / len(last)
    spread = sum((x - mean_x) ** 2 for x, _ in last)
    return sum((x - mean_x) * (y - mean_y) for x, y in last) / spread


class Growth(NamedTuple):
    """An exponent that is too large, the one allowed, and the size that shows it."""

    exponent: float
    allowed: float
    size: int
    value: float


def too_steep(mine: Points, right: Points, *, least: float, noise: float) -> Growth | None:
    """Return how a quantity grows if that is more than it may be, and matters.

    Beside a right program only sizes count that both were measured at, and the draft must need
    several times as much at the last of them. Alone, the exponent must stay without the smallest of
    the last sizes and, nearly, without the largest: one disturbed figure is no growth.
    """
    if right:
        both = {size for size, _ in mine} & {size for size, _ in right}
        mine, right = ([p for p in points if p[0] in both] for points in (mine, right))
    if not mine or mine[-1][1] < least:
        return None
    size, value = mine[-1]
    if right:
        if value < _TIMES_REFERENCE * max(right[-1][1], noise):
            return None
        exponent = slope(mine, noise)
        allowed = max(slope(right, noise), 1.0) + _MORE_THAN_REFERENCE
    else:
        allowed = _MOST_ALONE
        earlier = slope(mine[-_STEPS:-1], noise)
        later = slope(mine, noise), slope(mine[1 - _STEPS :], noise)
        exponent = min(*later, earlier + _EARLIER)
    return Growth(exponent, allowed, size, value) if exponent > allowed else None


def _slow(asked: CodeRequest, mine: Sequence[Step], right: Sequence[Step]) -> Finding | None:
    ours = [(step.size, step.cpu_s) for step in mine]
    theirs = [(step.size, step.cpu_s) for step in right if not step.late]
    found = too_steep(ours, theirs, least=_SLOW_S, noise=_NOISE_S)
    if found is None:
        return None
    at_least = "more than " if mine[-1].late and mine[-1].size == found.size else ""
    right_one = f"a right program's grows as n^{found.allowed - _MORE_THAN_REFERENCE:.1f}"
    return Finding(
        SLOW,
        "warning",
        f"time grows as n^{found.exponent:.1f}: {at_least}{found.value:.2f} s at size {found.size}"
        + (f"; {right_one}" if theirs else ""),
        "find a way whose time grows more slowly: look for loops within loops, repeated searches "
        "in lists, and work that is done twice",
        place=f"{asked.entry_point}()",
        numbers={"exponent": round(found.exponent, 2), "allowed": round(found.allowed, 2)}
        | {"steps": [[size, round(value, 4)] for size, value in ours[-_STEPS:]]},
    )


def _large(asked: CodeRequest, mine: Sequence[Step], right: Sequence[Step]) -> Finding | None:
    ours = [(step.size, float(step.memory_bytes)) for step in mine if not step.late]
    theirs = [(step.size, float(step.memory_bytes)) for step in right if not step.late]
    found = too_steep(ours, theirs, least=_LARGE_BYTES, noise=_NOISE_BYTES)
    if found is None:
        return None
    megabytes = int(found.value) >> 20
    return Finding(
        LARGE,
        "warning",
        f"memory grows as n^{found.exponent:.1f}: {megabytes} MB at size {found.size}",
        "keep only what the result needs: build no table of all pairs, and no copy for each step",
        place=f"{asked.entry_point}()",
        numbers={"exponent": round(found.exponent, 2), "allowed": round(found.allowed, 2)}
        | {"mb": megabytes},
    )
