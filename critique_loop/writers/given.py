"""The writer of programs that exist already."""

from __future__ import annotations

from collections.abc import Sequence

from critique_loop.errors import CallError, WriterGaveUp
from critique_loop.protocols import CandidateWriter, Writer
from critique_loop.values import Draft, Lesson, Round, Task

GIVEN = "given"


class GivenWriter:
    """Hands over programs that exist already, one a round, so that they are judged.

    After the last one it gives up, or another writer goes on from there.
    """

    def __init__(self, programs: Sequence[str], *, then: Writer | None = None) -> None:
        """``programs`` are Python sources; ``then`` writes what comes after them.

        Raises:
            CallError: there is no program.
        """
        if not programs:
            raise CallError("there is no program to judge", remedy="Give at least one.")
        self._programs = tuple(programs)
        self._then = then

    @property
    def name(self) -> str:
        """What it does, and who goes on."""
        return f"{GIVEN}, then {self._then.name}" if self._then else GIVEN

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        """Return the next of the programs, then what the other writer makes.

        Raises:
            WriterGaveUp: all have been handed over.
            ModelError: as the other writer says, and likewise BudgetEnded.
        """
        return (await self.candidates(task, history=history, lessons=lessons))[0]

    async def candidates(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Sequence[Draft]:
        """Return the next of the programs, then the candidates of the other writer.

        Errors as for ``draft``.
        """
        handed_over = sum(turn.draft.writer == GIVEN for turn in history)
        if handed_over < len(self._programs):
            return [Draft(code=self._programs[handed_over], writer=GIVEN)]
        if self._then is None:
            number = len(self._programs)
            what = "the given program was" if number == 1 else f"all {number} given programs were"
            raise WriterGaveUp(f"{what} judged, and nobody is to write another")
        if isinstance(self._then, CandidateWriter):
            return await self._then.candidates(task, history=history, lessons=lessons)
        return [await self._then.draft(task, history=history, lessons=lessons)]
