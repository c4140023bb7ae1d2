"""The program in what a model said."""

from __future__ import annotations

import time

import pytest

from critique_loop.writers.extracting import extract

PROGRAM = "import os\n\nprint(os.name)\n"
OTHER = "import sys\n\nprint(sys.path)\n"


def fenced(code: str, info: str = "python", mark: str = "```") -> str:
    return f"{mark}{info}\n{code}{mark}\n"


def test_the_program_in_a_fenced_block_is_taken_and_the_rest_explains_it() -> None:
    found = extract(f"It counts.\n\n{fenced(PROGRAM)}\nThat is all.")

    assert found.code == PROGRAM
    assert found.prose == "It counts.\nThat is all."
    assert not found.problem


def test_of_two_programs_the_last_one_is_taken() -> None:
    assert extract(fenced(PROGRAM) + "Better:\n" + fenced(OTHER)).code == OTHER


@pytest.mark.parametrize(
    "after",
    [
        fenced("python chart.py\n", "bash"),
        fenced("chart.png\n", ""),
        fenced('{"a": 1}\n', "json"),
        fenced("plt.show()\n"),
        fenced("x = [\n"),
        fenced(">>> import os\nposix\n"),
        fenced("\n"),
    ],
    ids=["shell", "file name", "data", "a call", "syntax error", "session", "nothing"],
)
def test_a_later_block_that_is_no_whole_program_does_not_count(after: str) -> None:
    assert extract(fenced(PROGRAM) + "Run it:\n" + after).code == PROGRAM


def test_a_block_without_its_end_is_not_taken() -> None:
    assert extract(f"```python\n{PROGRAM}").problem == "no fenced block is complete"
    assert extract(f"{fenced(OTHER)}and\n```python\n{PROGRAM}").code == OTHER


def test_a_whole_reply_may_be_the_program() -> None:
    assert extract("\n" + PROGRAM).code == PROGRAM


@pytest.mark.parametrize("text", ["Done.", "chart.png", "I can't do that", "", "  \n", "x"])
def test_prose_is_no_program(text: str) -> None:
    found = extract(text)

    assert not found.code
    assert found.problem


def test_a_name_of_a_file_is_text_like_any_other() -> None:
    code = "# ../../etc/cron.d/job.py\nimport os\n"

    assert extract(fenced(code, "python:/etc/passwd")).code == code


def test_a_fence_inside_a_text_of_the_program_does_not_end_it() -> None:
    code = 'import os\n\nHELP = """\n```\nrun me\n```\n"""\nprint(HELP)\n'

    assert extract("Here:\n" + fenced(code) + "Bye").code == code


def test_a_program_in_a_block_in_a_block_is_found() -> None:
    inner = fenced(PROGRAM)

    assert extract(f"````markdown\n# Title\n{inner}````\n").code == PROGRAM


def test_other_fences_and_indented_ones_are_fences() -> None:
    indented = "".join(f"   {line}\n" for line in fenced(PROGRAM).splitlines())

    assert extract(fenced(PROGRAM, mark="~~~")).code == PROGRAM
    assert extract("1. Draw:\n" + indented).code == PROGRAM


def test_windows_line_ends_are_read() -> None:
    assert extract(fenced(PROGRAM).replace("\n", "\r\n")).code == PROGRAM


def test_what_was_only_thought_is_not_taken() -> None:
    thought = f"<think>maybe\n{fenced(OTHER)}</think>"

    assert extract(thought + fenced(PROGRAM)).code == PROGRAM
    assert not extract(fenced(PROGRAM).join(["<think>", ""])).code


def test_a_syntax_error_is_told_with_its_line() -> None:
    problem = extract(fenced("import os\nprint(\n")).problem

    assert problem.startswith("the last complete block is no program: line 2: ")


@pytest.mark.parametrize(
    "code",
    [
        "import os\x00\n",
        "x = '\udc80'\nimport os\n",
        f"import os\nx = {'(' * 9000}\n",
        "é" * 300000,
    ],
    ids=["NUL", "surrogate", "nesting", "size"],
)
def test_what_python_cannot_read_is_no_program(code: str) -> None:
    assert not extract(fenced(code)).code


def test_a_doubtful_escape_is_no_reason_to_refuse_a_program() -> None:
    code = 'import re\nprint(re.findall("\\d", "1"))\n'

    assert extract(fenced(code)).code == code


@pytest.mark.parametrize(
    "text",
    [
        "the same again " * 70_000,
        "```\n" * 90_000,
        "```python\nimport os\n" * 20_000,
        "```" + " " * 390_000 + "x",
        " " * 390_000,
        "<think>" * 50_000,
        ("```python\n" + "x = 1\n" * 3000 + "(\n```\n") * 20,
    ],
    ids=["prose", "fences", "openings", "blanks", "only blanks", "thoughts", "large blocks"],
)
def test_endless_repetition_is_refused_in_little_time(text: str) -> None:
    began = time.process_time()

    found = extract(text)

    assert not found.code
    assert found.problem
    assert time.process_time() - began < 5
