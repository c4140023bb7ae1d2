"""Stored runs scored again: nothing written, nothing run, nothing lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from critique_loop.budget import Budget
from critique_loop.checkpoint import Checkpoint, rescored
from critique_loop.critics.combined import CombinedCritic
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.critics.model import ModelCritic
from critique_loop.errors import CallError, ModelError, ModelErrorKind
from critique_loop.ledger import Ledger
from critique_loop.loop import Loop
from critique_loop.models.caching import CachedModel
from critique_loop.protocols import Critic
from critique_loop.proxy import UserProxy
from critique_loop.rescoring import fit, read, rescore, rescorings
from critique_loop.store import RunState, SqliteStore
from critique_loop.testing import ScriptedExecutor, ScriptedModel, ScriptedWriter
from critique_loop.testing.models import Line
from critique_loop.values import (
    Call,
    Choice,
    Critique,
    Decision,
    DecisionKind,
    Dimension,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Outcome,
    OutputFile,
    Reply,
    Round,
    Rubric,
    Scorer,
    Severity,
    StopReason,
    Task,
    TaskKind,
    Usage,
)

pytestmark = pytest.mark.anyio
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
OLD = Rubric(
    "old",
    (
        Dimension("bugs", "Does it run?", gate=True, checks={"run_error": 10.0}),
        Dimension("labels", "Is all labelled?", pass_mark=5.0, checks={"no_title": 2.0}),
    ),
    target=9.5,
)
STRICT = replace(
    OLD,
    name="strict",
    dimensions=(
        OLD.dimensions[0],
        Dimension("labels", "Is all labelled?", gate=True, checks={"no_title": 9.0}),
    ),
    target=9.5,
)
LAX = replace(OLD, name="lax", target=8.0)
JUDGED = Rubric("judged", (Dimension("answer", "Does it answer?", levels={0: "no", 10: "yes"}),))


def drawn(*codes: str, picture: bytes = PNG) -> Execution:
    """Return an execution on which these codes were found."""
    found = tuple(Finding(code, Severity.WARNING, f"{code}!") for code in codes)
    evidence = Evidence(found, checks=("no_title",), picture="chart.png")
    files = (OutputFile("chart.png", "image/png", picture),)
    return Execution(ExecutionStatus.OK, exit_code=0, files=files, evidence=evidence)


EXECUTIONS = {
    "broken": Execution(ExecutionStatus.ERROR, stderr="NameError", evidence=Evidence()),
    "untitled": drawn("no_title"),
    "good": drawn(picture=PNG + b"good"),
}


async def kept(
    store: SqliteStore, *programs: str, run_id: str = "old", kind: TaskKind = TaskKind.CHART
) -> Outcome:
    loop = Loop(
        writer=ScriptedWriter(programs),
        executor=ScriptedExecutor(EXECUTIONS),
        critic=MeasuredCritic(),
        proxy=UserProxy(),
        store=store,
    )
    return await loop.run(Task("g", OLD, kind=kind), run_id=run_id)


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "traces.db")


def judge(store: SqliteStore, lines: Sequence[Line]) -> tuple[Critic, ScriptedModel]:
    model = ScriptedModel(lines, cost_usd=0.25)
    cached = CachedModel(model, store)
    return CombinedCritic([MeasuredCritic(), ModelCritic(cached)]), model


YES = '{"answer": {"evidence": "The program says `good`.", "advice": "", "score": 10}}'
# With the picture the prompt has more tokens than without: the model is shown it.
SEES = [Reply((Choice("yes"),), "scripted", usage=Usage(tokens, 1)) for tokens in (99, 20)]


async def test_measured_dimensions_are_scored_from_the_stored_evidence(store: SqliteStore) -> None:
    await kept(store, "broken", "untitled", "good")

    found = await rescore(store, "old", rubric=STRICT, critic=MeasuredCritic(), run_id="new")

    labels = [
        [s.value for s in turn.after.scores if s.dimension == "labels"] for turn in found.rounds
    ]
    assert labels == [[None], [1.0], [10.0]]
    assert [turn.before.overall for turn in found.rounds] == [None, 9.0, 10.0]
    assert [turn.after.overall for turn in found.rounds] == [None, 5.5, 10.0]
    assert (found.id, found.run_id, found.critic) == ("new", "old", "measured")
    assert (found.accepted_before, found.accepted_now) == (3, 3)
    assert found.complete
    assert found.stopped_because is StopReason.ROUNDS
    assert found.spend.calls == 0


async def test_whether_acceptance_would_change_is_told(store: SqliteStore) -> None:
    await kept(store, "broken", "untitled", "good")

    found = await rescore(store, "old", rubric=LAX, critic=MeasuredCritic())

    assert (found.accepted_before, found.accepted_now) == (3, 2)
    assert [turn.accepts for turn in found.rounds] == [False, True, True]


async def test_nothing_is_overwritten(store: SqliteStore) -> None:
    await kept(store, "untitled", "good")
    before = [event async for event in store.events("old")]

    first = await rescore(store, "old", rubric=STRICT, critic=MeasuredCritic())
    second = await rescore(store, "old", rubric=LAX, critic=MeasuredCritic())

    assert [event async for event in store.events("old")] == before
    listed = await rescorings(store, "old")
    assert [each.id for each in listed] == [first.id, second.id]
    assert listed == (first, second)
    assert first.rubric_sha256 != second.rubric_sha256
    assert first.at <= second.at
    assert await read(store, first.id) == first
    outcome = await store.outcome("old")
    assert [turn.critique.overall for turn in outcome.rounds] == [9.0, 10.0]


async def test_rounds_can_be_had_with_the_new_critiques(store: SqliteStore) -> None:
    outcome = await kept(store, "untitled", "good")
    found = await rescore(store, "old", rubric=STRICT, critic=MeasuredCritic())
    events = [event async for event in store.events(found.id)]

    rounds = rescored(outcome.rounds, Checkpoint.of(found.id, events))

    assert [turn.code for turn in rounds] == ["untitled", "good"]
    assert [turn.critique for turn in rounds] == [turn.after for turn in found.rounds]


async def test_a_model_sees_the_stored_picture_and_is_paid_for_once(store: SqliteStore) -> None:
    await kept(store, "good")
    critic, model = judge(store, [*SEES, YES])

    first = await rescore(store, "old", rubric=JUDGED, critic=critic)
    again = await rescore(store, "old", rubric=JUDGED, critic=judge(store, [])[0])

    (turn,) = first.rounds
    assert [(score.dimension, score.value) for score in turn.after.scores] == [("answer", 10.0)]
    shown = [p.data for request in model.asked for m in request.messages for p in m.pictures]
    assert PNG + b"good" in shown
    assert again.spend.cost_usd == 0
    calls = [e.body for e in [e async for e in store.events(first.id)] if isinstance(e.body, Call)]
    assert calls
    assert {call.role for call in calls} == {"critic"}
    assert (first.spend.cost_usd or 0) > 0


async def test_a_budget_that_ends_keeps_what_was_scored(store: SqliteStore) -> None:
    await kept(store, "untitled", "good")
    critic, _ = judge(store, [YES])
    ledger = Ledger(Budget(max_rounds=None, max_time_s=None, max_calls=0))

    found = await rescore(store, "old", rubric=JUDGED, critic=critic, ledger=ledger)

    assert found.stopped_because is StopReason.CALLS
    assert not found.complete
    assert "0 of 0 calls" in found.message


async def test_a_model_that_is_gone_ends_it_with_that_reason(store: SqliteStore) -> None:
    await kept(store, "good")
    gone = ModelError(ModelErrorKind.CONNECTION, "nobody answers")
    critic, _ = judge(store, [gone])

    found = await rescore(store, "old", rubric=JUDGED, critic=critic)

    assert found.stopped_because is StopReason.MODEL_UNAVAILABLE
    assert found.message == "nobody answers"


async def test_it_stops_after_a_round_when_it_is_asked_to(store: SqliteStore) -> None:
    await kept(store, "untitled", "good")
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 1

    found = await rescore(store, "old", rubric=STRICT, critic=MeasuredCritic(), stop_requested=stop)

    assert [turn.number for turn in found.rounds] == [1]
    assert found.stopped_because is StopReason.INTERRUPTED


async def test_an_error_of_a_critic_goes_on_and_the_trace_says_that_it_ended(
    store: SqliteStore,
) -> None:
    class Broken(MeasuredCritic):
        async def review(
            self, task: Task, draft: Draft, execution: Execution, *, history: Sequence[Round]
        ) -> Critique:
            del task, draft, execution, history
            raise RuntimeError("bug")

    await kept(store, "good")

    with pytest.raises(RuntimeError, match="bug"):
        await rescore(store, "old", rubric=STRICT, critic=Broken(), run_id="new")

    (summary,) = [each for each in await store.runs() if each.run_id == "new"]
    assert summary.state is RunState.ENDED
    assert summary.stopped_because is StopReason.INTERRUPTED


async def test_a_program_that_a_person_forbade_stays_unscored(store: SqliteStore) -> None:
    class Forbidding(UserProxy):
        async def approve(
            self, task: Task, draft: Draft, *, history: Sequence[Round]
        ) -> Decision | None:
            del task, history
            no = Decision(DecisionKind.REFINE, by="person")
            return no if draft.code == "untitled" else None

    loop = Loop(
        writer=ScriptedWriter(["untitled", "good"]),
        executor=ScriptedExecutor(EXECUTIONS),
        critic=MeasuredCritic(),
        proxy=Forbidding(),
        store=store,
    )
    await loop.run(Task("g", OLD), run_id="old")

    found = await rescore(store, "old", rubric=LAX, critic=MeasuredCritic())

    assert [turn.after.overall for turn in found.rounds] == [None, 10.0]
    assert found.rounds[0].after.critic == "person"


# ------------------------------------------------------------------ rubrics that don't fit


UNMEASURED = Dimension("colours", "?", checks={"low_contrast": 1.0})


@pytest.mark.parametrize(
    ("rubric", "said"),
    [
        (Rubric("r", (UNMEASURED,)), "colours: not checked: low_contrast"),
        (JUDGED, "answer: it is for a model or a person to score"),
        (Rubric("r", (Dimension("d", "?", applies_to=(TaskKind.CODE,)),)), "is for a chart task"),
    ],
    ids=["never measured", "to be judged", "another kind of task"],
)
async def test_a_rubric_of_which_nothing_can_be_scored_is_refused(
    store: SqliteStore, rubric: Rubric, said: str
) -> None:
    await kept(store, "untitled", "good")

    with pytest.raises(CallError) as refused:
        await rescore(store, "old", rubric=rubric, critic=MeasuredCritic())

    assert said in refused.value.problem
    assert refused.value.remedy
    assert await rescorings(store, "old") == ()


async def test_what_stays_unscored_is_said_with_its_reason(store: SqliteStore) -> None:
    outcome = await kept(store, "broken", "good")
    rubric = replace(LAX, dimensions=(*LAX.dimensions, UNMEASURED))

    fitted = await fit(outcome.task, outcome.rounds, rubric, MeasuredCritic())
    found = await rescore(store, "old", rubric=rubric, critic=MeasuredCritic())

    assert fitted.warnings == (
        "labels stays unscored in round 1: not checked: no_title",
        "colours stays unscored in every round: not checked: low_contrast",
    )
    assert [turn.after.overall for turn in found.rounds] == [None, None]
    assert found.accepted_now is None


async def test_what_a_model_may_score_is_no_reason_to_warn(store: SqliteStore) -> None:
    outcome = await kept(store, "good")
    critic, _ = judge(store, [])

    fitted = await fit(outcome.task, outcome.rounds, JUDGED, critic)

    assert fitted.warnings == ()


async def test_what_only_a_person_may_score_is_said_beside_a_model_too(store: SqliteStore) -> None:
    outcome = await kept(store, "good")
    taste = Dimension("taste", "?", scored_by=(Scorer.PERSON,))
    rubric = replace(JUDGED, dimensions=(*JUDGED.dimensions, taste))

    fitted = await fit(outcome.task, outcome.rounds, rubric, judge(store, [])[0])

    assert fitted.warnings == ("taste stays unscored until a person scores it",)


async def test_scores_of_a_run_that_is_elsewhere_say_so(store: SqliteStore, tmp_path: Path) -> None:
    await kept(store, "good")
    await rescore(store, "old", rubric=LAX, critic=MeasuredCritic(), run_id="new")
    alone = SqliteStore(tmp_path / "other.db")
    async for event in store.events("new"):
        await alone.append(event)

    with pytest.raises(CallError, match="run old, which is not in this store"):
        await read(alone, "new")


async def test_a_run_without_a_round_can_not_be_scored(store: SqliteStore) -> None:
    await kept(store)

    with pytest.raises(CallError, match="no round whose program was run"):
        await rescore(store, "old", rubric=LAX, critic=MeasuredCritic())


async def test_a_rescoring_is_no_run(store: SqliteStore) -> None:
    await kept(store, "good")
    await rescore(store, "old", rubric=LAX, critic=MeasuredCritic(), run_id="new")
    loop = Loop(
        writer=ScriptedWriter([]),
        executor=ScriptedExecutor(),
        critic=MeasuredCritic(),
        proxy=UserProxy(),
        store=store,
    )

    with pytest.raises(CallError, match="holds new scores of run old"):
        await rescore(store, "new", rubric=LAX, critic=MeasuredCritic())
    with pytest.raises(CallError, match="holds new scores of run old"):
        await loop.resume("new")
    with pytest.raises(CallError, match="holds new scores of run old"):
        await loop.branch("new", from_round=1)
    with pytest.raises(CallError, match="run old is no rescoring"):
        await read(store, "old")
    with pytest.raises(CallError, match="no run has the id"):
        await read(store, "nobody")
