"""Programs from a goal, a signature and tests: the loop with its everyday parts."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from critique_loop.building.loops import writer_of
from critique_loop.building.options import loop_of, run_options_of, settings_of
from critique_loop.building.saving import check_folder, program_name
from critique_loop.building.settings import LoopSettings
from critique_loop.coding.sources import source_of
from critique_loop.coding.tasks import CodeOptions, several, task_of
from critique_loop.errors import OptionError
from critique_loop.loop import Loop, run_blocking
from critique_loop.report.saving import run_and_save
from critique_loop.values import Outcome, Task, TaskKind
from critique_loop.writers.given import GivenWriter

__all__ = ["CodeOptions", "code", "code_loop", "code_settings", "code_task"]


def code(goal: str = "", **options: Unpack[CodeOptions]) -> Outcome:
    """Write the program that ``goal`` asks for, and refine it until its tests pass.

    Each draft runs in a sandbox of its own; the tests run beside it, in a process that it can't
    reach, and are scored on the rubric's dimensions until the acceptance rule is met or the budget
    ends. Without a goal the signature's docstring is the goal. Hidden tests and the reference are
    shown to no model.

    Raises:
        CallError: an option or a file is wrong, or ``out`` can't be written.
        DataError: a data file is no readable table.
        DefinitionError: the rubric file is wrong.
        StoreError: the trace can't be kept.
    """
    task = code_task(goal, **options)
    folder = options.get("out")
    if folder is not None:
        check_folder(Path(folder), program=program_name(task))
    loop = code_loop(**options)
    listening = run_options_of(options, code_settings(options))
    return run_blocking(lambda: run_and_save(loop, task, listening, folder=folder))


def code_task(goal: str = "", **options: Unpack[CodeOptions]) -> Task:
    """Return the task of writing what ``goal`` asks for; errors as for ``code``."""
    OptionError.refuse(options, CodeOptions.__annotations__)
    return task_of(goal, options)


def code_loop(**options: Unpack[CodeOptions]) -> Loop:
    """Return a loop of the everyday parts, or of those given; errors as for ``code``."""
    OptionError.refuse(options, CodeOptions.__annotations__)
    settings = code_settings(options)
    solutions = [source_of(one, "the solution") for one in several(options.get("solution"))]
    if solutions and (not settings.programs or "writer" in options):
        then = options.get("writer")
        if then is None and settings.model:
            then = writer_of(settings, options.get("store"), kind=TaskKind.CODE)
        options["writer"] = GivenWriter([one.text for one in solutions], then=then)
    return loop_of(options, settings, kind=TaskKind.CODE)


def code_settings(options: CodeOptions) -> LoopSettings:
    """Return the settings of the loop among the options; programs given as texts are not in them.

    Raises:
        CallError: they contradict each other.
    """
    sources = [source_of(one, "the solution") for one in several(options.get("solution"))]
    paths = [str(one.path.absolute()) for one in sources if one.path]
    return settings_of(options, programs=tuple(paths) if len(paths) == len(sources) else ())
