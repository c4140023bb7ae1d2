"""What the loop's benchmark rests on: its simulated worlds, its strategies and its intervals."""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import loop_value_simulated
import pytest
from loop_value_maths import difference, ratio
from loop_value_models import SimulatedModel
from loop_value_parts import PartsWriter, parts_of, with_parts_off
from loop_value_runs import Ran, Way, figures, gain, simulate
from loop_value_simulated import Size
from loop_value_strategies import Strategy, ToldWriter
from loop_value_tables import gain_cell, verdict
from loop_value_worlds import CODES, SimulatedExecutor, World, cases, program, state_of

from critique_loop import rubric as rubrics
from critique_loop.budget import Budget
from critique_loop.data import profile
from critique_loop.errors import WriterGaveUp
from critique_loop.testing import ScriptedWriter
from critique_loop.values import (
    Critique,
    Draft,
    Execution,
    ExecutionStatus,
    Finding,
    Lesson,
    Message,
    Request,
    Round,
    Severity,
    Task,
)

pytestmark = pytest.mark.anyio
SIX = Budget(max_rounds=None, max_time_s=None, max_calls=6)
PERFECT = World(skill=0.1, fix=1.0, breaks=0.0, attention=99, sees=1.0, false_alarms=0.0)


def ran(*, right: bool, accepted: bool = True, first: bool = False, calls: int = 2) -> Ran:
    return Ran(accepted, right, first, calls, 10 * calls, calls)


def test_a_ratio_is_that_of_the_sums_and_its_interval_holds_it() -> None:
    above, below = [[2.0, 4.0], [6.0, 0.0]], [[0.5, 1.0], [0.5, 1.0]]

    found = ratio(above, below)

    assert found.value == 4.0
    assert found.low is not None
    assert found.high is not None
    assert found.low <= 4.0 <= found.high
    assert ratio(above, below) == found


def test_equal_cells_have_no_interval_and_nothing_below_has_no_ratio() -> None:
    assert ratio([[0.5] * 3] * 4) == (0.5, 0.5, 0.5)
    assert ratio([[1.0]], [[0.0]]) == (None, None, None)


def test_a_cost_that_some_resamples_can_not_tell_has_no_upper_end() -> None:
    found = ratio([[1.0] * 4] * 2, [[1.0, 0.0, 0.0, 0.0]] * 2)

    assert (found.value, found.high) == (4.0, None)


def test_a_difference_is_paired_cell_by_cell() -> None:
    one = [[1.0, 0.0, 1.0], [1.0, 0.0, 1.0]]

    assert difference(one, one) == (0.0, 0.0, 0.0)
    assert difference(one, [[0.0, -1.0, 0.0]] * 2) == (1.0, 1.0, 1.0)


def test_figures_are_counted_by_their_definitions() -> None:
    runs = [
        [
            ran(right=True, first=True, calls=1),
            ran(right=False, first=True, calls=3),
            ran(right=True, calls=2),
            ran(right=True, accepted=False, calls=6),
        ]
    ]

    found = figures(runs)

    assert found.accepted.value == 0.75
    assert found.right.value == 0.75
    assert found.wrongly_accepted.value == 0.25
    assert (found.lost.value, found.gained.value) == (0.25, 0.5)
    assert found.calls.value == 3.0
    assert found.calls_a_result.value == 6.0
    assert found.tokens_a_result.value == 60.0


def test_the_oracle_reads_what_the_critic_does_not_see() -> None:
    (case,) = cases(World(sees=0.0), 1)
    wrong = program([case.codes[1]], random.Random(1))  # noqa: S311 - a simulation
    manner = program([case.manners[0]], random.Random(1))  # noqa: S311 - a simulation

    assert state_of(wrong) == (case.codes[1],)
    assert not case.is_right(wrong)
    assert case.is_right(manner)


async def test_what_is_seen_and_what_is_fancied_is_found_and_a_crash_is_a_traceback() -> None:
    (case,) = cases(World(sees=1.0, false_alarms=1.0), 1)
    crash, silent = case.codes[0], case.codes[1]
    code = program([crash, silent], random.Random(1))  # noqa: S311 - a simulation

    execution = await SimulatedExecutor(case).run(Draft(code, "w"))

    assert execution.status is ExecutionStatus.ERROR
    assert execution.stderr.endswith(f"RuntimeError: {crash}\n")
    assert execution.evidence is not None
    found = {finding.code for finding in execution.evidence.findings}
    assert found == {crash, silent, *case.fancied}
    assert not set(case.fancied) & set(case.codes)


@pytest.mark.slow
async def test_fresh_drafts_are_right_as_often_as_is_set() -> None:
    world = World(skill=0.3, spread=0.0)
    found = cases(world, 40)
    request = Request((Message("user", "write"),))

    right = [
        case.is_right((await SimulatedModel(world, case, seed).complete(request)).text)
        for case in found
        for seed in range(40)
    ]

    assert statistics.fmean(right) == pytest.approx(0.3, abs=0.03)


async def test_a_perfect_critique_of_a_perfect_writer_takes_two_calls() -> None:
    found = cases(PERFECT, 6)

    runs = await simulate(PERFECT, Way(Strategy.TRUE), found, seed=1, budget=SIX)

    assert all(one.accepted and one.right for one in runs)
    assert max(one.calls for one in runs) == 2


async def test_a_writer_that_can_not_follow_advice_gains_nothing_by_it() -> None:
    world = replace(PERFECT, fix=0.0)
    found = cases(world, 6)

    refined = await simulate(world, Way(Strategy.TRUE), found, seed=1, budget=SIX)
    once = await simulate(world, Way(Strategy.ONE_SHOT), found, seed=1, budget=SIX)

    assert [one.right for one in refined] == [one.right for one in once]
    assert gain([refined], [once]).value == 0.0


