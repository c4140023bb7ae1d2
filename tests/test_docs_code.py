"""What docs/code.md says, against the code."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from critique_loop import rubric as rubrics
from critique_loop.cli.code import code_command
from critique_loop.coding.shapes import SHAPES
from critique_loop.coding.suites import detect
from critique_loop.values import SuiteKind

TEXT = (Path(__file__).parents[1] / "docs" / "code.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for found, text in BLOCK.findall(TEXT) if found == language]


def section(heading: str) -> str:
    return TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "CRITIQUE_LOOP_STORE": str(tmp_path / "traces.db")}


def test_every_option_that_is_named_exists() -> None:
    there = {name for p in code_command.params if isinstance(p, click.Option) for name in p.opts}

    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", TEXT))

    assert named <= there


def test_every_form_of_tests_has_its_row() -> None:
    rows = [line.split("|")[1].strip() for line in section("Forms of tests").splitlines()
            if line.startswith("| ")]  # fmt: skip

    assert rows[1:] == ["pytest", "asserts", "check", "examples", "calls", "runs"]
    assert len(rows[1:]) == len(SuiteKind)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('[{"input": [1, 2], "output": 3}]', SuiteKind.CALLS),
        ('[{"stdin": "1 2", "stdout": "3"}]', SuiteKind.PROGRAM),
    ],
)
def test_the_json_of_the_table_is_what_it_says(text: str, kind: SuiteKind) -> None:
    assert f"`{text}`" in TEXT
    assert detect(text).suite.kind is kind


def test_every_shape_of_a_data_set_has_its_row_and_its_keys() -> None:
    table = section("Data sets")

    for shape in SHAPES:
        row = next(line for line in table.splitlines() if line.startswith(f"| {shape.name[:4]}"))
        assert all(f"`{key}`" in row for key in shape.keys)


def test_the_rubric_can_be_loaded(tmp_path: Path) -> None:
    (block,) = blocks("toml")
    path = tmp_path / "tests_only.toml"
    path.write_text(block)

    assert [dimension.name for dimension in rubrics.load(path).dimensions] == ["correctness"]
    assert tomllib.loads(block)["extends"] == "code"


@pytest.mark.docker
@pytest.mark.slow
def test_the_first_verdict_is_as_shown(tmp_path: Path) -> None:
    program, tests, _ = blocks("python")
    (tmp_path / "mine.py").write_text(program)
    (tmp_path / "test_mine.py").write_text(tests)
    words = shlex.split(blocks("sh")[0])[1:]
    command = [sys.executable, "-m", "critique_loop", *words]
    ended: list[tuple[int, str]] = []

    for text in (program, program.replace("//", "/")):
        (tmp_path / "mine.py").write_text(text)
        done = subprocess.run(
            command, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        ended.append((done.returncode, done.stdout))

    assert [code for code, _ in ended] == [3, 0]
    for shown in ("not accepted · 1 round", "tests   1 of 2 passed", "✓ test_whole",
                  "✗ test_half   failed", "assert 1 == 1.5", "+ where 1 = mean([1, 2])",
                  "overall 6 · correctness 2", "tests_failed: 1 of 2 tests failed"):  # fmt: skip
        assert shown in ended[0][1]


@pytest.mark.docker
@pytest.mark.slow
def test_the_python_prints_what_it_says(tmp_path: Path) -> None:
    block = blocks("python")[-1]

    done = subprocess.run(
        [sys.executable, "-c", block], cwd=tmp_path, env=environment(tmp_path),
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.stdout.splitlines() == re.findall(r"# prints -> (.*)", block), done.stderr
