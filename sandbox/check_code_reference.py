"""Does the draft answer as another program does, a right one or the best so far?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from code_inputs import Input
from code_request import CodeRequest
from code_sameness import same, told, told_call
from code_told import announces
from code_trials import Candidates, Clock, Trial, try_program, waited
from findings import Finding

DIFFERS, CHANGED = "differs_from_reference", "differs_from_previous"

# A draft hangs where a right program answers at once, and it does not in this time, though it did
# get its turn: it worked, or it waited by itself.
_HANGS_S, _AT_ONCE_S, _WORKED_S = 3.0, 0.1, 0.5


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
    """Return the inputs to which the draft answers otherwise, smallest first."""
    pairs = [(right[id(trial.input)], trial) for trial in compared(asked, right, trials)]
    found = [
        Difference(answer, trial, sure=trial.input.inside or answer.raised)
        for answer, trial in pairs
        if not _agree(answer, trial)
    ]
    return sorted(found, key=lambda one: (not one.sure, one.draft.input.size))


def compared(
    asked: CodeRequest, right: Mapping[int, Trial], trials: Sequence[Trial]
) -> list[Trial]:
    """Return the draft's calls whose end is known, and that have an answer which counts.

    An exception of the reference counts only if the task announces it: else the input may be one
    that nobody thought of. At an edge of what the examples show, a draft may also refuse.
    """

    def counts(trial: Trial) -> bool:
        answer = right.get(id(trial.input))
        if answer is None or (_is_late(trial) and not _hangs(trial)):
            return False
        if answer.raised:
            return announces(asked, answer.called.error_type)
        return trial.input.inside or trial.returned

    return [trial for trial in trials if counts(trial)]


def late(right: Mapping[int, Trial], trials: Sequence[Trial]) -> list[Trial]:
    """Return the draft's calls that were ended though the reference answers at once."""
    return [
        trial
        for trial in trials
        if trial.input.inside
        and _is_late(trial)
        and (answer := right.get(id(trial.input))) is not None
        and answer.returned
        and answer.called.seconds <= _AT_ONCE_S
    ]


def with_late_ones(
    candidates: Candidates, asked: CodeRequest, right: Mapping[int, Trial], trials: Sequence[Trial]
) -> list[Trial]:
    """Give those calls more time that were late, until one of them is late again."""
    again: dict[int, Trial] = {}
    clock = Clock(_HANGS_S + 1.0, _HANGS_S)
    for trial in sorted(late(right, trials), key=lambda trial: trial.input.size):
        tried = try_program(candidates, None, asked.entry_point, [trial.input], clock).trials
        again |= {id(one.input): one for one in tried}
        if not tried or _is_late(tried[0]):
            break
    return [again.get(id(trial.input), trial) for trial in trials]


def _is_late(trial: Trial) -> bool:
    return trial.called.status == "timeout"


def _hangs(trial: Trial) -> bool:
    called = trial.called
    had_its_turn = called.cpu_s >= _WORKED_S or waited(called)
    return _is_late(trial) and called.seconds >= _HANGS_S and had_its_turn


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
    if _is_late(trial):
        return f"does not answer within {called.seconds:.0f} s"
    if trial.returned:
        return f"returns {told(called.value)}"
    if trial.raised:
        return f"raises {called.error_type}"
    return "ends the process" if called.status == "crashed" else f"returns a {called.error_type}"


def _as_duty(trial: Trial) -> str:
    return _as_told(trial).replace("returns ", "return ", 1).replace("raises ", "raise ", 1)
