"""Rubric files: what is read, and what is told of a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from critique_loop import rubric as rubrics
from critique_loop.errors import DefinitionError
from critique_loop.rubric.files import shipped
from critique_loop.values import Dimension, Scorer, TaskKind

HEAD = 'name = "mine"\n[[dimensions]]\nname = "n"\nquestion = "q"\n'


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return tmp_path / "mine.toml"


def told(path: Path) -> DefinitionError:
    with pytest.raises(DefinitionError) as caught:
        rubrics.load(path)
    return caught.value


def test_the_shipped_rubric_has_lidas_six_dimensions_and_accessibility() -> None:
    rubric = rubrics.load("charts")

    names = [dimension.name for dimension in rubric.dimensions]
    assert names == [
        "bugs",
        "transformation",
        "compliance",
        "type",
        "encoding",
        "aesthetics",
        "accessibility",
    ]
    assert all(dimension.checks for dimension in rubric.dimensions)


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_rubric_can_be_loaded_and_has_nothing_doubtful(name: str) -> None:
    report = rubrics.check(name)

    assert report.rubric is not None
    doubts = [str(w) for w in report.warnings if "until then it is unscored" not in w.text]
    assert doubts == []


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", None, "name: is missing"),
        ("name = 'x'", None, "dimensions: expected at least one [[dimensions]]"),
        ("name = 'x'\ndimensions = []", 2, "dimensions: expected at least one"),
        ("name = 'x'\n[dimensions]", 2, "dimensions: expected [[dimensions]], found {}"),
        ("name = 'x'\ndimensions = [1]", 2, "dimensions[0]: expected a table, found 1"),
        ("[[dimensions]]\nname = 'n'\nquestion = 'q'", None, "name: is missing"),
        ("\ntarget = 'x'\n" + HEAD, 2, "target: expected 0 to 10, found 'x'"),
        ("target = nan\n" + HEAD, 1, "target: expected 0 to 10, found nan"),
        ("colour = 1\n" + HEAD, 1, "colour: unknown key"),
        ("'odd\tkey' = 1\n" + HEAD, 1, '"odd\\tkey": unknown key'),
        ("without = ['a']\n" + HEAD, 1, "without: there is nothing to leave out of"),
        ("draft = true\n" + HEAD, 1, "draft: this rubric is a draft"),
        ("draft = 'no'\n" + HEAD, 1, "draft: expected true or false, found 'no'"),
        (HEAD + "pass_mark = 'high'", 5, "dimensions[0].pass_mark: expected 0 to 10, found 'high'"),
        (HEAD + "pass_mark = 11", 5, "dimensions[0].pass_mark: expected 0 to 10, found 11"),
        (HEAD + "pass_mark = true", 5, "dimensions[0].pass_mark: expected 0 to 10, found True"),
        (HEAD + "weight = 0", 5, "dimensions[0].weight: expected 0.001 to 1000, found 0"),
        (HEAD + "weight = nan", 5, "dimensions[0].weight: expected 0.001 to 1000, found nan"),
        (HEAD + "weight = inf", 5, "dimensions[0].weight: expected 0.001 to 1000, found inf"),
        (HEAD + "weight = 1e-320", 5, "dimensions[0].weight: expected 0.001 to 1000"),
        pytest.param(
            HEAD + "weight = 0x" + "f" * 9000, 5, "found something too long to show", id="hex"
        ),
        (HEAD + "gate = 1", 5, "dimensions[0].gate: expected true or false, found 1"),
        (HEAD + "colour = 1", 5, "dimensions[0].colour: unknown key"),
        (HEAD + "checks = 3", 5, "dimensions[0].checks: expected a table, found 3"),
        (HEAD + "checks = {\ta = 'x' }", 5, "dimensions[0].checks.a: expected 0 to 10"),
        (HEAD + "checks = { 'a b' = 1 }", 5, 'dimensions[0].checks."a b": a finding\'s code has'),
        (HEAD + "levels = { high = 'x' }", 5, "dimensions[0].levels.high: expected a whole number"),
        (HEAD + "levels = { 11 = 'x' }", 5, "dimensions[0].levels.11: expected a whole number"),
        (HEAD + "levels = { '\u0663' = 'x' }", 5, "expected a whole number from 0 to 10 as key"),
        (HEAD + "[dimensions.levels]\n1 = 'x'\n3 = 3", 7, "dimensions[0].levels.3: expected a tex"),
        (HEAD + "applies_to = 'chart'", 5, "dimensions[0].applies_to: expected a list"),
        (HEAD + "applies_to = []", 5, "dimensions[0].applies_to: expected a list with one entry"),
        (HEAD + "applies_to = [\n'chart',\n'song']", 7, '.applies_to[1]: expected "chart" or "cod'),
        (HEAD + "scored_by = ['model', 'model']", 5, ".scored_by[1]: 'model' is there twice"),
        (HEAD + "scored_by = ['measured']", 5, 'scored_by says "measured", and there are no check'),
        (
            HEAD + "checks = { run_error = 1 }\nscored_by = ['person']",
            6,
            'dimensions[0].scored_by: there are checks, and scored_by lacks "measured"',
        ),
        (HEAD + "[[dimensions]]\nname = 'n'\nquestion = 'q'", 6, ".name: 'n' is there twice"),
        (HEAD + "[[dimensions]]\nname = 'N'\nquestion = 'q'", 6, ".name: 'N' looks like 'n'"),
        (HEAD + "[[dimensions]]\nname = '\uff4e'\nquestion = 'q'", 6, "'\uff4e' looks like 'n'"),
        (HEAD + "[[dimensions]]\nquestion = 'q'", 5, "dimensions[1].name: is missing"),
        (HEAD.replace('"q"', "' '"), 4, "dimensions[0].question: expected a text, found ' '"),
        (HEAD.replace('"q"', '"a\\u0007"'), 4, "has a control or invisible character: 'a\\x07'"),
        (HEAD.replace('"n"', '"a\\nb"'), 3, "dimensions[0].name: has a control or invisible"),
        (HEAD.replace('"n"', '"a\\u202eb"'), 3, "dimensions[0].name: has a control or invisible"),
        (HEAD.replace('"n"', "' n'"), 3, "dimensions[0].name: begins or ends with white space"),
        (HEAD.replace('"n"', f"'{'n' * 101}'"), 3, "name: is longer than 100 characters"),
        (HEAD.replace('"q"', f"'{'q' * 4001}'"), 4, "question: is longer than 4000 characters"),
        ("name = 'x'\n" + "[[dimensions]]\n" * 65, 2, "there are more than 64 of them"),
    ],
)
def test_a_wrong_rubric_file_is_an_error_with_file_line_and_key(
    mine: Path, text: str, line: int | None, said: str
) -> None:
    mine.write_text(text, encoding="utf-8")

    error = told(mine)

    assert error.problem.startswith(f"{mine}: " if line is None else f"{mine}:{line}: ")
    assert said in error.problem
    assert error.line == line
    assert error.path == mine


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        pytest.param("nonsense =", 1, "no valid TOML: Invalid value", id="value"),
        pytest.param("a = 1\n\nb = 'x", 3, "no valid TOML", id="end"),
        pytest.param("a = 1\na = 2\n", 2, "no valid TOML", id="twice"),
        pytest.param("a = '\u0001'", 1, "no valid TOML", id="control"),
        pytest.param("target = " + "1" * 5000, None, "no valid TOML", id="digits"),
        pytest.param("target = " + "[" * 20_000, None, "no valid TOML", id="brackets"),
        pytest.param("\n" + "a." * 100_000 + "a = 1", 2, "more than 200 dots", id="dots"),
        pytest.param("a" * (1 << 18) + " = 1", None, "is longer than 262144 bytes", id="long"),
    ],
)
def test_a_file_that_is_no_toml_is_an_error_with_its_line(
    mine: Path, text: str, line: int | None, said: str
) -> None:
    mine.write_text(text, encoding="utf-8")

    error = told(mine)

    assert said in error.problem
    assert error.line == line


def test_a_file_of_ten_megabytes_is_refused_without_being_read(mine: Path) -> None:
    with mine.open("wb") as stream:
        stream.truncate(10_000_000)

    assert "is longer than" in told(mine).problem


def test_bytes_that_are_no_utf_8_are_told_with_their_line(mine: Path) -> None:
    mine.write_bytes(b"name = 'x'\n\ntarget = '\xff'\n")

    error = told(mine)

    assert error.problem == f"{mine}:3: the byte 0xff is not UTF-8"
    assert error.remedy == "Save the file as UTF-8."


def test_a_users_rubric_is_read_as_it_is_written(mine: Path) -> None:
    mine.write_text(
        HEAD + "weight = 2\ngate = true\nlevels = { 0 = 'no', 10 = 'yes' }\npass_mark = 8\n"
        "checks = { run_error = 10 }\napplies_to = ['code']\nscored_by = ['measured', 'person']\n"
    )

    rubric = rubrics.load(mine)

    assert (rubric.name, rubric.target, rubric.description) == ("mine", 8.0, "")
    assert rubric.dimensions == (
        Dimension(
            "n",
            "q",
            weight=2.0,
            pass_mark=8.0,
            gate=True,
            levels={0: "no", 10: "yes"},
            checks={"run_error": 10.0},
            applies_to=(TaskKind.CODE,),
            scored_by=(Scorer.MEASURED, Scorer.PERSON),
        ),
    )


def test_names_of_any_script_and_byte_order_marks_and_crlf_are_fine(mine: Path) -> None:
    names = ["Lesbarkeit für alle", "可读性", "می‌خواهم", "👩‍🔬", "__proto__", "weight"]
    entries = "".join(f'[[dimensions]]\nname = "{name}"\nquestion = "?"\n' for name in names)
    mine.write_bytes(("\ufeff" + f'name = "r"\n{entries}').replace("\n", "\r\n").encode())

    assert [d.name for d in rubrics.load(mine).dimensions] == names


@pytest.mark.parametrize(
    "name", ["missing.toml", "no-such-rubric", ".", "../rubrics/charts", "a\0"]
)
def test_a_missing_rubric_names_what_there_is(name: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        rubrics.load(name)

    assert "charts, charts-judged" in caught.value.remedy


def test_a_folder_that_is_named_like_a_rubric_is_none(tmp_path: Path) -> None:
    (tmp_path / "x.toml").mkdir()

    assert "there is no such file" in told(tmp_path / "x.toml").problem
