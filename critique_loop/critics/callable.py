"""The user's own function as a critic."""

from __future__ import annotations

import inspect
import math
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import copy_context
from dataclasses import replace
from typing import TypeGuard, cast

import anyio

from critique_loop import rubric as rubrics
from critique_loop.critics.capping import capped, held
from critique_loop.critics.checking import each, names_in, sound, unscored
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.errors import BudgetEnded, CallError, ModelError
from critique_loop.values import (
    Critique,
    Dimension,
    Draft,
    Evidence,
    Execution,
    Finding,
    Round,
    Score,
    Scorer,
    Task,
)

Verdict = bool | float | Score | None
"""What may be said of one dimension: a mark from 0 to 10, yes or no, a whole score, or nothing."""

Said = Verdict | Mapping[str, Verdict] | Sequence[Finding] | Critique
"""What a function may return; see ``FunctionCritic``."""

Function = Callable[[Task, Draft, Execution], Said | Awaitable[Said]]

_REASON = 300
_FIRST_PAUSE_S = 0.001
_LONGEST_PAUSE_S = 0.05


class FunctionCritic:
    """Scores by a function of yours: ``function(task, draft, execution)``, plain or async.

    It returns a mark from 0 to 10, or true or false, for its one dimension; a mapping from the
    names of dimensions to such; a list of findings, which take off the points that the rubric's
    ``checks`` say; or a whole ``Critique``. None, an exception, a name that is no dimension, what
    is no mark and what takes too long leave unscored, with the reason.

    A mark for a gate that is to be measured is never better than what was measured; findings are
    where ``checks`` names them. For all else combine it with the measured critic.
    """

    def __init__(
        self,
        function: Function,
        *,
        name: str = "",
        dimensions: Sequence[str] = (),
        checks: Sequence[str] = (),
        timeout_s: float = 60.0,
    ) -> None:
        """``dimensions`` names those it scores (none: all that it is asked for).

        ``checks`` names the codes of findings that it looks for: a dimension that lists them is
        scored where the sandbox looked for the others. A function with checks measures; one without
        scores what a model may. A plain one runs in a thread of its own, which can't be ended:
        after ``timeout_s`` seconds its answer is not waited for.

        Raises:
            CallError: ``function`` can't be called, or the time is no time.
        """
        if not callable(function):
            raise CallError(f"{function!r} is no function", remedy="Give one of three arguments.")
        if not (math.isfinite(timeout_s) and timeout_s > 0):
            raise CallError(f"timeout_s is {timeout_s}", remedy="Give a number of seconds.")
        self.name: str = name or str(getattr(function, "__name__", type(function).__name__))
        self.scorer: Scorer = Scorer.MEASURED if checks else Scorer.MODEL
        self.seeks: bool = bool(checks)
        self._function = function
        self._dimensions = tuple(dimensions)
        self._checks = tuple(checks)
        self._timeout_s = timeout_s

    async def review(
        self, task: Task, draft: Draft, execution: Execution, *, history: Sequence[Round]
    ) -> Critique:
        """Score the dimensions that the function is for.

        Raises:
            ModelError: the function asked a model, which can't be reached.
            BudgetEnded: the function asked a model, which could have gone over the budget.
        """
        del history
        wanted = [
            d for d in task.rubric.dimensions if not self._dimensions or d.name in self._dimensions
        ]
        try:
            with anyio.fail_after(self._timeout_s):
                said = await _called(self._function, task, draft, execution)
        except (ModelError, BudgetEnded):
            raise
        except TimeoutError:
            return self._failed(task, wanted, f"took longer than {self._timeout_s:g} s")
        except Exception as error:  # noqa: BLE001 - whatever it raises: the reason says what
            told = str(error).partition("\n")[0][:_REASON]
            return self._failed(task, wanted, f"raised {type(error).__name__}: {told}")
        measured = await MeasuredCritic().review(task, draft, execution, history=())
        evidence = execution.evidence or Evidence()
        critique = self._critique(task, wanted, said, measured.findings, evidence.checks)
        return critique if _are_findings(said) else _held(critique, task, measured)

    def _failed(self, task: Task, wanted: Sequence[Dimension], why: str) -> Critique:
        scores = [unscored(d, f"{self.name} {why}", by=self.name) for d in wanted]
        return self._made(task, scores, notes=(f"{self.name} {why}",))

    def _critique(
        self,
        task: Task,
        wanted: Sequence[Dimension],
        said: object,
        measured: Sequence[Finding],
        checks: Sequence[str],
    ) -> Critique:
        if isinstance(said, Critique):
            found = each(said.scores, wanted, by=self.name)
            critique = self._made(task, self._all(wanted, found), said.findings, said.notes)
            return replace(critique, claims=said.claims, unsupported=said.unsupported)
        if isinstance(said, Mapping):
            return self._by_name(task, wanted, cast("Mapping[object, object]", said))
        if _are_findings(said):
            found = tuple(replace(f, dimension=f.dimension or _fed(wanted, f.code)) for f in said)
            looked_for = ("run_error", *checks, *self._checks)
            scores = [
                self._signed(rubrics.score(d, [*measured, *found], looked_for)) for d in wanted
            ]
            return self._made(task, scores, found)
        if len(wanted) > 1 and said is not None:
            return self._failed(task, wanted, "gave one score for several dimensions: name them")
        return self._made(task, [sound(said, d, by=self.name) for d in wanted])

    def _by_name(
        self, task: Task, wanted: Sequence[Dimension], said: Mapping[object, object]
    ) -> Critique:
        found = {d.name: sound(said[d.name], d, by=self.name) for d in wanted if d.name in said}
        strange = names_in(said, wanted)
        note = f"{self.name} scored what is not asked for: {', '.join(strange)}"
        return self._made(task, self._all(wanted, found), notes=(note,) if strange else ())

    def _all(self, wanted: Sequence[Dimension], found: Mapping[str, Score]) -> list[Score]:
        none = f"{self.name} gave no score"
        return [found.get(d.name) or unscored(d, none, by=self.name) for d in wanted]

    def _signed(self, score: Score) -> Score:
        return replace(score, by=self.name)

    def _made(
        self,
        task: Task,
        scores: Sequence[Score],
        findings: Sequence[Finding] = (),
        notes: Sequence[str] = (),
    ) -> Critique:
        capped_scores = tuple(capped(score, findings) for score in scores)
        return Critique(
            critic=self.name,
            scores=capped_scores,
            findings=tuple(findings),
            overall=rubrics.overall(task.rubric, capped_scores),
            notes=tuple(notes),
        )


