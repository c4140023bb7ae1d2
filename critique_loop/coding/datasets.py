"""Data sets of programming tasks as tasks of the loop, and programs that were written for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from critique_loop import rubric as rubrics
from critique_loop.coding.rows import Row, read_rows
from critique_loop.coding.shapes import Asked, shape_of
from critique_loop.errors import CallError
from critique_loop.values import Rubric, Task, TaskKind

_GOAL = "Write the function `{name}` that the signature and its docstring describe."


@dataclass(frozen=True, slots=True)
class Problem:
    """One task of a data set. ``stem`` is what a completion goes on from ("": nothing)."""

    id: str
    task: Task
    stem: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """The tasks of a file, its shape, and which of its tests a writer is shown."""

    path: Path
    shape: str
    told: str
    problems: tuple[Problem, ...]

    def part(self, *, only: Sequence[str] = (), limit: int | None = None) -> Dataset:
        """Return the tasks with these ids (none: all), the first ``limit`` of them.

        Raises:
            CallError: there is no task with one of the ids.
        """
        found = self.problems
        if only:
            for one in only:
                if not any(_is_called(problem, one) for problem in self.problems):
                    raise CallError(f"{self.path}: there is no task {one!r}")
            found = tuple(p for p in found if any(_is_called(p, one) for one in only))
        return replace(self, problems=found[:limit])


def _is_called(problem: Problem, name: str) -> bool:
    return name in (problem.id, problem.id.rpartition("/")[2])


def load_dataset(path: str | Path, *, rubric: str | Path | Rubric | None = None) -> Dataset:
    """Return the tasks of a HumanEval-, MBPP-, EvalPlus- or BigCodeBench-shaped file.

    The file is JSON objects one a line, or a JSON list, also as .gz. Nothing of it runs here.
    Hidden tests and right programs are in no prompt. Without a ``rubric`` only what is a gate of
    the rubric "code" counts: that the tests pass.

    Raises:
        DataError: it can't be read, or a row is not as its shape wants it; the message names the
            line and the key.
        DefinitionError: the rubric file is wrong.
    """
    judged = rubrics.applicable(_rubric(rubric), TaskKind.CODE)
    rows = read_rows(Path(path))
    shape = shape_of(rows[0])
    problems: dict[str, Problem] = {}
    for row in rows:
        for key in shape.keys:
            if key not in row.value:
                raise row.error(f"{key}: missing ({shape.name} has it)")
        asked = shape.read(row)
        if asked.id in problems:
            raise row.error(f"task_id: {asked.id} is there twice")
        problems[asked.id] = _problem(asked, judged)
    return Dataset(Path(path), shape.name, shape.told, tuple(problems.values()))


def _rubric(wanted: str | Path | Rubric | None) -> Rubric:
    if wanted is None:
        whole = rubrics.load("code")
        gates = tuple(dimension for dimension in whole.dimensions if dimension.gate)
        return replace(whole, name="code (gates)", dimensions=gates)
    return wanted if isinstance(wanted, Rubric) else rubrics.load(wanted)


def _problem(asked: Asked, rubric: Rubric) -> Problem:
    # The text of the data set is nobody's word but its own: it is told as material, in the
    # signature, and the goal that is the user's says what to make of it.
    goal = _GOAL.format(name=asked.spec.entry_point)
    task = Task(goal=goal, rubric=rubric, kind=TaskKind.CODE, code=asked.spec)
    return Problem(asked.id, task, asked.stem)


def load_solutions(path: str | Path, dataset: Dataset) -> Mapping[str, tuple[str, ...]]:
    """Return the programs of a file by task id, in its order.

    A row has ``task_id`` and ``solution``, a whole program, or ``completion``, which goes on from
    the task's prompt (as the samples of HumanEval's and EvalPlus' own tools).

    Raises:
        DataError: it can't be read, a row lacks a key, or names no task of the data set.
    """
    known = {problem.id: problem for problem in dataset.problems}
    found: dict[str, list[str]] = {}
    for row in read_rows(Path(path)):
        problem = known.get(str(row.value.get("task_id")))
        if problem is None:
            raise row.error(f"task_id: {row.value.get('task_id')!r} is no task of {dataset.path}")
        found.setdefault(problem.id, []).append(_solution(row, problem))
    return {name: tuple(programs) for name, programs in found.items()}


def _solution(row: Row, problem: Problem) -> str:
    if "solution" in row.value:
        return row.text("solution")
    if "completion" not in row.value:
        raise row.error("expected a solution or a completion")
    if not problem.stem:
        raise row.error("completion: the task has no prompt to go on from; give a solution")
    return problem.stem + row.text("completion")
