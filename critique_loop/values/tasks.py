"""What is asked, and by which measure: task, rubric, dimension."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from critique_loop.values.tables import Table


class TaskKind(StrEnum):
    """What the writer is asked to produce."""

    CHART = "chart"
    CODE = "code"


class Scorer(StrEnum):
    """Who may score a dimension. What was measured comes first and bounds what others say."""

    MEASURED = "measured"
    MODEL = "model"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One thing the user cares about.

    ``levels`` anchors scores (0 to 10) in words. ``checks`` maps each finding code that feeds this
    dimension to the points it takes off a full 10. ``gate``: must pass for a draft to be accepted,
    whatever the mean. ``applies_to`` names the kinds of tasks it is for (none: all). ``scored_by``
    says who may score it; none means what ``scorers`` says.
    """

    name: str
    question: str
    weight: float = 1.0
    pass_mark: float = 7.0
    gate: bool = False
    levels: Mapping[int, str] = field(default_factory=dict[int, str])
    checks: Mapping[str, float] = field(default_factory=dict[str, float])
    applies_to: tuple[TaskKind, ...] = ()
    scored_by: tuple[Scorer, ...] = ()

    @property
    def scorers(self) -> tuple[Scorer, ...]:
        """Who may score it: as said, else what is measured where there are checks, else a model.

        A person may always overrule.
        """
        if self.scored_by:
            return self.scored_by
        return (Scorer.MEASURED if self.checks else Scorer.MODEL, Scorer.PERSON)


@dataclass(frozen=True, slots=True)
class Rubric:
    """The dimensions and the acceptance rule.

    All gates pass, none unscored, weighted mean at least ``target``.
    """

    name: str
    dimensions: tuple[Dimension, ...]
    target: float = 8.0
    description: str = ""


class SuiteKind(StrEnum):
    """What form the tests of a suite have.

    PYTEST: the source of a test file, which imports the module under its name. ASSERTS: statements,
    each top-level ``assert`` a test. CHECK: a function ``check(candidate)``. DOCTEST: examples as
    in a docstring. CALLS: a JSON list of calls, see ``Suite``. PROGRAM: one of whole runs.
    """

    PYTEST = "pytest"
    ASSERTS = "asserts"
    CHECK = "check"
    DOCTEST = "doctest"
    CALLS = "calls"
    PROGRAM = "program"


@dataclass(frozen=True, slots=True)
class Suite:
    """Tests of one form. A hidden suite is run like any other; writers are told only how many fail.

    ``source`` is Python, or for CALLS a JSON list of ``{"input": [arguments], "output": value}``
    (``"kwargs"``, ``"function"``, ``"raises": "ValueError"`` and ``"tolerance"`` may be said;
    without an expected end a call is only observed), for PROGRAM of ``{"stdin": text, "stdout":
    text}`` (``"arguments"`` and ``"exit_code"`` may be said). ``timeout_s`` is for each test.
    """

    kind: SuiteKind
    source: str
    name: str = ""
    hidden: bool = False
    timeout_s: float = 5.0


@dataclass(frozen=True, slots=True)
class CodeSpec:
    """What is known of a program that is asked for, besides the goal.

    ``signature`` is a stub (imports, ``def`` line, docstring) that the writer is shown.
    ``entry_point`` names the function that must exist ("": none). ``reference`` is a right program,
    never shown to a writer or critic. ``module`` is the name under which tests import the draft.
    """

    entry_point: str = ""
    signature: str = ""
    suites: tuple[Suite, ...] = ()
    reference: str = ""
    module: str = "solution"


@dataclass(frozen=True, slots=True)
class Task:
    """A goal sentence, the read-only tables it is about, and the rubric its result is judged by.

    ``units`` maps column names to the unit their values are in, e.g. ``{"Weight": "lbs"}``.
    ``code`` says what is known of the program where the kind is CODE.
    """

    goal: str
    rubric: Rubric
    kind: TaskKind = TaskKind.CHART
    tables: tuple[Table, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict[str, str])
    code: CodeSpec | None = None
