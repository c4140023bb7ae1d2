"""Who is asked, from options and from a stored run."""

from __future__ import annotations

import contextlib
from pathlib import Path

import anyio
import pytest

from critique_loop.cli.asking import AskOptions, AskSettings, ask_of
from critique_loop.errors import StoreError
from critique_loop.proxy import Ask, never, pause
from critique_loop.values import Answer, Question, QuestionKind

NOTHING: AskOptions = {
    "ask": None,
    "ask_at": None,
    "ask_timeout": None,
    "apply_above": None,
    "unsure_below": None,
}
QUESTION = Question("stuck-1", QuestionKind.STUCK, "?", ("refine", "stop"), "stop")


def made(**settings: str | float) -> Ask:
    found = AskSettings.from_plain(settings)
    return ask_of(found, run_id="r", aside=contextlib.nullcontext)


def test_settings_survive_a_trace_beside_others() -> None:
    settings = AskSettings("later", ("accept", "stuck"), 5.0, apply_above=0.5, unsure_below=0.2)

    assert AskSettings.from_plain({"sandbox": "auto", **settings.plain()}) == settings
    assert AskSettings.from_plain({}) == AskSettings()


@pytest.mark.parametrize("wrong", [{"ask": 3}, {"ask_at": ["dawn"]}, {"apply_above": "high"}])
def test_stored_settings_that_can_not_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(StoreError, match="stored run"):
        AskSettings.from_plain(wrong)


def test_options_replace_what_they_name_and_nothing_else() -> None:
    settings = AskSettings("later", ("accept",), 5.0, apply_above=0.5, unsure_below=0.2)

    assert settings.with_options(NOTHING) == settings
    assert settings.with_options({**NOTHING, "ask": "never", "apply_above": 0.0}) == AskSettings(
        "never", ("accept",), 5.0, apply_above=0.0, unsure_below=0.2
    )


def test_nobody_and_later_need_no_timeout() -> None:
    assert made(ask="never", ask_timeout_s=5.0) is never
    assert made(ask="later") is pause


def test_a_folder_is_one_of_the_run_and_is_not_waited_for_ever(tmp_path: Path) -> None:
    ask = made(ask=str(tmp_path), ask_timeout_s=0.05)

    async def main() -> Answer:
        return await ask(QUESTION)

    assert anyio.run(main) == Answer("stop", by="default")
    assert [path.name for path in tmp_path.iterdir()] == ["r"]
