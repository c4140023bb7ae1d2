"""A model whose answers are other samples than those of the same questions before."""

from __future__ import annotations

from dataclasses import replace

from critique_loop.protocols import Model
from critique_loop.values import Reply, Request

_STRIDE = 10_000  # more samples than one run asks for


class Resampled:
    """Asks a model for samples of its own.

    Two runs of the same task ask the same questions, and a cache would give the second one the
    answers of the first. Under another number each is a sample by itself, and is found again when
    the same run is repeated.
    """

    def __init__(self, model: Model, number: int) -> None:
        """``number`` 0 are the samples that ``model`` gives by itself."""
        self.name: str = model.name
        self._model = model
        self._first = number * _STRIDE

    async def complete(self, request: Request) -> Reply:
        """Return the answer; errors as the model says."""
        return await self._model.complete(replace(request, sample=request.sample + self._first))
