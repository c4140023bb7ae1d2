"""Put a rubric together from its file and those it extends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from critique_loop.errors import DefinitionError
from critique_loop.rubric.files import read
from critique_loop.rubric.keys import MOST_DIMENSIONS, shown
from critique_loop.rubric.problems import Notes, Problem
from critique_loop.rubric.reading import Entry, Outline, folded, outline
from critique_loop.values import Dimension, Rubric, Scorer

_DEEPEST = 5


@dataclass(frozen=True, slots=True)
class Part:
    """A dimension as put together so far; ``notes`` and ``at`` lead to where it is said last."""

    values: Mapping[str, object]
    given: frozenset[str]
    notes: Notes
    at: int

    @property
    def dimension(self) -> Dimension:
        """The dimension; all keys are right."""
        return Dimension(**cast("dict[str, Any]", self.values))


@dataclass(frozen=True, slots=True)
class Whole:
    """A rubric, None where something is wrong; its parts in order; the file's own notes."""

    rubric: Rubric | None
    parts: tuple[Part, ...]
    notes: Notes
    problems: tuple[Problem, ...]


def whole(source: str | Path) -> Whole:
    """Return the rubric of the file ``source`` with all that it extends.

    Raises:
        DefinitionError: a file can't be read, or is no TOML.
    """
    chain = _chain(source)
    parts: dict[str, Part] = {}
    for each in reversed(chain):
        _extend(parts, each)
        if each.notes.problems:
            break  # what builds on it would only be told the same again
    problems = tuple(problem for each in chain for problem in each.notes.ordered)
    rubric = None if problems else _rubric(chain, parts)
    return Whole(rubric, tuple(parts.values()), chain[0].notes, problems)


def _chain(source: str | Path) -> list[Outline]:
    """Return the file's own outline, then that of what it extends, and so on."""
    chain = [outline(read(source))]
    while chain[-1].extends:
        last = chain[-1]
        tell = last.notes.teller("extends")
        try:
            file = read(last.extends, beside=last.file)
        except DefinitionError as error:
            last.notes.tell(("extends",), error.problem, error.remedy)
            break
        names = " -> ".join(str(path) for path in (*(o.file.path for o in chain), file.path))
        if file.place in {each.file.place for each in chain}:
            tell(f"goes round in a circle: {names}")
            break
        if len(chain) == _DEEPEST:
            tell(f"is a chain of more than {_DEEPEST} files: {names}")
            break
        chain.append(outline(file))
    return chain


def _extend(parts: dict[str, Part], file: Outline) -> None:
    """Add to ``parts`` what one file says."""
    inherited = tuple(parts)
    own = {entry.name for entry in file.entries}
    for place, name in enumerate(cast("tuple[str, ...]", file.values.get("without", ()))):
        if name in own:
            file.notes.tell(
                ("without", place), f"{shown(name)} is left out here, and described below"
            )
        elif parts.pop(name, None) is None:
            known = ", ".join(inherited)
            file.notes.tell(
                ("without", place),
                f"there is no dimension {shown(name)} in {file.extends}",
                f"Its dimensions: {known}.",
            )
    for entry in file.entries:
        _put(parts, entry, file.notes)
    if not parts and not file.notes.problems:
        file.notes.tell(("without",), "leaves no dimension")
    if len(parts) > MOST_DIMENSIONS:
        file.notes.tell(("dimensions",), f"there are more than {MOST_DIMENSIONS} with the others'")


def _put(parts: dict[str, Part], entry: Entry, notes: Notes) -> None:
    before = parts.get(entry.name)
    if before is None:
        twin = next((name for name in parts if folded(name) == folded(entry.name)), None)
        if twin is not None:
            notes.tell(
                ("dimensions", entry.at, "name"),
                f"{shown(entry.name)} looks like {shown(twin)} of the rubric that is extended",
            )
            return
        part = Part(entry.values, entry.given, notes, entry.at)
    else:
        values = {**before.values, **entry.values}
        part = Part(values, before.given | entry.given, notes, entry.at)
    parts[entry.name] = part
    _check_together(part, entry.given)


def _check_together(part: Part, given: frozenset[str]) -> None:
    """Check what a single key does not tell; ``given`` are the keys that the last file says."""

    def tell(key: str, text: str) -> None:
        part.notes.tell(("dimensions", part.at, key), text)

    if "question" not in part.given:
        tell("question", "is missing")
    if part.given & {"checks", "scored_by"} - part.values.keys():
        return  # one of the two is wrong in itself
    dimension = Dimension("", "", **_both(part.values))
    blamed = "scored_by" if "scored_by" in given else "checks"
    measured = Scorer.MEASURED in dimension.scored_by
    if measured and not dimension.checks:
        tell(blamed, 'scored_by says "measured", and there are no checks that could feed it')
    if dimension.checks and dimension.scored_by and not measured:
        tell(
            blamed,
            'there are checks, and scored_by lacks "measured": what is measured comes first, '
            "and bounds what others say",
        )


def _both(values: Mapping[str, object]) -> dict[str, Any]:
    return {key: values[key] for key in ("checks", "scored_by") if key in values}


def _rubric(chain: Sequence[Outline], parts: Mapping[str, Part]) -> Rubric:
    said: dict[str, object] = {}
    for each in reversed(chain):
        said |= {k: v for k, v in each.values.items() if k in ("name", "target", "description")}
    dimensions = tuple(part.dimension for part in parts.values())
    return Rubric(dimensions=dimensions, **cast("dict[str, Any]", said))
