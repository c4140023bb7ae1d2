"""What was measured bounds what is judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from critique_loop.values import Finding, Score, Severity

_BELOW_PASS = 0.5


def capped(score: Score, findings: Iterable[Finding]) -> Score:
    """Return ``score``, below its pass mark where a finding of its dimension is an error."""
    most = max(0.0, score.pass_mark - _BELOW_PASS)
    if score.value is None or score.value <= most:
        return score
    errors = [
        finding.code
        for finding in findings
        if finding.severity is Severity.ERROR and finding.dimension == score.dimension
    ]
    if not errors:
        return score
    evidence = tuple(dict.fromkeys((*errors, *score.evidence)))
    return replace(score, value=most, evidence=evidence)
