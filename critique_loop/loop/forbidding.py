"""Programs that a person did not let run."""

from __future__ import annotations

from critique_loop.values import Critique, Execution, ExecutionStatus, Score, Task

_FORBIDDEN = "A person did not let this program run."

FORBIDDEN = Execution(ExecutionStatus.REFUSED, stderr=_FORBIDDEN)


def is_forbidden(execution: Execution) -> bool:
    """Return whether it was a person, not the sandbox, who refused the program."""
    return execution.status is ExecutionStatus.REFUSED and execution.stderr == _FORBIDDEN


def unscored(task: Task) -> Critique:
    """Return the critique of a program that did not run: no critic has to be paid for that."""
    scores = tuple(
        Score(d.name, None, d.pass_mark, unscored=_FORBIDDEN) for d in task.rubric.dimensions
    )
    return Critique(critic="person", scores=scores)
