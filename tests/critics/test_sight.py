"""Whether a picture arrives is told by the tokens of the prompt."""

from __future__ import annotations

from dataclasses import replace

import anyio
import pytest

from critique_loop.critics.sight import Sight, sight_of
from critique_loop.errors import ModelError, ModelErrorKind
from critique_loop.testing import ScriptedModel
from critique_loop.values import Choice, Escalation, Picture, Reply, Usage

PICTURE = Picture(b"\x89PNG")


def sight(*lines: int | None | Exception) -> Sight:
    replies = [
        line if isinstance(line, Exception) else Reply((Choice("yes"),), "m", usage=Usage(line, 1))
        for line in lines
    ]

    async def main() -> Sight:
        return await sight_of(ScriptedModel(replies), PICTURE)

    return anyio.run(main)


@pytest.mark.parametrize("growth", [64, 85, 258, 2833])
def test_a_model_whose_prompt_grows_sees(growth: int) -> None:
    assert sight(20 + growth, 20) == Sight(tried="m")


@pytest.mark.parametrize("growth", [-3, 0, 1, 12])
def test_a_prompt_that_grows_by_a_word_or_less_shows_that_the_picture_was_dropped(
    growth: int,
) -> None:
    found = sight(20 + growth, 20)

    assert "dropped" in found.problem
    assert f"{20 + growth} prompt tokens with it, 20 without" in found.problem


@pytest.mark.parametrize("lines", [(None, 20), (90, None), (None, None)])
def test_without_usage_nobody_knows(lines: tuple[int | None, int | None]) -> None:
    assert "tells no tokens" in sight(*lines).problem


def test_two_models_that_answer_show_nothing() -> None:
    def reply(model: str, tokens: int) -> Reply:
        return Reply((Choice("yes"),), model, usage=Usage(tokens, 1))

    async def main(*replies: Reply) -> Sight:
        return await sight_of(ScriptedModel(replies), PICTURE)

    up = (Escalation("a", "b", "empty"),)
    others = anyio.run(main, reply("a", 105), reply("b", 20))
    summed = anyio.run(main, replace(reply("b", 125), escalations=up), reply("b", 20))

    assert others == summed
    assert "more than one model" in others.problem
    assert not others.is_certain


def test_a_server_that_refuses_pictures_is_told_apart_from_one_out_of_reach() -> None:
    refused = ModelError(ModelErrorKind.UNSUPPORTED, "no images")
    silent = ModelError(ModelErrorKind.EMPTY, "nothing")

    assert "refuses pictures" in sight(refused).problem
    assert "(empty)" in sight(silent).problem
    with pytest.raises(ModelError):
        sight(ModelError(ModelErrorKind.TIMEOUT, "gone"))