async def test_every_strategy_begins_with_the_same_drafts_and_keeps_to_the_budget() -> None:
    found = cases(World(), 5)

    runs = {
        strategy: await simulate(World(), Way(strategy), found, seed=2, budget=SIX)
        for strategy in Strategy
    }

    first = {strategy: [one.first_right for one in row] for strategy, row in runs.items()}
    assert len({tuple(right) for right in first.values()}) == 1
    assert max(one.calls for row in runs.values() for one in row) == 6


async def test_no_run_takes_more_tokens_than_it_may() -> None:
    tokens = Budget(max_rounds=None, max_time_s=None, max_tokens=4000)

    runs = await simulate(World(), Way(Strategy.TRUE), cases(World(), 5), seed=2, budget=tokens)

    assert max(one.tokens for one in runs) <= 4000
    assert max(one.calls for one in runs) > 1


class Listening(ScriptedWriter):
    """Keeps what it was told last."""

    told: tuple[Round, ...] = ()

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        del task, lessons
        self.told = tuple(history)
        return Draft("x", self.name)


def attempt(number: int, mark: float, *, failed: bool = False) -> Round:
    critique = Critique(f"of {number}", (), (Finding("true", Severity.ERROR, "m"),), overall=mark)
    status = ExecutionStatus.ERROR if failed else ExecutionStatus.OK
    return Round(number, Draft("x", "w"), Execution(status, stderr="E"), critique)


OTHER = Critique("other", (), (Finding("foreign", Severity.ERROR, "m"),))


@pytest.mark.parametrize(
    ("strategy", "failed", "critics", "back_to"),
    [
        (Strategy.BEST_OF_N, True, [], 0),
        (Strategy.TRACEBACK, False, [], 0),
        (Strategy.TRACEBACK, True, ["none"], 0),
        (Strategy.SHUFFLED, False, ["other", "other"], 1),
        (Strategy.TRUE, False, ["of 1", "of 2"], 0),
    ],
)
async def test_a_writer_is_told_what_its_strategy_says(
    strategy: Strategy, failed: bool, critics: list[str], back_to: int
) -> None:
    (case,) = cases(World(), 1)
    listening = Listening([])
    writer = ToldWriter(listening, strategy, donor=lambda _: OTHER)
    history = (attempt(1, 9.0), attempt(2, 3.0, failed=failed))

    await writer.draft(case.task, history=history)

    assert [turn.critique.critic for turn in listening.told] == critics
    if listening.told:
        assert listening.told[-1].decision.back_to == back_to


PLAIN = """data = pd.read_csv(CSV)
data = data[data["Origin"] == "Japan"]
values = data.groupby("Origin")["Horsepower"].mean()
ax.bar(names, values)
ax.set_title("Horsepower")
ax.set_xlabel("Origin")
"""


def test_a_part_that_is_off_is_left_out_or_written_wrong() -> None:
    assert parts_of(PLAIN) == ["title", "labels", "baseline", "filter", "aggregate"]
    assert "set_title" not in with_parts_off(PLAIN, ["title"])
    assert "Japan" not in with_parts_off(PLAIN, ["filter"])
    assert ".sum()" in with_parts_off(PLAIN, ["aggregate"])
    assert "set_ylim(bottom=0.8" in with_parts_off(PLAIN, ["baseline"])
    assert with_parts_off(PLAIN, []) == PLAIN


class AllOff(random.Random):
    """Draws what switches every part off."""

    def random(self) -> float:
        return 0.0


async def test_only_parts_that_are_named_are_switched_on() -> None:
    task = chart_task()
    writer = PartsWriter(AllOff())
    first = await writer.draft(task, history=())

    named = judged(first, "title_missing")
    second = await writer.draft(task, history=(named,))

    assert "set_title" not in first.code
    assert "set_title" in second.code
    assert "set_xlabel" not in second.code
    with pytest.raises(WriterGaveUp, match="nothing to switch on for said_well"):
        await writer.draft(task, history=(judged(first, "said_well"),))


def judged(draft: Draft, code: str) -> Round:
    finding = Finding(code, Severity.WARNING, "m")
    return Round(1, draft, Execution(ExecutionStatus.OK), Critique("c", (), (finding,), 5.0))


def chart_task() -> Task:
    table = profile(Path(__file__).parent.parent / "data" / "cars.csv")
    return Task("average horsepower by origin", rubrics.load("charts"), tables=(table,))


def test_a_gain_is_told_from_nothing_by_its_interval() -> None:
    sure, open_gain, loss = ratio([[1.0] * 3]), ratio([[1.0, -1.0]] * 2), ratio([[-1.0] * 3])

    assert [verdict(one) for one in (sure, open_gain, loss)] == ["pays", "open", "costs"]
    assert [gain_cell(one) for one in (sure, open_gain, loss)] == [
        "**+1.00**",
        "+0.00",
        "~~-1.00~~",
    ]


@pytest.mark.slow
async def test_the_text_holds_every_strategy_and_every_world() -> None:
    size = Size(tasks=2, seeds=1, grid_tasks=2, grid_seeds=1)
    found = await loop_value_simulated.measure(size)

    text = loop_value_simulated.text(found)
    plain = loop_value_simulated.as_json(found)

    assert all(text.count(f"| {strategy.value} |") == 2 for strategy in Strategy)
    assert len(plain["grid"]) == len(loop_value_simulated.worlds()) == 48
    assert len(plain["gates_first"]) == 8
    assert found == await loop_value_simulated.measure(size)
    assert set(CODES) >= {code for case in cases(World(), 3) for code in case.codes}
