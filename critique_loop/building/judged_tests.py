"""The records of tests that the sandbox's judge wrote on an execution, as values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from critique_loop.values import Evidence, Execution


@dataclass(frozen=True, slots=True)
class JudgedTest:
    """What became of one test.

    ``status`` is "passed", "failed", "error", "timeout", "crashed" or "not_run". ``message`` says
    what was expected and what came; a hidden test has none.
    """

    name: str
    suite: str
    status: str
    hidden: bool = False
    seconds: float = 0.0
    message: str = ""

    @property
    def passed(self) -> bool:
        """Whether the test ran and held."""
        return self.status == "passed"


def judged_tests(execution: Execution) -> tuple[JudgedTest, ...]:
    """Return one record for each test, in the order of the suites; none where none were judged."""
    entries = (execution.evidence or Evidence()).facts.get("tests")
    if not isinstance(entries, list | tuple):
        return ()
    found = cast("Sequence[object]", entries)
    return tuple(
        _tested(cast("Mapping[str, object]", entry)) for entry in found if isinstance(entry, dict)
    )


def _tested(entry: Mapping[str, object]) -> JudgedTest:
    return JudgedTest(
        name=str(entry.get("name", "")),
        suite=str(entry.get("suite", "")),
        status=str(entry.get("status", "not_run")),
        hidden=bool(entry.get("hidden", False)),
        seconds=_seconds(entry.get("seconds")),
        message=str(entry.get("message", "")),
    )


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else 0.0
