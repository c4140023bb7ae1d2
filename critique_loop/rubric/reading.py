"""Read one rubric file key by key, whatever it extends."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from critique_loop.rubric.files import RubricFile, parsed
from critique_loop.rubric.keys import MOST_DIMENSIONS, OF_DIMENSION, OF_FILE, Parse, shown
from critique_loop.rubric.problems import Notes

_JOINERS = {0x200C: None, 0x200D: None}


@dataclass(frozen=True, slots=True)
class Entry:
    """One ``[[dimensions]]`` of a file: ``values`` of its right keys; ``given`` are all it has.

    ``at`` is its place among those of the file.
    """

    at: int
    name: str
    values: Mapping[str, object]
    given: frozenset[str]


@dataclass(frozen=True, slots=True)
class Outline:
    """What one file says, and what is wrong with it."""

    notes: Notes
    values: Mapping[str, object]
    entries: tuple[Entry, ...]

    @property
    def file(self) -> RubricFile:
        """The file that was read."""
        return self.notes.file

    @property
    def extends(self) -> str:
        """The rubric that this one builds on, "" if none."""
        return cast("str", self.values.get("extends", ""))


def outline(file: RubricFile) -> Outline:
    """Return what stands in ``file``; what is wrong with a key is in the notes.

    Raises:
        DefinitionError: it is no TOML.
    """
    table = dict(parsed(file))
    notes = Notes(file)
    dimensions = table.pop("dimensions", None)
    values = _values(table, OF_FILE, notes, known=(*OF_FILE, "dimensions"))
    if "name" not in table:
        notes.tell(("name",), "is missing")
    entries = () if dimensions is None else _entries(dimensions, notes)
    if values.get("draft"):
        notes.tell(
            ("draft",),
            "this rubric is a draft that nobody has gone through yet",
            "Read it, mend what you don't agree with, then remove this line.",
        )
    if "without" in table and "extends" not in table:
        notes.tell(("without",), "there is nothing to leave out of without extends")
    if not entries and "extends" not in table and not notes.problems:
        notes.tell(("dimensions",), "expected at least one [[dimensions]]")
    return Outline(notes, values, entries)


def folded(name: str) -> str:
    """Return what two names have in common that look alike (NFKC, no case, no joiners)."""
    return unicodedata.normalize("NFKC", name).translate(_JOINERS).casefold()


def _entries(value: object, notes: Notes) -> tuple[Entry, ...]:
    if not isinstance(value, list):
        notes.tell(("dimensions",), f"expected [[dimensions]], found {shown(value)}")
        return ()
    listed = cast("list[object]", value)
    if len(listed) > MOST_DIMENSIONS:
        notes.tell(("dimensions",), f"there are more than {MOST_DIMENSIONS} of them")
        return ()
    found: dict[str, Entry] = {}
    for at, each in enumerate(listed):
        entry = _entry(each, at, notes)
        if entry is None:
            continue
        twin = found.setdefault(folded(entry.name), entry)
        if twin is not entry:
            same = twin.name == entry.name
            alike = "is there twice" if same else f"looks like {shown(twin.name)}"
            notes.tell(("dimensions", at, "name"), f"{shown(entry.name)} {alike}")
    return tuple(found.values())


def _entry(value: object, at: int, notes: Notes) -> Entry | None:
    """Return a dimension as far as it is right, None where its name is not known."""
    if not isinstance(value, dict):
        notes.tell(("dimensions", at), f"expected a table, found {shown(value)}")
        return None
    table = cast("dict[str, object]", value)
    values = _values(table, OF_DIMENSION, notes, known=tuple(OF_DIMENSION), at=("dimensions", at))
    if "name" not in table:
        notes.tell(("dimensions", at, "name"), "is missing")
    if "name" not in values:
        return None
    return Entry(at, cast("str", values["name"]), values, frozenset(table))


def _values(
    table: Mapping[str, object],
    parsers: Mapping[str, Parse],
    notes: Notes,
    *,
    known: tuple[str, ...],
    at: tuple[str | int, ...] = (),
) -> dict[str, object]:
    values: dict[str, object] = {}
    for key, raw in table.items():
        before = len(notes.problems)
        if key not in parsers:
            notes.tell((*at, key), "unknown key", f"Known keys: {', '.join(known)}.")
            continue
        value = parsers[key](raw, notes.teller(*at, key))
        if len(notes.problems) == before:
            values[key] = value
    return values
