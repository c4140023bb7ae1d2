"""litellm's proxy between our client and a server that fails on purpose.

What the proxy makes of a fault is its own affair (it changes status, codes and words); what our
client makes of that must still be one of the outcomes that help.
"""

from __future__ import annotations

import pytest

from critique_loop.errors import ModelErrorKind
from critique_loop.testing.fault_server_acts import (
    Act,
    Break,
    Respond,
    Say,
    TooMany,
    Vanish,
    always,
    in_turn,
)
from tests.servers.places import Place, outcome_of, told, user

pytestmark = [pytest.mark.anyio, pytest.mark.servers, pytest.mark.slow]

ERROR = ModelErrorKind


def refusal(status: int, message: str, code: str = "") -> Respond:
    return Respond(status, {"error": {"message": message, "type": "error", "code": code}})


LASTING: dict[str, tuple[Act, set[ModelErrorKind]]] = {
    "wrong key": (refusal(401, "Incorrect API key provided.", "invalid_api_key"), {ERROR.AUTH}),
    "no rights": (refusal(403, "You may not use it."), {ERROR.PERMISSION}),
    "no money": (
        refusal(429, "You exceeded your current quota.", "insufficient_quota"),
        {ERROR.QUOTA, ERROR.RATE_LIMIT},
    ),
    "overloaded": (refusal(503, "The model is overloaded."), {ERROR.OVERLOADED, ERROR.SERVER}),
    "hangs up": (Vanish(), {ERROR.SERVER, ERROR.CONNECTION}),
    "cut off": (Break("cut"), {ERROR.SERVER, ERROR.CONNECTION}),
    "no JSON": (
        Respond(200, "<html>hello</html>", kind="text/html"),
        {ERROR.SERVER, ERROR.PROTOCOL, ERROR.EMPTY},
    ),
}


@pytest.mark.parametrize("fault", LASTING)
async def test_a_lasting_fault_keeps_its_kind_through_the_proxy(place: Place, fault: str) -> None:
    assert place.faults is not None
    act, kinds = LASTING[fault]
    name = place.faults.play(always(act))

    async with place.open(name, max_attempts=2, deadline_s=15.0) as model:
        came = await told(model, user("Name a colour."))

    assert outcome_of(came) in kinds
    assert place.faults.requests(name)


@pytest.mark.parametrize(
    "act",
    [TooMany(0.5), refusal(500, "Something broke."), Vanish()],
    ids=["429", "500", "hangs up"],
)
async def test_a_passing_fault_is_got_over(place: Place, act: Act) -> None:
    assert place.faults is not None
    name = place.faults.play(in_turn(act, then=Say()))

    async with place.open(name, deadline_s=30.0) as model:
        came = await told(model, user("Draw a chart.", max_tokens=256))

    assert outcome_of(came) == "answer"
    assert len(place.faults.requests(name)) >= 2


async def test_a_wrong_key_of_the_proxy_s_own_ends_the_call_unseen(place: Place) -> None:
    key = "sk-not-the-one-that-opens-this"

    async with place.open() as right:
        wrong = type(right)(place.model, base_url=place.base_url, api_key=key)
    async with wrong as model:
        came = await told(model, user("Name a colour."))

    assert outcome_of(came) in {ERROR.AUTH, ERROR.UNSUPPORTED}  # "No connected db.", HTTP 400
    assert key not in repr(came) + str(came)
