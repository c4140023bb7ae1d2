"""Whether a model is really shown a picture that it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

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


@runtime_checkable
class Several(Protocol):
    """A model that passes each question on to one of several, which may not all see."""

    @property
    def models(self) -> Sequence[Model]:
        """Those that may answer."""
        ...


class Eyes:
    """Which of those that may answer as one model see pictures; each is found out once.

    What answers under one name is taken for one model.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._first: Sight | None = None
        self._found: dict[str, Sight] = {}
        parts = _parts(model)
        self._untried = parts if len(parts) > 1 else []

    async def sight(self, picture: Picture) -> Sight:
        """Return whether whoever answers first sees, before anything else is asked.

        Raises:
            ModelError: the model can't be reached.
            BudgetEnded: asking could go over the budget.
        """
        if self._first is None or not self._first.is_certain:
            self._first = await sight_of(self._model, picture)
            self._keep(self._first)
        return self._first

    async def problem_of(self, name: str, picture: Picture) -> str:
        """Return why an answer of ``name`` can't be believed to be about the picture, "" if it can.

        Raises:
            BudgetEnded: asking could go over the budget.
        """
        if name not in self._found:
            await self._look_for(name, picture)
        found = self._found.get(name)
        if found is None:
            return f"{name} answered, which is not known to see pictures"
        return found.problem and f"{name} answered: {found.problem}"

    async def _look_for(self, name: str, picture: Picture) -> None:
        """Try the models one by one, until it is found out which of them ``name`` is."""
        for part in sorted(self._untried, key=lambda part: not name.startswith(part.name)):
            try:
                sight = await sight_of(part, picture)
            except ModelError:
                continue  # it is out, so that it is not the one that has just answered
            if sight.is_certain:
                self._untried = [other for other in self._untried if other is not part]
            self._keep(sight)
            if sight.tried == name:
                return

    def _keep(self, sight: Sight) -> None:
        if sight.tried and sight.is_certain:
            self._found[sight.tried] = sight


def _parts(model: Model) -> list[Model]:
    if not isinstance(model, Several):
        return [model]
    return [part for each in model.models for part in _parts(each)]


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
        blank = await _asked(model, ())
    except ModelError as error:
        if error.kind is ModelErrorKind.UNSUPPORTED:
            return Sight("the server refuses pictures")
        if error.kind.is_answer:
            told = f"whether it sees pictures could not be found out ({error.kind.value})"
            return Sight(told, is_certain=False)
        raise
    if reply.model != blank.model or reply.escalations or blank.escalations:
        told = "whether it sees pictures could not be found out (more than one model was asked)"
        return Sight(told, is_certain=False)
    with_it, without = reply.usage.input_tokens, blank.usage.input_tokens
    if with_it is None or without is None:
        told = "the server tells no tokens, so that nobody knows whether it took the picture"
        return Sight(told, reply.model)
    if with_it - without < LEAST_GROWTH:
        told = f"{with_it} prompt tokens with it, {without} without"
        return Sight(f"the server dropped the picture: {told}", reply.model)
    return Sight(tried=reply.model)


async def _asked(model: Model, pictures: tuple[Picture, ...]) -> Reply:
    message = Message("user", _WORDS, pictures)
    request = Request((message,), temperature=0.0, max_tokens=_MOST_TOKENS, role="critic")
    return await model.complete(request)
