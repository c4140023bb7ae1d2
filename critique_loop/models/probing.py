"""Find out what a model's server really does, since many ignore in silence what they can't do."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from critique_loop.errors import ModelError, ModelErrorKind
from critique_loop.models import schemas
from critique_loop.models.modes import AnswerMode, ServerMemory
from critique_loop.protocols import Model
from critique_loop.values import Message, Picture, Reply, Request, Usage

Verdict = Literal["yes", "no", "unknown"]

SHORT: Final = 8
"""Tokens allowed where an answer has to be cut off."""

LONG: Final = 64
"""Tokens allowed elsewhere."""

LEAST_GROWTH: Final = 32
"""Tokens by which a picture lets a prompt grow: a small one takes 64 or more, words in its place a
few."""

_DEADLINE_S = 60.0
_SHOWN = 80
_SIDE = 224  # pixels of the test picture; servers count at least a few tokens for as many
_SLACK = 2  # times as many tokens as allowed are no longer a matter of counting
_MAGENTA = re.compile(r"magenta|pink|purple|fuchsia|violet", re.IGNORECASE)
# Nobody names one of these as the animal that barks, unless made to.
_UNLIKELY = ("axolotl", "quetzal")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing a server may do, whether it does, and what was seen that says so."""

    name: str
    verdict: Verdict
    seen: str


@dataclass(frozen=True, slots=True)
class Probe:
    """What a server does.

    ``model`` is its name as the server tells it, "" where it did not answer. ``mode`` is how JSON
    answers are got from it, None where that is not known.
    """

    model: str
    checks: tuple[Check, ...]
    mode: AnswerMode | None
    usage: Usage
    cost_usd: float | None
    requests: int

    def __getitem__(self, name: str) -> Check:
        """Return the check of this name."""
        return next(check for check in self.checks if check.name == name)


async def probe(model: Model, *, streamed: Model | None = None) -> Probe:
    """Ask ``model`` about ten short questions and return what its server really does.

    Whether it streams shows only through ``streamed``, the same model asked to stream. The model
    must not be one that answers from a cache.

    Raises:
        BudgetEnded: a question could go over the budget.
    """
    prober = _Prober(model)
    greeted = await prober.answers()
    if not greeted:
        return prober.probe()
    checks: list[Callable[[], Awaitable[None]]] = [
        prober.fills_n,
        prober.tells_logprobs,
        prober.honours_max_tokens,
        prober.repeats_by_seed,
        prober.counts_pictures,
        prober.enforces_schema,
    ]
    for check in checks:
        await check()
    await prober.streams(streamed)
    prober.tells_context()
    return prober.probe()


