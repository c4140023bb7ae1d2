"""A panel: who is asked, what it costs, whose word counts, and what bounds it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import anyio
import pytest

from critique_loop.budget import Budget
from critique_loop.critics.callable import FunctionCritic
from critique_loop.critics.combined import CombinedCritic
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.critics.model import ModelCritic
from critique_loop.critics.panel import Panel
from critique_loop.critics.person import PersonCritic
from critique_loop.critics.votes import PanelRules
from critique_loop.errors import BudgetEnded, CallError, ModelError, ModelErrorKind
from critique_loop.ledger import Ledger
from critique_loop.protocols import Critic
from critique_loop.proxy.questions import unsure
from critique_loop.testing import ScriptedModel
from critique_loop.values import (
    Critique,
    Dimension,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Round,
    Rubric,
    Score,
    Scorer,
    Severity,
    Task,
)

PLAIN, CLEAR = Dimension("plain", "?"), Dimension("clear", "?")
GATE = Dimension("gate", "?", checks={"wrong": 5.0}, gate=True)
TASK = Task("g", Rubric("r", (PLAIN, CLEAR)))
DRAFT = Draft("x = 1\n", "w")
RAN = Execution(ExecutionStatus.OK, evidence=Evidence(checks=("wrong",)))


class Voter:
    """Gives fixed marks; notes which dimensions it was asked for."""

    def __init__(self, name: str, **marks: float | None) -> None:
        self.name = name
        self.marks = marks
        self.asked: list[str] = []
        self.findings: tuple[Finding, ...] = ()

    async def review(
        self, task: Task, draft: Draft, execution: Execution, *, history: Sequence[Round]
    ) -> Critique:
        del draft, execution, history
        self.asked += [dimension.name for dimension in task.rubric.dimensions]
        scores = tuple(Score(name, mark, 0.0) for name, mark in self.marks.items())
        return Critique(self.name, scores, self.findings, notes=("read",), claims=1)


class Failing(Voter):
    def __init__(self, name: str, error: Exception) -> None:
        super().__init__(name)
        self.error = error

    async def review(
        self, task: Task, draft: Draft, execution: Execution, *, history: Sequence[Round]
    ) -> Critique:
        del task, draft, execution, history
        raise self.error


def review(critic: Critic, task: Task = TASK, execution: Execution = RAN) -> Critique:
    async def main() -> Critique:
        return await critic.review(task, DRAFT, execution, history=())

    return anyio.run(main)


def marks(critique: Critique) -> list[float | None]:
    return [score.value for score in critique.scores]


def test_the_middle_vote_counts_on_each_dimension() -> None:
    voters = [
        Voter("a", plain=8.0, clear=3.0),
        Voter("b", plain=7.0, clear=3.0),
        Voter("c", plain=9.0, clear=2.0),
    ]

    critique = review(Panel(voters))

    assert marks(critique) == [8.0, 3.0]
    assert [(vote.by, vote.value) for vote in critique.scores[0].votes] == [
        ("a", 8.0),
        ("b", 7.0),
        ("c", 9.0),
    ]
    assert [score.spread for score in critique.scores] == [2.0, 1.0]
    assert {score.by for score in critique.scores} == {"panel"}
    assert (critique.overall, critique.spread, critique.claims) == (5.5, 2.0, 3)
    assert not critique.scores[1].passed
    assert critique.notes == ("read",)


def test_voters_are_asked_at_the_same_time() -> None:
    met = 0
    both = anyio.Event()

    async def meet(*_: object) -> float:
        nonlocal met
        met += 1
        if met == 2:
            both.set()
        with anyio.fail_after(5):
            await both.wait()
        return 8.0

    async def main() -> Critique:
        nonlocal both
        both = anyio.Event()
        task = replace(TASK, rubric=Rubric("r", (PLAIN,)))
        panel = Panel([FunctionCritic(meet), FunctionCritic(meet)])
        return await panel.review(task, DRAFT, RAN, history=())

    assert marks(anyio.run(main)) == [8.0]


def test_the_bigger_critic_is_asked_for_what_they_disagree_on_alone() -> None:
    bigger = Voter("big", plain=8.0, clear=9.0)
    voters = [Voter("a", plain=2.0, clear=8.0), Voter("b", plain=9.0, clear=8.0)]

    critique = review(Panel(voters, bigger=bigger))

    assert bigger.asked == ["plain"]
    assert marks(critique) == [8.0, 8.0]
    assert [len(score.votes) for score in critique.scores] == [3, 2]
    assert critique.scores[0].confidence == pytest.approx(2 / 3, abs=1e-4)
    assert "big was asked, too, for: plain" in critique.notes


def test_where_they_agree_nobody_bigger_is_paid() -> None:
    bigger = Voter("big", plain=8.0)

    review(
        Panel([Voter("a", plain=8.0, clear=8.0), Voter("b", plain=7.0, clear=6.0)], bigger=bigger)
    )

    assert bigger.asked == []


@pytest.mark.parametrize("bigger", [None, Voter("big", plain=5.5)])
def test_where_they_stay_apart_a_person_is_to_be_asked(bigger: Voter | None) -> None:
    voters = [Voter("a", plain=2.0, clear=8.0), Voter("b", plain=9.0, clear=8.0)]

    critique = review(Panel(voters, bigger=bigger))

    said = unsure(critique, below=0.6, apply_above=0.0)
    assert "plain" in said
    assert "clear" not in said


def test_who_fails_has_no_vote_and_the_others_decide() -> None:
    gone = Failing("gone", ModelError(ModelErrorKind.CONNECTION, "no route"))
    broken = Failing("broken", ZeroDivisionError("by zero"))
    voters = [Voter("a", plain=8.0, clear=8.0), gone, Voter("b", plain=8.0, clear=7.0), broken]

    critique = review(Panel(voters, rules=PanelRules(quorum=2)))

    assert marks(critique) == [8.0, 7.0]
    assert [vote.unscored for vote in critique.scores[0].votes] == [
        "",
        "no route",
        "",
        "it raised ZeroDivisionError: by zero",
    ]
    assert "gone has no vote: no route" in critique.notes


def test_more_than_half_have_to_vote() -> None:
    gone = Failing("gone", ModelError(ModelErrorKind.CONNECTION, "no route"))

    critique = review(Panel([Voter("a", plain=10.0, clear=10.0), gone]))

    assert marks(critique) == [None, None]
    assert critique.scores[0].unscored == ("1 of 2 voters scored it, 2 are needed (gone: no route)")


def test_where_no_voter_reaches_its_model_the_loop_is_told() -> None:
    voters = [Failing(n, ModelError(ModelErrorKind.CONNECTION, "no route")) for n in "ab"]

    with pytest.raises(ModelError, match="no route"):
        review(Panel(voters))


def said(score: int) -> str:
    entry = {"evidence": "`x = 1`", "advice": f"from {score}", "score": score}
    return json.dumps({"plain": entry, "clear": entry})


def judge(name: str, score: int) -> ModelCritic:
    return ModelCritic(ScriptedModel([said(score)] * 3, name=name, cost_usd=1.0))


def test_all_voters_are_paid_from_one_budget() -> None:
    panel = Panel([judge("a", 8), judge("b", 9), judge("c", 7)])

    async def main(budget: Budget) -> Ledger:
        ledger = Ledger(budget)
        with ledger.active():
            await panel.review(TASK, DRAFT, RAN, history=())
        return ledger

    spend = anyio.run(main, Budget(max_cost_usd=3.0)).spend()

    assert (spend.calls, spend.cost_usd) == (3, 3.0)
    with pytest.raises(BudgetEnded):
        anyio.run(main, Budget(max_cost_usd=2.0))


def test_the_advice_that_is_told_is_that_of_the_score_that_counts() -> None:
    critique = review(Panel([judge("a", 8), judge("b", 5), judge("c", 4)]))

    assert marks(critique) == [5.0, 5.0]
    assert {finding.advice for finding in critique.findings} == {"from 5"}
    assert len(critique.findings) == 2


def test_the_same_model_twice_is_noted_and_each_has_its_own_name() -> None:
    critique = review(Panel([judge("a", 8), judge("a", 8)]))

    assert [vote.by for vote in critique.scores[0].votes] == [
        "chart_critic (a)",
        "chart_critic (a) #2",
    ]
    assert "2 voters ask the same model (a): their errors are not independent" in critique.notes


def test_a_voters_record_stands_beside_its_vote() -> None:
    class Known:
        def record(self, critic: str, dimension: str) -> str:
            return f"kappa of {critic} on {dimension}"

    critique = review(Panel([Voter("a", plain=8.0), Voter("b", plain=8.0)], records=Known()))

    assert critique.scores[0].votes[1].record == "kappa of b on plain"


GATED = replace(TASK, rubric=Rubric("r", (PLAIN, GATE)))
FLATTERERS = [Voter(name, plain=10.0, gate=10.0) for name in "abc"]


def test_no_majority_lifts_a_measured_gate() -> None:
    wrong = Finding("wrong", Severity.ERROR, "it is")
    failed = replace(RAN, evidence=Evidence((wrong,), checks=("wrong",)))
    unseen = replace(RAN, evidence=Evidence())

    for panel in (Panel(FLATTERERS), CombinedCritic([MeasuredCritic(), Panel(FLATTERERS)])):
        assert marks(review(panel, GATED, failed)) == [10.0, 5.0]
        assert marks(review(panel, GATED, unseen)) == [10.0, None]
        assert marks(review(panel, GATED, RAN)) == [10.0, 10.0]


def test_a_panel_is_people_if_all_voters_are() -> None:
    async def ask(*_: object) -> dict[str, float]:
        return {"plain": 9.0}

    people = [PersonCritic(ask, name=name, dimensions=["plain"]) for name in ("Ada", "Bo")]

    assert Panel(people).scorer is Scorer.PERSON
    assert Panel([*people, Voter("a")]).scorer is Scorer.MODEL
    assert Panel(people, bigger=Voter("a")).scorer is Scorer.MODEL


def test_a_panel_of_nobody_and_a_quorum_of_too_many_are_refused() -> None:
    with pytest.raises(CallError, match="no critic on the panel"):
        Panel([])
    with pytest.raises(CallError, match="a quorum of 3"):
        Panel(FLATTERERS[:2], rules=PanelRules(quorum=3))
