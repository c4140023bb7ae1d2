"""Whether a model is really shown a picture that it is sent."""

from __future__ import annotations

from critique_loop.errors import ModelError, ModelErrorKind
from critique_loop.protocols import Model
from critique_loop.values import Message, Picture, Request

_WORDS = "Answer with the one word: yes"
_MOST_TOKENS = 512  # models that think first need some
_LEAST_GROWTH = 32  # tokens; a small picture takes 64 or more, a word in its place a few


async def blindness(model: Model, picture: Picture) -> str:
    """Return why ``model`` can't be believed to see pictures, "" where it does see them.

    Servers that have no use for a picture often drop it and answer all the same. So the same few
    words are sent with and without it: the tokens of the prompt must have grown.

    Raises:
        ModelError: the model can't be reached.
        BudgetEnded: asking could go over the budget.
    """
    try:
        with_it = await _input_tokens(model, (picture,))
        without = await _input_tokens(model, ())
    except ModelError as error:
        if error.kind is ModelErrorKind.UNSUPPORTED:
            return "the server refuses pictures"
        if error.kind.is_answer:
            return f"whether it sees pictures could not be found out ({error.kind.value})"
        raise
    if with_it is None or without is None:
        return "the server tells no tokens, so that nobody knows whether it took the picture"
    if with_it - without < _LEAST_GROWTH:
        return f"the server dropped the picture: {with_it} prompt tokens with it, {without} without"
    return ""


async def _input_tokens(model: Model, pictures: tuple[Picture, ...]) -> int | None:
    message = Message("user", _WORDS, pictures)
    request = Request((message,), temperature=0.0, max_tokens=_MOST_TOKENS, role="critic")
    return (await model.complete(request)).usage.input_tokens