def _held(critique: Critique, task: Task, measured: Critique) -> Critique:
    """Return ``critique`` with no gate better than it was measured."""
    known = {score.dimension: score for score in measured.scores}
    wanted = {dimension.name: dimension for dimension in task.rubric.dimensions}
    scores = tuple(
        held(score, wanted[score.dimension], measured.findings, known[score.dimension])
        for score in critique.scores
    )
    return replace(critique, scores=scores, overall=rubrics.overall(task.rubric, scores))


def _are_findings(said: object) -> TypeGuard[Sequence[Finding]]:
    if not isinstance(said, list | tuple):
        return False
    return all(isinstance(one, Finding) for one in cast("Sequence[object]", said))


def _fed(dimensions: Sequence[Dimension], code: str) -> str:
    return next((d.name for d in dimensions if code in d.checks), "")


async def _called(function: Function, task: Task, draft: Draft, execution: Execution) -> object:
    """Return what ``function`` returns; a plain one is called off the event loop."""
    if _is_async(function):
        said = function(task, draft, execution)
    else:
        said = await _in_thread(lambda: function(task, draft, execution))
    return await said if inspect.isawaitable(said) else said


def _is_async(function: object) -> bool:
    call = getattr(type(function), "__call__", None)  # noqa: B004 - of an object, how it is called
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)


async def _in_thread(call: Callable[[], object]) -> object:
    """Call off the event loop; a call that never returns keeps neither the loop nor the program.

    A program waits for the threads of pools as it ends, so this one is of none.
    """
    returned: list[object] = []
    raised: list[Exception] = []

    def run() -> None:
        try:
            returned.append(call())
        except SystemExit:
            raised.append(RuntimeError("it wanted to end the program"))
        except Exception as error:  # noqa: BLE001 - raised again, below
            raised.append(error)

    thread = threading.Thread(target=copy_context().run, args=(run,), daemon=True)
    thread.start()
    pause_s = _FIRST_PAUSE_S
    while thread.is_alive():
        await anyio.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
    if raised:
        raise raised[0]
    return returned[0]
