"""What docs/critics.md says of critics is so: its blocks run, its names exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from critique_loop import definitions, load_rubric
from critique_loop.critics.person import PersonCritic

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "critics.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for found, text in BLOCK.findall(TEXT) if found == language]


def test_the_blocks_run_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    [marks] = blocks("csv")
    (tmp_path / "marks.csv").write_text(marks)
    names: dict[str, object] = {}

    for block in blocks("python"):
        exec(compile(block, "docs/critics.md", "exec"), names)  # noqa: S102 - that they run is the test

    assert {"panel", "replayed", "explain"} <= names.keys()
    assert not (tmp_path / "judge.jsonl").exists()


def test_the_marks_are_such_as_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text(blocks("csv")[0])

    assert PersonCritic(path).name == "person"


def test_the_rubric_is_one(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(blocks("toml")[0])

    rubric = load_rubric(path)

    assert dict(rubric.dimensions[-1].checks) == {"suspected_bug": 5.0}
    assert rubric.dimensions[0].name == "correctness"


@pytest.mark.parametrize("name", ["chart_evaluate", "chart_repair"])
def test_the_agents_that_are_named_are_shipped(name: str) -> None:
    assert name in TEXT
    assert definitions.load(name).name == name
