"""Answers that are kept, so that no question is paid for twice."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain
from typing import Protocol, runtime_checkable
from weakref import WeakKeyDictionary, WeakValueDictionary

import anyio
from anyio.lowlevel import RunVar

from critique_loop.errors import BudgetEnded, ModelError, ModelErrorKind
from critique_loop.ledger import current, marked
from critique_loop.models.redaction import Redactor
from critique_loop.models.said import redactor_of, with_said
from critique_loop.protocols import Model, ReplyStore
from critique_loop.values import Call, Choice, Message, Reply, Request, Usage

# Part of every key: raise it when a request means something else than before, or a kept reply
# can't be read any more.
LAYER_VERSION = 1

# The locks of the questions under way, by store and key; each event loop has its own.
_Locks = WeakValueDictionary[str, anyio.Lock]
_ASKING: RunVar[WeakKeyDictionary[ReplyStore, _Locks]] = RunVar("critique_loop_asking")

_NOTHING = Usage(0, 0)
_CUT_SHORT = frozenset({"length", "content_filter"})


class CacheMode(StrEnum):
    """What a cache does with a question."""

    OFF = "off"  # nothing is looked up or kept
    USE = "use"  # looked up, else asked and kept
    RECORD = "record"  # always asked, and kept in place of what was there
    REPLAY = "replay"  # only looked up: nothing is ever sent


@runtime_checkable
class Identified(Protocol):
    """A model that says what its answers depend on besides the request."""

    @property
    def identity(self) -> str:
        """The server, the model's name there, and settings that change answers; no key."""
        ...


def request_key(identity: str, request: Request, sample: int) -> str:
    """Return the SHA-256 under which the answer to ``request`` with this sample number is kept.

    ``role``, ``deadline_s``, ``signals`` and ``n`` don't change what is said, so they are not in
    it. Equal schemas with another order of properties are different requests, as they are to a
    server that writes in that order.
    """
    content = {
        "version": LAYER_VERSION,
        "identity": identity,
        "messages": [_message(message) for message in request.messages],
        "schema": request.schema and [request.schema.name, request.schema.schema],
        "temperature": _number(request.temperature),
        "top_p": _number(request.top_p),
        "max_tokens": request.max_tokens,
        "seed": request.seed,
        "stop": request.stop,
        "logprobs": request.logprobs,
        "sample": sample,
    }
    return hashlib.sha256(json.dumps(content, default=dict).encode("ascii")).hexdigest()


