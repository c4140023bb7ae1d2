"""What was measured bounds what is judged."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace

from critique_loop.critics.checking import is_measured_gate, unscored
from critique_loop.values import Dimension, Finding, Score, Severity

_BELOW_PASS = 0.5


def capped(score: Score, findings: Iterable[Finding], *, codes: Container[str] = ()) -> Score:
    """Return ``score``, below its pass mark where a finding of its dimension is an error.

    A finding is of the dimension that it names, and of any that lists its code (``codes``).
    """
    most = max(0.0, score.pass_mark - _BELOW_PASS)
    if score.value is None or score.value <= most:
        return score
    errors = [
        finding.code
        for finding in findings
        if finding.severity is Severity.ERROR
        and (finding.dimension == score.dimension or finding.code in codes)
    ]
    if not errors:
        return score
    evidence = tuple(dict.fromkeys((*errors, *score.evidence)))
    return replace(score, value=most, evidence=evidence)


def held(score: Score, dimension: Dimension, findings: Iterable[Finding], measured: Score) -> Score:
    """Return what a model's ``score`` is worth beside what was ``measured`` of its dimension.

    An error keeps it below the pass mark. A gate that is to be measured is never better than it was
    measured, and unscored where it could not be.
    """
    if is_measured_gate(dimension) and dimension.checks and score.value is not None:
        if measured.value is None:
            why = f"it has to be measured, whatever {score.by or 'a model'} says"
            return unscored(dimension, f"{why} ({measured.unscored})", by=score.by)
        score = replace(score, value=min(score.value, measured.value))
    return capped(score, findings, codes=dimension.checks)
