"""All faults over real sockets, under random names: only the bytes on the wire can tell."""

from __future__ import annotations

import logging
import traceback
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import pytest

from critique_loop.errors import ModelError, ModelErrorKind
from critique_loop.models.openai import OpenAIModel
from critique_loop.models.options import ModelOptions
from critique_loop.testing import FAULTS
from critique_loop.testing.faults import Cancelled, Fault
from critique_loop.testing.faults_trial import ModelClient, Trial, try_client

pytestmark = pytest.mark.slow

KEY = "sk-planted-3c5b0cb1d1f0a9"
BACKOFF_S = 0.05


class Clients:
    """Makes clients of our model, and keeps them."""

    def __init__(self) -> None:
        self.made: list[ModelClient] = []

    @asynccontextmanager
    async def make(self, base_url: str, model: str, stream: bool) -> AsyncGenerator[ModelClient]:
        options = ModelOptions(backoff_s=BACKOFF_S, stream=stream)
        async with OpenAIModel(model, base_url=base_url, api_key=KEY, options=options) as asked:
            client = ModelClient(asked)
            self.made.append(client)
            yield client


def play(fault: Fault) -> tuple[Trial, ModelClient]:
    clients = Clients()

    async def main() -> Trial:
        return await try_client(fault, clients.make, key=KEY)

    return anyio.run(main), clients.made[0]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_comes_to_what_the_table_states(
    fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    trial, client = play(fault)

    shown = [repr(reply) for reply in client.replies] + [caplog.text]
    shown += [text for error in client.errors for text in _all_of(error)]
    assert trial.differs(fault) == ()
    assert not [text for text in shown if KEY in text]
    for error in client.errors:
        assert fault.says in str(error)
        assert not fault.partial or error.partial
        # The deadline may cut off one that was begun before the server has seen it.
        late = error.kind is ModelErrorKind.TIMEOUT
        assert error.attempts in {trial.requests, trial.requests + late}
    if fault.cancelled is Cancelled.NEVER and client.replies:
        assert sum(reply.requests for reply in client.replies) == trial.requests


def _all_of(error: ModelError) -> list[str]:
    """Return everything a reader of the error could come to see, its causes included."""
    told = "".join(traceback.format_exception(error))
    linked: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        linked += [str(cause), repr(cause), repr(vars(cause))]
        hidden = None if cause.__suppress_context__ else cause.__context__
        cause = cause.__cause__ or hidden
    return [told, *linked]
