"""docs/rubrics.md, held to what it says: its commands and blocks run, its tables are whole."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from critique_loop import rubric as rubrics
from critique_loop.cli import main
from critique_loop.rubric.keys import OF_DIMENSION, OF_FILE

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "rubrics.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
COMMANDS = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines()]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with the rubrics of the document, under the names in their first lines."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRITIQUE_LOOP_STORE", str(tmp_path / "traces.db"))
    for kind, text in BLOCKS:
        if kind == "toml":
            (tmp_path / text.split("\n")[0].removeprefix("# ")).write_text(text, encoding="utf-8")
    return tmp_path


def keys_of(heading: str) -> set[str]:
    table = TEXT.split(f"| {heading} | meaning |\n")[1].split("\n\n")[0]
    first = [line.split("|")[1] for line in table.splitlines()[1:]]
    return {key for cell in first for key in re.findall(r"`(\w+)`", cell)}


def test_the_tables_have_every_key_and_no_other() -> None:
    assert keys_of("key of the file") == {*OF_FILE, "dimensions"}
    assert keys_of("key of a dimension") == set(OF_DIMENSION)


def test_the_commands_for_rubrics_run_in_their_order(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = (place / "mine.toml").read_text(encoding="utf-8")
    (place / "mine.toml").unlink()
    ended: list[int | str | None] = []

    for number, line in enumerate(line for line in COMMANDS if " rubric " in line):
        if number == 3:  # then the document says to write this
            (place / "mine.toml").write_text(example, encoding="utf-8")
        monkeypatch.setattr(sys, "argv", shlex.split(line))
        with pytest.raises(SystemExit) as end:
            main()
        ended.append(end.value.code)

    assert ended == [0, 0, 0, 0]


@pytest.mark.docker
@pytest.mark.slow
def test_the_chart_of_the_document_is_drawn_and_judged_by_the_users_rubric(place: Path) -> None:
    shutil.copyfile(ROOT / "tests" / "data" / "cars.csv", place / "cars.csv")
    [line] = [line for line in COMMANDS if line.startswith("critique-loop chart")]
    words = shlex.split(line)[1:]

    done = subprocess.run(
        [sys.executable, "-m", "critique_loop", *words, "--json"],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode in (0, 3), done.stderr
    assert '"house style"' in done.stdout
    assert '"type"' not in done.stdout


def test_the_example_means_what_the_document_says(place: Path) -> None:
    charts = {d.name: d for d in rubrics.load("charts").dimensions}

    report = rubrics.check(place / "mine.toml")

    assert report.rubric is not None
    assert report.warnings == ()
    assert [d.name for d in report.rubric.dimensions] == [
        *(name for name in charts if name != "type"),
        "house style",
    ]


def test_what_check_says_of_the_wrong_file_is_what_the_document_shows(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (place / "wrong.toml").exists()
    monkeypatch.setattr(sys, "argv", ["critique-loop", "rubric", "check", "wrong.toml"])
    monkeypatch.setenv("NO_COLOR", "1")

    with pytest.raises(SystemExit) as end:
        main()

    [shown] = [text for kind, text in BLOCKS if kind == "text"]
    assert end.value.code == 1
    assert capsys.readouterr().out == shown


@pytest.mark.usefixtures("place")
def test_the_python_of_the_document_prints_what_it_says() -> None:
    [block] = [text for kind, text in BLOCKS if kind == "python"]
    printed = io.StringIO()

    with contextlib.redirect_stdout(printed):
        exec(compile(block, "docs/rubrics.md", "exec"), {})  # noqa: S102 - our own document

    assert printed.getvalue().splitlines() == re.findall(r"# prints -> (.*)", block)


def test_what_the_document_types_exists() -> None:
    import click  # noqa: PLC0415 - only this test looks at options

    from critique_loop.cli import cli  # noqa: PLC0415 - same

    group = cli.get_command(click.Context(cli), "rubric")
    assert isinstance(group, click.Group)
    known = {o for c in group.commands.values() for p in c.params for o in p.opts}

    typed = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", TEXT))

    assert typed - known == {"--rubric", "--critic-model"}
