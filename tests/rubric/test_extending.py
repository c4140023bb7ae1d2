"""Rubrics that build on others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from critique_loop import rubric as rubrics
from critique_loop.values import Scorer

Write = Callable[..., Path]

BASE = """
name = "base"
target = 9.0
description = "of the base"
[[dimensions]]
name = "a"
question = "A?"
weight = 2.0
checks = { run_error = 5 }
levels = { 0 = "bad", 10 = "good" }
[[dimensions]]
name = "b"
question = "B?"
[[dimensions]]
name = "c"
question = "C?"
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str, name: str = "mine.toml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    written(BASE, "base.toml")
    return written


def errors(path: Path) -> list[str]:
    report = rubrics.check(path)
    return [str(error).removeprefix(f"{path.parent}/") for error in report.errors]


def test_a_dimension_of_the_same_name_changes_only_the_keys_it_gives(write: Write) -> None:
    path = write(
        'name = "mine"\nextends = "base.toml"\n[[dimensions]]\nname = "a"\ngate = true\n'
        'levels = { 5 = "half" }\n[[dimensions]]\nname = "d"\nquestion = "D?"\n'
    )

    rubric = rubrics.load(path)

    first = rubric.dimensions[0]
    assert [d.name for d in rubric.dimensions] == ["a", "b", "c", "d"]
    assert (first.question, first.weight, first.checks) == ("A?", 2.0, {"run_error": 5.0})
    assert first.gate
    assert first.levels == {5: "half"}
    assert (rubric.name, rubric.target, rubric.description) == ("mine", 9.0, "of the base")


def test_dimensions_can_be_left_out(write: Write) -> None:
    path = write('name = "mine"\nextends = "base.toml"\nwithout = ["c", "a"]\ntarget = 7\n')

    rubric = rubrics.load(path)

    assert [d.name for d in rubric.dimensions] == ["b"]
    assert rubric.target == 7.0


def test_a_shipped_rubric_can_be_extended_from_anywhere(write: Write) -> None:
    path = write('name = "mine"\nextends = "charts"\nwithout = ["accessibility"]\n')

    own, charts = rubrics.load(path), rubrics.load("charts")

    assert own.dimensions == charts.dimensions[:-1]
    assert own.target == charts.target


def test_a_chain_is_followed_and_paths_are_relative_to_each_file(write: Write) -> None:
    write('name = "middle"\nextends = "../base.toml"\nwithout = ["b"]\n', "sub/middle.toml")
    path = write(
        'name = "mine"\nextends = "sub/middle.toml"\n[[dimensions]]\nname = "c"\ngate=true'
    )

    rubric = rubrics.load(path)

    assert [(d.name, d.gate) for d in rubric.dimensions] == [("a", False), ("c", True)]


def test_nothing_of_where_it_came_from_is_in_the_result(write: Write, tmp_path: Path) -> None:
    path = write('name = "mine"\nextends = "base.toml"\n')

    assert str(tmp_path) not in repr(rubrics.load(path))


@pytest.mark.parametrize("name", ["mine.toml", "./mine.toml", "sub/../mine.toml"])
def test_a_file_that_extends_itself_is_refused(write: Write, tmp_path: Path, name: str) -> None:
    (tmp_path / "sub").mkdir()

    found = errors(write(f'name = "mine"\nextends = "{name}"\n'))

    assert found[0].startswith("mine.toml:2: extends: goes round in a circle: ")
    assert found[0].count("mine.toml") == 3


def test_a_circle_of_several_files_is_told_with_the_whole_chain(write: Write) -> None:
    write('name = "x"\nextends = "y.toml"\n', "x.toml")
    write('name = "y"\n\nextends = "x.toml"\n', "y.toml")

    found = errors(write('name = "mine"\nextends = "x.toml"\n'))

    assert found[0].startswith("y.toml:3: extends: goes round in a circle: ")
    files = [Path(part).name for part in found[0].split("circle: ")[1].split(" -> ")]
    assert files == ["mine.toml", "x.toml", "y.toml", "x.toml"]


def test_a_chain_that_is_too_long_is_told_whole(write: Write) -> None:
    for number in range(6):
        write(f'name = "x"\nextends = "{number + 1}.toml"\n', f"{number}.toml")

    found = errors(write('name = "mine"\nextends = "0.toml"\n'))

    assert "extends: is a chain of more than 5 files: " in found[0]
    assert found[0].count(" -> ") == 5


