"""Models on any server that speaks OpenAI's chat completions; the only module to import openai."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import replace
from types import TracebackType
from typing import NamedTuple, Self
from weakref import WeakKeyDictionary

import anyio
import openai

from critique_loop.errors import BudgetEnded, CallError, ModelError, ModelErrorKind
from critique_loop.ledger import current
from critique_loop.models.address import Address
from critique_loop.models.body import Body
from critique_loop.models.candidates import without_key
from critique_loop.models.exchange import Exchange, Link
from critique_loop.models.gate import gate_for
from critique_loop.models.incoming import Incoming
from critique_loop.models.modes import AnswerMode, ServerMemory
from critique_loop.models.options import ModelOptions
from critique_loop.models.redaction import Redactor
from critique_loop.models.refusals import RefusedError, refused
from critique_loop.models.said import with_said
from critique_loop.models.statuses import StatusError, raise_for_status
from critique_loop.values import Call, Choice, Price, Reply, Request, StopReason

_NO_KEY = "none"  # sent to servers that want no key: the SDK insists on one
_NEVER_REACHED = ("ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError")
_AFTER_THE_END_S = 0.2  # how long a server may take to close a stream that it has ended
_MEANT_FOR_OPENAI = ("OpenAI-Organization", "OpenAI-Project")  # the SDK reads the environment


class OpenAIModel:
    """One model on an OpenAI-compatible server.

    It may be used from several event loops, one after the other or at once. Connections are kept
    until the event loop ends, or ``aclose`` or the end of ``async with``. ``memory`` is what the
    server has shown that it can't do.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        price: Price | None = None,
        options: ModelOptions | None = None,
    ) -> None:
        """``base_url`` is OpenAI's own unless given. Servers on this machine need no key.

        Raises:
            CallError: the URL is none, or not on this machine though ``options`` want it to be, or
                there is no key for another host, or one that can't be.
        """
        self.options: ModelOptions = options or ModelOptions()
        self.address: Address = Address.of(
            base_url, local_only=self.options.local_only, has_key=bool(api_key)
        )
        self.name: str = model
        self.price = price
        self.memory: ServerMemory = ServerMemory()
        if api_key and not (api_key.isascii() and api_key.isprintable()):
            raise CallError(
                f"the API key for {self.address.host} holds line breaks or signs that no key has",
                remedy="Copy it once more.",
            )
        self._connection = _Connection(self.address, api_key or _NO_KEY, self.options)
        self._link = Link(
            model=model,
            post=self._connection.post,
            options=self.options,
            memory=self.memory,
            redactor=self._connection.redactor,
            price=price,
        )

    @property
    def identity(self) -> str:
        """What answers depend on besides the request: the server, the model, the longest answer."""
        server = self.address.base_url.rstrip("/")
        return f"{server} {self.name} max_tokens={self.options.max_tokens}"

    @property
    def redactor(self) -> Redactor:
        """What takes the key out of texts."""
        return self._connection.redactor

    def __repr__(self) -> str:
        return f"OpenAIModel({self.name!r}, base_url={self.address.base_url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections of this event loop; a further call opens new ones."""
        await self._connection.aclose()

    async def complete(self, request: Request) -> Reply:
        """Return the answer, with exactly ``request.n`` choices.

        Raises:
            ModelError: there is no usable answer within the deadline; ``kind`` says why.
            BudgetEnded: a request could go over the budget, or the run's time is over.
        """
        began = time.monotonic()
        wanted = self.options.deadline_s if request.deadline_s is None else request.deadline_s
        left = current().remaining_s
        limit = wanted if left is None else min(wanted, left)
        gate = gate_for(self.address.host, self.options.max_connections)
        exchange = Exchange(self._link, gate, deadline_at=began + limit)
        try:
            reply = await self._within(limit, exchange, request, is_runs=limit < wanted)
        except BaseException as error:  # whatever ended it: it is recorded, then passed on
            if isinstance(error, ModelError):
                error.attempts = exchange.requests
            if isinstance(error, ModelError | BudgetEnded):
                good = exchange.answered.items()
                error.choices = {place: self._without_key(choice) for place, choice in good}
            if exchange.requests or isinstance(error, ModelError):
                call = self._call(exchange, request.role, began, error=_word_for(error))
                good = map(self._without_key, exchange.answered.values())
                await _record(with_said(call, request, good, self.redactor))
            raise
        call = self._call(exchange, request.role, began)
        await _record(with_said(call, request, reply.choices, self.redactor))
        return replace(
            reply,
            usage=exchange.taken.usage,
            cost_usd=exchange.taken.cost_usd,
            requests=exchange.requests,
            seconds=time.monotonic() - began,
            notes=tuple(dict.fromkeys((*exchange.notes, *reply.notes))),
        )

    async def _within(
        self, limit: float, exchange: Exchange, request: Request, *, is_runs: bool
    ) -> Reply:
        with anyio.move_on_after(limit):
            return await self._ask(exchange, request)
        if is_runs:
            raise BudgetEnded(StopReason.TIME, "the run's time ended while a model was asked")
        late = ModelError(
            ModelErrorKind.TIMEOUT,
            f"{self.address.host} gave no complete answer within {limit:g} s",
            remedy="Allow a longer deadline_s, or use a faster model.",
        )
        late.partial = exchange.incoming.partial if exchange.incoming else ""
        raise late

    async def _ask(self, exchange: Exchange, request: Request) -> Reply:
        if request.schema is None:
            return await exchange.ask(request, AnswerMode.TEXT)
        from critique_loop.models.structured import answer  # noqa: PLC0415 - only where it is used

        reply = await answer(exchange.ask, request, self.memory, answered=exchange.answered)
        return replace(reply, choices=tuple(map(self._without_key, reply.choices)))

    def _without_key(self, choice: Choice) -> Choice:
        return without_key(choice, self.redactor)

    def _call(self, exchange: Exchange, role: str, began: float, *, error: str = "") -> Call:
        return Call(
            role=role,
            model=self.name,
            usage=exchange.taken.usage,
            cost_usd=exchange.taken.cost_usd,
            seconds=time.monotonic() - began,
            requests=exchange.requests,
            error=error,
            notes=tuple(exchange.notes),
            charged_tokens=exchange.taken.charged_tokens,
            charged_usd=exchange.taken.charged_usd,
        )


