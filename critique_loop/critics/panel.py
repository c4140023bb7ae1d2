"""Several critics who score the same draft: the middle of their votes, and how far they agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import anyio

from critique_loop import rubric as rubrics
from critique_loop.critics.capping import held
from critique_loop.critics.checking import each, scorer_of, unscored
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.critics.votes import Ballot, PanelRules, decided
from critique_loop.errors import BudgetEnded, CallError, ModelError
from critique_loop.protocols import Critic
from critique_loop.values import (
    Critique,
    Dimension,
    Draft,
    Execution,
    Finding,
    Round,
    Score,
    Scorer,
    Task,
)


class Records(Protocol):
    """Knows how often critics agreed with people before."""

    def record(self, critic: str, dimension: str) -> str:
        """Return it in words ("kappa .62 with 41 marks"), "" where nobody looked."""
        ...


@runtime_checkable
class OfModel(Protocol):
    """A critic that says which model it asks."""

    @property
    def model_name(self) -> str:
        """How the model is called."""
        ...


class Panel:
    """Asks several critics at once; each has one vote on each dimension.

    The score is the median of the votes, of an even number the lower middle one (see ``middle``),
    with the words of the voter who gave it. Where votes disagree, the ``bigger`` critic is asked
    for just those dimensions, and has a vote more. Where fewer than two thirds are then near the
    middle, or nobody bigger is there, the score stands with a low confidence, so that a user proxy
    that asks a person when the critics are not sure does ask.

    A voter that fails has no vote, which the votes say. The samples of one ``ModelCritic`` are one
    vote: they share a model, and so its errors. What was measured bounds the panel as it bounds
    each critic.
    """

    def __init__(
        self,
        critics: Sequence[Critic],
        *,
        bigger: Critic | None = None,
        rules: PanelRules = PanelRules(),  # noqa: B008 - frozen
        records: Records | Callable[[], Awaitable[Records]] | None = None,
        name: str = "panel",
    ) -> None:
        """``records`` tells how often each voter agreed with people, to be shown beside its vote.

        It may be a function that finds them when they are first wanted.

        Raises:
            CallError: there is no critic, or the quorum can't be had.
        """
        if not critics:
            raise CallError("there is no critic on the panel", remedy="Give at least two.")
        if not 0 <= rules.quorum <= len(critics):
            raise CallError(f"a quorum of {rules.quorum} can't be had of {len(critics)} critics")
        self.name: str = name
        self._voters = _named([*critics, *([bigger] if bigger else [])])
        self._bigger = self._voters.pop() if bigger else None
        self._rules = replace(rules, quorum=rules.quorum or len(critics) // 2 + 1)
        self._records = None if callable(records) else records
        self._find_records = records if callable(records) else None

    @property
    def scorer(self) -> Scorer:
        """People's, or measured, if all voters are; else a model's."""
        voters = [*self._voters, *([self._bigger] if self._bigger else [])]
        kinds = {scorer_of(voter.critic) for voter in voters}
        return kinds.pop() if len(kinds) == 1 else Scorer.MODEL

    async def review(
        self, task: Task, draft: Draft, execution: Execution, *, history: Sequence[Round]
    ) -> Critique:
        """Score the dimensions of ``task.rubric`` by the voters' votes.

        Raises:
            ModelError: no voter could reach its model.
            BudgetEnded: asking could go over the budget.
        """
        if self._find_records is not None:
            self._records, self._find_records = await self._find_records(), None
        case = _Case(task, draft, execution, tuple(history))
        answers = await _all_of(self._voters, case)
        ballots = {d.name: self._ballot(d, answers) for d in task.rubric.dimensions}
        wanted = [d for d in task.rubric.dimensions if ballots[d.name].is_split]
        notes = _same_models(self._voters)
        if self._bigger is not None and wanted:
            narrowed = replace(task, rubric=replace(task.rubric, dimensions=tuple(wanted)))
            second = await _all_of([self._bigger], replace(case, task=narrowed))
            answers = [*answers, *second]
            ballots |= {d.name: self._ballot(d, answers) for d in wanted}
            names = ", ".join(d.name for d in wanted)
            notes.append(f"{self._bigger.name} was asked, too, for: {names}")
        measured = await MeasuredCritic().review(task, draft, execution, history=())
        return self._critique(case, ballots, answers, measured, notes)

    def _ballot(self, dimension: Dimension, answers: Sequence[_Answer]) -> Ballot:
        found = ((answer.voter.name, answer.score(dimension)) for answer in answers)
        scores = {name: score for name, score in found if score is not None}
        records = self._records
        return decided(
            dimension,
            scores,
            self._rules,
            records={n: records.record(n, dimension.name) for n in scores} if records else {},
            tie_breaker=self._bigger.name if self._bigger else "",
        )

    def _critique(
        self,
        case: _Case,
        ballots: Mapping[str, Ballot],
        answers: Sequence[_Answer],
        measured: Critique,
        notes: Sequence[str],
    ) -> Critique:
        critiques = [answer.critique for answer in answers if answer.critique is not None]
        findings = _told(critiques, ballots)
        bounds = {score.dimension: score for score in measured.scores}
        scores: list[Score] = []
        for dimension in case.task.rubric.dimensions:
            score = replace(ballots[dimension.name].score, by=self.name)
            facts = (*measured.findings, *findings)
            if self.scorer is Scorer.MODEL:
                score = held(score, dimension, facts, bounds[dimension.name])
            scores.append(score)
        failed = [f"{a.voter.name} has no vote: {a.problem}" for a in answers if a.problem]
        spreads = [score.spread for score in scores if score.spread is not None]
        told = [note for critique in critiques for note in critique.notes]
        return Critique(
            critic=self.name,
            scores=tuple(scores),
            findings=findings,
            overall=rubrics.overall(case.task.rubric, scores),
            spread=max(spreads, default=None),
            notes=tuple(dict.fromkeys((*told, *failed, *notes))),
            claims=sum(critique.claims for critique in critiques),
            unsupported=sum(critique.unsupported for critique in critiques),
        )


@dataclass(frozen=True, slots=True)
class _Voter:
    """A critic under a name that no other voter has."""

    name: str
    critic: Critic


@dataclass(frozen=True, slots=True)
class _Case:
    task: Task
    draft: Draft
    execution: Execution
    history: tuple[Round, ...]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one voter said, or why nothing (``problem``)."""

    voter: _Voter
    scores: Mapping[str, Score]
    critique: Critique | None = None
    problem: str = ""
    error: Exception | None = None

    def score(self, dimension: Dimension) -> Score | None:
        """Return its score of ``dimension``, None where it was not asked or did not speak of it."""
        if self.problem:
            return unscored(dimension, self.problem)
        return self.scores.get(dimension.name)


