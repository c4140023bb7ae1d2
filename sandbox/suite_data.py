"""Tests that are data: calls with the values they return, and whole runs with what they print."""

from __future__ import annotations

import builtins
import json
import math
import reprlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from candidates import START_S, Called, Candidates, Program, Ran
from suite_records import Outcome, Reporter, Suite, Trial
from suite_subject import Subject

_SHOWN = 300
_LAST_LINES = 2
_BLANK = " \t\r"


class Call(NamedTuple):
    """One call and how it must end: ``output`` or ``raises``; with neither it is no test."""

    function: str
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    expected: Mapping[str, Any]

    @property
    def text(self) -> str:
        """The call as code."""
        kwargs = (f"{name}={value!r}" for name, value in self.kwargs.items())
        given = ", ".join([*(repr(arg) for arg in self.args), *kwargs])
        return f"{self.function}({given})"[:_SHOWN]


def run_calls(suite: Suite, subject: Subject, reporter: Reporter) -> None:
    """Make the calls, one after the other, in one process while there is one.

    Raises:
        ValueError: the source is no list of calls.
    """
    calls = [_call_of(entry, suite) for entry in _entries(suite.source)]
    tested = [call for call in calls if call.expected.keys() & {"output", "raises"}]
    reporter.plan([f"call {number}" for number in range(1, len(tested) + 1)])
    program: Program | None = None
    try:
        for number, call in enumerate(tested, 1):
            trial = Trial(reporter, subject, f"call {number}", suite.timeout_s + START_S)
            program = _living(program, subject.candidates)
            function, args, kwargs, _ = call
            called = program.call(function, args, kwargs, timeout_s=suite.timeout_s)
            if program.failure is not None:
                why = f"the program ends with {called.error_type}: {called.error_text}"
                trial.end("error", why[:_SHOWN])
            else:
                trial.end(*_judged_or_error(call, called))
    finally:
        if program is not None:
            program.close()


def _living(program: Program | None, candidates: Candidates) -> Program:
    """Return the program, or a new one where that is gone."""
    if program is not None and program.gone is None:
        return program
    if program is not None:
        program.close()
    return candidates.start()


def _judged_or_error(call: Call, called: Called) -> Outcome:
    """Judge a call; a value that can't even be compared is not the right one."""
    try:
        return judged(call, called)
    except Exception as error:  # noqa: BLE001 - the draft chose the value
        return Outcome("error", f"{call.text}: {type(error).__name__}: {error}"[:_SHOWN])


def judged(call: Call, called: Called) -> Outcome:
    """Compare how a call ended with how it must end."""
    if called.status in {"timeout", "crashed"}:
        status = "timeout" if called.status == "timeout" else "crashed"
        return Outcome(status, f"{call.text}: {called.error_text}")
    wanted = call.expected.get("raises")
    raised = f"{called.error_type}: {called.error_text}" if called.status == "raised" else ""
    if wanted is not None:
        is_it = called.error_type == wanted and (called.is_pythons or not _is_pythons(wanted))
        if raised and is_it:
            return Outcome("passed", "")
        return Outcome("failed", f"{call.text} must raise {wanted}, but {_ended(called, raised)}")
    expected = call.expected["output"]
    tolerance = call.expected.get("tolerance") or 0.0
    if called.status == "returned" and same(called.value, expected, tolerance):
        return Outcome("passed", "")
    return Outcome(
        "failed", f"{call.text} must return {_repr(expected)}, but {_ended(called, raised)}"
    )


def _ended(called: Called, raised: str) -> str:
    if called.status == "returned":
        return f"returned {_repr(called.value)}"
    own = "" if called.is_pythons else " (a class of its own)"
    return f"raised {raised[:_SHOWN]}{own}" if raised else called.error_text


def _is_pythons(name: object) -> bool:
    kind = vars(builtins).get(str(name))
    return isinstance(kind, type) and issubclass(kind, BaseException)


def _repr(value: object) -> str:
    try:
        return reprlib.repr(value)[:_SHOWN]
    except ValueError:  # an integer of more digits than Python writes
        return f"a {type(value).__name__} that is too large to be written"


