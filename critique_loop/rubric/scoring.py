"""Findings into scores by the table that a rubric holds, and scores into a verdict."""

from __future__ import annotations

from collections.abc import Sequence

from critique_loop.values import Critique, Dimension, Finding, Round, Rubric, Score, Severity

FULL = 10.0
_BELOW_PASS = 0.5
_TESTS = "tests_failed"


def score(dimension: Dimension, findings: Sequence[Finding], checks_run: Sequence[str]) -> Score:
    """Return the measured score of one dimension: full marks less the points of its findings.

    Each code counts once, a note not at all. An error keeps the score below the pass mark. A
    dimension without checks, or with a check that did not run, is unscored.
    """
    if not dimension.checks:
        return _unscored(dimension, "no measured check feeds this dimension")
    missing = [code for code in dimension.checks if code not in checks_run]
    mine = [f for f in findings if f.code in dimension.checks and f.severity is not Severity.NOTE]
    errors = [f for f in mine if f.severity is Severity.ERROR]
    if missing and not errors:
        return _unscored(dimension, f"not checked: {', '.join(missing)}")
    value = FULL - sum(dimension.checks[code] for code in {f.code for f in mine})
    if errors:
        value = min(value, dimension.pass_mark - _BELOW_PASS)
    return Score(
        dimension=dimension.name,
        value=round(max(0.0, value), 2),
        pass_mark=dimension.pass_mark,
        evidence=tuple(dict.fromkeys(f.code for f in mine)),
        advice="; ".join(dict.fromkeys(f.advice for f in mine if f.advice)),
    )


def _unscored(dimension: Dimension, why: str) -> Score:
    return Score(dimension=dimension.name, value=None, pass_mark=dimension.pass_mark, unscored=why)


def overall(rubric: Rubric, scores: Sequence[Score]) -> float | None:
    """Return the weighted mean of the scores, None if any dimension of the rubric is unscored.

    A value that is none, such as NaN or one beyond 0 to 10, counts as unscored.
    """
    values = {s.dimension: s.value for s in scores}
    total = 0.0
    for dimension in rubric.dimensions:
        value = values.get(dimension.name)
        if value is None or not 0 <= value <= FULL:
            return None
        total += dimension.weight * value
    return round(total / sum(d.weight for d in rubric.dimensions), 3)


def accepts(rubric: Rubric, scores: Sequence[Score]) -> bool:
    """Return whether all gates pass, none is unscored and the weighted mean reaches the target."""
    mean = overall(rubric, scores)
    if mean is None or mean < rubric.target:
        return False
    passed = {s.dimension for s in scores if s.passed}
    return all(d.name in passed for d in rubric.dimensions if d.gate)


def gates_passed(rubric: Rubric, critique: Critique) -> int:
    """Return how many gates of the rubric the critique passes."""
    passed = {s.dimension for s in critique.scores if s.passed}
    return sum(1 for d in rubric.dimensions if d.gate and d.name in passed)


def gates_broken(rubric: Rubric, before: Critique, after: Critique) -> tuple[str, ...]:
    """Return the gates that ``before`` passes and ``after`` does not."""
    passed, still = (
        {score.dimension for score in critique.scores if score.passed}
        for critique in (before, after)
    )
    return tuple(d.name for d in rubric.dimensions if d.gate and d.name in passed - still)


def merit(rubric: Rubric, critique: Critique) -> tuple[int, float, float, int]:
    """Return a key that sorts critiques from worst to best.

    Gates that pass, weighted mean, share of the tests that pass (the mean does not say how many
    fail), fewer errors. A critique with an unscored dimension has no mean and sorts below every one
    that has.
    """
    errors = sum(1 for f in critique.findings if f.severity is Severity.ERROR)
    mean = -1.0 if critique.overall is None else critique.overall
    return gates_passed(rubric, critique), mean, -_failed_share(critique), -errors


def _failed_share(critique: Critique) -> float:
    """Return which share of its tests a program fails, as was measured; 0 where none was run."""
    for finding in critique.findings:
        failed, tests = (finding.numbers.get(name) for name in ("failed", "tests"))
        if finding.code == _TESTS and isinstance(failed, int) and isinstance(tests, int) and tests:
            return failed / tests
    return 0.0


def best(rubric: Rubric, rounds: Sequence[Round]) -> Round | None:
    """Return the best round (the earlier of equals), or None where there is none."""
    ranked = sorted(rounds, key=lambda turn: (merit(rubric, turn.critique), -turn.number))
    return ranked[-1] if ranked else None
