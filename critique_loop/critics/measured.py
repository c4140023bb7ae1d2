"""The measured critic: findings in, scores out, by the table in the task's rubric. No model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from critique_loop import rubric as rubrics
from critique_loop.critics.checking import unscored
from critique_loop.values import (
    Critique,
    Dimension,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Round,
    Rubric,
    Score,
    Scorer,
    Severity,
    Task,
)

_ADVICE = {
    ExecutionStatus.ERROR: "mend the error",
    ExecutionStatus.TIMEOUT: "do less work: aggregate before drawing, draw fewer marks",
    ExecutionStatus.OUT_OF_MEMORY: "read only the columns you need and keep no copies",
    ExecutionStatus.KILLED: "don't end the process by a signal",
    ExecutionStatus.SANDBOX_LOST: "don't touch the process that runs the program",
    ExecutionStatus.REFUSED: "write a smaller program",
}
_TAIL = 300


class MeasuredCritic:
    """Scores an execution by what was measured on it; the same answer every time.

    It reads the execution's status and the findings of the sandbox's judge, never what the draft
    says of itself. A dimension of the rubric that lists no measured check stays unscored, and so
    does one that only others may score: its findings can still hold it back.
    """

    name = "measured"
    scorer: Scorer = Scorer.MEASURED

    async def review(
        self, task: Task, draft: Draft, execution: Execution, *, history: Sequence[Round]
    ) -> Critique:
        """Score every dimension of ``task.rubric`` by the findings on ``execution``."""
        del draft, history  # facts come from running the program, and only from this run
        evidence = execution.evidence or Evidence()
        failure = _run_error(execution)
        found = (*failure, *evidence.findings)
        findings = tuple(replace(f, dimension=_dimension(task.rubric, f.code)) for f in found)
        checks = ("run_error", *evidence.checks)
        scores = tuple(_score(d, findings, checks) for d in task.rubric.dimensions)
        return Critique(
            critic=self.name,
            scores=scores,
            findings=findings,
            overall=rubrics.overall(task.rubric, scores),
        )


def _score(dimension: Dimension, findings: Sequence[Finding], checks: Sequence[str]) -> Score:
    if Scorer.MEASURED in dimension.scorers:
        return rubrics.score(dimension, findings, checks)
    others = " or ".join(f"a {scorer.value}" for scorer in dimension.scorers)
    return unscored(dimension, f"it is for {others} to score")


def _run_error(execution: Execution) -> tuple[Finding, ...]:
    if execution.status is ExecutionStatus.OK:
        return ()
    lines = execution.stderr.strip().splitlines()
    last = lines[-1][:_TAIL] if lines else ""
    status = execution.status.value.replace("_", " ")
    ended = {"status": execution.status.value, "exit_code": execution.exit_code}
    return (
        Finding(
            code="run_error",
            severity=Severity.ERROR,
            message=f"the program ended with {status}" + (f": {last}" if last else ""),
            advice=_ADVICE[execution.status],
            numbers={**ended, "signal": execution.signal, "wall_s": round(execution.wall_s, 3)},
        ),
    )


def _dimension(rubric: Rubric, code: str) -> str:
    return next((d.name for d in rubric.dimensions if code in d.checks), "")
