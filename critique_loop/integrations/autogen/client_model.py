"""Any ChatCompletionClient of AutoGen as a model of ours."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import anyio
from autogen_core import CancellationToken
from autogen_core.models import ChatCompletionClient, ChatCompletionTokenLogprob, CreateResult

from critique_loop.errors import CritiqueLoopError, ModelError, ModelErrorKind
from critique_loop.integrations.autogen.cancelling import allowed, in_time, with_token
from critique_loop.integrations.autogen.client_errors import cause_of, model_error, word_for
from critique_loop.integrations.autogen.conversation import to_autogen
from critique_loop.ledger import Bound, Reservation, current
from critique_loop.models.candidates import split_thoughts
from critique_loop.models.modes import AnswerMode, ServerMemory
from critique_loop.models.refusals import RefusedError
from critique_loop.models.said import with_said
from critique_loop.models.structured import answer
from critique_loop.values import Call, Choice, Price, Reply, Request, Token, Usage

_NEVER = frozenset({AnswerMode.JSON_SCHEMA, AnswerMode.TOOL})
_PICTURE_TOKENS = 3000
_MESSAGE_TOKENS = 8
_NOTHING = Usage(0, 0)


@dataclass(slots=True)
class _Tally:
    """What one ``complete`` has taken so far, all its exchanges together."""

    usage: Usage = _NOTHING
    cost_usd: float | None = 0.0
    exchanges: int = 0
    from_cache: int = 0
    charged_tokens: int = 0
    charged_usd: float = 0.0
    notes: list[str] = field(default_factory=list[str])

    def add(self, usage: Usage, cost_usd: float | None) -> None:
        self.usage = self.usage + usage
        unknown = self.cost_usd is None or cost_usd is None
        self.cost_usd = None if unknown else (self.cost_usd or 0.0) + (cost_usd or 0.0)


class ClientModel:
    """Asks an AutoGen client; what its SDK raises becomes a ModelError.

    AutoGen's clients give one answer each call, so ``n`` answers take ``n`` calls. They report 0
    tokens where the server told nothing; that is unknown here. A JSON answer is asked for by JSON
    mode where the client has it, else in words, and validated on this side.
    """

    def __init__(
        self,
        client: ChatCompletionClient,
        *,
        name: str = "",
        price: Price | None = None,
        max_tokens: int = 4096,
        deadline_s: float = 120.0,
    ) -> None:
        """Without a ``price`` the cost of calls is unknown; ``deadline_s`` is for all of one.

        ``max_tokens`` is how long an answer is taken to be at most where the request does not say,
        when room is reserved in a budget of tokens or dollars.
        """
        self.name: str = name or type(client).__name__
        self._client = client
        self._price = price
        self._max_tokens = max_tokens
        self._deadline_s = deadline_s
        self._memory = ServerMemory(refused=set(_NEVER))

    async def complete(self, request: Request) -> Reply:
        """Return the client's answers.

        Raises:
            ModelError: there is no usable answer.
            BudgetEnded: the call could go over the budget; nothing was sent.
        """
        tally, began = _Tally(), time.monotonic()
        seconds = allowed(request, self._deadline_s)
        try:
            reply = await in_time(self.name, seconds, lambda: self._answered(request, tally))
        except BaseException as error:  # whatever ended it: it is recorded, then passed on
            if isinstance(error, ModelError):
                error.attempts = tally.exchanges
            call = self._call(request.role, tally, began, word_for(error))
            await _record(with_said(call, request))
            raise
        call = self._call(request.role, tally, began)
        await _record(with_said(call, request, reply.choices))
        return replace(
            reply,
            usage=tally.usage,
            cost_usd=tally.cost_usd,
            requests=tally.exchanges,
            seconds=time.monotonic() - began,
            from_cache=tally.from_cache == tally.exchanges,
            notes=(*reply.notes, *tally.notes),
        )

    async def _answered(self, request: Request, tally: _Tally) -> Reply:
        async def ask(wanted: Request, mode: AnswerMode) -> Reply:
            return await self._ask(wanted, mode, tally)

        if request.schema is None:
            return await ask(request, AnswerMode.TEXT)
        return await answer(ask, request, self._memory)

    async def _ask(self, request: Request, mode: AnswerMode, tally: _Tally) -> Reply:
        json_mode = mode is AnswerMode.JSON_OBJECT
        if mode in _NEVER or (json_mode and not self._client.model_info["json_output"]):
            raise ModelError(
                ModelErrorKind.UNSUPPORTED, f"{self.name} can't be asked for JSON by {mode.value}"
            )
        choices: list[Choice] = []
        for number in range(request.n):
            one = replace(request, n=1, sample=request.sample + number)
            choices.append(await self._answer(one, json_mode, tally))
        if self._memory.dropped:
            tally.notes.append(f"dropped, the client refuses: {sorted(self._memory.dropped)}")
        return Reply(tuple(choices), model=self.name)

    async def _answer(self, request: Request, json_mode: bool, tally: _Tally) -> Choice:
        """Ask, again without a setting that is refused, and remember which were."""
        without: set[str] = set()
        while True:
            settings = self._settings(request, without)
            try:
                choice = await self._exchange(request, json_mode, tally, settings)
            except ModelError as error:
                if error.kind is not ModelErrorKind.UNSUPPORTED or not settings:
                    raise
                without |= _culprits(error, settings)
            else:
                self._memory.dropped |= without
                return choice

    async def _exchange(
        self, request: Request, json_mode: bool, tally: _Tally, settings: Mapping[str, object]
    ) -> Choice:
        async def create(token: CancellationToken) -> CreateResult:
            return await self._client.create(
                to_autogen(request.messages),
                json_output=json_mode or None,
                extra_create_args=settings,
                cancellation_token=token,
            )

        async with current().reserved(self._bound(request)) as reservation:
            tally.exchanges += 1
            taken: tuple[Usage, float | None] = (Usage(), None)
            try:
                result = await with_token(create)
                taken = self._settle(result, reservation, tally)
            except CritiqueLoopError:
                raise
            except Exception as error:  # noqa: BLE001 - each SDK raises its own; all becomes ours
                problem = model_error(error, self.name)
                if isinstance(problem, RefusedError) and problem.is_free:
                    reservation.release()
                    taken = (_NOTHING, 0.0)
                raise problem from cause_of(problem, error)
            finally:  # whatever ended it: what nobody told is unknown
                tally.add(*taken)
                tally.charged_tokens += reservation.tokens
                tally.charged_usd += reservation.cost_usd or 0.0
        return self._choice(result)

    def _settings(self, request: Request, without: Collection[str]) -> dict[str, object]:
        seed = None if request.seed is None else request.seed + request.sample
        wanted: dict[str, object] = {
            "temperature": request.temperature,
            "top_p": request.top_p,
            "max_tokens": request.max_tokens,
            "seed": seed,
            "stop": list(request.stop) or None,
            "logprobs": request.logprobs or None,
        }
        dropped = self._memory.dropped.union(without)
        return {k: v for k, v in wanted.items() if v is not None and k not in dropped}

    def _bound(self, request: Request) -> Bound:
        """Return the most it can take: no tokenizer makes more tokens than there are bytes."""
        texts = sum(len(m.text.encode("utf-8", "replace")) for m in request.messages)
        pictures = sum(len(m.pictures) for m in request.messages)
        asked = texts + pictures * _PICTURE_TOKENS + len(request.messages) * _MESSAGE_TOKENS
        answered = request.max_tokens or self._max_tokens
        cost = self._price.cost(Usage(asked, answered)) if self._price else None
        return Bound(asked + answered, cost)

    def _settle(
        self, result: CreateResult, reservation: Reservation, tally: _Tally
    ) -> tuple[Usage, float | None]:
        if result.cached:
            reservation.release()
            tally.from_cache += 1
            return _NOTHING, 0.0
        told = result.usage
        known = bool(told.prompt_tokens)
        usage = Usage(told.prompt_tokens, told.completion_tokens) if known else Usage()
        cost = self._price.cost(usage) if self._price else None
        reservation.settle(usage, cost)
        return usage, cost

    def _choice(self, result: CreateResult) -> Choice:
        content = result.content
        text = content if isinstance(content, str) else content[0].arguments if content else ""
        problem = {
            "length": (ModelErrorKind.TRUNCATED, "the answer was cut off at its length limit"),
            "content_filter": (ModelErrorKind.CONTENT_FILTER, "the server filtered the answer"),
        }.get(result.finish_reason)
        if problem is None and not text.strip():
            problem = (ModelErrorKind.EMPTY, "an empty answer; AutoGen makes one of a refusal, too")
        if problem is not None:
            error = ModelError(problem[0], f"{self.name}: {problem[1]}")
            error.partial = text
            raise error
        thoughts = split_thoughts(text)
        return Choice(
            thoughts.text,
            reasoning=result.thought or thoughts.reasoning,
            finish_reason="stop" if result.finish_reason == "unknown" else result.finish_reason,
            tokens=_tokens(result.logprobs),
        )

    def _call(self, role: str, tally: _Tally, began: float, error: str = "") -> Call:
        return Call(
            role=role,
            model=self.name,
            usage=tally.usage,
            cost_usd=tally.cost_usd,
            seconds=time.monotonic() - began,
            requests=tally.exchanges,
            from_cache=0 < tally.exchanges == tally.from_cache,
            error=error,
            notes=tuple(tally.notes),
            charged_tokens=tally.charged_tokens,
            charged_usd=tally.charged_usd,
        )


async def _record(call: Call) -> None:
    with anyio.CancelScope(shield=True):  # it may be paid for, also where nobody waits
        await current().record(call)


def _culprits(error: ModelError, settings: Mapping[str, object]) -> set[str]:
    """Return which settings are refused: those that the server names, else all."""
    named = error.parameters if isinstance(error, RefusedError) else ()
    return settings.keys() & set(named) or set(settings)


def _tokens(logprobs: Sequence[ChatCompletionTokenLogprob] | None) -> tuple[Token, ...] | None:
    if not logprobs:
        return None
    return tuple(Token(entry.token, entry.logprob) for entry in logprobs)
