"""Suites in processes of their own beside the judge: whatever a test does, the judge goes on.

Such a process is closed to the program under test like the judge itself. It hands back records
line by line; a test that was planned and has no record was not run, whatever the process's end.
"""

from __future__ import annotations

import json
import os
import select
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast

import suite_data
import suite_doctest
import suite_pytest
import suite_statements
from candidates import Candidates
from suite_records import Record, Reporter, Status, Suite, serve_suite
from suite_subject import LOADING_S, Subject

KINDS: Mapping[str, Callable[[Suite, Subject, Reporter], None]] = {
    "pytest": suite_pytest.run,
    "asserts": suite_statements.run_asserts,
    "check": suite_statements.run_check,
    "doctest": suite_doctest.run,
    "calls": suite_data.run_calls,
    "program": suite_data.run_programs,
}
_SLACK_S = 8.0
_BLOCK = 1 << 16


@dataclass(slots=True)
class SuiteRun:
    """What is known of a suite: its records in the order of the plan, and what stood in the way.

    ``broken`` says why the tests could not be begun, ``by_draft`` whether the draft is why;
    ``lost`` why nothing can be tested any more.
    """

    suite: Suite
    planned: list[str] = field(default_factory=list[str])
    records: dict[int, Record] = field(default_factory=dict[int, Record])
    broken: str = ""
    by_draft: bool = False
    lost: str = ""
    running: int = -1

    def all_records(self) -> list[Record]:
        """Return one record for each planned test; a broken suite counts as one test."""
        if not self.planned and self.broken:
            status: Status = "error" if self.by_draft else "not_run"
            return [Record(self.suite.name or self.suite.kind, status, self.broken)]
        return [
            self.records.get(place, Record(name, "not_run", self.lost))
            for place, name in enumerate(self.planned)
        ]

    def take(self, line: bytes) -> bool:
        """Take one line of the report; return False after the last."""
        words = cast("dict[str, Any]", json.loads(line))
        if "plan" in words:
            self.planned = words["plan"]
        elif "begin" in words:
            self.running = self._place_of(words["begin"])
        elif "record" in words:
            self.records[self.running] = Record(**words["record"])
            self.running = -1
        elif "broken" in words:
            self.broken, self.by_draft = words["broken"], words["by_draft"]
            if self.by_draft:
                self._break_off("error", self.broken)
        elif "lost" in words:
            self.lost = words["lost"]
        return "done" not in words

    def cut_off(self, status: Status, why: str) -> None:
        """Record that the process ended in the middle of a test, or before the first."""
        if not self.planned:
            self.broken = why
        self._break_off(status, why)

    def _break_off(self, status: Status, why: str) -> None:
        """Record how the test that ran ended, or the next one, which it would have come to."""
        left = (place for place in range(len(self.planned)) if place not in self.records)
        place = self.running if self.running >= 0 else next(left, -1)
        if place >= 0:
            self.records[place] = Record(self.planned[place], status, why)

    def _place_of(self, name: str) -> int:
        """Return the place of a test: names may come twice."""
        for place, planned in enumerate(self.planned):
            if planned == name and place not in self.records:
                return place
        self.planned.append(name)
        return len(self.planned) - 1


def run_suite(suite: Suite, candidates: Candidates, *, until: float) -> SuiteRun:
    """Run all tests of a suite, up to the moment ``until`` of the monotonic clock."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _become_suite(suite, candidates, writer)
    os.close(writer)
    found = SuiteRun(suite)
    try:
        ended = _follow(found, reader, until)
    finally:
        os.close(reader)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    if ended == "hung":
        found.cut_off("timeout", "it did not end in time, and held the judge up")
    elif ended == "gone":
        found.cut_off("error", "the tests ended the process that runs them")
    return found


def _follow(found: SuiteRun, reader: int, until: float) -> str:
    """Read the report; return "done", or "hung" or "gone" if it stops before its end."""
    waiting = bytearray()
    while True:
        limit_s = LOADING_S if found.running < 0 else found.suite.timeout_s
        deadline = min(time.monotonic() + limit_s + _SLACK_S, until)
        remaining_s = max(0.0, deadline - time.monotonic())
        if not select.select([reader], [], [], remaining_s)[0]:
            return "hung"
        block = os.read(reader, _BLOCK)
        if not block:
            return "gone"
        waiting += block
        *lines, rest = waiting.split(b"\n")
        waiting = bytearray(rest)
        for line in lines:
            if not found.take(bytes(line)):
                return "done"


def _become_suite(suite: Suite, candidates: Candidates, writer: int) -> None:
    """Be the process in which the tests run; never returns."""
    try:
        nothing = os.open("/dev/null", os.O_RDWR)
        for target in (0, 1, 2):
            os.dup2(nothing, target)
        serve_suite(KINDS[suite.kind], suite, Subject(candidates), writer)
    finally:
        os._exit(0)


def read_suites(told: Sequence[Mapping[str, Any]], entry_point: str) -> list[Suite]:
    """Read the suites of a request.

    Raises:
        LookupError: tests are of a kind that nobody knows.
    """
    unknown = {str(each["kind"]) for each in told} - KINDS.keys()
    if unknown:
        raise LookupError(f"there are no tests of the kind {sorted(unknown)[0]!r}")
    return [
        Suite(
            str(each["kind"]),
            str(each["source"]),
            str(each["name"]),
            bool(each["hidden"]),
            float(each["timeout_s"]),
            entry_point,
        )
        for each in told
    ]
