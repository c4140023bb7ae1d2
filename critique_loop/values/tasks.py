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


@dataclass(frozen=True, slots=True)
class Dimension:
    """One thing the user cares about.

    ``levels`` anchors scores (0 to 10) in words. ``checks`` maps each finding code that feeds this
    dimension to the points it takes off a full 10; a dimension with checks is measured. ``gate``:
    must pass for a draft to be accepted, whatever the mean.
    """

    name: str
    question: str
    weight: float = 1.0
    pass_mark: float = 7.0
    gate: bool = False
    levels: Mapping[int, str] = field(default_factory=dict[int, str])
    checks: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Rubric:
    """The dimensions and the acceptance rule.

    All gates pass, none unscored, weighted mean at least ``target``.
    """

    name: str
    dimensions: tuple[Dimension, ...]
    target: float = 8.0
    description: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """A goal sentence, the read-only tables it is about, and the rubric its result is judged by.

    ``units`` maps column names to the unit their values are in, e.g. ``{"Weight": "lbs"}``.
    """

    goal: str
    rubric: Rubric
    kind: TaskKind = TaskKind.CHART
    tables: tuple[Table, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict[str, str])