def same(found: Any, expected: Any, tolerance: float) -> bool:  # noqa: ANN401 - any value
    """Return whether a value is the one that JSON can write of it: tuples are lists there.

    Numbers may be off by ``tolerance``, absolutely or relatively. Truth values are no numbers.
    """
    kind = type(cast("object", found))
    if kind.__module__ == "numpy":
        found = found.tolist()
    if isinstance(found, (list, tuple)) and isinstance(expected, list):
        items = cast("Sequence[Any]", found)
        wanted = cast("Sequence[Any]", expected)
        return len(items) == len(wanted) and all(
            same(one, other, tolerance) for one, other in zip(items, wanted, strict=True)
        )
    if isinstance(found, dict) and isinstance(expected, dict):
        named = {_key(key): item for key, item in cast("dict[Any, Any]", found).items()}
        wanted_items = cast("dict[str, Any]", expected)
        return (
            len(named) == len(cast("dict[Any, Any]", found))
            and named.keys() == wanted_items.keys()
            and all(same(named[key], item, tolerance) for key, item in wanted_items.items())
        )
    if isinstance(expected, float) or (tolerance and isinstance(expected, int)):
        return _same_number(found, expected, tolerance)
    if isinstance(expected, bool) or kind is bool:
        return found is expected
    return kind in {int, float, str, type(None)} and bool(found == expected)


def _key(key: object) -> str:
    """Return a key as JSON writes it."""
    if key is None or isinstance(key, (bool, float)):
        return json.dumps(key)
    return str(key)


def _same_number(found: Any, expected: float, tolerance: float) -> bool:  # noqa: ANN401 - any
    kind = type(cast("object", found))
    if kind not in {int, float}:
        return False
    if math.isnan(expected):
        return found != found  # noqa: PLR0124 - as isnan, but for integers of any size
    try:
        near = math.isclose(found, expected, rel_tol=tolerance, abs_tol=tolerance)
    except OverflowError:  # an integer that is larger than any float
        near = False
    return found == expected or near


def run_programs(suite: Suite, subject: Subject, reporter: Reporter) -> None:
    """Run the draft from beginning to end, once for each input.

    Raises:
        ValueError: the source is no list of runs.
    """
    entries = _entries(suite.source)
    reporter.plan([f"run {number}" for number in range(1, len(entries) + 1)])
    for number, entry in enumerate(entries, 1):
        name = f"run {number}"
        trial = Trial(reporter, subject, name, suite.timeout_s + START_S)
        arguments = [str(word) for word in entry.get("arguments", ())]
        stdin = str(entry.get("stdin", ""))
        ran = subject.candidates.run(stdin, arguments, timeout_s=suite.timeout_s)
        trial.end(*judged_run(entry, ran))


def judged_run(entry: Mapping[str, Any], ran: Ran) -> Outcome:
    """Compare what a run printed, but for white space at the ends of lines, and its exit code."""
    stdin = reprlib.repr(entry.get("stdin", ""))
    if ran.status == "timeout":
        return Outcome("timeout", f"with the input {stdin}: it did not end in time")
    code = entry.get("exit_code", 0)
    if ran.code is not None and ran.code < 0:
        return Outcome("crashed", f"with the input {stdin}: it was ended by signal {-ran.code}")
    if ran.code != code:
        said = " / ".join(_text(ran.stderr).strip().splitlines()[-_LAST_LINES:])[:_SHOWN]
        why = f"it ended with {ran.code}, not {code}: {said}"
        return Outcome("failed", f"with the input {stdin}: {why}")
    printed = _lines(_text(ran.stdout))
    expected = _lines(str(entry["stdout"])) if "stdout" in entry else printed
    if printed == expected:
        return Outcome("passed", "")
    found = f"it printed {_shown(printed)}, not {_shown(expected)}"
    return Outcome("failed", f"with the input {stdin}: {found}")


def _lines(text: str) -> list[str]:
    return [line.rstrip(_BLANK) for line in text.rstrip(f"{_BLANK}\n").split("\n")]


def _shown(lines: Sequence[str]) -> str:
    return repr("\n".join(lines))[:_SHOWN]


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _entries(source: str) -> list[dict[str, Any]]:
    entries = json.loads(source)
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) for entry in cast("list[object]", entries)
    ):
        raise ValueError("the tests are no JSON list of objects")
    return cast("list[dict[str, Any]]", entries)


def _call_of(entry: dict[str, Any], suite: Suite) -> Call:
    return Call(
        entry.get("function") or suite.entry_point,
        entry.get("input") or [],
        entry.get("kwargs") or {},
        entry,
    )
