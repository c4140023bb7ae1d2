"""What critics are held against: persons' labels, a file, or a measured fact."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import cast

from critique_loop.agreement.ratings import JudgedDraft, Place
from critique_loop.errors import DataError
from critique_loop.values import Label, Preference, Shown

_FULL = 10.0
_COLUMNS = ("run", "round", "dimension")
_VALUES = ("value", "score")  # the second is how a critic's file of marks calls it
_WORDS = {"pass": True, "true": True, "fail": False, "false": False}


@dataclass(frozen=True, slots=True)
class Truth:
    """What is right about one dimension of one draft.

    ``values`` are the marks of those who gave one. ``passed`` is None where the pass mark decides.
    """

    values: tuple[float, ...] = ()
    passed: bool | None = None

    @property
    def value(self) -> float | None:
        """The median mark, None where nobody gave one."""
        return median(self.values) if self.values else None

    def passes(self, pass_mark: float) -> bool | None:
        """Return whether it should pass, None where nobody said."""
        if self.passed is not None or self.value is None:
            return self.passed
        return self.value >= pass_mark


@dataclass(frozen=True, slots=True)
class Reference:
    """All that is held to be right; ``notes`` say what is to be known about it."""

    name: str
    truths: Mapping[Place, Truth]
    notes: tuple[str, ...] = ()


def from_labels(labels: Iterable[Label | Preference], drafts: Iterable[JudgedDraft]) -> Reference:
    """Return what persons said last of these drafts, each person counting once per place.

    Labels of a program that was replaced since are left out.
    """
    codes = {(d.shown.run_id, d.shown.round): d.shown.code for d in drafts}
    latest: dict[tuple[str, Place], Label] = {}
    for label in labels:
        if isinstance(label, Label) and _is_of(label.shown, codes):
            place = Place(label.shown.run_id, label.shown.round, label.dimension)
            latest[label.by, place] = label
    values: defaultdict[Place, list[float]] = defaultdict(list)
    for (_, place), label in latest.items():
        if label.value is not None:
            values[place].append(label.value)
    seeing = sum(not label.blind for label in latest.values())
    note = f"{seeing} of {len(latest)} labels were given with findings in sight"
    return Reference(
        "persons",
        {place: Truth(tuple(marks)) for place, marks in values.items()},
        (note,) if seeing else (),
    )


def _is_of(shown: Shown, codes: Mapping[tuple[str, int], str]) -> bool:
    return codes.get((shown.run_id, shown.round)) == shown.code


def from_facts(fact: str, drafts: Iterable[JudgedDraft]) -> Reference:
    """Return what a measured fact says, the same of every dimension of a draft.

    True or false is a pass or a fail. A count with a total beside it (``tests_passed`` and
    ``tests_total``) is a share, of which only the whole passes. Another number is a mark.
    """
    truths: dict[Place, Truth] = {}
    for draft in drafts:
        truth = _truth_of(draft.facts, fact)
        if truth is not None:
            places = (
                Place(draft.shown.run_id, draft.shown.round, d.name) for d in draft.dimensions
            )
            truths.update(dict.fromkeys(places, truth))
    return Reference(fact, truths)


def _truth_of(facts: Mapping[str, object], fact: str) -> Truth | None:
    found = _at(facts, fact.split("."))
    if isinstance(found, bool):
        return Truth(passed=found)
    if not isinstance(found, int | float):
        return None
    total = facts.get(fact.removesuffix("_passed") + "_total")
    if isinstance(total, int) and 0 <= found <= total and total > 0:
        return Truth((_FULL * found / total,), passed=found == total)
    return Truth((float(found),)) if 0 <= found <= _FULL else None


def _at(facts: object, path: Sequence[str]) -> object:
    if not path:
        return facts
    if not isinstance(facts, Mapping):
        return None
    return _at(cast("Mapping[str, object]", facts).get(path[0]), path[1:])


def from_csv(path: Path, drafts: Iterable[JudgedDraft]) -> Reference:
    """Return what a CSV file says: run, round, dimension, value or score, by where several score.

    ``run`` is an id or the beginning of one, ``value`` a mark from 0 to 10, or pass or fail. An
    empty value says nothing; the last line of the same person about the same thing counts.

    Raises:
        DataError: the file can't be read, or a line is none of these.
    """
    found = _Rows(path)
    runs = sorted({draft.shown.run_id for draft in drafts})
    said: dict[tuple[str, Place], float | bool] = {}
    unknown = 0
    for row in found.rows():
        run_id = _run(row.run, runs)
        if run_id is None:
            unknown += 1
        else:
            said[row.by, Place(run_id, row.round, row.dimension)] = row.value
    truths: dict[Place, Truth] = {}
    for (_, place), value in said.items():
        before = truths.get(place, Truth())
        truths[place] = (
            replace(before, passed=value)
            if isinstance(value, bool)
            else replace(before, values=(*before.values, value))
        )
    note = f"{unknown} lines of {path.name} are about runs that are not looked at"
    return Reference(path.name, truths, (note,) if unknown else ())


@dataclass(frozen=True, slots=True)
class _Row:
    run: str
    round: int
    dimension: str
    value: float | bool
    by: str


class _Rows:
    """Checks a CSV file line by line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rows(self) -> Iterator[_Row]:
        try:
            with self._path.open(newline="", encoding="utf-8-sig") as file:
                reader = csv.DictReader(file, strict=True)
                value = self._check(reader.fieldnames or ())
                for fields in reader:
                    row = self._row(fields, value, reader.line_num)
                    if row is not None:
                        yield row
        except OSError as error:
            raise DataError(self._path, f"can't be read ({error.strerror})") from error
        except (UnicodeDecodeError, csv.Error) as error:
            raise DataError(self._path, f"is no CSV file in UTF-8: {error}") from error

    def _check(self, names: Sequence[str]) -> str:
        """Return the name of the column of values."""
        values = [name for name in _VALUES if name in names]
        missing = [name for name in _COLUMNS if name not in names]
        if missing or not values:
            raise DataError(
                self._path,
                f"there is no column {(*missing, _VALUES[0])[0]!r}",
                remedy="Columns: run, round, dimension, value; by where several persons score.",
            )
        return values[0]

    def _row(self, fields: Mapping[str, str | None], value: str, line: int) -> _Row | None:
        cells = ((fields.get(name) or "").strip() for name in (*_COLUMNS, value))
        run, number, dimension, text = cells
        if not text:
            return None
        if not (number.isascii() and number.isdecimal()):
            raise DataError(self._path, f"line {line}: round: {number!r} is no whole number")
        by = (fields.get("by") or "").strip()
        return _Row(run, int(number), dimension, self._value(text, line), by)

    def _value(self, text: str, line: int) -> float | bool:
        if text.lower() in _WORDS:
            return _WORDS[text.lower()]
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not 0 <= value <= _FULL:
            raise DataError(
                self._path,
                f"line {line}: value: {text!r} is no mark",
                remedy="Marks go from 0 to 10; pass and fail are understood, too.",
            )
        return value


def _run(prefix: str, runs: Sequence[str]) -> str | None:
    """Return the one run whose id begins so; a whole id always wins."""
    found = [run for run in runs if prefix and run.startswith(prefix)]
    if prefix in found:
        return prefix
    return found[0] if len(found) == 1 else None
