"""What `check` tells of a rubric that can be loaded, and of one that can't."""

from __future__ import annotations

from pathlib import Path

import pytest

from critique_loop import rubric as rubrics
from critique_loop.errors import DefinitionError
from critique_loop.rubric import Problem

GATE = '[[dimensions]]\nname = "g"\nquestion = "G?"\ngate = true\nchecks = { run_error = 10 }\n'


def doubts(tmp_path: Path, text: str) -> list[Problem]:
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\n' + text, encoding="utf-8")
    report = rubrics.check(path)
    assert report.errors == ()
    assert report.rubric == rubrics.load(path)
    return list(report.warnings)


def test_a_sound_rubric_has_no_warnings(tmp_path: Path) -> None:
    assert doubts(tmp_path, GATE) == []


def test_all_errors_are_told_at_once_by_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('target = 11\nname = ""\n[[dimensions]]\ngate = 3\ncolour = "red"\n')

    report = rubrics.check(path)

    assert report.rubric is None
    assert [(e.line, e.key) for e in report.errors] == [
        (1, "target"),
        (2, "name"),
        (3, "dimensions[0].name"),
        (4, "dimensions[0].gate"),
        (5, "dimensions[0].colour"),
    ]
    with pytest.raises(DefinitionError) as caught:
        rubrics.load(path)
    assert caught.value.problem == str(report.errors[0])


def test_of_many_errors_twenty_are_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("".join(f"x{number} = 1\n" for number in range(30)))

    assert len(rubrics.check(path).errors) == 20


def test_a_file_that_can_t_be_read_is_one_error(tmp_path: Path) -> None:
    [error] = rubrics.check(tmp_path / "gone.toml").errors

    assert str(error) == f"{tmp_path / 'gone.toml'}: can't be read (there is no such file)"
    assert "charts" in error.remedy


@pytest.mark.parametrize(
    ("text", "line", "key", "said"),
    [
        (GATE.replace("gate = true", "gate = false"), 2, "dimensions", "no dimension is a gate"),
        (
            GATE
            + '[[dimensions]]\nname = "h"\nquestion = "H?"\nchecks={nan_data=1}\nweight = 1.6\n',
            11,
            "dimensions[1].weight",
            "is 62% of all: the others hardly count",
        ),
        (
            "target = 9\n" + GATE + '[[dimensions]]\nname = "h"\nquestion = "H?"\n'
            "levels = { 0 = 'no', 7 = 'yes' }\n",
            2,
            "target",
            "can't be reached: with all top levels the mean is 8.5",
        ),
        (
            GATE + '[[dimensions]]\nname = "h"\nquestion = "H?"\n'
            "levels = { 0 = 'no', 6 = 'yes' }\n",
            7,
            "dimensions[1].pass_mark",
            "no level reaches it: the highest is 6",
        ),
        (
            GATE + '[[dimensions]]\nname = "h"\nquestion = "H?"\nlevels = { 8 = "yes" }\n',
            10,
            "dimensions[1].levels",
            "there is only one, so there is nothing to choose from",
        ),
        (
            GATE + '[[dimensions]]\nname = "h"\nquestion = "H?"\n',
            7,
            "dimensions[1].scored_by",
            "only a model or a person can score it",
        ),
        (
            GATE + '[[dimensions]]\nname = "h"\nquestion = "H?"\ngate = true\n',
            7,
            "dimensions[1].scored_by",
            "as a gate it stops a draft by judgement alone",
        ),
        (
            GATE + '[[dimensions]]\nname = "h"\nquestion = "H?"\nscored_by = ["person"]\n',
            10,
            "dimensions[1].scored_by",
            "only a person can score it",
        ),
        (
            GATE.replace("run_error", "runerror"),
            6,
            "dimensions[0].checks.runerror",
            "nothing that is shipped finds this code",
        ),
    ],
)
def test_what_is_seldom_meant_is_a_warning_with_line_and_key(
    tmp_path: Path, text: str, line: int, key: str, said: str
) -> None:
    found = [doubt for doubt in doubts(tmp_path, text) if doubt.key == key]

    assert [doubt.line for doubt in found] == [line]
    assert said in found[0].text


def test_a_code_that_is_nearly_one_of_ours_is_named(tmp_path: Path) -> None:
    [near] = doubts(tmp_path, GATE.replace("run_error", "runerror"))
    [far] = doubts(tmp_path, GATE.replace("run_error", "house_colours"))

    assert near.remedy == "Is run_error meant?"
    assert far.remedy == "It never fires unless a critic of yours says it."


def test_a_warning_about_what_is_inherited_names_the_file_it_stands_in(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text('name = "b"\n' + GATE.replace("run_error", "odd_code"))

    [doubt] = doubts(tmp_path, 'extends = "base.toml"\n')

    assert str(doubt).startswith(f"{tmp_path / 'base.toml'}:6: dimensions[0].checks.odd_code: ")


def test_the_known_codes_are_those_of_all_shipped_rubrics() -> None:
    assert rubrics.known_codes() >= {"run_error", "values_mismatch", "font_tiny"}
