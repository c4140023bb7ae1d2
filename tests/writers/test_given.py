"""Programs that exist already."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from critique_loop.errors import CallError, WriterGaveUp
from critique_loop.testing import ScriptedWriter
from critique_loop.values import (
    Critique,
    Draft,
    Execution,
    ExecutionStatus,
    Lesson,
    Round,
    Rubric,
    Task,
)
from critique_loop.writers.given import GivenWriter

pytestmark = pytest.mark.anyio
TASK = Task("g", Rubric("r", ()))


def turn(number: int, writer: str) -> Round:
    execution, critique = Execution(ExecutionStatus.OK), Critique("c", ())
    return Round(number, Draft(f"p{number}", writer), execution, critique)


class TwoAtOnce:
    """Drafts two candidates a turn."""

    name = "two"

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        del task, history, lessons
        return Draft("a", self.name)

    async def candidates(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Sequence[Draft]:
        del task, history, lessons
        return [Draft("a", self.name), Draft("b", self.name)]


async def test_programs_are_handed_over_one_a_round_and_then_it_gives_up() -> None:
    writer = GivenWriter(["one", "two"])

    first = await writer.draft(TASK, history=())
    second = await writer.draft(TASK, history=[turn(1, "given")])

    assert (first.code, second.code, first.writer) == ("one", "two", "given")
    with pytest.raises(WriterGaveUp, match="all 2 given programs were judged"):
        await writer.draft(TASK, history=[turn(1, "given"), turn(2, "given")])


async def test_a_program_of_a_person_takes_the_place_of_none() -> None:
    drafted = await GivenWriter(["one", "two"]).draft(
        TASK, history=[turn(1, "given"), turn(2, "person")]
    )

    assert drafted.code == "two"


async def test_another_writer_goes_on_with_all_that_was() -> None:
    writer = GivenWriter(["one"], then=ScriptedWriter(["first", "second"]))

    drafted = await writer.draft(TASK, history=[turn(1, "given")])

    assert (drafted.code, drafted.writer) == ("second", "scripted")
    assert writer.name == "given, then scripted"


async def test_the_candidates_of_the_other_writer_are_kept() -> None:
    writer = GivenWriter(["one"], then=TwoAtOnce())

    before = await writer.candidates(TASK, history=())
    after = await writer.candidates(TASK, history=[turn(1, "given")])

    assert [draft.code for draft in (*before, *after)] == ["one", "a", "b"]


async def test_no_program_is_a_wrong_call() -> None:
    with pytest.raises(CallError, match="no program to judge"):
        GivenWriter([])