class CachedModel:
    """Answers from ``store`` what ``model`` was asked before.

    Each sample is kept by itself: of a request for five answers of which two are kept, three are
    asked. What was cut short, is empty or does not fit the schema is returned but not kept, and an
    error never is; the good answers that had come before it are. Tasks that ask the same at the
    same time share one call, also through different caches over one store; one that is cancelled or
    fails leaves the question to the next.

    It belongs around each model and not around a cascade, whose choice depends on more than the
    key holds.
    """

    def __init__(self, model: Model, store: ReplyStore, *, mode: CacheMode = CacheMode.USE) -> None:
        """``mode`` says whether to look up, to ask, and to keep."""
        self.name: str = model.name
        self.identity: str = model.identity if isinstance(model, Identified) else model.name
        self.redactor: Redactor = redactor_of(model)
        self._model = model
        self._store = store
        self._mode = mode

    async def complete(self, request: Request) -> Reply:
        """Return the answers, kept or new; what is kept costs nothing, and tells what it took once.

        Raises:
            ModelError: as the model says; kind "not_recorded" where an answer is missing and
                nothing may be sent; kind "timeout" where another task asks the same for too long.
            BudgetEnded: the call could go over the budget.
            StoreError: the store can't be read or written.
        """
        if self._mode is CacheMode.OFF:
            return await self._model.complete(request)
        began = time.monotonic()
        samples = range(request.sample, request.sample + request.n)
        keys = {sample: request_key(self.identity, request, sample) for sample in samples}
        if self._mode is not CacheMode.USE:
            return await self._answer(request, keys, began)
        async with self._alone(tuple(keys.values()), request.deadline_s):
            return await self._answer(request, keys, began)

    async def _answer(self, request: Request, keys: dict[int, str], began: float) -> Reply:
        found = {} if self._mode is CacheMode.RECORD else await self._look_up(request, keys)
        missing = [sample for sample in keys if sample not in found]
        if missing and self._mode is CacheMode.REPLAY:
            raise _not_recorded(self.name, keys[missing[0]])
        asked: list[_Asked] = []
        for stretch in _stretches(missing):
            part = replace(request, sample=stretch.start, n=len(stretch))
            if request.deadline_s is not None:
                left_s = request.deadline_s - (time.monotonic() - began)
                part = replace(part, deadline_s=max(0.0, left_s))
            try:
                with marked(key=keys[stretch.start]):
                    asked.append(_Asked(part, await self._model.complete(part)))
            except (ModelError, BudgetEnded) as error:
                had = {part.sample + place: choice for place, choice in error.choices.items()}
                await self._keep(part, had, Reply((), self.name))
                have = _choices(found, asked) | had
                error.choices = {sample - request.sample: have[sample] for sample in sorted(have)}
                raise
            await self._keep(part, asked[-1].choices(), asked[-1].reply)
        return _together(found, asked, seconds=time.monotonic() - began)

    async def _look_up(self, request: Request, keys: dict[int, str]) -> dict[int, Reply]:
        found: dict[int, Reply] = {}
        for sample, key in keys.items():
            reply = await self._store.reply(key)
            if reply is None:
                continue
            found[sample] = reply
            call = Call(
                request.role,
                self.name,
                usage=_NOTHING,
                cost_usd=0.0,
                requests=0,
                from_cache=True,
                key=key,
            )
            await current().record(with_said(call, request, reply.choices, self.redactor))
        return found

    async def _keep(self, request: Request, choices: dict[int, Choice], reply: Reply) -> None:
        """Keep what can be used again, each answer by itself; what is paid for outlives a cancel.

        What one of several answers took is not known.
        """
        if request.n > 1:
            reply = replace(reply, usage=Usage(), cost_usd=None)
        with anyio.CancelScope(shield=True):
            for sample, choice in choices.items():
                if _is_whole(choice, request):
                    kept = replace(reply, choices=(choice,), escalations=())
                    key = request_key(self.identity, request, sample)
                    await self._store.keep_reply(key, kept)

    @asynccontextmanager
    async def _alone(self, keys: Sequence[str], deadline_s: float | None) -> AsyncGenerator[None]:
        """Wait until no other task asks any of these, and keep them waiting meanwhile.

        All tasks take the keys of one request in the same order, so none waits in a circle.
        """
        async with AsyncExitStack() as held:
            try:
                with anyio.fail_after(deadline_s):
                    for key in keys:
                        await held.enter_async_context(self._lock(key))
            except TimeoutError as error:
                raise ModelError(
                    ModelErrorKind.TIMEOUT,
                    f"{self.name}: another task asks the same, and has no answer yet",
                ) from error
            yield

    def _lock(self, key: str) -> anyio.Lock:
        """Return the one lock of ``key``; it goes with the last task that uses it."""
        stores = _ASKING.get(None)
        if stores is None:
            stores = WeakKeyDictionary[ReplyStore, _Locks]()
            _ASKING.set(stores)
        return stores.setdefault(self._store, _Locks()).setdefault(key, anyio.Lock())


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was sent to the model, and what came back."""

    request: Request
    reply: Reply

    def choices(self) -> dict[int, Choice]:
        """Return the answers by their sample number.

        Raises:
            ModelError: there are not as many as were asked for.
        """
        choices, wanted = self.reply.choices, self.request.n
        if len(choices) != wanted:
            raise ModelError(
                ModelErrorKind.PROTOCOL,
                f"{self.reply.model}: {len(choices)} answers came, {wanted} were wanted",
            )
        return dict(enumerate(choices, self.request.sample))


def _together(found: dict[int, Reply], asked: Sequence[_Asked], *, seconds: float) -> Reply:
    """Return all answers in the order of their samples; only what was asked now costs anything.

    Where nothing was, ``usage`` is what the answers took when they were: whoever compares the
    tokens of two prompts finds them here, too.
    """
    new = [part.reply for part in asked]
    choices = _choices(found, asked)
    notes = [note for reply in (*found.values(), *new) for note in reply.notes]
    if found and new:
        notes.append(f"{len(found)} of {len(choices)} answers are from the cache")
    costs = [reply.cost_usd for reply in new]
    told = new or list(found.values())
    return Reply(
        choices=tuple(choices[sample] for sample in sorted(choices)),
        model=told[0].model,
        usage=sum((reply.usage for reply in told), _NOTHING),
        cost_usd=None if None in costs else sum(cost or 0.0 for cost in costs),
        requests=sum(reply.requests for reply in new),
        seconds=seconds,
        from_cache=not new,
        notes=tuple(dict.fromkeys(notes)),
        escalations=tuple(chain.from_iterable(reply.escalations for reply in new)),
    )


def _choices(found: dict[int, Reply], asked: Sequence[_Asked]) -> dict[int, Choice]:
    """Return all answers by their sample number."""
    choices = {sample: reply.choices[0] for sample, reply in found.items()}
    for part in asked:
        choices.update(part.choices())
    return choices


def _is_whole(choice: Choice, request: Request) -> bool:
    """Return whether the answer is of use to whoever asks the same again."""
    if choice.finish_reason in _CUT_SHORT:
        return False
    return choice.data is not None if request.schema else bool(choice.text.strip())


def _stretches(samples: Sequence[int]) -> list[range]:
    """Return the stretches of consecutive numbers; ``samples`` ascend."""
    stretches: list[range] = []
    for sample in samples:
        if stretches and stretches[-1].stop == sample:
            stretches[-1] = range(stretches[-1].start, sample + 1)
        else:
            stretches.append(range(sample, sample + 1))
    return stretches


def _message(message: Message) -> list[object]:
    pictures = [
        [picture.media_type, hashlib.sha256(picture.data).hexdigest()]
        for picture in message.pictures
    ]
    return [message.role, message.text, pictures]


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _not_recorded(name: str, key: str) -> ModelError:
    return ModelError(
        ModelErrorKind.NOT_RECORDED,
        f"{name}: this request was never recorded (key {key[:12]}), and nothing is sent",
        remedy="Record it first, with the same model, prompts, settings and data.",
    )