def test_a_chain_of_five_files_is_fine(write: Write) -> None:
    for number, below in enumerate(["base", "0", "1"]):
        write(f'name = "x"\nextends = "{below}.toml"\n', f"{number}.toml")

    path = write('name = "mine"\nextends = "2.toml"\n')

    assert len(rubrics.load(path).dimensions) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('extends = "gone.toml"', "mine.toml:2: extends: "),
        ('extends = "no-such"', "mine.toml:2: extends: no-such: can't be read"),
        ('extends = "../../charts"', "mine.toml:2: extends: ../../charts: can't be read"),
        ("extends = 3", "mine.toml:2: extends: expected a text, found 3"),
        ('without = ["x"]', "mine.toml:3: without[0]: there is no dimension 'x' in base.toml"),
        ('without = ["a", "a"]', "mine.toml:3: without[1]: 'a' is there twice"),
        ("without = []", "mine.toml:3: without: expected a list with one entry at least"),
        ('without = ["a", "b", "c"]', "mine.toml:3: without: leaves no dimension"),
        (
            'without = [\n"a"]\n[[dimensions]]\nname="a"\nquestion="?"',
            "mine.toml:4: without[0]: 'a' is left out here, and described below",
        ),
        ('[[dimensions]]\nname="d"', "mine.toml:3: dimensions[0].question: is missing"),
        (
            '[[dimensions]]\nname="A"\nquestion="?"',
            "mine.toml:4: dimensions[0].name: 'A' looks like 'a' of the rubric that is extended",
        ),
        (
            '[[dimensions]]\nname = "a"\n\nscored_by = ["model"]',
            'mine.toml:6: dimensions[0].scored_by: there are checks, and scored_by lacks "meas',
        ),
    ],
)
def test_what_does_not_fit_what_is_extended_is_told(write: Write, text: str, said: str) -> None:
    head = 'name = "mine"\n' if "extends" in text else 'name = "mine"\nextends = "base.toml"\n'

    found = errors(write(head + text))

    assert found[0].startswith(said)


def test_checks_that_are_taken_away_from_a_measured_dimension_are_told(write: Write) -> None:
    write(
        'name = "x"\n[[dimensions]]\nname = "a"\nquestion = "?"\nchecks = { run_error = 1 }\n'
        'scored_by = ["measured", "model"]\n',
        "x.toml",
    )

    found = errors(write('name="m"\nextends="x.toml"\n[[dimensions]]\nname="a"\nchecks={}\n'))

    said = 'scored_by says "measured", and there are no checks that could feed it'
    assert found == [f"mine.toml:5: dimensions[0].checks: {said}"]


def test_checks_and_scorers_can_be_changed_together(write: Write) -> None:
    path = write(
        'name="m"\nextends="base.toml"\n[[dimensions]]\nname="a"\nchecks={}\nscored_by=["person"]\n'
    )

    changed = rubrics.load(path).dimensions[0]

    assert changed.checks == {}
    assert changed.scorers == (Scorer.PERSON,)


def test_errors_of_what_is_extended_are_told_with_its_own_file_and_line(write: Write) -> None:
    write(BASE + "pass_mark = 70\n", "base.toml")

    found = errors(write('name = "mine"\nextends = "base.toml"\nwithout = ["x"]\ncolour = 1\n'))

    assert found == [
        "mine.toml:4: colour: unknown key",
        "base.toml:17: dimensions[2].pass_mark: expected 0 to 10, found 70",
    ]


def test_what_is_no_toml_is_told_of_the_file_that_is_none(write: Write) -> None:
    write("name =", "base.toml")

    found = errors(write('name = "mine"\nextends = "base.toml"\n'))

    assert found == ["base.toml:1: no valid TOML: Invalid value"]


def test_a_draft_can_t_be_extended_either(write: Write) -> None:
    write("draft = true\n" + BASE, "base.toml")

    found = errors(write('name = "mine"\nextends = "base.toml"\n'))

    assert found[0].startswith("base.toml:1: draft: this rubric is a draft")


def test_a_rubric_can_t_grow_beyond_measure(write: Write) -> None:
    entry = '[[dimensions]]\nname = "{}"\nquestion = "?"\n'

    text = 'name="m"\nextends="base.toml"\n' + "".join(map(entry.format, range(62)))

    assert "more than 64 with the others'" in errors(write(text))[0]
