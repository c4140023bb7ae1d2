"""Does input like that of the examples bring the draft down, or does it change its arguments?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from code_inputs import Inputs
from code_request import CodeRequest
from code_sameness import same, told, told_call
from code_told import announces, changes_in_place, raises
from code_trials import Trial
from findings import Finding

CRASH, MUTATED = "crash_on_input", "argument_mutated"

# An exception of these says in Python's own words that the input isn't one for this function.
_REFUSALS = {"ValueError", "AssertionError", "NotImplementedError", "UnicodeEncodeError"}
_MUTABLE = (list, dict, set, bytearray)
_MOST = 0.5


def crashes(
    asked: CodeRequest, inputs: Inputs, trials: Sequence[Trial], reference: Mapping[int, Trial]
) -> Iterator[Finding]:
    """Tell the smallest input that ends in an exception which is no refusal.

    Where there is a reference, only input counts that it answers. Without one only input like the
    examples does; where annotations alone say what is allowed, most of it has to fail.
    """
    tried = [trial for trial in trials if trial.input.inside and not trial.input.edge]
    fallen = [trial for trial in tried if _has_crashed(trial, asked)]
    if asked.reference:
        fallen = [t for t in fallen if id(t.input) in reference and reference[id(t.input)].returned]
    elif not inputs.shown and len(fallen) <= _MOST * len(tried):
        return
    if not fallen:
        return
    trial = min(fallen, key=lambda trial: trial.input.size)
    call = told_call(asked.entry_point, trial.input.args)
    what = _what_happened(trial)
    yield Finding(
        CRASH,
        "warning",
        f"{call} {what}; {len(fallen)} of {len(tried)} inputs like the examples do so",
        f"let {call} return a result: it {what}",
        place=f"{asked.entry_point}()",
        numbers={"input": told(trial.input.args), "crashed": len(fallen), "tried": len(tried)},
    )


def _has_crashed(trial: Trial, asked: CodeRequest) -> bool:
    if trial.called.status == "crashed":
        return True
    kind = trial.called.error_type
    if not trial.raised or kind in _REFUSALS:
        return False
    return not (announces(asked, kind) or raises(asked.code, kind, trial.called.line))


def _what_happened(trial: Trial) -> str:
    if trial.called.status == "crashed":
        return "ends the process"
    text = " ".join(trial.called.error_text.split())
    return f"raises {trial.called.error_type}" + (f" ({text[:100]})" if text else "")


def mutations(
    asked: CodeRequest, trials: Sequence[Trial], reference: Mapping[int, Trial]
) -> Iterator[Finding]:
    """Tell the smallest input that a call leaves changed where nothing says that it may.

    Nothing is told where the task speaks of a change, the function returns nothing (it is called
    for what it changes), or the reference changes the same argument.
    """
    returned = [trial for trial in trials if trial.returned and trial.input.inside]
    if changes_in_place(asked) or all(trial.called.value is None for trial in returned):
        return
    for trial in sorted(returned, key=lambda trial: trial.input.size):
        right = reference.get(id(trial.input))
        expected = _changed(right) if right is not None else {}
        for place, after in _changed(trial).items():
            if place not in expected:
                yield _mutation(asked, trial, place, after)
                return


def _changed(trial: Trial) -> dict[int, Any]:
    before, after = trial.input.args, trial.called.arguments_after
    if len(before) != len(after):
        return {}  # it isn't known
    return {
        place: left
        for place, (given, left) in enumerate(zip(before, after, strict=True))
        if isinstance(given, _MUTABLE) and not same(given, left, exactly=True)
    }


def _mutation(asked: CodeRequest, trial: Trial, place: int, after: object) -> Finding:
    call = told_call(asked.entry_point, trial.input.args)
    return Finding(
        MUTATED,
        "warning",
        f"{call} changes its argument {place + 1} to {told(after)}",
        f"work on a copy of argument {place + 1}: {call} leaves it as {told(after)}",
        place=f"{asked.entry_point}()",
        numbers={"argument": place + 1, "before": told(trial.input.args[place])},
    )
