"""An outcome as files."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from critique_loop.errors import CallError
from critique_loop.store.files import write_files
from critique_loop.store.outcomes import rebuild
from critique_loop.values import (
    Critique,
    Draft,
    Event,
    Execution,
    ExecutionStatus,
    Finding,
    Outcome,
    OutputFile,
    Round,
    Rubric,
    Severity,
    Spend,
    StopReason,
    Task,
)

MakeRun = Callable[[str], list[Event]]


def outcome_of(
    execution: Execution, *, code: str = "", critique: Critique | None = None
) -> Outcome:
    turn = Round(1, Draft(code, "w"), execution, critique or Critique("c", ()))
    task = Task("g", Rubric("r", ()))
    return Outcome("r", task, (turn,), turn, StopReason.ROUNDS, Spend())


def with_files(*names: str) -> Outcome:
    files = tuple(OutputFile(name, "image/png", name.encode("utf-8", "replace")) for name in names)
    return outcome_of(Execution(ExecutionStatus.OK, files=files))


def below(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def test_each_round_has_its_folder(make_run: MakeRun, tmp_path: Path) -> None:
    outcome = rebuild("r", make_run("r"))

    written = write_files(outcome, tmp_path / "new" / "out")

    names = ["draft.py", "stdout.txt", "stderr.txt", "critique.json", "chart.png"]
    expected = [tmp_path / "new" / "out" / f"round-{n}" / name for n in (1, 2) for name in names]
    assert list(written) == expected
    assert (written[0].read_text(), written[1].read_text()) == ("print(1)\n", "round 1\n")
    assert written[4].read_bytes() == outcome.rounds[0].picture
    critique = json.loads(written[3].read_text())
    assert critique["scores"][0]["value"] == 5.5
    assert critique["decision"]["advice"] == "add a title"
    assert critique["findings"][0]["numbers"] == {"titles": 0}


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("plots/a.png", "plots_a.png"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("/etc/passwd", "_etc_passwd"),
        (".bashrc", "bashrc"),
        ("..", "file"),
        ("a\x1b[31m\n\x00b.png", "a_31m_b.png"),
        ("a\\b:c*?.png", "a_b_c_.png"),
        ("naïve 漢字.png", "naïve 漢字.png"),
        ("\udcff.png", "_.png"),
        ("x" * 300 + ".png", "x" * 100 + ".png"),
        ("x." + "y" * 300, "x." + "y" * 98),
        ("漢" * 100 + ".png", "漢" * 33 + ".png"),
        ("draft.py", "draft-2.py"),
        ("CRITIQUE.json", "CRITIQUE-2.json"),
    ],
)
def test_names_are_made_safe_and_never_hide_ours(name: str, safe: str, tmp_path: Path) -> None:
    write_files(with_files(name), tmp_path / "out")

    ours = {"draft.py", "stdout.txt", "stderr.txt", "critique.json"}
    assert {p.name for p in (tmp_path / "out" / "round-1").iterdir()} == ours | {safe}
    assert below(tmp_path) == {f"out/round-1/{each}" for each in ours | {safe}}


def test_names_that_become_the_same_are_told_apart(tmp_path: Path) -> None:
    write_files(with_files("a/b", "a_b", "A?b", "a_b-2"), tmp_path)

    contents = {p.name: p.read_bytes() for p in tmp_path.glob("round-1/*_b*")}
    assert sorted(contents.values()) == [b"A?b", b"a/b", b"a_b", b"a_b-2"]


def test_what_is_there_already_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "round-1").mkdir()
    (tmp_path / "round-1" / "notes.md").write_text("mine")

    write_files(with_files("chart.png"), tmp_path)

    assert (tmp_path / "round-1" / "notes.md").read_text() == "mine"


@pytest.mark.parametrize("link", [False, True])
def test_nothing_is_written_where_one_file_would_be_lost(tmp_path: Path, link: bool) -> None:
    (tmp_path / "round-1").mkdir()
    kept = tmp_path / "round-1" / "chart.png"
    if link:
        kept.symlink_to(tmp_path / "nowhere")
    else:
        kept.write_text("mine")

    with pytest.raises(CallError, match=r"chart\.png is there already") as caught:
        write_files(with_files("chart.png"), tmp_path)

    assert "new or empty" in caught.value.remedy
    assert [p.name for p in tmp_path.rglob("*")] == ["round-1", "chart.png"]


def test_a_place_that_is_no_folder_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")

    with pytest.raises(CallError, match=r"Not a directory|File exists"):
        write_files(with_files("chart.png"), tmp_path / "out")


def test_odd_texts_and_numbers_can_be_written(tmp_path: Path) -> None:
    finding = Finding("c", Severity.ERROR, "\ud800", numbers={"n": math.inf})
    outcome = outcome_of(
        Execution(ExecutionStatus.ERROR, stdout="\udcff", stderr="\x1b[31m\x00"),
        code="# \ud800",
        critique=Critique("c", (), (finding,), overall=math.nan),
    )

    write_files(outcome, tmp_path)

    folder = tmp_path / "round-1"
    assert (folder / "draft.py").read_text() == "# \\ud800"
    assert (folder / "stderr.txt").read_bytes() == b"\x1b[31m\x00"
    document = json.loads((folder / "critique.json").read_text(), parse_constant=str)
    assert document["overall"] is None
    assert document["findings"][0]["numbers"] == {"n": None}


def test_a_run_without_rounds_writes_nothing(tmp_path: Path) -> None:
    outcome = Outcome("r", Task("g", Rubric("r", ())), (), None, StopReason.TIME, Spend())

    assert list(write_files(outcome, tmp_path / "out")) == []
    assert not (tmp_path / "out").exists()
