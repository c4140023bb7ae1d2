"""Get a JSON answer that fits its schema out of any server, by the strictest means it has."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

from critique_loop.errors import BudgetEnded, CallError, ModelError, ModelErrorKind
from critique_loop.models import lenient, schemas
from critique_loop.models.modes import LADDER, AnswerMode, Ask, ServerMemory
from critique_loop.values import AnswerSchema, Choice, Message, Reply, Request

MAX_SHOWN: Final = 4_000
"""Characters of a bad answer that the model is shown when it is asked to mend it."""

MAX_PARTIAL: Final = 20_000
"""Characters of a bad answer that the error keeps."""

_MAX_OBJECTS = 20
_MAX_NOTES = 12
_WORDED = frozenset({AnswerMode.JSON_OBJECT, AnswerMode.PROMPT})


async def answer(
    ask: Ask,
    request: Request,
    memory: ServerMemory,
    *,
    answered: dict[int, Choice] | None = None,
) -> Reply:
    """Return choices whose ``data`` fits ``request.schema``; all exchanges are summed in the reply.

    The modes of the ladder are tried from the strictest that ``memory`` does not exclude. An answer
    that does not fit is shown to the model once, with what is wrong. A mode is left for the next
    one where the server refuses it, or where, not known to work, it brings no fitting answer. Each
    fitting choice is put into ``answered`` by its place as soon as it is there.

    Raises:
        ModelError: as ``ask`` does, or kind "bad_json" (or "truncated") with the answer so far.
        CallError: the request has no schema, or one outside the common subset.
    """
    if request.schema is None:
        raise CallError("a structured answer needs a schema")
    schemas.check(request.schema.schema)
    exchanges = _Exchanges(ask, request, request.schema)
    if answered is not None:
        exchanges.answered = answered
    passed_over: list[AnswerMode] = []
    for mode in _rungs(memory):
        checked = await _tried(exchanges, mode, memory)
        if checked is not None:
            _remember(memory, mode, passed_over, checked)
            return exchanges.reply(checked)
        passed_over.append(mode)
    raise AssertionError  # the last rung returns or raises


async def _tried(
    exchanges: _Exchanges, mode: AnswerMode, memory: ServerMemory
) -> Sequence[_Checked] | None:
    """Return the fitting choices that ``mode`` brings, None where the next mode is to be tried."""
    last, known = mode is AnswerMode.PROMPT, memory.rung is mode
    try:
        checked = await exchanges.in_mode(mode)
    except ModelError as error:
        error.attempts += exchanges.requests
        if last or not _goes_on(error, known=known):
            raise
        exchanges.requests = error.attempts
        exchanges.notes.append(f"{mode} does not work here: {error.kind}")
        return None
    bad = next((choice for choice in checked if choice.data is None), None)
    if bad is None:
        return checked
    if last:
        memory.rung = mode  # nothing has worked: the next request is not to try it all again
    if last or known or bad.truncated:
        raise exchanges.failure(bad)
    exchanges.notes.append(f"{mode} brought no answer that fits")
    return None


def _rungs(memory: ServerMemory) -> Sequence[AnswerMode]:
    begin = 0 if memory.rung is None else LADDER.index(memory.rung)
    rungs = [mode for mode in LADDER[begin:] if mode not in memory.refused]
    return rungs if AnswerMode.PROMPT in rungs else [*rungs, AnswerMode.PROMPT]


def _goes_on(error: ModelError, *, known: bool) -> bool:
    match error.kind:
        case ModelErrorKind.UNSUPPORTED:
            return True
        case ModelErrorKind.EMPTY:
            return not known
        case ModelErrorKind.TRUNCATED:  # a server that enforces JSON would have begun with it
            begun = error.partial.lstrip()
            return not known and bool(begun) and not begun.startswith("{")
        case _:
            return False


def _remember(
    memory: ServerMemory,
    mode: AnswerMode,
    passed_over: Sequence[AnswerMode],
    checked: Sequence[_Checked],
) -> None:
    """Keep what a success has shown; failures alone show nothing, their cause may be another."""
    memory.refused.update(passed_over)
    if mode is AnswerMode.JSON_SCHEMA and all(choice.repaired for choice in checked):
        # A server that enforces the schema can't have given the first answers.
        memory.refused.add(mode)
    else:
        memory.rung = mode


@dataclass(frozen=True, slots=True)
class _Checked:
    """A choice beside the schema: its data, or why it has none."""

    choice: Choice
    data: Mapping[str, object] | None = None
    problem: str = ""
    notes: tuple[str, ...] = ()
    repaired: bool = False

    @property
    def whole(self) -> Choice:
        """The choice with its data."""
        return replace(self.choice, data=self.data)

    @property
    def truncated(self) -> bool:
        """Whether the answer has no data because it ends too early."""
        return self.data is None and self.choice.finish_reason == "length"


class _Exchanges:
    """All that is said to one server for one request."""

    def __init__(self, ask: Ask, request: Request, schema: AnswerSchema) -> None:
        self.requests = 0
        self.notes: list[str] = []
        self.answered: dict[int, Choice] = {}
        self._ask = ask
        self._request = request
        self._schema = schema
        self._began = time.monotonic()
        self._replies: list[Reply] = []

    async def in_mode(self, mode: AnswerMode) -> list[_Checked]:
        """Return all choices, checked; each bad one was shown to the model once."""
        words = schemas.in_words(self._schema) if mode in _WORDED else ""
        try:
            choices = await self._exchange(_saying(self._request, words), mode)
        except (ModelError, BudgetEnded) as error:
            for place, choice in error.choices.items():
                self._checked(choice, place)
            raise
        checked = [self._checked(choice, place) for place, choice in enumerate(choices)]
        for index, bad in enumerate(checked):
            if bad.data is None:
                checked[index] = await self._repaired(bad, index, mode)
        return checked

    def reply(self, checked: Sequence[_Checked]) -> Reply:
        """Return the sum of all exchanges with these choices."""
        first = self._replies[-1]
        costs = [reply.cost_usd for reply in self._replies]
        told = [note for reply in self._replies for note in reply.notes]
        read = [note for choice in checked for note in choice.notes]
        usage = self._replies[0].usage
        for reply in self._replies[1:]:
            usage += reply.usage
        return replace(
            first,
            choices=tuple(each.whole for each in checked),
            usage=usage,
            cost_usd=None if None in costs else sum(cost or 0.0 for cost in costs),
            requests=self.requests,
            seconds=time.monotonic() - self._began,
            notes=tuple(dict.fromkeys([*told, *self.notes, *read]))[:_MAX_NOTES],
        )

    def failure(self, bad: _Checked) -> ModelError:
        """Return the error that says why ``bad`` is no answer."""
        error = ModelError(
            ModelErrorKind.TRUNCATED if bad.truncated else ModelErrorKind.BAD_JSON,
            f"{self._replies[-1].model} gave no answer in the form that was asked for,"
            f" when asked once more neither: {bad.problem}",
            remedy="A larger model, or a server that enforces JSON schemas, may do it.",
        )
        error.partial = bad.choice.text[:MAX_PARTIAL]
        error.attempts = self.requests
        return error

    async def _exchange(self, request: Request, mode: AnswerMode) -> Sequence[Choice]:
        if request.deadline_s is not None:
            left = request.deadline_s - (time.monotonic() - self._began)
            request = replace(request, deadline_s=max(0.0, left))
        try:
            reply = await self._ask(request, mode)
        except ModelError as error:
            whole = self._whole(error)
            if whole is None:
                raise
            reply = whole
        self._replies.append(reply)
        self.requests += reply.requests
        missing = request.n - len(reply.choices)
        return (*reply.choices[: request.n], *[Choice("", finish_reason="missing")] * missing)

    def _whole(self, error: ModelError) -> Reply | None:
        """Return the answer that ended before the limit did: some models go on with blank lines."""
        choice = Choice(error.partial, finish_reason="length")
        if error.kind is not ModelErrorKind.TRUNCATED or self._check(choice).data is None:
            return None
        model = self._replies[-1].model if self._replies else ""
        return Reply((choice,), model=model, requests=error.attempts)

    async def _repaired(self, bad: _Checked, index: int, mode: AnswerMode) -> _Checked:
        words = _repair_words(bad, schemas.in_words(self._schema))
        again = replace(_saying(self._request, words), n=1, sample=self._request.sample + index)
        (choice,) = await self._exchange(again, mode)
        note = f"choice {index + 1} was asked for once more: {bad.problem}"
        checked = self._checked(choice, index)
        return replace(checked, notes=(note, *checked.notes), repaired=True)

    def _checked(self, choice: Choice, place: int) -> _Checked:
        checked = self._check(choice)
        if checked.data is not None:
            self.answered[place] = checked.whole
        return checked

    def _check(self, choice: Choice) -> _Checked:
        extracted = lenient.extract(choice.text)
        if extracted.cut:
            return _Checked(choice, problem=extracted.problem)
        objects = [found.value for found in extracted.objects[-_MAX_OBJECTS:]]
        tried = [schemas.conform(value, self._schema.schema) for value in objects]
        fitting = [each for each in tried if not each.problems] or self._wrapped(objects)
        if not fitting:
            problems = tried[-1].problems if tried else (extracted.problem,)
            return _Checked(choice, problem="; ".join(problems))
        notes = fitting[-1].mended
        if any(each.data != fitting[-1].data for each in fitting):
            notes = (f"{len(fitting)} answers in one: the last is taken", *notes)
        return _Checked(choice, data=fitting[-1].data, notes=notes)

    def _wrapped(self, objects: Sequence[Mapping[str, object]]) -> list[schemas.Conformed]:
        """Return the answer that is the one fitting value within another object, if it is one."""
        inner = [
            schemas.conform(cast("Mapping[str, object]", value), self._schema.schema)
            for value in (objects[-1].values() if objects else ())
            if isinstance(value, Mapping)
        ]
        fitting = [each for each in inner if not each.problems]
        if len(fitting) != 1:
            return []
        note = "the answer was wrapped in another object"
        return [replace(fitting[0], mended=(note, *fitting[0].mended))]


def _saying(request: Request, words: str) -> Request:
    """Return ``request`` with ``words`` after its last message, a user's.

    Not as a message of their own: many chat templates refuse two of the same side in a row.
    """
    if not words:
        return request
    *before, last = request.messages or (Message("user", ""),)
    if last.role != "user":
        return replace(request, messages=(*request.messages, Message("user", words)))
    told = replace(last, text=f"{last.text}\n\n{words}" if last.text else words)
    return replace(request, messages=(*before, told))


def _repair_words(bad: _Checked, form: str) -> str:
    text = bad.choice.text.strip()
    if not text:
        return form
    if len(text) > MAX_SHOWN:
        half = MAX_SHOWN // 2
        text = f"{text[:half]}\n[...]\n{text[-half:]}"
    ticks = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, ticks + 1)
    shorter = " Say it in fewer words." if bad.truncated else ""
    return (
        f"Your answer to this was:\n{fence}\n{text}\n{fence}\n"
        f"It can't be used: {bad.problem}.{shorter} Answer again.\n{form}"
    )