def _named(critics: Sequence[Critic]) -> list[_Voter]:
    seen: Counter[str] = Counter()
    voters: list[_Voter] = []
    for critic in critics:
        seen[critic.name] += 1
        number = seen[critic.name]
        voters.append(_Voter(critic.name if number == 1 else f"{critic.name} #{number}", critic))
    return voters


async def _all_of(voters: Sequence[_Voter], case: _Case) -> list[_Answer]:
    """Ask all at the same time; whose budget has ended, or whose models all fail, is raised."""
    answers: dict[str, _Answer] = {}

    async def ask(voter: _Voter) -> None:
        answers[voter.name] = await _answer(voter, case)

    async with anyio.create_task_group() as group:
        for voter in voters:
            group.start_soon(ask, voter)
    found = [answers[voter.name] for voter in voters]
    errors = [answer.error for answer in found if answer.error is not None]
    for error in errors:
        if isinstance(error, BudgetEnded):
            raise error
    if len(voters) > 1 and len(errors) == len(voters):
        raise errors[0]
    return found


async def _answer(voter: _Voter, case: _Case) -> _Answer:
    try:
        critique = await voter.critic.review(
            case.task, case.draft, case.execution, history=case.history
        )
    except (ModelError, BudgetEnded) as error:
        return _Answer(voter, {}, problem=error.problem, error=error)
    except Exception as error:  # noqa: BLE001 - a voter's own fault costs its vote, and is told
        return _Answer(voter, {}, problem=f"it raised {type(error).__name__}: {error}")
    said = each(critique.scores, case.task.rubric.dimensions, by=voter.name)
    return _Answer(voter, said, critique)


def _told(critiques: Sequence[Critique], ballots: Mapping[str, Ballot]) -> tuple[Finding, ...]:
    """Return what voters found, and of their advice that of those whose score counts."""
    advice = {ballot.score.dimension: ballot.score.advice for ballot in ballots.values()}
    told: list[Finding] = []
    for finding in (finding for critique in critiques for finding in critique.findings):
        is_advice = finding.code.startswith("judged_")
        if is_advice and finding.advice != advice.get(finding.dimension):
            continue
        if finding not in told:
            told.append(finding)
    return tuple(told)


def _same_models(voters: Sequence[_Voter]) -> list[str]:
    models = Counter(v.critic.model_name for v in voters if isinstance(v.critic, OfModel))
    return [
        f"{number} voters ask the same model ({model}): their errors are not independent"
        for model, number in models.items()
        if number > 1
    ]
