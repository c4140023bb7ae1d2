"""Benchmark files: rows of JSON in the shapes they come in, plain files, and broken ones."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from critique_loop.curation.benchmarks import read_benchmark, shapes_in
from critique_loop.errors import DataError

HUMANEVAL = {
    "task_id": "HumanEval/900",
    "prompt": 'def longest(words):\n    """Return the longest word."""\n',
    "canonical_solution": "    return max(words, key=len)\n",
    "test": "def check(candidate):\n    assert candidate(['a', 'bb']) == 'bb'\n",
    "entry_point": "longest",
}
MBPP = {
    "task_id": 77,
    "text": "Write a function to find the longest word.",
    "code": "def longest(words):\n    return max(words, key=len)\n",
    "test_list": ["assert longest(['a', 'bb']) == 'bb'", "assert longest(['a']) == 'a'"],
}


def lines(path: Path, *rows: object) -> Path:
    path.write_text("\n".join(map(json.dumps, rows)) + "\n\n", encoding="utf-8")
    return path


def test_prompt_and_solution_of_humaneval_are_a_program(tmp_path: Path) -> None:
    (item,) = read_benchmark(lines(tmp_path / "humaneval.jsonl", HUMANEVAL))

    assert item.name == "HumanEval/900"
    assert item.has_telling_name
    assert HUMANEVAL["prompt"] + HUMANEVAL["canonical_solution"] in item.programs
    assert HUMANEVAL["test"] in item.passages


def test_code_and_tests_of_mbpp_are_read(tmp_path: Path) -> None:
    (item,) = read_benchmark(lines(tmp_path / "mbpp.jsonl", MBPP))

    assert item.name == "77"
    assert not item.has_telling_name
    assert MBPP["code"] in item.programs
    assert "assert longest(['a', 'bb']) == 'bb'\nassert longest(['a']) == 'a'" in item.passages


def test_a_list_of_json_and_packed_lines_are_read_alike(tmp_path: Path) -> None:
    listed = tmp_path / "list.json"
    listed.write_text(json.dumps([HUMANEVAL, MBPP]), encoding="utf-8")
    packed = tmp_path / "lines.jsonl.gz"
    packed.write_bytes(gzip.compress(lines(tmp_path / "x.jsonl", HUMANEVAL, MBPP).read_bytes()))

    assert read_benchmark(listed) == read_benchmark(packed)


def test_a_row_without_a_name_is_called_by_its_place(tmp_path: Path) -> None:
    path = lines(tmp_path / "own.jsonl", {"question": "Draw it."}, "no row", {"question": "Go."})

    assert [item.name for item in read_benchmark(path)] == ["own.jsonl:1", "own.jsonl:3"]


def test_a_program_and_a_text_are_one_item_each(tmp_path: Path) -> None:
    program, text = tmp_path / "solution.py", tmp_path / "tasks.txt"
    program.write_text("def f(x):\n    return x\n", encoding="utf-8")
    text.write_text("Draw größe by année, please.", encoding="utf-8")

    assert read_benchmark(program)[0].programs
    assert read_benchmark(text)[0].programs == ()


@pytest.mark.parametrize("content", [b"{broken", b"[1, 2", b"\x1f\x8bnot packed"])
def test_a_broken_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_bytes(content)

    with pytest.raises(DataError, match=r"broken\.jsonl"):
        read_benchmark(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.jsonl"):
        read_benchmark(tmp_path / "gone.jsonl")


def test_functions_inside_a_program_have_shapes_unless_they_say_too_little() -> None:
    function = "def longest(words):\n    return max(words, key=len) if words else None\n"

    inside = shapes_in(f"import sys\n\n{function}\nprint(longest(sys.argv), file=sys.stderr)\n")

    assert shapes_in(function) & inside
    assert shapes_in("def add(a, b):\n    return a\n") == frozenset()
    assert shapes_in("def broken(:") == frozenset()
