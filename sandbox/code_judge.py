"""Judge a program by its tests, by what can be read off its text, and by how it behaves.

Runs in a fork that never saw the program. The tests are in its memory and nowhere else; programs
run in processes that the candidate host makes, and answer with plain values.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple, cast

import check_code_behaviour
import check_code_static
from candidates import Candidates, LostHostError
from findings import Checked, Finding
from suite_records import Record
from suite_running import SuiteRun, read_suites, run_suite

_FOR_BEHAVIOUR_S, _TO_ANSWER_S = 15.0, 3.0
_LONGEST = 600
_SHORT = 300
_PASSED, _NOT_RUN, _HIDDEN = "passed", "not_run", "hidden"


class Tested(NamedTuple):
    """All suites of a request, as far as they were run."""

    runs: Sequence[SuiteRun]
    records: Sequence[tuple[SuiteRun, Record]]


def judge(
    request: Mapping[str, object],
    facts: bytes,
    files: Mapping[str, bytes],
    data_folder: str,
    *,
    control: socket.socket,
) -> dict[str, object]:
    """Judge one program.

    Args:
        request: its code, the suites, what else is wanted; see critique_loop's requests.py.
        facts: what a probe wrote, which nothing here uses.
        files: what the program left behind, likewise.
        data_folder: where the untouched tables lie, likewise.
        control: the socket to the candidate host.

    Returns:
        Findings, the codes that could be judged, and facts: one entry for each test.
    """
    del facts, files, data_folder
    wanted = cast("Mapping[str, Any]", request)
    end = time.monotonic() + float(wanted["wall_s"])
    candidates = Candidates(control, draft=wanted["code"], module=wanted["module"])
    # The tools that read the text are safe from the program only while none of it is alive.
    checked = [_ran(lambda: check_code_static.check(wanted))]
    checked.append(_ran(lambda: _entry(wanted, candidates)))
    tested = run_all(wanted, candidates, end - _FOR_BEHAVIOUR_S)
    checked.append(verdict(tested))
    left = {**wanted, "wall_s": max(1.0, end - time.monotonic() - _TO_ANSWER_S)}
    checked.append(_ran(lambda: check_code_behaviour.check(left, candidates)))
    failed = [why for one in checked for why in one.failed] + _obstacles(tested)
    return {
        "findings": [asdict(finding) for one in checked for finding in one.findings],
        "checks": list(dict.fromkeys(code for one in checked for code in one.codes)),
        "facts": told(tested) | _tried(checked) | ({"failed_checks": failed} if failed else {}),
        "picture": "",
    }


def _tried(checked: Sequence[Checked]) -> dict[str, str]:
    """Return on how much input the program was tried, where it was."""
    read = "; ".join(one.reading for one in checked if one.reading)
    return {"tried": read} if read else {}


def run_all(wanted: Mapping[str, Any], candidates: Candidates, until: float) -> Tested:
    """Run all suites, one after the other, until nothing can be started any more."""
    runs: list[SuiteRun] = []
    for suite in read_suites(wanted["suites"], wanted["entry_point"]):
        if runs and runs[-1].lost:
            runs.append(SuiteRun(suite, broken=runs[-1].lost, lost=runs[-1].lost))
        else:
            runs.append(run_suite(suite, candidates, until=until))
    return Tested(runs, [(run, record) for run in runs for record in run.all_records()])


def _obstacles(tested: Tested) -> list[str]:
    """Return why tests could not be run, so far as that may be told."""
    return [
        "hidden tests could not be run" if run.suite.hidden else run.broken or run.lost
        for run in tested.runs
        if run.lost or (run.broken and not run.by_draft)
    ]


def verdict(tested: Tested) -> Checked:
    """Return the findings of the tests: which first one failed, and why; of hidden ones how many.

    The tests are judged if every one of them has a record, or if one has failed anyway.
    """
    if not tested.runs:
        return Checked(findings=(_no_tests("The task has no tests."),))
    failed = [pair for pair in tested.records if pair[1].status not in {_PASSED, _NOT_RUN}]
    empty = [run for run in tested.runs if not run.planned]
    complete = not empty and all(record.status != _NOT_RUN for _, record in tested.records)
    codes = ("tests_failed",) if failed or complete else ()
    findings = [_failure(failed, tested)] if failed else []
    findings += [_no_tests(_why_none(run)) for run in empty if not run.by_draft]
    return Checked(tuple(findings), codes)


def _failure(failed: Sequence[tuple[SuiteRun, Record]], tested: Tested) -> Finding:
    total = len(tested.records)
    visible = [record for run, record in failed if not run.suite.hidden]
    hidden = len(failed) - len(visible)
    advice = ""
    if visible:
        first = visible[0]
        advice = f"First make this one pass: {first.name}: {first.message}"[:_LONGEST]
    if hidden:
        advice += f"\n{hidden} hidden test{'s' * (hidden > 1)} fail{'s' * (hidden == 1)}."
    return Finding(
        "tests_failed",
        "error",
        f"{len(failed)} of {total} test{'s' * (total > 1)} failed",
        advice.strip(),
        numbers={"failed": len(failed), "tests": total, "hidden_failed": hidden},
    )


def _why_none(run: SuiteRun) -> str:
    if run.suite.hidden:
        return "Hidden tests could not be run."
    why = f": {run.broken}"[:_SHORT] if run.broken else ", it defines none"
    return f"The tests of {run.suite.name or run.suite.kind} could not be run{why}."


def _no_tests(message: str) -> Finding:
    return Finding("no_tests", "note", message, "Say what the program must do by tests.")


def told(tested: Tested) -> dict[str, object]:
    """Return what is told of each test; of hidden ones nothing but how they ended."""
    tests: list[dict[str, object]] = []
    hidden = 0
    for run, record in tested.records:
        hidden += run.suite.hidden
        name, message = record.name, record.message
        if run.suite.hidden:
            name, message = f"hidden {hidden}", ""
        tests.append(
            {
                "name": name,
                "suite": _HIDDEN if run.suite.hidden else run.suite.name or run.suite.kind,
                "status": record.status,
                "hidden": run.suite.hidden,
                "seconds": round(record.seconds, 6),
                "message": message,
            }
        )
    passed = sum(record.status == _PASSED for _, record in tested.records)
    return {"tests": tests, "tests_passed": passed, "tests_total": len(tests)}


def _entry(wanted: Mapping[str, Any], candidates: Candidates) -> Checked:
    """Find out whether the function that was asked for is there."""
    name = wanted["entry_point"]
    if not name:
        return Checked(codes=("entry_missing",))
    with candidates.start() as program:
        kind = program.kind_of(name)
        if kind in {"function", "class"}:
            return Checked(codes=("entry_missing",))
        why = "the program defines no such name"
        if program.failure is not None:
            described = program.failure
            raised = next(iter(described.get("own", ())), described.get("builtin", ""))
            why = f"the program ends with {raised}: {described.get('text', '')}"[:_SHORT]
        elif program.gone is not None:
            why = str(program.gone)
        elif kind:
            why = "the name is that of a value"
    finding = Finding(
        "entry_missing",
        "error",
        f"{name} can't be called: {why}",
        f"Define the function {name} at the top of the module.",
    )
    return Checked((finding,), ("entry_missing",))


def _ran(check: Callable[[], Checked]) -> Checked:
    """Run one check; what it was to judge stays unjudged if it fails."""
    try:
        return check()
    # Its codes are then missing from `checks`, so that nothing passes by it.
    except (Exception, LostHostError) as error:  # noqa: BLE001 - see above
        return Checked(failed=(f"{type(error).__name__}: {error}"[:_SHORT],))
