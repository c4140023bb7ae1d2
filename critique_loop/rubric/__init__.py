"""What the user cares about, as a file, and how findings become scores by it."""

from critique_loop.rubric.checking import Report, check, known_codes, load
from critique_loop.rubric.files import shipped
from critique_loop.rubric.kinds import applicable
from critique_loop.rubric.problems import Problem
from critique_loop.rubric.scoring import (
    FULL,
    accepts,
    best,
    gates_broken,
    gates_passed,
    merit,
    overall,
    score,
)

__all__ = [
    "FULL",
    "Problem",
    "Report",
    "accepts",
    "applicable",
    "best",
    "check",
    "gates_broken",
    "gates_passed",
    "known_codes",
    "load",
    "merit",
    "overall",
    "score",
    "shipped",
]
