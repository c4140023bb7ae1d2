"""A small model that does the work, and bigger ones for what it is not sure of."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import pairwise
from typing import cast

from critique_loop.errors import CallError, ModelError, ModelErrorKind
from critique_loop.ledger import marked
from critique_loop.models import confidence
from critique_loop.models.confidence import Confidence
from critique_loop.models.totals import cost_of, with_calls
from critique_loop.protocols import Model
from critique_loop.values import Call, Choice, Escalation, Reply, Request, Signals, Usage

ESCALATED = "escalated: "

# Answers that a more able model may give better. A server that is out is none of them, and neither
# is what no model may answer (content_filter) or has room for (context_overflow).
_INVALID = frozenset(
    {
        ModelErrorKind.BAD_JSON,
        ModelErrorKind.EMPTY,
        ModelErrorKind.TRUNCATED,
        ModelErrorKind.REFUSAL,
    }
)


@dataclass(frozen=True, slots=True)
class When:
    """On what a cascade asks the next model; None and False switch a rule off.

    ``confidence_below`` (0 to 1) is compared with how sure an answer is by its token
    probabilities; where the server tells none, by how well ``samples`` answers agree, the further
    ones asked for that purpose alone (1: no answer is asked for it, and without probabilities
    nothing is known). ``invalid`` is for answers that are empty, cut short, refused or not of the
    schema. ``score_below`` and ``spread_above`` (0 to 10) and ``stuck`` look at what the request
    tells of the run, and skip the first model altogether.
    """

    confidence_below: float | None = 0.6
    invalid: bool = True
    score_below: float | None = None
    spread_above: float | None = None
    stuck: bool = True
    samples: int = 1

    def __post_init__(self) -> None:
        """Refuse thresholds that mean nothing.

        Raises:
            CallError: a threshold out of its range, or fewer than one sample.
        """
        ranges = {"confidence_below": 1.0, "score_below": 10.0, "spread_above": 10.0}
        for name, most in ranges.items():
            value: float | None = getattr(self, name)
            if value is not None and not 0 <= value <= most:
                raise CallError(f"{name} is {value}", remedy=f"Choose from 0 to {most:g}.")
        if self.samples < 1:
            raise CallError(f"samples is {self.samples}", remedy="Choose 1 or more.")

    def at_once(self, signals: Signals) -> str:
        """Return why the first model is not even asked, "" where it is."""
        if self.stuck and signals.stuck:
            return "stuck"
        if _less(signals.score, self.score_below):
            return f"score ({signals.score:.3g} < {self.score_below:.3g})"
        if _less(self.spread_above, signals.spread):
            return f"spread ({signals.spread:.3g} > {self.spread_above:.3g})"
        return ""


@dataclass(frozen=True, slots=True)
class _Step:
    """One model, why it was asked, what came of it and what that took.

    ``reply`` is None where the answer was invalid, or the model was left out; ``doubt`` says why
    the next model is to be asked, "" where it is not.
    """

    model: str
    why: str = ""
    reply: Reply | None = None
    error: ModelError | None = None
    calls: Sequence[Call] = ()
    confidence: float | None = None
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class _Clock:
    """How long the whole question has taken so far."""

    began: float

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


class Cascade:
    """Asks the first model, and the next bigger one as long as ``when`` finds reason to.

    Where a bigger model's answer is of no use, the smaller one's stands if it was valid. An outage
    is no reason: it is raised, whichever model it hits. How sure an answer is can only be told of
    the options in a schema: free text goes up for the other reasons alone.
    """

    def __init__(self, models: Sequence[Model], *, when: When = When()) -> None:  # noqa: B008 - frozen
        """``models`` are the smallest first.

        Raises:
            CallError: there is no model.
        """
        if not models:
            raise CallError("a cascade needs at least one model")
        self.name: str = " > ".join(model.name for model in models)
        self.when = when
        self.models: Sequence[Model] = tuple(models)

    async def complete(self, request: Request) -> Reply:
        """Return the answer of the last model that gave one; ``escalations`` say why it was asked.

        Raises:
            ModelError: a server is out, or no model gave a valid answer (the last one's error).
            BudgetEnded: the next call could go over the budget.
        """
        clock = _Clock(time.monotonic())
        why = self.when.at_once(request.signals) if len(self.models) > 1 else ""
        steps: list[_Step] = [_Step(self.models[0].name, doubt=why)] if why else []
        for model in self.models[len(steps) :]:
            why = steps[-1].doubt if steps else ""
            is_last = len(steps) == len(self.models) - 1
            with marked(reason=why and f"{ESCALATED}{why}") as mark:
                if is_last:
                    step = await _ask(model, request, clock)
                else:
                    step = await self._ask_and_doubt(model, request, clock)
            steps.append(replace(step, why=why, calls=mark.calls))
            if not step.doubt:
                break
        return replace(_answer(steps), seconds=clock.seconds)

    async def _ask_and_doubt(self, model: Model, request: Request, clock: _Clock) -> _Step:
        """Ask a model that is not the last, and say why its answer may not be good enough."""
        below = self.when.confidence_below if request.schema else None
        told = replace(request, logprobs=request.logprobs or below is not None)
        step = await _ask(model, told, clock)
        if step.reply is None:
            return self._doubt_of_error(step)
        if below is None:
            return step
        found = confidence.of_reply(request, step.reply)
        missing = self.when.samples - request.n
        if found.how != "tokens" and missing > 0:
            further = replace(request, sample=request.sample + request.n, n=missing)
            more = await _ask(model, further, clock)
            if more.reply is None:
                return self._doubt_of_error(replace(step, error=more.error))
            found = confidence.of_reply(request, _joined(step.reply, more.reply))
            step = replace(step, reply=_most_agreed(step.reply, more.reply, found))
        doubt = f"confidence ({found.value:.3g} < {below:.3g})" if _less(found.value, below) else ""
        return replace(step, confidence=found.value, doubt=doubt)

    def _doubt_of_error(self, step: _Step) -> _Step:
        if step.error is None or not self.when.invalid or step.error.kind not in _INVALID:
            return step
        return replace(step, doubt=step.error.kind.value)


async def _ask(model: Model, request: Request, clock: _Clock) -> _Step:
    if request.deadline_s is not None:
        request = replace(request, deadline_s=max(0.0, request.deadline_s - clock.seconds))
    try:
        return _Step(model.name, reply=await model.complete(request))
    except ModelError as error:
        if not error.kind.is_answer:
            raise
        return _Step(model.name, error=error)


def _answer(steps: Sequence[_Step]) -> Reply:
    """Return the last valid answer, with all that was spent on the way.

    Raises:
        ModelError: there is none.
    """
    last = steps[-1]
    answered = next((step for step in reversed(steps) if step.reply is not None), None)
    if answered is None or answered.reply is None:
        raise last.error or AssertionError("a step without a reply has an error")
    reply = with_calls(
        answered.reply, [call for step in steps if step is not answered for call in step.calls]
    )
    notes = reply.notes
    if last is not answered and last.error is not None:
        kind = last.error.kind.value
        notes = (*notes, f"{last.model}: {kind}; the answer of {answered.model} stands")
    escalations = tuple(
        Escalation(below.model, above.model, above.why, below.confidence, cost_of(above.calls))
        for below, above in pairwise(steps)
    )
    return replace(reply, notes=notes, escalations=(*reply.escalations, *escalations))


def _joined(first: Reply, more: Reply) -> Reply:
    """Return the samples of two replies as those of one."""
    unknown = first.cost_usd is None or more.cost_usd is None
    new = [reply for reply in (first, more) if not reply.from_cache] or [first, more]
    return replace(
        first,
        choices=(*first.choices, *more.choices),
        usage=sum((reply.usage for reply in new), Usage(0, 0)),
        cost_usd=None if unknown else (first.cost_usd or 0.0) + (more.cost_usd or 0.0),
        requests=first.requests + more.requests,
        from_cache=first.from_cache and more.from_cache,
        notes=tuple(dict.fromkeys((*first.notes, *more.notes))),
    )


def _most_agreed(first: Reply, more: Reply, found: Confidence) -> Reply:
    """Return as many choices as ``first`` has, those that say most of what most samples say.

    It is them that the confidence by agreement is about.
    """
    joined = _joined(first, more)

    def agreed(choice: Choice) -> int:
        return sum(_value(choice, name) == each.chosen for name, each in found.fields.items())

    best = sorted(joined.choices, key=agreed, reverse=True)[: len(first.choices)]
    return replace(joined, choices=tuple(best))


def _value(choice: Choice, name: str) -> object:
    """Return what ``choice`` says in a field ("bugs.score"), None where it is not there."""

    def inside(data: object, key: str) -> object:
        return cast("Mapping[str, object]", data).get(key) if isinstance(data, Mapping) else None

    start: object = choice.data
    return reduce(inside, name.split("."), start)


def _less(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and one < other