async def _record(call: Call) -> None:
    with anyio.CancelScope(shield=True):  # it was paid for, even where nobody waits any more
        await current().record(call)


def _word_for(error: BaseException) -> str:
    if isinstance(error, ModelError):
        return error.kind
    if isinstance(error, BudgetEnded):
        return f"budget: {error.reason}"
    is_cancelled = isinstance(error, anyio.get_cancelled_exc_class())
    return "cancelled" if is_cancelled else type(error).__name__


class _Kept(NamedTuple):
    """A client and what closes it: the event loop ends asynchronous generators that are open."""

    client: openai.AsyncOpenAI
    until_closed: AsyncGenerator[None]


async def _open_until_closed(client: openai.AsyncOpenAI) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        await client.close()


class _Connection:
    """The way to one server: one SDK client for each event loop that uses it."""

    def __init__(self, address: Address, key: str, options: ModelOptions) -> None:
        self.redactor = Redactor(key)
        self._address = address
        self._key = key
        self._options = options
        self._open: WeakKeyDictionary[asyncio.AbstractEventLoop, _Kept] = WeakKeyDictionary()

    async def post(self, body: Body, incoming: Incoming) -> None:
        """Send ``body`` and let the answer arrive.

        Raises:
            ModelError: the server can't be reached, refuses, or breaks off.
        """
        failure = await self._failure(body, incoming)
        if failure is not None:
            # Outside of any except: the SDK's errors hold the request, and so the key.
            raise failure

    async def _failure(self, body: Body, incoming: Incoming) -> ModelError | None:
        client = await self._client()
        try:
            await self._stream(client, body, incoming)
        except ModelError:
            raise
        except Exception as error:  # noqa: BLE001 - while the answer is read, httpx's own errors
            # come through; which package they are from differs between versions of the SDK, and
            # so does which errors it wraps in its own.
            is_wrapped = isinstance(error, openai.APIConnectionError)
            cause = (error.__cause__ if is_wrapped else None) or error
            if isinstance(cause, StatusError):
                return refused(cause.status, cause.headers, cause.data, self.redactor)
            return self._cut_off(cause, incoming)
        return None

    async def aclose(self) -> None:
        """Close the client of this event loop."""
        kept = self._open.pop(asyncio.get_running_loop(), None)
        if kept is not None:
            await kept.until_closed.aclose()

    async def _client(self) -> openai.AsyncOpenAI:
        loop = asyncio.get_running_loop()
        kept = self._open.get(loop)
        if kept is not None:
            return kept.client
        is_local = self._address.is_loopback
        plain = self._address.base_url.lower().startswith("http:")
        client = openai.AsyncOpenAI(
            api_key=self._key,
            base_url=self._address.base_url,
            timeout=openai.Timeout(None, connect=self._options.connect_s),  # the rest: deadline_s
            max_retries=0,
            http_client=openai.DefaultAsyncHttpxClient(
                follow_redirects=False,  # what is sent goes to this host or nowhere
                trust_env=not is_local,  # no proxy stands between this machine and itself
                verify=not (is_local and plain),  # where there is no TLS, no CAs need be read
                event_hooks={"response": [raise_for_status]},
            ),
        )
        kept = self._open[loop] = _Kept(client, _open_until_closed(client))
        await anext(kept.until_closed)
        return client

    async def _stream(self, client: openai.AsyncOpenAI, body: Body, incoming: Incoming) -> None:
        is_openai = self._address.host == "api.openai.com"
        left_out: dict[str, str | openai.Omit] = {}
        if not is_openai:
            left_out.update(dict.fromkeys(_MEANT_FOR_OPENAI, openai.Omit()))
        create = client.chat.completions.with_streaming_response.create
        # All goes into extra_body: the SDK neither checks nor copies what is in there.
        async with create(model="", messages=(), extra_body=body, extra_headers=left_out) as answer:
            incoming.begin(answer.status_code, dict(answer.headers.items()))
            with anyio.CancelScope() as scope:
                async for chunk in answer.iter_bytes():
                    if incoming.take(chunk):
                        scope.deadline = anyio.current_time() + _AFTER_THE_END_S

    def _cut_off(self, error: BaseException, incoming: Incoming) -> ModelError:
        kind = type(error).__name__
        why = self.redactor.snippet(f"{kind}: {error}" if str(error) else kind)
        if kind in _NEVER_REACHED:
            unreached = RefusedError(
                ModelErrorKind.CONNECTION,
                f"{self._address.host} can't be reached ({why})",
                remedy="Is the server running, and is the base URL right?",
            )
            unreached.is_free = True
            return unreached
        cut = ModelError(
            ModelErrorKind.CONNECTION,
            f"the connection to {self._address.host} broke off ({why})",
            remedy="Try again, or name a fallback model.",
        )
        cut.partial = incoming.partial
        return cut
