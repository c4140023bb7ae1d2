"""Whether a model is really shown a picture that it is sent."""

from __future__ import annotations

from dataclasses import dataclass

from critique_loop.errors import ModelError, ModelErrorKind
from critique_loop.models.probing import LEAST_GROWTH
from critique_loop.protocols import Model
from critique_loop.values import Message, Picture, Reply, Request

_WORDS = "Answer with the one word: yes"
_MOST_TOKENS = 512  # models that think first need some


@dataclass(frozen=True, slots=True)
class Sight:
    """Why a model can't be believed to see pictures ("": it sees them), and who was tried.

    What is not certain may be found otherwise another time.
    """

    problem: str = ""
    tried: str = ""
    is_certain: bool = True


async def sight_of(model: Model, picture: Picture) -> Sight:
    """Return whether ``model`` sees ``picture``.

    Servers that have no use for a picture often drop it and answer all the same. So the same few
    words are sent with and without it: the tokens of the prompt must have grown.

    Raises:
        ModelError: the model can't be reached.
        BudgetEnded: asking could go over the budget.
    """
    try:
        reply = await _asked(model, (picture,))
        without = (await _asked(model, ())).usage.input_tokens
    except ModelError as error:
        if error.kind is ModelErrorKind.UNSUPPORTED:
            return Sight("the server refuses pictures")
        if error.kind.is_answer:
            told = f"whether it sees pictures could not be found out ({error.kind.value})"
            return Sight(told, is_certain=False)
        raise
    with_it = reply.usage.input_tokens
    if with_it is None or without is None:
        return Sight("the server tells no tokens, so that nobody knows whether it took the picture")
    if with_it - without < LEAST_GROWTH:
        told = f"{with_it} prompt tokens with it, {without} without"
        return Sight(f"the server dropped the picture: {told}", reply.model)
    return Sight(tried=reply.model)


async def _asked(model: Model, pictures: tuple[Picture, ...]) -> Reply:
    message = Message("user", _WORDS, pictures)
    request = Request((message,), temperature=0.0, max_tokens=_MOST_TOKENS, role="critic")
    return await model.complete(request)
