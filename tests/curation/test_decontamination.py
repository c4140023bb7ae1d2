"""Decontamination: the trap of n-grams that a whole craft shares, and what is found without it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from critique_loop.curation.decontamination import Decontamination
from critique_loop.values import Example, Provenance
from tests.curation.conftest import CHART, curated, example

COLUMNS = ["price", "rain", "speed", "weight", "age", "income", "height", "noise", "score", "depth"]
PLACES = ["city", "harbour", "school", "river", "team", "shop", "brand", "lake", "street", "farm"]
HELD_OUT = (
    "Compare the quarterly turnover of cooperative bakeries with the flour price two months earlier"
)
TASK = {
    "task_id": "ChartBench/17",
    "prompt": HELD_OUT,
    "code": CHART.replace("Number of airports", "Turnover of bakeries"),
}


def charts() -> list[Example]:
    """A hundred scripts of one craft, of different tables and goals."""
    return [
        example(
            CHART.replace("state", place).replace("size()", f'["{column}"].mean()'),
            goal=f"mean {column} by {place}",
            where=Provenance(f"{column} {place}", (1,), group=f"{column} {place}"),
        )
        for column in COLUMNS
        for place in PLACES
    ]


@pytest.fixture
def benchmark(tmp_path: Path) -> Path:
    path = tmp_path / "bench.jsonl"
    path.write_text(json.dumps(TASK), encoding="utf-8")
    return path


def shares_words(text: str, other: str, n: int = 8) -> bool:
    """The naive rule: any run of words in common."""
    one, two = text.split(), other.split()
    runs = {tuple(one[i : i + n]) for i in range(len(one) - n + 1)}
    return any(tuple(two[i : i + n]) in runs for i in range(len(two) - n + 1))


def with_task(examples: Sequence[Example]) -> list[Example]:
    leaked = example(
        "x = 1",
        goal=f"Please: {HELD_OUT.lower()}, as bars!",
        where=Provenance("leaked", (1,), group="bakeries"),
    )
    return [*examples[:50], leaked, *examples[50:]]


def test_naive_runs_of_words_flag_every_chart_and_ours_only_the_contaminated(
    benchmark: Path,
) -> None:
    rows = with_task(charts())
    naive = [row for row in rows if shares_words(TASK["code"], row.code)]

    done = curated(Decontamination((benchmark,)), rows)

    assert len(naive) == 100
    assert len(done.kept) == 100
    assert done.why == {"words of a task": 1}
    (drop,) = done.tally.reasons["words of a task"].shown
    assert (drop.example, drop.detail) == ("leaked:1", "ChartBench/17")


def test_the_same_rule_without_rarity_would_drop_every_chart(benchmark: Path) -> None:
    done = curated(Decontamination((benchmark,), common=1.0), charts())

    assert done.kept == []


def test_many_rows_of_one_group_make_no_words_common(benchmark: Path) -> None:
    leaked = example("x = 1", goal=HELD_OUT, where=Provenance("leaked", (1,), group="bakeries"))

    done = curated(Decontamination((benchmark,)), [*charts(), *[leaked] * 60])

    assert done.why == {"words of a task": 60}
    assert len(done.kept) == 100


SOLUTION = """
def longest(words):
    best = ""
    for word in words:
        if len(word) > len(best):
            best = word
    return best
"""


@pytest.fixture
def problems(tmp_path: Path) -> Path:
    path = tmp_path / "problems.jsonl"
    row = {"task_id": "HumanEval/900", "prompt": "def longest(words):\n", "code": SOLUTION}
    path.write_text(json.dumps(row), encoding="utf-8")
    return path


def test_a_renamed_solution_is_found_also_inside_a_program(problems: Path) -> None:
    renamed = SOLUTION.replace("longest", "f").replace("word", "w").replace("best", "b")
    rows = [
        example(renamed, where="alone"),
        example(f"import sys\n{renamed}\nprint(f(sys.argv))", where="inside"),
        example("def longest(words):\n    return max(words, key=len)", where="other"),
        replace(example("x = 1", where="rejected"), rejected_code=renamed),
    ]

    done = curated(Decontamination((problems,)), rows)

    assert done.kept == ["other"]
    assert done.why == {"program of a task": 3}


def test_naming_a_task_is_enough(problems: Path) -> None:
    rows = [
        example(goal="Solve HumanEval/900.", where="named"),
        example(goal="Solve HumanEval/9001.", where="another"),
        example(where=Provenance("source", (1,), sources=("HumanEval/900",))),
        replace(example(where="column"), verifier={"id": "HumanEval/900"}),
    ]

    done = curated(Decontamination((problems,)), rows)

    assert done.kept == ["another"]
    assert done.why == {"names a task": 3}


def test_without_files_or_rows_nothing_happens(problems: Path) -> None:
    assert curated(Decontamination(), [example(SOLUTION)]).kept == ["r1"]
    assert curated(Decontamination((problems,)), []).kept == []


@pytest.mark.parametrize("code", ["", "def broken(:", "größe = '数据'"])
def test_programs_that_say_nothing_are_kept(problems: Path, code: str) -> None:
    assert curated(Decontamination((problems,)), [example(code)]).kept == ["r1"]
