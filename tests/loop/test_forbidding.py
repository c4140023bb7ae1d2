"""Programs that a person did not let run."""

from __future__ import annotations

from critique_loop.loop.forbidding import FORBIDDEN, is_forbidden, unscored
from critique_loop.values import Dimension, Execution, ExecutionStatus, Rubric, Task


def test_what_a_person_forbids_is_told_from_what_the_sandbox_refuses() -> None:
    refused = Execution(ExecutionStatus.REFUSED, stderr="the program is larger than 1 MB")

    assert is_forbidden(FORBIDDEN)
    assert not is_forbidden(refused)


def test_what_did_not_run_has_no_mark_and_says_why() -> None:
    dimensions = (Dimension("right", "?", pass_mark=8.0), Dimension("neat", "?"))

    critique = unscored(Task("g", Rubric("r", dimensions)))

    assert [(s.dimension, s.value, s.passed) for s in critique.scores] == [
        ("right", None, False),
        ("neat", None, False),
    ]
    assert all("did not let" in score.unscored for score in critique.scores)
    assert critique.overall is None
