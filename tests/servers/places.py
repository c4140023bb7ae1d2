"""The servers that the tests of this folder speak to, none of them part of this project.

``CRITIQUE_LOOP_SERVERS`` names those that are used, with commas between; see
scripts/servers/serve.py for what there is. Without it nothing here is collected.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from critique_loop.errors import ModelError
from critique_loop.ledger import Ledger
from critique_loop.models.openai import OpenAIModel
from critique_loop.models.options import ModelOptions
from critique_loop.testing.fault_server import FaultServer
from critique_loop.testing.fault_server_acts import Respond, Trickle, always, in_turn
from critique_loop.values import Message, Reply, Request

SERVE = Path(__file__).parents[2] / "scripts" / "servers" / "serve.py"
AGENTS = Path(__file__).parent / "agents"
CHOSEN = tuple(filter(None, os.environ.get("CRITIQUE_LOOP_SERVERS", "").split(",")))
STOP_S = 20

_TOO_LONG = {
    "message": "This model's maximum context length is 64 tokens, your messages have 9000.",
    "type": "invalid_request_error",
    "param": "messages",
    "code": "context_length_exceeded",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a server has shown that it does, told by nothing but its answers.

    ``unknown_model`` is the outcome of asking for a model that it does not have; "answer" where it
    answers all the same. ``too_long`` is that of a conversation that is too long, None where it
    tries all the same. ``seeds`` says whether another seed is another draw, ``pieces`` whether a
    stream brings words before the answer is whole, ``stops`` whether it ends its work when nobody
    waits for it any more, ``writes`` whether its model can write a program that parses.
    """

    unknown_model: str
    too_long: str | None
    logprobs: bool
    schema: bool
    pictures: bool
    seeds: bool
    pieces: bool
    stops: bool
    writes: bool


_TRANSFORMERS = Shown(
    "server",  # it looks for any name in the hub, and answers 500 where it can't get there
    too_long=None,  # it warns in its log that the conversation is longer than the context, and runs
    logprobs=False,  # taken and passed over, as is response_format
    schema=False,
    pictures=False,
    seeds=True,
    pieces=True,
    stops=False,  # a stream does end; what was asked for as a whole is worked on to its end
    writes=False,  # random weights
)
SHOWN = {
    "smollm2": Shown(
        "answer",  # by the one it has, and it tells that one's name
        too_long="context_overflow",
        logprobs=True,
        schema=True,
        pictures=False,
        seeds=True,
        pieces=True,
        stops=True,
        writes=True,
    ),
    "tiny-text": _TRANSFORMERS,
    "tiny-picture": replace(_TRANSFORMERS, pictures=True),
    "litellm": Shown(
        "no_model",  # passes on what the server behind it says
        too_long="context_overflow",
        logprobs=True,
        schema=True,
        pictures=True,
        seeds=True,
        pieces=False,  # the endless one behind it does not come to the end of its first
        stops=True,
        writes=True,  # what is behind it says a program whatever it is asked
    ),
}


class Ready(msgspec.Struct):
    """The line that scripts/servers/serve.py prints when a server answers."""

    base_url: str
    model: str
    key: str
    pid: int


@dataclass(frozen=True, slots=True)
class Place:
    """A server that runs.

    ``endless`` is a model that does not come to an end in any time a test has, ``narrow`` one whose
    context is small. ``faults`` is the server behind a proxy.
    """

    name: str
    base_url: str
    model: str
    key: str
    endless: str
    narrow: str
    shown: Shown
    faults: FaultServer | None = None

    def open(self, model: str = "", **options: float | bool) -> OpenAIModel:
        """Return our client of a model there, by default of the one it has."""
        given = msgspec.convert({"max_tokens": 64, "deadline_s": 60.0, **options}, ModelOptions)
        return OpenAIModel(
            model or self.model, base_url=self.base_url, api_key=self.key or None, options=given
        )


@contextmanager
def serving(name: str) -> Generator[Place]:
    """Run a server inside the context; it ends even if this process is killed."""
    if SHOWN.keys().isdisjoint({name}):
        raise ValueError(f"CRITIQUE_LOOP_SERVERS: no server {name!r}; {', '.join(SHOWN)}")
    if name != "litellm":
        with _running(name) as ready:
            model = ready.model
            place = Place(name, ready.base_url, model, ready.key, model, model, shown=SHOWN[name])
            yield place
        return
    with FaultServer() as faults, _running(name, "--upstream", faults.base_url) as ready:
        yield Place(
            name,
            ready.base_url,
            model=faults.play(in_turn()),
            key=ready.key,
            endless=faults.play(always(Trickle())),
            narrow=faults.play(always(Respond(400, {"error": _TOO_LONG}))),
            shown=SHOWN[name],
            faults=faults,
        )


@contextmanager
def _running(*arguments: str) -> Generator[Ready]:
    command = [sys.executable, SERVE, *arguments, "--while-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"{arguments[0]} does not start (see above)")
        yield msgspec.convert(json.loads(line), Ready)
        process.stdin.close()
        process.wait(STOP_S)


def user(text: str, **fields: object) -> Request:
    """Return the request of one sentence."""
    sent = {"messages": (Message("user", text),), "max_tokens": 48, "seed": 1, **fields}
    return Request(**sent)  # pyright: ignore[reportArgumentType] - checked by what comes of it


async def told(
    model: OpenAIModel, request: Request, ledger: Ledger | None = None
) -> Reply | ModelError:
    """Return what came of a request, within a ledger of its own."""
    with (ledger or Ledger()).active():
        try:
            return await model.complete(request)
        except ModelError as error:
            return error


def outcome_of(came: Reply | ModelError) -> str:
    """Return "answer" or the kind of the error."""
    return came.kind.value if isinstance(came, ModelError) else "answer"


def words_of(came: Reply | ModelError) -> str:
    """Return what was said, if only a part of it."""
    return came.partial if isinstance(came, ModelError) else came.text
