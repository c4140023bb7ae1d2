"""Samples of one's own."""

from __future__ import annotations

import pytest

from critique_loop.models.caching import CachedModel
from critique_loop.models.resampled import Resampled
from critique_loop.testing import MemoryStore, ScriptedModel
from critique_loop.values import Message, Request

pytestmark = pytest.mark.anyio


async def test_the_same_question_under_another_number_is_asked_anew_and_then_kept() -> None:
    asked = ScriptedModel(["a", "b"])
    cached = CachedModel(asked, MemoryStore())
    request = Request(messages=(Message("user", "?"),))

    said = [
        (await Resampled(cached, number).complete(request)).choices[0].text
        for number in (0, 1, 0, 1)
    ]

    assert said == ["a", "b", "a", "b"]
    assert [one.sample for one in asked.asked] == [0, 10_000]
    assert Resampled(cached, 1).name == cached.name
