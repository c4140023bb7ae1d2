"""Does the draft answer as another program does, a right one or the best so far?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from code_inputs import Input
from code_request import CodeRequest
from code_sameness import same, told, told_call
from code_told import announces
from code_trials import Candidates, Clock, Trial, try_program
from findings import Finding

DIFFERS, CHANGED = "differs_from_reference", "differs_from_previous"


class Difference(NamedTuple):
    """An input to which two programs answer differently. ``sure``: one that is surely allowed."""

    right: Trial
    draft: Trial
    sure: bool


def right_answers(
    candidates: Candidates, asked: CodeRequest, inputs: Sequence[Input], clock: Clock
) -> dict[int, Trial]:
    """Run the reference, twice, and return by input what it says both times."""
    first, second = (
        try_program(candidates, asked.reference, asked.entry_point, inputs, clock).trials
        for _ in range(2)
    )
    again = {id(trial.input): trial for trial in second}
    return {
        id(one.input): one
        for one in first
        if (one.returned or one.raised)
        and id(one.input) in again
        and _agree(one, again[id(one.input)])
    }


def differences(
    asked: CodeRequest, right: Mapping[int, Trial], trials: Sequence[Trial]
) -> list[Difference]:
    """Return the inputs to which the draft answers otherwise, smallest first.

    An exception of the reference counts only if the task announces it: else the input may be one
    that nobody thought of. At an edge of what the examples show, a draft may also refuse. Whether
    a call that ran out of time would have answered isn't known.
    """
    found: list[Difference] = []
    for trial in trials:
        answer = right.get(id(trial.input))
        if answer is None or trial.called.status == "timeout" or _agree(answer, trial):
            continue
        if answer.raised:
            if announces(asked, answer.called.error_type):
                found.append(Difference(answer, trial, sure=True))
        elif trial.input.inside or trial.returned:
            found.append(Difference(answer, trial, sure=trial.input.inside))
    return sorted(found, key=lambda one: (not one.sure, one.draft.input.size))


def _agree(first: Trial, second: Trial) -> bool:
    if first.returned and second.returned:
        return same(first.called.value, second.called.value)
    return first.raised and second.raised and first.called.error_type == second.called.error_type


def from_reference(asked: CodeRequest, found: Sequence[Difference], compared: int) -> list[Finding]:
    """Tell the smallest difference: an error where the input is surely allowed, else a note."""
    if not found:
        return []
    call, draft, right = _words(asked, found[0])
    sure = sum(1 for one in found if one.sure)
    advice = f"{call} must {_as_duty(found[0].right)}; it {draft}"
    if not found[0].sure:
        advice = f"if such input is allowed: {advice}"
    return [
        Finding(
            DIFFERS,
            "error" if found[0].sure else "note",
            f"{call} {draft}, a right program {right}",
            advice,
            place=f"{asked.entry_point}()",
            numbers={"different": sure, "at_edges": len(found) - sure, "compared": compared},
        )
    ]


def from_previous(asked: CodeRequest, found: Sequence[Difference]) -> Iterator[Finding]:
    """Tell what the best earlier program answered otherwise; which one is right isn't known."""
    if found:
        call, draft, before = _words(asked, found[0])
        yield Finding(
            CHANGED,
            "note",
            f"{call} {draft}, the best earlier program {before}",
            f"make sure that this change is meant: {call} {draft}, before it {before}",
            place=f"{asked.entry_point}()",
            numbers={"different": len(found)},
        )


def _words(asked: CodeRequest, found: Difference) -> tuple[str, str, str]:
    call = told_call(asked.entry_point, found.draft.input.args)
    return call, _as_told(found.draft), _as_told(found.right)


def _as_told(trial: Trial) -> str:
    called = trial.called
    if trial.returned:
        return f"returns {told(called.value)}"
    if trial.raised:
        return f"raises {called.error_type}"
    return "ends the process" if called.status == "crashed" else f"returns a {called.error_type}"


def _as_duty(trial: Trial) -> str:
    return _as_told(trial).replace("returns ", "return ", 1).replace("raises ", "raise ", 1)
