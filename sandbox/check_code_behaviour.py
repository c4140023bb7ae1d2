"""What a draft's function does on input that no test wrote out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from check_code_fuzz import CRASH, MUTATED, crashes, mutations
from check_code_growth import CODES as GROWTH
from check_code_growth import check_growth
from check_code_reference import (
    DIFFERS,
    compared,
    differences,
    from_previous,
    from_reference,
    late,
    right_answers,
    with_late_ones,
)
from code_inputs import Inputs, inputs_for
from code_request import CodeRequest, read_code_request
from code_trials import Candidates, Clock, Trial, try_program
from findings import Checked, Finding

# Shares of the judge's time, and no more than that; the tests have the rest.
_SHARE, _TRIALS_S, _GROWTH_S = 0.3, 5.0, 6.0
_ENOUGH = 5
TESTS = "tests_failed"


def check(request: Mapping[str, object], candidates: Candidates) -> Checked:
    """Try the draft's function on many inputs, beside the reference where there is one.

    A code is judged where there was something to look at, or nothing to look for: no function to
    call, no reference to differ from.
    """
    asked = read_code_request(request)
    checked = [
        _on_inputs(asked, candidates) if asked.wants(CRASH, MUTATED, DIFFERS) else Checked(),
        check_growth(asked, candidates, Clock(min(_GROWTH_S, _SHARE * asked.wall_s)))
        if asked.wants(*GROWTH)
        else Checked(),
    ]
    return Checked(
        findings=tuple(finding for one in checked for finding in one.findings),
        codes=tuple(code for one in checked for code in one.codes),
        reading="; ".join(one.reading for one in checked if one.reading),
        failed=tuple(why for one in checked for why in one.failed),
    )


def _on_inputs(asked: CodeRequest, candidates: Candidates) -> Checked:
    if not asked.entry_point:
        return _uncompared(asked, (CRASH, MUTATED), "no function is named that could be called")
    inputs = inputs_for(asked)
    if not inputs.calls:
        return _without_inputs(asked, inputs)
    clock = Clock(min(_TRIALS_S, _SHARE * asked.wall_s))
    right: dict[int, Trial] = {}
    if asked.reference:  # first: it is closed to the draft, and what it left is swept away
        right = right_answers(candidates, asked, inputs.calls, clock)
    tried = try_program(candidates, None, asked.entry_point, inputs.calls, clock)
    if tried.failure:
        why = f"the draft can't be tried: {tried.failure}"
        return Checked(failed=tuple(f"{code}: {why}" for code in (CRASH, DIFFERS, MUTATED)))
    trials = with_late_ones(candidates, asked, right, tried.trials)
    found = differences(asked, right, trials)
    beside = compared(asked, right, trials)
    findings = [
        *from_reference(asked, found, len(beside)),
        *crashes(asked, inputs, trials, right),
        *mutations(asked, trials, right),
    ]
    if asked.previous and asked.previous != asked.code and not found:
        findings += _since_previous(asked, candidates, trials, clock)
    # Whether a call that took too long would have answered isn't known: it judges nothing.
    ended = [trial for trial in trials if trial.called.status != "timeout"]
    judged = (CRASH, MUTATED) if ended else ()
    checked = Checked(tuple(findings), judged, _reading(inputs, trials, beside))
    if not asked.reference:
        return replace(checked, codes=(*judged, DIFFERS))
    answered = sum(1 for trial in beside if right[id(trial.input)].returned)
    enough = answered >= (1 if asked.suites else _ENOUGH) and not late(right, trials)
    if not (enough or any(one.sure for one in found)):
        why = f"{DIFFERS}: only {answered} inputs could be compared with the reference"
        return replace(checked, failed=(why,))
    # Where there are no tests the comparison stands in for them.
    return replace(checked, codes=(*judged, DIFFERS, *(() if asked.suites else (TESTS,))))


def _uncompared(asked: CodeRequest, codes: Sequence[str], why: str) -> Checked:
    """Nothing is called. Without a reference there is nothing to differ from.

    Beside tests a reference that can't be compared with is a note; alone it leaves all unjudged.
    """
    if not asked.reference:
        return Checked(codes=(*codes, DIFFERS))
    if not asked.suites:
        return Checked(codes=tuple(codes), failed=(f"{DIFFERS}: {why}",))
    note = Finding(
        "not_compared",
        "note",
        f"only the tests tell whether it is right: the reference could not be compared ({why})",
        "",
    )
    return Checked((note,), (*codes, DIFFERS))


def _without_inputs(asked: CodeRequest, inputs: Inputs) -> Checked:
    """Nothing can be made up: either hidden tests show all that is known, or nobody does."""
    if inputs.shown:
        return _uncompared(asked, (CRASH, MUTATED), "no input can be made up from the examples")
    why = "no example and no annotation says what input is allowed"
    left = _uncompared(asked, (MUTATED,), why)
    return Checked(codes=left.codes, failed=(f"{CRASH}: {why}", *left.failed))


def _since_previous(
    asked: CodeRequest, candidates: Candidates, trials: Sequence[Trial], clock: Clock
) -> list[Finding]:
    inputs = [trial.input for trial in trials if trial.input.inside]
    earlier = try_program(candidates, asked.previous, asked.entry_point, inputs, clock).trials
    before = {id(trial.input): trial for trial in earlier if trial.returned}
    return list(from_previous(asked, differences(asked, before, trials)))


def _reading(inputs: Inputs, tried: Sequence[Trial], beside: Sequence[Trial]) -> str:
    inside = sum(1 for trial in tried if trial.input.inside)
    words = f"tried on {inside} inputs like the examples and {len(tried) - inside} at their edges"
    if len(tried) < len(inputs.calls):
        words += f", {len(inputs.calls) - len(tried)} were left out for want of time"
    return words + (f"; {len(beside)} compared with the reference" if beside else "")
