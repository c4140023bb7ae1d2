"""A server whose model reads pictures: whether one was looked at shows in the tokens it counts."""

from __future__ import annotations

import pytest

from critique_loop.ledger import Entry, Ledger
from critique_loop.models.probing import solid_png
from critique_loop.values import Call, Message, Picture, Request
from tests.servers.places import Place, told

pytestmark = [pytest.mark.anyio, pytest.mark.servers, pytest.mark.slow]


async def test_a_picture_makes_the_prompt_grow(place: Place) -> None:
    grown = [await _input_tokens(place, *pictures) for pictures in ((), (_magenta(),))]

    assert grown[1] - grown[0] == 16  # 56 x 56 pixels in patches of 14 x 14


def _magenta() -> Picture:
    return Picture(solid_png(255, 0, 255))


async def _input_tokens(place: Place, *pictures: Picture) -> int:
    """Return the tokens that the server counted for one request."""
    calls: list[Entry] = []

    async def keep(entry: Entry) -> None:
        calls.append(entry)

    asked = Request((Message("user", "What is it?", pictures),), max_tokens=16)
    async with place.open() as model:
        await told(model, asked, Ledger(on_entry=keep))
    (call,) = calls
    assert isinstance(call, Call)
    return (call.usage.input_tokens or 0) // call.requests
