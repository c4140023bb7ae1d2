"""Outcomes on disk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from critique_loop.building.records import record_of
from critique_loop.building.saving import check_folder, save
from critique_loop.errors import CallError
from critique_loop.values import (
    CodeSpec,
    Critique,
    Dimension,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Outcome,
    OutputFile,
    Round,
    Rubric,
    Score,
    Severity,
    Spend,
    StopReason,
    Task,
    TaskKind,
)

PNG = b"\x89PNG\r\n\x1a\n fake"
TASK = Task(goal="g", rubric=Rubric("r", (Dimension("right", "?"),)))


def turn(number: int, *, picture: bool = True) -> Round:
    execution = Execution(
        ExecutionStatus.OK,
        stdout="said \udcff",
        files=(OutputFile("chart.png", "image/png", PNG),),
        evidence=Evidence(picture="chart.png" if picture else ""),
    )
    finding = Finding("ugly", Severity.WARNING, "m", numbers={"n": 1})
    critique = Critique("c", (Score("right", 5.0, 7.0),), (finding,), overall=5.0)
    return Round(number, Draft(f"x = {number}\n", "w"), execution, critique)


def outcome(*rounds: Round) -> Outcome:
    best = rounds[0] if rounds else None
    return Outcome("run1", TASK, rounds, best, StopReason.ROUNDS, Spend(rounds=len(rounds)))


def files_under(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_best_round_and_all_rounds_are_written(tmp_path: Path) -> None:
    saved = save(outcome(turn(1), turn(2)), tmp_path / "new" / "folder")

    folder = tmp_path / "new" / "folder"
    assert files_under(folder) == {
        "chart.png",
        "chart.py",
        "outcome.json",
        *(f"rounds/{n}/{name}" for n in (1, 2) for name in ("draft.py", "chart.png")),
        *(f"rounds/{n}/{name}" for n in (1, 2) for name in ("stdout.txt", "critique.json")),
    }
    assert (folder / "chart.png").read_bytes() == PNG
    assert (folder / "chart.py").read_text() == "x = 1\n"
    assert saved.files == (folder / "chart.png",)
    assert json.loads(saved.record.read_text())["best"]["round"] == 1


def test_a_second_run_into_the_same_folder_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    save(outcome(turn(1), turn(2)), tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "rounds" / "2" / "notes.txt").write_text("mine")

    save(outcome(turn(1, picture=False)), tmp_path)

    assert files_under(tmp_path) == {
        "chart.py",
        "notes.txt",
        "outcome.json",
        "rounds/1/critique.json",
        "rounds/1/draft.py",
        "rounds/1/stdout.txt",
        "rounds/2/notes.txt",
    }


@pytest.mark.parametrize("name", ["chart.py", "chart.png", "rounds"])
def test_a_users_own_file_is_never_overwritten(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")

    with pytest.raises(CallError, match="not as an earlier run wrote it"):
        save(outcome(turn(1)), tmp_path)

    assert (tmp_path / name).read_text() == "mine"
    assert files_under(tmp_path) == {name}


def test_a_folder_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("mine")

    with pytest.raises(CallError, match="--out"):
        check_folder(path)


def test_a_run_without_a_best_round_is_written_down_too(tmp_path: Path) -> None:
    saved = save(outcome(), tmp_path)

    assert files_under(tmp_path) == {"outcome.json"}
    assert json.loads(saved.record.read_text())["best"] is None


def test_the_record_keeps_its_contract() -> None:
    record = record_of(outcome(turn(1)))

    assert set(record) == {
        "format",
        "run",
        "goal",
        "accepted",
        "stopped_because",
        "message",
        "rounds",
        "seconds",
        "cost_usd",
        "calls",
        "tokens",
        "person_seconds",
        "roles",
        "best",
        "report",
    }
    best = record["best"]
    assert isinstance(best, dict)
    assert best["scores"] == [
        {
            "dimension": "right",
            "value": 5.0,
            "pass_mark": 7.0,
            "passed": False,
            "evidence": [],
            "advice": "",
            "unscored": "",
            "confidence": None,
            "by": "",
            "spread": None,
            "votes": [],
        }
    ]
    assert (best["notes"], best["claims"], best["unsupported"]) == ([], 0, 0)
    assert best["findings"] == [
        {
            "code": "ugly",
            "severity": "warning",
            "dimension": "",
            "place": "",
            "message": "m",
            "advice": "",
            "numbers": {"n": 1},
            "confidence": 1.0,
        }
    ]


def code_outcome(*rounds: Round, module: str = "solution") -> Outcome:
    task = replace(TASK, kind=TaskKind.CODE, code=CodeSpec(module=module))
    return replace(outcome(*rounds), task=task)


def judged() -> Round:
    tests: list[object] = [
        {"name": "a", "suite": "s", "status": "passed", "hidden": False, "seconds": 0.1},
        {"name": "secret", "suite": "s", "status": "failed", "hidden": True, "message": "secret"},
    ]
    evidence = Evidence(facts={"tests": tests})
    return replace(turn(1), execution=Execution(ExecutionStatus.OK, evidence=evidence))


def test_a_program_is_written_under_the_name_that_tests_import(tmp_path: Path) -> None:
    saved = save(code_outcome(judged(), module="mine"), tmp_path)

    assert files_under(tmp_path) == {
        "mine.py",
        "outcome.json",
        "rounds/1/critique.json",
        "rounds/1/draft.py",
    }
    assert saved.code == tmp_path / "mine.py"


def test_what_became_of_tests_is_written_and_of_hidden_ones_only_how_they_ended(
    tmp_path: Path,
) -> None:
    save(code_outcome(judged()), tmp_path)

    best = json.loads((tmp_path / "outcome.json").read_text())["best"]
    first = json.loads((tmp_path / "rounds" / "1" / "critique.json").read_text())
    assert (best["tests_passed"], best["tests_total"]) == (1, 2)
    assert [(test["name"], test["status"]) for test in best["tests"]] == [
        ("a", "passed"),
        ("", "failed"),
    ]
    assert first["tests"] == best["tests"]
    assert "secret" not in (tmp_path / "outcome.json").read_text()


def test_a_run_with_another_name_leaves_nothing_of_the_one_before(tmp_path: Path) -> None:
    save(code_outcome(judged(), module="one"), tmp_path)

    save(code_outcome(judged(), module="two"), tmp_path)

    assert (tmp_path / "two.py").exists()
    assert not (tmp_path / "one.py").exists()


def test_a_users_program_beside_a_former_outcome_is_never_overwritten(tmp_path: Path) -> None:
    save(outcome(turn(1)), tmp_path)
    (tmp_path / "mine.py").write_text("mine")

    with pytest.raises(CallError, match=r"mine\.py: there already"):
        save(code_outcome(judged(), module="mine"), tmp_path)

    assert (tmp_path / "mine.py").read_text() == "mine"


def test_a_record_of_somebody_else_removes_no_other_files(tmp_path: Path) -> None:
    best = {"code": "../notes.txt", "files": ["/etc/passwd", 3, "keep.csv"]}
    (tmp_path / "outcome.json").write_text(json.dumps({"best": best}))
    for name in ("notes.txt", "keep.csv", "passwd"):
        (tmp_path / name).write_text("mine")

    save(code_outcome(judged()), tmp_path)

    assert {"notes.txt", "keep.csv", "passwd", "solution.py"} <= files_under(tmp_path)


@pytest.mark.parametrize("name", ["chart.py", "chart.png", "rounds/1/draft.py"])
def test_what_a_user_has_edited_since_is_theirs(tmp_path: Path, name: str) -> None:
    save(outcome(turn(1)), tmp_path)
    (tmp_path / name).write_text("mine now")

    with pytest.raises(CallError, match="not as an earlier run wrote it"):
        save(outcome(turn(1)), tmp_path)

    assert (tmp_path / name).read_text() == "mine now"


def test_a_copied_record_makes_no_file_ours(tmp_path: Path) -> None:
    save(outcome(turn(1)), tmp_path / "former")
    (tmp_path / "outcome.json").write_bytes((tmp_path / "former" / "outcome.json").read_bytes())
    (tmp_path / "chart.py").write_text("mine")

    with pytest.raises(CallError):
        save(outcome(turn(1)), tmp_path)

    assert (tmp_path / "chart.py").read_text() == "mine"


def test_a_report_is_written_beside_the_picture_and_replaced_by_the_next(tmp_path: Path) -> None:
    first = save(outcome(turn(1)), tmp_path, report="<p>one")

    second = save(outcome(turn(1)), tmp_path)

    assert first.report == tmp_path / "report.html"
    assert second.report is None
    assert "report.html" not in files_under(tmp_path)


def test_where_the_report_is_stands_in_the_record(tmp_path: Path) -> None:
    save(outcome(turn(1)), tmp_path, report="<p>one")

    record = json.loads((tmp_path / "outcome.json").read_text())
    assert record["report"] == str(tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text() == "<p>one"


def test_a_users_own_report_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("mine")

    with pytest.raises(CallError, match=r"report\.html: there already"):
        save(outcome(turn(1)), tmp_path, report="<p>one")

    assert (tmp_path / "report.html").read_text() == "mine"
