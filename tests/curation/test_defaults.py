"""The steps as they are taken where nobody says otherwise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from critique_loop.curation.defaults import Curation, cleaning
from critique_loop.curation.pipeline import Pipeline
from critique_loop.errors import CallError
from critique_loop.values import Provenance
from tests.curation.conftest import CHART, example

CLEANING = [
    *("length", "exact duplicates", "masked duplicates", "program duplicates"),
    *("secrets", "personal data", "unsafe", "near duplicates"),
]


def test_only_cleaning_is_done_unless_more_is_asked_for() -> None:
    assert [step.name for step in Curation().steps()] == CLEANING
    assert [step.name for step in cleaning()] == CLEANING


def test_what_is_asked_for_comes_after_the_cleaning_draws_last() -> None:
    asked = Curation(
        languages=("en",), benchmarks=(Path("b.jsonl"),), cap=3, balance=2, rows=9, seed=4
    )

    assert [step.name for step in asked.steps()][len(CLEANING) :] == [
        *("language", "decontamination", "cap per group", "balance", "sample"),
    ]


def test_of_everything_that_is_wrong_one_good_example_is_left() -> None:
    good = example(CHART, goal="airports by state", where=Provenance("good", (1,), group="g"))
    bad = [
        example(prose=" ", goal="a"),
        good,
        example(CHART.replace("data", "table"), goal="airports by state ", where=good.provenance),
        example("print('ghp_" + "a1B2" * 9 + "')", goal="b"),
        example("print('ada@engine.co.uk')", goal="c"),
        example("import os\nos.system('ls')", goal="d"),
        example(CHART.replace("State", "Land"), goal="e"),
    ]
    pipeline = Pipeline(cleaning())

    kept = [each.provenance.run_id for each in pipeline.run([good, *bad])]

    assert kept == ["good"]
    assert [row.dropped for row in pipeline.report.rows()] == [1, 1, 0, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("name", ["cap", "balance", "rows"])
def test_a_limit_of_nothing_is_refused_and_does_not_mean_everything(name: str) -> None:
    asked = replace(Curation(), **{name: 0})

    with pytest.raises(CallError, match=f"{name}: 0 is no limit"):
        asked.steps()
