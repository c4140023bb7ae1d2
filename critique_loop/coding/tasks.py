"""From what a user has (a stub, tests, data, a program) to one task."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from critique_loop import rubric as rubrics
from critique_loop.building.options import LoopOptions
from critique_loop.coding.signatures import Function, Signature, read_signature
from critique_loop.coding.sources import Source, source_of
from critique_loop.coding.suites import Detected, check_timeout, detect, module_of
from critique_loop.errors import CallError
from critique_loop.values import (
    CodeSpec,
    Rubric,
    Suite,
    SuiteKind,
    Table,
    Task,
    TaskKind,
)

OneOrMore: TypeAlias = str | Path | Sequence[str | Path]


class CodeOptions(LoopOptions, total=False):
    """What may be said about a program besides its goal.

    Attributes: signature: a stub (imports, ``def`` line, docstring) that the writer is shown;
    examples in its docstring are tests. tests: what the program has to pass and the writer is
    shown. hidden_tests: what it has to pass too, of which a writer is told only how many fail.
    reference: a right program to compare with, never shown. data: tables that the program may read.
    Each is the path of a file or the text itself. Tests are a pytest file, asserts, ``>>>``
    examples, a function ``check(candidate)``, or JSON: ``[{"input": [1, 2], "output": 3}]``, or
    ``[{"stdin": "1 2", "stdout": "3"}]``. solution: programs that are judged before anybody writes
    one. entry_point: the function that must exist (default: as signature and tests say). module:
    the name by which tests import the program. test_timeout_s: seconds for each test (default 5).
    on_notice: told what was detected. on_reading: told how much of a table's reading is done.

    All others are those of ``LoopOptions``; rubric is "code" by default, with a critic_model
    "code-judged". Without a model only given programs are judged.
    """

    signature: str | Path
    tests: OneOrMore
    hidden_tests: OneOrMore
    reference: str | Path
    data: OneOrMore
    solution: OneOrMore
    entry_point: str
    module: str
    test_timeout_s: float
    on_notice: Callable[[str], None]
    on_reading: Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Given:
    """What was given, read and taken apart."""

    signature: Signature | None = None
    visible: tuple[Detected, ...] = ()
    hidden: tuple[Detected, ...] = ()
    reference: Source | None = None
    solutions: tuple[Source, ...] = ()
    stems: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list[str])

    @property
    def detected(self) -> tuple[Detected, ...]:
        return (*self.visible, *self.hidden)


def several(given: OneOrMore | None) -> tuple[str | Path, ...]:
    """Return what is one thing or several as several."""
    if given is None:
        return ()
    return (given,) if isinstance(given, str | Path) else tuple(given)


def task_of(goal: str, options: CodeOptions) -> Task:
    """Return the task; what was detected goes to ``on_notice``.

    Raises:
        CallError: a file can't be read or is not what it should be, or parts contradict each other.
        DataError: a data file is no readable table.
        DefinitionError: the rubric file is wrong.
    """
    given = _read(options)
    entry_point = _entry_point(given, options.get("entry_point", ""))
    _check_reference(given.reference, entry_point)
    spec = CodeSpec(
        entry_point=entry_point,
        signature=given.signature.text if given.signature else "",
        suites=_suites(given, options.get("test_timeout_s", 5.0)),
        reference=given.reference.text if given.reference else "",
        module=module_of(given.detected, stems=given.stems, chosen=options.get("module", "")),
    )
    task = Task(
        goal=_goal(goal, given, entry_point),
        rubric=_rubric(options),
        kind=TaskKind.CODE,
        tables=_tables(options),
        code=spec,
    )
    for note in (*_told(given, spec), *given.notes):
        options.get("on_notice", _ignore)(note)
    return task


def _ignore(_: str) -> None:
    """Drop a notice."""


def _read(options: CodeOptions) -> _Given:
    timeout_s = options.get("test_timeout_s", 5.0)
    check_timeout(timeout_s)
    stub, right = options.get("signature", ""), options.get("reference", "")
    shown, kept = several(options.get("tests")), several(options.get("hidden_tests"))
    source = source_of(stub, "the signature") if stub else None
    reference = source_of(right, "the reference") if right else None
    solutions = tuple(source_of(one, "the solution") for one in several(options.get("solution")))
    visible = tuple(detect(one, timeout_s=timeout_s) for one in shown)
    hidden = tuple(detect(one, hidden=True, timeout_s=timeout_s) for one in kept)
    _check_apart(visible, hidden)
    signature = read_signature(source) if source else None
    notes = [note for one in (*visible, *hidden) for note in one.notes]
    return _Given(
        signature,
        visible,
        hidden,
        reference,
        solutions,
        stems=tuple(each.stem for each in (*solutions, source, reference) if each and each.stem),
        notes=[*(signature.notes if signature else ()), *notes],
    )


def _check_apart(visible: Sequence[Detected], hidden: Sequence[Detected]) -> None:
    """Refuse what would show the hidden tests, or run a suite twice.

    Raises:
        CallError: a suite is there twice.
    """
    seen: dict[str, Detected] = {}
    for one in (*visible, *hidden):
        before = seen.setdefault(one.suite.source, one)
        if before is one:
            continue
        if before.suite.hidden != one.suite.hidden:
            raise CallError(
                f"{one.suite.name}: the hidden tests are the visible ones",
                remedy="Hide tests that the writer is not shown.",
            )
        raise CallError(f"{one.suite.name}: the same tests as {before.suite.name}")


def _entry_point(given: _Given, chosen: str) -> str:
    if chosen:
        if not chosen.isidentifier():
            raise CallError(f"{chosen!r} is no name that a function could have")
        if given.signature and chosen not in given.signature.names:
            raise CallError(
                f"the signature declares no {chosen}",
                remedy=f"It declares: {', '.join(given.signature.names)}.",
            )
        return chosen
    if given.signature:
        return given.signature.entry_point
    called = {name for one in given.detected for name in one.called}
    if len(called) == 1:
        return called.pop().split(".")[0]
    public = {name for one in (given.reference, *given.solutions) for name in _public(one)}
    return public.pop() if len(public) == 1 else ""


def _public(source: Source | None) -> list[str]:
    try:
        tree = ast.parse(source.text) if source else ast.Module([], [])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # a broken program is judged, not refused
    names = [node.name for node in tree.body if isinstance(node, Function)]
    return [name for name in names if not name.startswith("_")]


def _check_reference(reference: Source | None, entry_point: str) -> None:
    if reference is None:
        return
    declared = {
        node.name for node in reference.parsed().body if isinstance(node, Function | ast.ClassDef)
    }
    if entry_point and entry_point not in declared:
        raise reference.error(f"the reference defines no function {entry_point}")


def _suites(given: _Given, timeout_s: float) -> tuple[Suite, ...]:
    suites = [one.suite for one in given.visible]
    if given.signature and given.signature.examples:
        name = "examples of the signature"
        examples = given.signature.examples
        suites.append(Suite(SuiteKind.DOCTEST, examples, name=name, timeout_s=timeout_s))
    return (*suites, *(one.suite for one in given.hidden))


def _goal(goal: str, given: _Given, entry_point: str) -> str:
    if goal.strip():
        return goal.strip()
    said = given.signature.docstring.split(">>>")[0].strip() if given.signature else ""
    if said:
        return said
    if not (given.detected or given.signature or given.solutions):
        raise CallError(
            "nothing says what is wanted",
            remedy="Give a goal, a signature with a docstring, or tests.",
        )
    what = f"the function {entry_point}" if entry_point else "the program"
    return f"Write {what} so that all tests pass." if given.detected else f"Write {what}."


def _rubric(options: CodeOptions) -> Rubric:
    judged = "code-judged" if options.get("critic_model") else "code"
    wanted = options.get("rubric", judged)
    loaded = wanted if isinstance(wanted, Rubric) else rubrics.load(wanted)
    return rubrics.applicable(loaded, TaskKind.CODE)


def _tables(options: CodeOptions) -> tuple[Table, ...]:
    paths = several(options.get("data"))
    if not paths:
        return ()
    from critique_loop.data import profile  # noqa: PLC0415 - pandas loads here, not at import

    tables: list[Table] = []
    for path in paths:
        table = profile(path, progress=options.get("on_reading"))
        if any(table.name == other.name for other in tables):
            raise CallError(f"two data files are called {table.name!r}", remedy="Rename one.")
        tables.append(table)
    return tuple(tables)


def _told(given: _Given, spec: CodeSpec) -> list[str]:
    """Return what was detected, in words."""
    told = [f"function: {spec.entry_point}"] if spec.entry_point else []
    told += [f"tests: {one.suite.name}: {one.what}" for one in given.visible]
    if given.signature and given.signature.examples:
        number = given.signature.examples.count(">>> ")
        told.append(f"tests: {number} example{'' if number == 1 else 's'} in the signature")
    told += [f"hidden tests: {one.suite.name}: {one.what}" for one in given.hidden]
    if given.reference:
        told.append(f"reference: {given.reference.name or 'given'}")
    if not (spec.suites or spec.reference):
        told.append("no tests and no reference: nothing tells whether a program is right")
    return told
