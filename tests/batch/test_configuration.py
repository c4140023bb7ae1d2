"""What a batch was started with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from critique_loop.batch.configuration import Config, absolute, refuse_changes
from critique_loop.batch.keys import Contents
from critique_loop.building.settings import LoopSettings
from critique_loop.errors import CallError, StoreError

SETTINGS = LoopSettings(model="small", price=(0.1, 0.2), panel=(), max_rounds=3)


def config(settings: LoopSettings = SETTINGS, *, rubric: str = "") -> Config:
    return Config.of(settings, Contents(), rubric=rubric, parts={})


def test_it_comes_back_as_it_was_kept() -> None:
    before = config(rubric="charts")

    assert Config.from_text(before.text) == before


def test_the_same_settings_are_no_change() -> None:
    refuse_changes("b1", config().text, config())


def test_every_changed_key_is_named_with_both_values() -> None:
    with pytest.raises(CallError) as caught:
        refuse_changes("b1", config().text, config(replace(SETTINGS, model="big", max_rounds=None)))

    problem = caught.value.problem
    assert 'model was "small", is "big"' in problem
    assert "max_rounds was 3, is nothing" in problem
    assert "price" not in problem
    assert "--new" in caught.value.remedy


def test_a_file_whose_content_changed_is_named(tmp_path: Path) -> None:
    rubric = tmp_path / "mine.toml"
    agent = tmp_path / "mine.md"
    rubric.write_text(_RUBRIC, encoding="utf-8")
    agent.write_text("one", encoding="utf-8")
    settings = replace(SETTINGS, writer_agent=str(agent))
    before = config(settings, rubric=str(rubric)).text
    rubric.write_text(_RUBRIC.replace("8.0", "9.0"), encoding="utf-8")
    agent.write_text("two!", encoding="utf-8")

    with pytest.raises(CallError, match="content of the rubric; the content of the writer agent"):
        refuse_changes("b1", before, config(settings, rubric=str(rubric)))


def test_an_agent_whose_name_leads_elsewhere_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(SETTINGS, writer_agent="chart_writer")
    before = config(settings).text

    def read(name: str) -> tuple[Path, str]:
        return Path(name), "another text"

    monkeypatch.setattr("critique_loop.batch.keys.read", read)

    with pytest.raises(CallError) as caught:
        refuse_changes("b1", before, config(settings))

    assert caught.value.problem.endswith("other settings: the content of the writer agent")


def test_what_is_no_configuration_is_told() -> None:
    with pytest.raises(StoreError):
        Config.from_text("[]")


def test_the_path_of_a_rubric_leads_there_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert absolute("mine.toml") == str(tmp_path / "mine.toml")
    assert absolute("charts") == "charts"


_RUBRIC = """\
name = "mine"
target = 8.0

[[dimensions]]
name = "bugs"
question = "Does it run?"
gate = true
checks = { run_error = 10.0 }
"""
