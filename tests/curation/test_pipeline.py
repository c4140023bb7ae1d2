"""Steps in a row: what comes out, in which order, and what is told of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from critique_loop.curation.decontamination import Decontamination
from critique_loop.curation.duplicates import ExactDuplicates
from critique_loop.curation.length import Length
from critique_loop.curation.pipeline import Pipeline, Row, name_of
from critique_loop.curation.unsafe import Unsafe
from critique_loop.values import Example, Provenance
from tests.curation.conftest import example


def test_a_report_says_what_each_step_dropped_and_why() -> None:
    pipeline = Pipeline([Length(least_answer=3), ExactDuplicates()])
    examples = [example(prose=text, where=f"r{i}") for i, text in enumerate(["good", "x", "good"])]

    kept = list(pipeline.run(examples))

    assert [each.provenance.run_id for each in kept] == ["r0"]
    assert pipeline.report.rows() == [
        Row("length", 3, 1, "1 too short"),
        Row("exact duplicates", 2, 1, "1 prompt and answer of another"),
    ]


def test_a_report_is_json_and_names_options_and_a_few_examples() -> None:
    pipeline = Pipeline([Length(least_answer=3), Unsafe()])

    list(pipeline.run(example(prose="x", where=Provenance(f"r{i}", (1, 3))) for i in range(9)))

    length, unsafe = json.loads(json.dumps(pipeline.report.plain()))
    assert length["options"] == {
        "least_answer": 3,
        "most_answer": 100_000,
        "most_prompt": 400_000,
    }
    assert (length["in"], length["kept"], length["dropped"]) == (9, 0, 9)
    shown = length["reasons"]["too short"]["examples"]
    assert [drop["example"] for drop in shown] == [f"r{i}:1,3" for i in range(5)]
    assert "weak, English" in unsafe["note"]


def test_a_report_tells_names_of_files_not_where_they_lie(tmp_path: Path) -> None:
    path = tmp_path / "bench.txt"
    path.write_text("Draw it.", encoding="utf-8")
    pipeline = Pipeline([Decontamination((path,))])

    list(pipeline.run([]))

    (told,) = pipeline.report.plain()
    assert told["options"] == {"files": ["bench.txt"], "n": 8, "common": 0.01, "share": 0.3}


def test_a_second_run_remembers_nothing_of_the_first() -> None:
    pipeline = Pipeline([ExactDuplicates()])

    first, second = (list(pipeline.run([example(prose="same")])) for _ in range(2))

    assert len(first) == len(second) == 1
    assert pipeline.report.rows() == [Row("exact duplicates", 1, 0, "")]


def test_examples_flow_one_by_one() -> None:
    read: list[str] = []

    def source() -> Iterator[Example]:
        for number in range(3):
            read.append(f"r{number}")
            yield example(prose=f"text {number}", where=f"r{number}")

    stream = Pipeline([Length(), ExactDuplicates(), Unsafe()]).run(source())
    next(stream)

    assert read == ["r0"]


def test_nothing_in_is_nothing_out() -> None:
    pipeline = Pipeline([Length(), ExactDuplicates()])

    assert list(pipeline.run([])) == []
    assert [row.taken for row in pipeline.report.rows()] == [0, 0]


def test_without_steps_everything_passes() -> None:
    one = example(prose="x")

    assert list(Pipeline([]).run([one])) == [one]


def test_an_example_of_no_round_has_a_name() -> None:
    assert name_of(replace(example(), provenance=Provenance("r7"))) == "r7:"
