"""Dimensions for one kind of task."""

from __future__ import annotations

import pytest

from critique_loop.errors import CallError
from critique_loop.rubric import applicable
from critique_loop.values import Dimension, Rubric, TaskKind

CHART = Dimension("a", "?", applies_to=(TaskKind.CHART,))
ANY = Dimension("b", "?")
BOTH = Dimension("c", "?", applies_to=(TaskKind.CODE, TaskKind.CHART))


def test_only_the_dimensions_for_the_kind_are_kept_in_their_order() -> None:
    rubric = Rubric("r", (CHART, ANY, BOTH), target=9.0, description="d")

    kept = applicable(rubric, TaskKind.CODE)

    assert kept == Rubric("r", (ANY, BOTH), target=9.0, description="d")
    assert applicable(rubric, TaskKind.CHART) == rubric


def test_a_rubric_with_nothing_for_the_kind_is_refused() -> None:
    with pytest.raises(CallError, match=r"no dimension of the rubric 'r' is for a code task"):
        applicable(Rubric("r", (CHART,)), TaskKind.CODE)
