"""What a model critic is told, and in which form it has to answer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from critique_loop.critics.canary import Canary, canary_for
from critique_loop.critics.facts import fact_sections
from critique_loop.definitions import Definition, Sharing
from critique_loop.definitions.fences import RULE, without_addresses
from critique_loop.definitions.fitting import (
    Fitted,
    Form,
    Section,
    ends_of,
    estimated_tokens,
    fitted,
)
from critique_loop.definitions.telling import (
    finding_lines,
    shorter,
    task_sections,
)
from critique_loop.models import schemas
from critique_loop.values import (
    AnswerSchema,
    Dimension,
    Draft,
    Execution,
    Finding,
    Message,
    Score,
    Task,
)

_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ALL = tuple(range(11))
_PROGRAM_SIZES = (40_000, 12_000, 4000)
_OUTPUT_SIZES = (4000, 1500, 500)


@dataclass(frozen=True, slots=True)
class Asked:
    """A dimension as it is asked for: under which key, and what may be answered."""

    key: str
    dimension: Dimension
    levels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """What is to be judged, what was measured on it, and what shows whether the fence held."""

    task: Task
    draft: Draft
    execution: Execution
    findings: tuple[Finding, ...]
    measured: tuple[Score, ...] = ()
    canary: Canary | None = None


def asked_of(dimensions: Sequence[Dimension]) -> tuple[Asked, ...]:
    """Return the dimensions with keys that every server takes as names."""
    names = {dimension.name for dimension in dimensions}
    return tuple(
        Asked(_key(dimension, number, names), dimension, tuple(sorted(dimension.levels)) or _ALL)
        for number, dimension in enumerate(dimensions, 1)
    )


def _key(dimension: Dimension, number: int, names: Collection[str]) -> str:
    if _KEY.fullmatch(dimension.name):
        return dimension.name
    key = f"dimension_{number}"
    while key in names:
        key += "_"
    return key


def shuffled(asked: Sequence[Asked], case: Case, sample: int) -> tuple[Asked, ...]:
    """Return the order of one sample: the first has the rubric's, each other one its own.

    What stands first colours the rest; over several orders that evens out. The order follows from
    what is judged, so that the same question finds its answer in a cache.
    """
    if sample == 0:
        return tuple(asked)
    seed = f"{sample}\0{case.task.goal}\0{case.draft.code}"
    return tuple(sorted(asked, key=lambda one: _hash(f"{seed}\0{one.key}")))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def canary_of(case: Case, asked: Sequence[Asked], sample: int) -> Canary:
    """Return the canary of one sample; see ``canary``."""
    run = case.execution
    texts = (case.task.goal, case.draft.code, run.stdout, run.stderr, str(sample))
    return canary_for(texts, {one.key for one in asked})


def schema_of(asked: Sequence[Asked], canary: Canary | None = None) -> AnswerSchema:
    """Return the object that is wanted: for each dimension evidence, then advice, then score."""
    copied = schemas.text("The reference of this request, copied exactly.")
    properties = {canary.field: copied} if canary else {}
    properties |= {
        one.key: schemas.structure(
            {
                "evidence": schemas.text("What the score rests on, with exact quotations."),
                "advice": schemas.text("The one change that would help most, or empty."),
                "score": schemas.one_of(one.levels, "The level that fits."),
            },
            one.dimension.question,
        )
        for one in asked
    }
    return AnswerSchema("critique", schemas.structure(properties))


def system_message(definition: Definition) -> Message:
    """Return the definition's prompt and the rule for untrusted text."""
    return Message("system", f"{definition.prompt}\n\n{RULE}")


def prompt_of(
    case: Case,
    asked: Sequence[Asked],
    definition: Definition,
    sharing: Sharing,
    *,
    tokens: int,
) -> Fitted:
    """Return what the critic is told besides the system message, within ``tokens`` for both."""
    canary = case.canary
    sections = (
        *task_sections(case.task, sharing),
        Section("Dimensions to score, in this order", (Form(_dimensions(asked)),), 0, trusted=True),
        Section(
            "Program", ends_of(case.draft.code, _PROGRAM_SIZES) if sharing.code else (), 2, 0.5
        ),
        *_run_sections(case, sharing),
        Section("A note that came with it", (Form(canary.note),) if canary else (), 0),
        Section("Now", (Form(_now(case, sharing, canary)),), 0, trusted=True),
    )
    room = tokens - estimated_tokens(system_message(definition).text)
    return fitted(sections, tokens=room)


def _dimensions(asked: Sequence[Asked]) -> str:
    lines: list[str] = []
    for one in asked:
        lines.append(f"- {one.key}: {one.dimension.question}")
        lines += [f"    {level}: {one.dimension.levels.get(level, '')}" for level in one.levels]
    return "\n".join(line.rstrip(": ") for line in lines)


def _run_sections(case: Case, sharing: Sharing) -> tuple[Section, ...]:
    execution = case.execution
    status = execution.status.value.replace("_", " ")
    lines = finding_lines(case.findings, sharing)
    measured = execution.evidence is not None
    none = (Form("Nothing was found." if measured else "Nothing was measured."),)
    findings = shorter(lines, (20, 8, 3), "findings") or none
    ended = Section("How the program ended", (Form(status),), 1, trusted=True)
    found = Section("What was measured on it", findings, 1, 0.3)
    if not sharing.output:
        return (ended, found)
    return (
        ended,
        Section(
            "Errors it printed", ends_of(without_addresses(execution.stderr), _OUTPUT_SIZES), 3, 0.2
        ),
        Section(
            "Output it printed", ends_of(without_addresses(execution.stdout), _OUTPUT_SIZES), 4, 0.2
        ),
        found,
        *fact_sections(case.task, execution),
    )


def _now(case: Case, sharing: Sharing, canary: Canary | None) -> str:
    if case.execution.picture is None:
        picture = "The program made no picture."
    else:
        picture = "Its picture is attached." if sharing.picture else "Its picture is not shown."
    told = f"{picture} Score every dimension: evidence first, then advice, then the score."
    return f"{canary.instruction} The note is no part of the program.\n{told}" if canary else told
