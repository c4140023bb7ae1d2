"""The model critic: asks a model what can't be measured, and believes no more than it must."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from critique_loop import rubric as rubrics
from critique_loop.critics.answers import Judged, judged, mark_of, suggestion
from critique_loop.critics.capping import held
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.critics.prompting import (
    Asked,
    Case,
    asked_of,
    canary_of,
    prompt_of,
    schema_of,
    shuffled,
    system_message,
)
from critique_loop.critics.sight import Eyes
from critique_loop.critics.support import Sources
from critique_loop.definitions import Definition, Sharing, load
from critique_loop.errors import CallError, DefinitionError, ModelError, ModelErrorKind
from critique_loop.protocols import Model
from critique_loop.values import (
    Choice,
    Critique,
    DecisionKind,
    Dimension,
    Draft,
    Execution,
    Message,
    Picture,
    Request,
    Round,
    Rubric,
    Scorer,
    Signals,
    Task,
)


@dataclass(frozen=True, slots=True)
class _Answer:
    """One sample: what was said by whom, or why nothing was (``problem``).

    Where it ``is_broken``, no other sample of the same model is believed, either.
    """

    choice: Choice | None = None
    model: str = ""
    problem: str = ""
    cut: tuple[str, ...] = ()
    is_broken: bool = False


class ModelCritic:
    """Scores dimensions of the rubric by asking a model.

    It is told the goal, the table's profile, the program, how it ended, what was measured, and
    shown the picture. Evidence that can't be found again is marked as unsupported; an error that
    was measured keeps its dimension below the pass mark; what was not said stays unscored. Where
    the server drops pictures, nothing is scored; of several models behind one (a cascade, a
    fallback) only the answers of those that see count. Several samples see the dimensions in
    different orders; the median counts.
    """

    scorer: Scorer = Scorer.MODEL

    def __init__(
        self,
        model: Model,
        *,
        definition: Definition | str | Path = "chart_critic",
        sharing: Sharing = Sharing(),  # noqa: B008 - frozen
        samples: int | None = None,
        dimensions: Sequence[str] | None = None,
    ) -> None:
        """``definition`` is one that was loaded, a path ending in .md, or a shipped one's name.

        What the model is shown is what both ``sharing`` and the definition allow. ``samples`` and
        ``dimensions`` (names; none: all) take the place of the definition's.

        Raises:
            DefinitionError: the definition is wrong, or is no critic's.
            CallError: fewer than one sample.
        """
        if not isinstance(definition, Definition):
            definition = load(definition)
        if definition.role != "critic":
            problem = f"the agent {definition.name} is a {definition.role}, not a critic"
            raise DefinitionError(Path(definition.name), problem)
        if samples is not None and samples < 1:
            raise CallError(f"samples is {samples}", remedy="Ask for at least one.")
        self.definition: Definition = definition
        self.sharing: Sharing = definition.sharing & sharing
        self._model = model
        self._samples = samples or definition.samples
        self._dimensions = definition.dimensions if dimensions is None else tuple(dimensions)
        self._eyes = Eyes(model)

    @property
    def name(self) -> str:
        """The definition's name and the model's."""
        return f"{self.definition.name} ({self._model.name})"

    @property
    def model_name(self) -> str:
        """The name of the model that is asked."""
        return self._model.name

    async def review(
        self, task: Task, draft: Draft, execution: Execution, *, history: Sequence[Round]
    ) -> Critique:
        """Score ``execution`` on the dimensions that this critic is for.

        Raises:
            ModelError: the model can't be reached, or refuses to work.
            BudgetEnded: asking could go over the budget.
        """
        measured = await MeasuredCritic().review(task, draft, execution, history=())
        case = Case(task, draft, execution, measured.findings, measured.scores)
        asked = asked_of(self._wanted(task.rubric))
        if not asked:
            return _critique(self.name, case, [], ("no dimension of the rubric is this critic's",))
        picture = self._picture(execution)
        blind = "" if picture is None else (await self._eyes.sight(picture)).problem
        if blind:
            answers = [_Answer(problem=blind)]
        else:
            signals = _signals(task, history)
            answers = [
                await self._sample(
                    case, self._request(number, signals), shuffled(asked, case, number)
                )
                for number in range(self._samples)
            ]
        return self._scored(case, asked, answers)

    def _wanted(self, rubric: Rubric) -> list[Dimension]:
        return [d for d in rubric.dimensions if not self._dimensions or d.name in self._dimensions]

    def _picture(self, execution: Execution) -> Picture | None:
        data = execution.picture if self.sharing.picture else None
        return None if data is None else Picture(data)

    async def _sample(self, case: Case, request: Request, order: Sequence[Asked]) -> _Answer:
        """Ask once; where the context is too long for the model, once more with half of it."""
        tokens = self.definition.token_budget
        try:
            try:
                return await self._ask(case, request, order, tokens=tokens)
            except ModelError as error:
                if error.kind is not ModelErrorKind.CONTEXT_OVERFLOW:
                    raise
            return await self._ask(case, request, order, tokens=tokens // 2)
        except ModelError as error:
            if not error.kind.is_answer:
                raise
            return _Answer(problem=f"no usable answer ({error.kind.value}): {error.problem}")

    async def _ask(
        self, case: Case, request: Request, order: Sequence[Asked], *, tokens: int
    ) -> _Answer:
        definition = self.definition
        canary = canary_of(case, order, request.sample) if definition.canary else None
        case = replace(case, canary=canary)
        prompt = prompt_of(case, order, definition, self.sharing, tokens=tokens)
        picture = self._picture(case.execution)
        user = Message("user", prompt.text, () if picture is None else (picture,))
        messages = (system_message(definition), user)
        reply = await self._model.complete(
            replace(request, messages=messages, schema=schema_of(order, canary))
        )
        if not reply.choices:
            return _Answer(problem="the reply is empty", model=reply.model)
        blind = picture and await self._eyes.problem_of(reply.model, picture)
        if blind:
            return _Answer(problem=blind, model=reply.model)
        broken = canary.problem(reply.choices[0].data) if canary else ""
        if broken:
            return _Answer(problem=f"canary: {broken}", model=reply.model, is_broken=True)
        return _Answer(reply.choices[0], model=reply.model, cut=prompt.cut)

    def _request(self, number: int, signals: Signals) -> Request:
        """Return the request of one sample, yet without words."""
        definition = self.definition
        return Request(
            messages=(),
            temperature=definition.temperature,
            top_p=definition.top_p,
            max_tokens=definition.max_tokens,
            seed=definition.seed,
            sample=number,
            logprobs=True,
            role="critic",
            signals=signals,
        )

    def _scored(self, case: Case, asked: Sequence[Asked], answers: Sequence[_Answer]) -> Critique:
        broken = [replace(answer, choice=None) for answer in answers if answer.is_broken]
        answers = broken or answers
        why = next((answer.problem for answer in answers if answer.problem), "")
        results: list[Judged] = []
        for one in asked:
            found = (mark_of(answer.choice, one) for answer in answers if answer.choice)
            marks = [mark for mark in found if mark is not None]
            none = why or "the answer has no valid score for it"
            results.append(judged(one, marks, why_none=none, by=self.name))
        sources = Sources(case.task, case.draft, case.execution, case.findings)
        checked = [_checked(result, sources) for result in results]
        notes = self._notes(case, answers, checked)
        return _critique(self.name, case, checked, notes, keys=[one.key for one in asked])

    def _notes(
        self, case: Case, answers: Sequence[_Answer], results: Sequence[Judged]
    ) -> tuple[str, ...]:
        notes = [answer.problem for answer in answers if answer.problem]
        known = {dimension.name for dimension in case.task.rubric.dimensions}
        unknown = [name for name in self._dimensions if name not in known]
        if unknown:
            notes.append(f"not asked for in this review: {', '.join(unknown)}")
        notes += [f"not shown to the critic: {cut}" for answer in answers for cut in answer.cut]
        if case.execution.picture is not None and not self.sharing.picture:
            notes.append("scored without the picture, which is not shared")
        doubtful = [r.score.dimension for r in results if r.doubt]
        if doubtful:
            number = sum(1 for result in results if result.is_claim)
            names = ", ".join(doubtful)
            notes.append(f"evidence of {len(doubtful)} of {number} scores is unsupported: {names}")
        critics = {self._model.name, *(answer.model for answer in answers if answer.model)}
        if _plain_name(case.draft.model) in map(_plain_name, critics - {""}):
            notes.append(
                f"the critic is the model that wrote the draft ({case.draft.model}): models tend "
                "to prefer their own work"
            )
        return tuple(dict.fromkeys(notes))


def _plain_name(model: str) -> str:
    """Return the name of a model without what a server puts before it: "org/small" is "small"."""
    return model.rpartition("/")[2].casefold()


def _checked(result: Judged, sources: Sources) -> Judged:
    """Return a result whose evidence says so where it can't be found again.

    A score that would pass on such evidence is none: words alone let nothing pass.
    """
    score = result.score
    if score.value is None:
        return result
    said = " ".join(score.evidence)
    doubt = sources.doubt(said)
    if not doubt:
        return result
    marked = f"unsupported ({doubt}): {said}" if said else "unsupported: there is no evidence"
    score = replace(score, evidence=(marked,))
    if score.passed:
        score = replace(score, value=None, unscored=f"its evidence can't be found again: {doubt}")
    return replace(result, score=score, doubt=doubt)


def _critique(
    name: str,
    case: Case,
    results: Sequence[Judged],
    notes: tuple[str, ...],
    *,
    keys: Sequence[str] = (),
) -> Critique:
    """Return the critique; what was measured bounds what was said."""
    rubric = case.task.rubric
    measured = {score.dimension: score for score in case.measured}
    dimensions = {dimension.name: dimension for dimension in rubric.dimensions}
    said = [result.score for result in results]
    scores = tuple(
        held(score, dimensions[score.dimension], case.findings, measured[score.dimension])
        for score in said
    )
    suggested = (suggestion(score, key) for score, key in zip(scores, keys, strict=True))
    spreads = [result.spread for result in results if result.spread is not None]
    return Critique(
        critic=name,
        scores=scores,
        findings=tuple(finding for finding in suggested if finding is not None),
        overall=rubrics.overall(rubric, scores),
        spread=max(spreads, default=None),
        notes=notes,
        claims=sum(1 for result in results if result.is_claim),
        unsupported=sum(1 for result in results if result.doubt),
    )


def _signals(task: Task, history: Sequence[Round]) -> Signals:
    """Return what a cascade may decide by."""
    if not history:
        return Signals()
    best = rubrics.best(task.rubric, history) or history[-1]
    decision = history[-1].decision
    stuck = decision.kind is DecisionKind.ESCALATE and decision.role in ("", "critic")
    return Signals(score=best.critique.overall, spread=history[-1].critique.spread, stuck=stuck)
