"""The user proxy: a rule that decides, and a person who may be asked and may overrule it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from critique_loop import rubric as rubrics
from critique_loop.budget import UNLIMITED, Budget
from critique_loop.errors import BudgetEnded, CallError
from critique_loop.ledger import current
from critique_loop.proxy import advising, answers, extending, questions
from critique_loop.proxy.asks import Ask, never
from critique_loop.proxy.guarding import start_of
from critique_loop.proxy.once import ask_once
from critique_loop.proxy.questions import Moment
from critique_loop.proxy.stuck import why_stuck
from critique_loop.values import (
    Answer,
    Choices,
    Decision,
    DecisionKind,
    Draft,
    Question,
    QuestionKind,
    Round,
    Spend,
    StopReason,
    Task,
)


@dataclass(frozen=True, slots=True)
class Asking:
    """When a person is asked, and what is done unasked.

    ``at`` are the moments. Findings of at least the confidence ``apply_above`` are applied unasked;
    a person chooses among the others, and where nobody is asked they are left out unless there is
    nothing else to say. At CONFIDENCE a person is asked when there are such others, or a score with
    a confidence under ``confidence_below`` (None: scores don't count). ``gates_first``: while gates
    fail, the writer is told only what is wrong with them, and of the rest that it comes later.
    """

    at: frozenset[QuestionKind] = frozenset({QuestionKind.STUCK})
    apply_above: float = 0.8
    confidence_below: float | None = None
    gates_first: bool = True

    def __post_init__(self) -> None:
        """Refuse confidences out of range.

        Raises:
            CallError: one is not from 0 to 1.
        """
        for name in ("apply_above", "confidence_below"):
            value: float | None = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise CallError(f"{name} is {value}", remedy="Confidences go from 0 to 1.")


class UserProxy:
    """Accepts when the rubric's rule is met, else refines until the budget ends or it is stuck.

    A round that breaks a gate which the best one before it passed is taken back: the decision says
    from which round to go on. Stuck means: the same program again (comments, layout and the like
    aside), or ``patience`` rounds in a row that are no better than the best before them. With
    ``escalate`` a stuck loop first gets a bigger model for the writer, once. A person may be asked
    at the moments that ``asking`` names. What they say outranks the rule, gates and the end of the
    budget, and the trace says that it was them.
    """

    def __init__(
        self,
        *,
        budget: Budget | None = None,
        patience: int = 3,
        ask: Ask = never,
        asking: Asking | None = None,
        escalate: bool = False,
    ) -> None:
        """Keep the budget (default: 6 rounds, 300 s), the patience in rounds and who is asked.

        Raises:
            CallError: programs are to be approved, and there is nobody to ask.
        """
        self.budget: Budget = budget or Budget()
        self.asking: Asking = asking or Asking()
        self._patience = patience
        self._ask = ask
        self._escalate = escalate
        if QuestionKind.APPROVAL in self.asking.at and ask is never:
            raise CallError(
                "programs are to be approved before they run, and nobody is asked",
                remedy="Say whom to ask.",
            )

    async def approve(
        self, task: Task, draft: Draft, *, history: Sequence[Round]
    ) -> Decision | None:
        """Return None where ``draft`` may run, else what a person wants instead of that."""
        if QuestionKind.APPROVAL not in self.asking.at:
            return None
        answer = await ask_once(self._ask, questions.approval(task, draft, len(history) + 1))
        if answer.choice == Choices.RUN:
            return None
        if answer.choice == Choices.STOP:
            said = answer.text or "The program was not allowed to run."
            return Decision(DecisionKind.STOP, reason=StopReason.PERSON, advice=said, by=answer.by)
        code = answer.code if answer.choice == Choices.EDIT else ""
        return Decision(DecisionKind.REFINE, advice=answer.text, by=answer.by, code=code)

    async def put_off(self, task: Task, history: Sequence[Round], *, ended: BudgetEnded) -> bool:
        """Return whether a person gives more budget to a call that did not fit, and give it."""
        if self._ask is never or QuestionKind.BUDGET not in self.asking.at:
            return False
        amount = max(extending.extension(self.budget, ended.reason), ended.wanted)
        more = extending.in_words(amount, ended.reason)
        prompt = f"{ended.problem}. Stop, or go on (refine) with {more}?"
        answer = await ask_once(self._ask, questions.more_budget(task, len(history) + 1, prompt))
        if answer.choice != Choices.REFINE:
            return False
        spent = current().spend(len(history))
        current().budget = extending.extended(self._limits(), ended.reason, amount, spent)
        return True

    async def decide(self, task: Task, rounds: Sequence[Round], *, spent: Spend) -> Decision:
        """Say what happens after the last of ``rounds``."""
        turn = rounds[-1]
        moment = self._moment(task, rounds, spent)
        question = self._question(task, turn, moment)
        if question is None:
            return moment.decision
        answer = await ask_once(self._ask, question)
        if answer.choice != Choices.RESCORE:
            return self._said(moment, turn, answer, spent)
        marks = answers.rescored(task.rubric, turn.critique, answer.scores, by=answer.by)
        turn = replace(turn, critique=marks)
        moment = self._moment(task, (*rounds[:-1], turn), spent)
        decision = await self._after_rescoring(task, turn, moment, answer, spent=spent)
        return replace(decision, critique=marks)

    async def _after_rescoring(
        self, task: Task, turn: Round, moment: Moment, answer: Answer, *, spent: Spend
    ) -> Decision:
        """Apply the rule again; where it says to end unaccepted, ask again, which is once."""
        ending = moment.kind in (QuestionKind.BUDGET, QuestionKind.STUCK)
        question = self._question(task, turn, moment) if ending else None
        if question is None:
            return replace(moment.decision, by=answer.by)
        answer = await ask_once(self._ask, questions.again(question))
        return self._said(moment, turn, answer, spent)

    def _moment(self, task: Task, rounds: Sequence[Round], spent: Spend) -> Moment:
        """Return what the rule decides."""
        critique = rounds[-1].critique
        if rubrics.accepts(task.rubric, critique.scores):
            accept = Decision(DecisionKind.ACCEPT, reason=StopReason.ACCEPTED)
            prompt = "The criteria are met. Accept it, or say what to change?"
            return Moment(QuestionKind.ACCEPT, accept, prompt)
        ended = self._limits().ended_by(spent)
        if ended is not None:
            more = extending.in_words(extending.extension(self.budget, ended), ended)
            prompt = f"The budget has ended ({ended.value}). Stop, or refine with {more}?"
            return Moment(QuestionKind.BUDGET, Decision(DecisionKind.STOP, reason=ended), prompt)
        refine = self._refined(task, rounds)
        why = why_stuck(task, rounds, self._patience)
        if not why:
            return Moment(None, refine, "Go on by itself, or say what to change?")
        if self._may_escalate(rounds):
            return Moment(None, replace(refine, kind=DecisionKind.ESCALATE, role="writer"), why)
        stop = Decision(DecisionKind.STOP, reason=StopReason.STUCK, advice=why)
        return Moment(QuestionKind.STUCK, stop, f"{why}. Stop, or say what to change?")

    def _refined(self, task: Task, rounds: Sequence[Round]) -> Decision:
        """Return what is to be mended, and where."""
        start = start_of(task.rubric, rounds)
        critique = start.round.critique
        every = advising.by_rule(critique, self.asking.apply_above)
        focus = advising.gates_to_mend(task.rubric, critique, every)
        focus = focus if self.asking.gates_first else ()
        selection = advising.focused(critique, every, focus)
        said = (
            start.why,
            advising.advice(critique, selection),
            advising.later(every, selection),
        )
        return Decision(
            DecisionKind.REFINE,
            advice="\n".join(filter(None, said)),
            applied=selection.applied,
            skipped=selection.skipped,
            focus=focus,
            back_to=start.back_to,
        )

    def _may_escalate(self, rounds: Sequence[Round]) -> bool:
        return self._escalate and all(
            turn.decision.kind is not DecisionKind.ESCALATE for turn in rounds
        )

    def _limits(self) -> Budget:
        """Return the budget of this run, which a person may have extended."""
        lent = current().budget
        return self.budget if lent is UNLIMITED else lent

    def _question(self, task: Task, turn: Round, moment: Moment) -> Question | None:
        if self._ask is never:
            return None
        settings = self.asking
        below = settings.confidence_below
        doubt = questions.unsure(turn.critique, below=below, apply_above=settings.apply_above)
        kind = moment.kind
        if kind not in settings.at:
            kind = QuestionKind.CONFIDENCE if doubt else None
        if kind is None or kind not in settings.at:
            return None
        asked = replace(moment, prompt=f"{doubt} {moment.prompt}".strip())
        return questions.about_round(kind, asked, task, turn, apply_above=settings.apply_above)

    def _said(self, moment: Moment, turn: Round, answer: Answer, spent: Spend) -> Decision:
        """Return what somebody decided in place of the rule."""
        ruled = moment.decision
        if answer.by == "default":
            return replace(ruled, by=answer.by)
        if answer.choice == Choices.ACCEPT:
            return Decision(DecisionKind.ACCEPT, reason=StopReason.ACCEPTED, by=answer.by)
        if answer.choice == Choices.STOP:
            reason = ruled.reason if ruled.kind is DecisionKind.STOP else StopReason.PERSON
            said = answer.text or ruled.advice
            return Decision(DecisionKind.STOP, reason=reason, advice=said, by=answer.by)
        if moment.kind is QuestionKind.BUDGET and ruled.reason is not None:
            amount = extending.extension(self.budget, ruled.reason)
            current().budget = extending.extended(self._limits(), ruled.reason, amount, spent)
        selection = advising.chosen(turn.critique, self.asking.apply_above, answer)
        said = (answer.text, advising.advice(turn.critique, selection))
        return Decision(
            DecisionKind.REFINE,
            advice="\n".join(filter(None, said)),
            by=answer.by,
            code=answer.code if answer.choice == Choices.EDIT else "",
            applied=selection.applied,
            skipped=selection.skipped,
        )
