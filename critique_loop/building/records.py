"""Outcomes as plain JSON values, for scripts."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from critique_loop.building.judged_tests import JudgedTest, judged_tests
from critique_loop.values import (
    Critique,
    Execution,
    Finding,
    Outcome,
    RoleSpend,
    Score,
    TaskKind,
)

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Saved:
    """The files that were written.

    The record, code and pictures of the best round if there is one, and the report if one was
    wanted.
    """

    record: Path
    code: Path | None = None
    files: tuple[Path, ...] = ()
    report: Path | None = None


def record_of(outcome: Outcome, saved: Saved | None = None) -> dict[str, object]:
    """Return the outcome as the JSON document that ``--json`` prints (format 1)."""
    best: dict[str, object] | None = None
    if outcome.best is not None:
        best = {
            "round": outcome.best.number,
            "overall": outcome.best.critique.overall,
            "reading": outcome.best.draft.reading,
            "code": str(saved.code) if saved and saved.code else None,
            "files": [str(path) for path in saved.files] if saved else [],
            **critique_record(outcome.best.critique),
        }
        if outcome.task.kind is TaskKind.CODE:
            best |= tests_record(outcome.best.execution)
    return {
        "format": FORMAT,
        "run": outcome.run_id,
        "goal": outcome.task.goal,
        "accepted": outcome.accepted,
        "stopped_because": outcome.stopped_because.value,
        "message": outcome.message,
        "rounds": len(outcome.rounds),
        "seconds": round(outcome.spend.seconds, 3),
        "cost_usd": outcome.cost_usd,
        "calls": outcome.spend.calls,
        "tokens": outcome.spend.tokens,
        "person_seconds": round(outcome.spend.person_s, 3),
        "roles": [_role(role) for role in outcome.spend.roles],
        "best": best,
        "report": str(saved.report) if saved and saved.report else None,
    }


def _role(role: RoleSpend) -> dict[str, object]:
    return {
        "role": role.role,
        "calls": role.calls,
        "tokens": role.tokens,
        "cost_usd": role.cost_usd,
        "seconds": round(role.seconds, 3),
    }


def tests_record(execution: Execution) -> dict[str, object]:
    """Return what became of the tests as plain JSON values; of a hidden one only how it ended."""
    tests = judged_tests(execution)
    return {
        "tests_passed": sum(test.passed for test in tests),
        "tests_total": len(tests),
        "tests": [_test(test) for test in tests],
    }


def _test(test: JudgedTest) -> dict[str, object]:
    return {
        "name": "" if test.hidden else readable(test.name),
        "suite": readable(test.suite),
        "status": test.status,
        "hidden": test.hidden,
        "seconds": round(test.seconds, 4),
        "message": "" if test.hidden else readable(test.message),
    }


def critique_record(critique: Critique) -> dict[str, object]:
    """Return scores and findings as plain JSON values."""
    return {
        "scores": [_score(score) for score in critique.scores],
        "findings": [_finding(finding) for finding in critique.findings],
        "notes": list(critique.notes),
        "claims": critique.claims,
        "unsupported": critique.unsupported,
    }


def _score(score: Score) -> dict[str, object]:
    return {
        "dimension": score.dimension,
        "value": score.value,
        "pass_mark": score.pass_mark,
        "passed": score.passed,
        "evidence": list(score.evidence),
        "advice": score.advice,
        "unscored": score.unscored,
        "confidence": score.confidence,
        "by": score.by,
        "spread": score.spread,
        "votes": [asdict(vote) for vote in score.votes],
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "dimension": finding.dimension,
        "place": finding.place,
        "message": finding.message,
        "advice": finding.advice,
        "numbers": readable(finding.numbers),
        "confidence": finding.confidence,
    }


def readable(value: object) -> object:  # noqa: PLR0911 - one line per kind
    """Return ``value`` as JSON types for people and other programs, who know none of the marks.

    Numbers that are not finite become None, lone surrogates their escape, bytes their length.
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, Mapping):
        entries = cast("Mapping[object, object]", value)
        return {str(readable(str(key))): readable(item) for key, item in entries.items()}
    if isinstance(value, list | tuple):
        return [readable(item) for item in cast("list[object]", value)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: readable(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if value is None or isinstance(value, bool | int):
        return value
    return str(value).encode("utf-8", "backslashreplace").decode()
