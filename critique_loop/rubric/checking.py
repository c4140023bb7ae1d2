"""Load a rubric, or say everything that is wrong with it or doubtful about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from critique_loop.errors import DefinitionError
from critique_loop.rubric.extending import Part, Whole, whole
from critique_loop.rubric.files import shipped
from critique_loop.rubric.problems import Problem
from critique_loop.values import Dimension, Rubric, Scorer

_MOST_PROBLEMS = 20
_FULL = 10.0
_HEAVY = 0.6


@dataclass(frozen=True, slots=True)
class Report:
    """What a look at a rubric file found; ``rubric`` is None where there are errors.

    At most 20 errors are told; ``warnings`` are about what can be loaded and is seldom meant.
    """

    rubric: Rubric | None
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def load(source: str | Path) -> Rubric:
    """Return the rubric in the TOML file ``source``, or the shipped one of that name ("charts").

    Raises:
        DefinitionError: no such file, no TOML, an unknown key, a value out of range. The message
        names file, line and key of what is wrong first.
    """
    found = whole(source)
    if found.rubric is None:
        raise found.problems[0].error()
    return found.rubric


def check(source: str | Path) -> Report:
    """Return everything that is wrong with the rubric ``source``, or doubtful about it."""
    try:
        found = whole(source)
    except DefinitionError as error:
        return Report(None, errors=(Problem.of(error),))
    if found.rubric is None:
        return Report(None, errors=found.problems[:_MOST_PROBLEMS])
    return Report(found.rubric, warnings=tuple(_warnings(found, found.rubric)))


@cache
def known_codes() -> frozenset[str]:
    """Return the finding codes that the shipped rubrics know."""
    rubrics = (load(name) for name in shipped())
    return frozenset(code for rubric in rubrics for d in rubric.dimensions for code in d.checks)


def _warnings(found: Whole, rubric: Rubric) -> Iterator[Problem]:
    total = sum(d.weight for d in rubric.dimensions)
    if not any(d.gate for d in rubric.dimensions):
        yield found.notes.problem(
            ("dimensions",), "no dimension is a gate: a good mean can make up for any fault"
        )
    most = sum(d.weight * _most(d) for d in rubric.dimensions) / total
    if most < rubric.target:
        yield found.notes.problem(
            ("target",), f"can't be reached: with all top levels the mean is {most:g}"
        )
    for part in found.parts:
        yield from _of_dimension(part, part.dimension, total)


def _of_dimension(part: Part, dimension: Dimension, total: float) -> Iterator[Problem]:
    def doubt(key: str, text: str, remedy: str = "") -> Problem:
        return part.notes.problem(("dimensions", part.at, key), text, remedy)

    share = dimension.weight / total
    if share > _HEAVY and total > dimension.weight:
        yield doubt("weight", f"is {share:.0%} of all: the others hardly count")
    if _most(dimension) < dimension.pass_mark:
        yield doubt("pass_mark", f"no level reaches it: the highest is {_most(dimension):g}")
    if len(dimension.levels) == 1:
        yield doubt("levels", "there is only one, so there is nothing to choose from")
    yield from _of_scorers(dimension, doubt("scored_by", ""))
    for code in sorted(dimension.checks.keys() - known_codes()):
        alike = _alike(code)
        hint = f"Is {alike} meant?" if alike else "It never fires unless a critic of yours says it."
        yield part.notes.problem(
            ("dimensions", part.at, "checks", code), "nothing that is shipped finds this code", hint
        )


def _of_scorers(dimension: Dimension, blank: Problem) -> Iterator[Problem]:
    """Say what nothing measures; ``blank`` has the place."""
    scorers = dimension.scorers
    if Scorer.MEASURED in scorers:
        return
    who = "a person" if Scorer.MODEL not in scorers else "a model or a person"
    text = f"only {who} can score it: until then it is unscored, and nothing is accepted"
    if dimension.gate and Scorer.MODEL in scorers:
        text += "; as a gate it stops a draft by judgement alone"
    yield Problem(blank.path, text, key=blank.key, line=blank.line)


def _most(dimension: Dimension) -> float:
    """Return the highest score there can be: who judges can only choose one of the levels."""
    if dimension.checks or not dimension.levels:
        return _FULL
    return float(max(dimension.levels))


def _alike(code: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - seldom needed, slow to load

    return next(iter(get_close_matches(code, sorted(known_codes()), n=1, cutoff=0.75)), "")