def solid_png(red: int, green: int, blue: int) -> bytes:
    """Return a PNG of one colour (PNG specification, third edition, sections 5 and 11.2)."""
    row = b"\0" + bytes((red, green, blue)) * _SIDE
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(row * _SIDE, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _question(text: str, *pictures: Picture) -> Request:
    return Request(
        (Message("user", text, pictures),), max_tokens=LONG, deadline_s=_DEADLINE_S, role="probe"
    )


class _Prober:
    """Asks, and keeps what was seen."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._checks: list[Check] = []
        self._replies: list[Reply] = []
        self._failed = 0
        self._mode: AnswerMode | None = None

    def probe(self) -> Probe:
        """Return all that was seen."""
        costs = [reply.cost_usd for reply in self._replies]
        usage = Usage(0, 0)
        for reply in self._replies:
            usage += reply.usage
        return Probe(
            model=self._replies[0].model if self._replies else "",
            checks=tuple(self._checks),
            mode=self._mode,
            usage=usage,
            cost_usd=None if None in costs else sum(cost or 0.0 for cost in costs),
            requests=sum(reply.requests for reply in self._replies) + self._failed,
        )

    async def answers(self) -> bool:
        """Check that it answers, tells what it took, and keeps its reasoning apart."""
        reply = await self._asked(_question("What is 17 + 25? Answer with the number alone."))
        if isinstance(reply, ModelError):
            answers = reply.kind.is_answer
            self._saw("answers", "yes" if answers else "no", _line(reply.problem))
            return answers
        self._saw("answers", "yes", f"{reply.model}: {_line(reply.text)!r}")
        total = reply.usage.total
        told = "nothing" if total is None else f"{total} tokens"
        self._saw("usage", "yes" if total else "no", f"the server told {told}")
        choice = reply.choices[0]
        if choice.reasoning:
            self._saw("reasoning", "yes", f"{len(choice.reasoning)} characters apart")
        elif re.search(r"</?(think|thinking|reasoning)>", choice.text):
            self._saw("reasoning", "no", "it stands within the answer")
        else:
            self._saw("reasoning", "unknown", "none was seen")
        return True

    async def fills_n(self) -> None:
        """Check that two answers come from one request."""
        wanted = 2
        reply = await self._asked(replace(_question("Name a colour."), n=wanted))
        if isinstance(reply, ModelError):
            self._failed_at("n", reply)
            return
        one = len(reply.choices) == wanted and reply.requests == 1
        seen = f"{len(reply.choices)} answers in {reply.requests} requests"
        self._saw("n", "yes" if one else "no", seen)

    async def tells_logprobs(self) -> None:
        """Check that tokens come with their probabilities and alternatives."""
        reply = await self._asked(replace(_question("Name a colour."), logprobs=True))
        if isinstance(reply, ModelError):
            self._failed_at("logprobs", reply)
            return
        tokens = reply.choices[0].tokens
        if not tokens:
            self._saw("logprobs", "no", "no tokens were told")
            return
        others = max(len(token.others) for token in tokens)
        seen = f"{len(tokens)} tokens, up to {others} alternatives"
        self._saw("logprobs", "yes" if others > 1 else "no", seen)

    async def honours_max_tokens(self) -> None:
        """Check that a long answer is cut off where it should be."""
        text = "Write the numbers from 1 to 200 in words, one after the other."
        reply = await self._asked(replace(_question(text), max_tokens=SHORT))
        name = "max_tokens"
        if isinstance(reply, ModelError):
            if reply.kind is ModelErrorKind.TRUNCATED:
                self._saw(name, "yes", f"cut off as asked: {_line(reply.partial)!r}")
            else:
                self._failed_at(name, reply)
            return
        said, count = reply.choices[0], reply.usage.output_tokens
        words = len(said.text.split())
        if said.finish_reason == "length" or any("cut off" in note for note in reply.notes):
            self._saw(name, "yes", f"cut off as asked: {_line(said.text)!r}")
        elif words > SHORT * _SLACK or (count or 0) > SHORT * _SLACK:
            self._saw(name, "no", f"{SHORT} tokens were allowed, {words} words came")
        else:
            self._saw(name, "unknown", f"the answer was short by itself: {_line(said.text)!r}")

    async def repeats_by_seed(self) -> None:
        """Check that one seed gives one answer, and another seed another."""
        text = "Make up a street name and a house number. Say nothing else."
        asked = replace(_question(text), temperature=1.0)
        said: list[str] = []
        for seed in (11, 11, 12):
            reply = await self._asked(replace(asked, seed=seed))
            if isinstance(reply, ModelError):
                self._failed_at("seed", reply)
                return
            if any(note.startswith("seed dropped") for note in reply.notes):
                self._saw("seed", "no", "the server refuses it")
                return
            said.append(reply.text)
        if said[0] != said[1]:
            self._saw("seed", "no", f"{_line(said[0])!r}, then {_line(said[1])!r}")
        elif said[1] == said[2]:
            self._saw("seed", "unknown", "another seed gives the same answer, too")
        else:
            self._saw("seed", "yes", "the same answer twice, another one with another seed")

    async def counts_pictures(self) -> None:
        """Check that a picture is looked at: the prompt grows, or its colour is named."""
        text = "Which colour is the picture? Answer with one word."
        magenta = Picture(solid_png(255, 0, 255))
        without = await self._asked(_question(text))
        reply = await self._asked(_question(text, magenta))
        if isinstance(reply, ModelError):
            self._failed_at("pictures", reply)
            return
        blind = "" if isinstance(without, ModelError) else without.text
        named = bool(_MAGENTA.search(reply.text)) and not _MAGENTA.search(blind)
        colour = "its colour is named" if named else f"of its colour: {_line(reply.text)!r}"
        before = None if isinstance(without, ModelError) else without.usage.input_tokens
        after = reply.usage.input_tokens
        if before is None or after is None:
            self._saw("pictures", "yes" if named else "unknown", f"no usage told; {colour}")
            return
        growth = after - before
        seen = f"the prompt grows by {growth} tokens; {colour}"
        self._saw("pictures", "yes" if growth >= LEAST_GROWTH else "no", seen)

    async def enforces_schema(self) -> None:
        """Check that only what the schema allows can be said."""
        animal = schemas.structure({"animal": schemas.one_of(_UNLIKELY)})
        asked = _question("Which animal barks? Answer in JSON, with the key animal.")
        wanted = schemas.AnswerSchema("animal", animal)
        reply = await self._asked(replace(asked, schema=wanted))
        if isinstance(reply, ModelError):
            self._failed_at("schema", reply)
            return
        memory = self._memory()
        if memory is None:
            forced = reply.requests == 1 and not reply.notes
            mode = "at once" if forced else "not at once"
        else:
            again = any("once more" in note for note in reply.notes)
            forced = memory.rung is AnswerMode.JSON_SCHEMA and not again
            mode = f"by {memory.rung}" if memory.rung else "after a second try"
            self._mode = memory.rung
        self._saw("schema", "yes" if forced else "no", f"{_line(reply.text)!r}, {mode}")

    async def streams(self, streamed: Model | None) -> None:
        """Check that an answer can come in pieces."""
        if streamed is None:
            self._saw("streaming", "unknown", "not tried")
            return
        reply = await self._asked(_question("Name a colour."), streamed)
        if isinstance(reply, ModelError):
            self._failed_at("streaming", reply)
            return
        dropped = any(note.startswith("stream dropped") for note in reply.notes)
        self._saw("streaming", "no" if dropped else "yes", _line(reply.text))

    def tells_context(self) -> None:
        """Check whether the server has told the size of its context."""
        memory = self._memory()
        tokens = memory.context_tokens if memory else None
        seen = "the server has not told it" if tokens is None else f"{tokens} tokens"
        self._saw("context", "unknown" if tokens is None else "yes", seen)

    async def _asked(self, request: Request, model: Model | None = None) -> Reply | ModelError:
        try:
            reply = await (model or self._model).complete(request)
        except ModelError as error:
            self._failed += error.attempts
            return error
        self._replies.append(reply)
        return reply

    def _memory(self) -> ServerMemory | None:
        memory: object = getattr(self._model, "memory", None)
        return memory if isinstance(memory, ServerMemory) else None

    def _failed_at(self, name: str, error: ModelError) -> None:
        refused = error.kind in (ModelErrorKind.UNSUPPORTED, ModelErrorKind.BAD_JSON)
        self._saw(name, "no" if refused else "unknown", f"{error.kind}: {_line(error.problem)}")

    def _saw(self, name: str, verdict: Verdict, seen: str) -> None:
        self._checks.append(Check(name, verdict, seen))


def _line(text: str) -> str:
    """Return the beginning of what a server said, fit for a screen."""
    shown: Sequence[str] = " ".join(text.split())[:_SHOWN]
    return "".join(character if character.isprintable() else " " for character in shown)
