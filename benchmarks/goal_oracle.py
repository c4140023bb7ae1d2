"""Judge a drawn chart by values that pandas computes from the table, independent of any critic."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import drawn_marks
import numpy as np
import pandas as pd
from drawn_marks import Facts, Key, Mark

RELATIVE_TOLERANCE = 1e-3
FEWEST_BINS = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """One right chart: the marks it may use and a pandas expression for the values it draws."""

    shape: str
    marks: tuple[str, ...]
    values: str
    key: str = "text"
    fixed_axes: bool = False

    def expected(self, table: pd.DataFrame) -> Any:  # noqa: ANN401 - a Series or a DataFrame
        """Return the values that must be drawn."""
        return eval(self.values, {"df": table, "pd": pd})  # noqa: S307 - our own file's expressions


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal sentence on a table and its right charts; none where ``impossible`` says why."""

    id: str
    table: str
    text: str
    columns: tuple[str, ...] = ()
    aggregate: str = ""
    filter: str = ""
    accept: tuple[Answer, ...] = ()
    impossible: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a chart is right, and if not, what differs first for each answer."""

    right: bool
    why: str = ""


def load(path: Path) -> list[Goal]:
    """Return the goals of a TOML file."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["goal"]
    return [_goal(entry) for entry in entries]


def _goal(entry: Mapping[str, Any]) -> Goal:
    answers = tuple(
        Answer(**{**answer, "marks": tuple(answer["marks"])}) for answer in entry.get("accept", [])
    )
    columns = tuple(entry.get("columns", ()))
    return Goal(**{**entry, "accept": answers, "columns": columns})


def judge(goal: Goal, table: pd.DataFrame, facts: Facts) -> Verdict:
    """Return whether the drawn numbers are those of one of the goal's answers."""
    if goal.impossible:
        return Verdict(right=False, why=f"a chart, although there is {goal.impossible}")
    zeros = any(word in goal.aggregate for word in ("count", "sum"))
    reasons: list[str] = []
    for answer in goal.accept:
        why = _differs(answer, table, facts, zeros=zeros)
        if not why:
            return Verdict(right=True)
        reasons.append(why)
    return Verdict(right=False, why="; or ".join(dict.fromkeys(reasons)))


def _differs(answer: Answer, table: pd.DataFrame, facts: Facts, *, zeros: bool) -> str:
    expected = answer.expected(table)
    if answer.shape == "distribution":
        return _distribution(expected, facts)
    if answer.shape == "points":
        return _points(answer, expected, facts)
    return _keyed(answer, expected, facts, zeros=zeros)


# --- values by key, and by key and series ---------------------------------------------------------


def _keyed(answer: Answer, expected: pd.Series[Any], facts: Facts, *, zeros: bool) -> str:
    wanted = {_parts(index): float(v) for index, v in expected.items() if not np.isnan(v)}
    reasons: list[str] = []
    for swapped in (False, True) if answer.shape == "series" else (False,):
        kind = "text" if swapped else answer.key
        target = {
            (drawn_marks.canonical(kind, parts[-1 if swapped else 0]), *map(str, rest)): value
            for parts, value in wanted.items()
            for rest in [parts[:-1] if swapped else parts[1:]]
        }
        drawn = drawn_marks.marks(facts, kind)
        for mark in ("bar",) if swapped else answer.marks:
            mine = [m for m in drawn if m.kind == _mark_kind(mark)]
            for scale in drawn_marks.scales(facts):
                why = _mapping(target, mine, scale, zeros=zeros)
                if not why:
                    return ""
                reasons += [why] if mine and scale == 1 and not swapped else []
    return reasons[0] if reasons else f"no {' or '.join(answer.marks)} drawn"


def _mark_kind(mark: str) -> str:
    return "bar" if mark == "histogram" else mark


def _parts(index: object) -> tuple[object, ...]:
    return index if isinstance(index, tuple) else (index,)


def _mapping(
    target: Mapping[tuple[Key | None, ...], float],
    drawn: Sequence[Mark],
    scale: float,
    *,
    zeros: bool,
) -> str:
    names = {parts[1] for parts in target if len(parts) > 1}
    found: dict[tuple[Key | None, ...], float] = {}
    for mark in drawn:
        name = (_named(mark.series, map(str, names)),) if names else ()
        place = (_shortened(mark.key, target), *name)
        if place in found:
            return f"{_say(place)} drawn more than once"
        found[place] = mark.value * scale
    for place, value in target.items():
        if place not in found and not (zeros and value == 0):
            return f"{_say(place)} missing"
        tolerance = RELATIVE_TOLERANCE * abs(value) + 1e-9
        if abs(found.get(place, 0.0) - value) > tolerance:
            return f"{_say(place)}: {value:g} expected, {found[place]:g} drawn"
    extra = [p for p in found if p not in target and not (zeros and found[p] == 0)]
    return f"{_say(extra[0])} drawn, not asked for" if extra else ""


def _say(place: tuple[Key | None, ...]) -> str:
    return " / ".join(str(part) for part in place)


def _shortened(key: Key | None, target: Mapping[tuple[Key | None, ...], float]) -> Key | None:
    """Return the full key where the drawn label was cut with an ellipsis."""
    if not isinstance(key, str) or not key.endswith(("…", "...")):
        return key
    start = key.rstrip("….").rstrip()
    full = {parts[0] for parts in target if str(parts[0]).startswith(start)}
    return full.pop() if len(full) == 1 else key


def _named(drawn: str, names: Iterable[str]) -> str:
    """Return the expected series that a drawn name means: the longest one it holds."""
    plain = _letters(drawn)
    meant = [name for name in names if _letters(name) in plain]
    return max(meant, key=len, default=drawn)


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


# --- points ---------------------------------------------------------------------------------------


def _points(answer: Answer, expected: pd.DataFrame, facts: Facts) -> str:
    drawn = [m for m in drawn_marks.marks(facts, "number") if m.kind == "points"]
    if not drawn:
        return "no points drawn"
    if len(drawn) != len(expected):
        return f"{len(expected)} points expected, {len(drawn)} drawn"
    names = set(expected.iloc[:, 2].astype(str)) if expected.shape[1] > 2 else set[str]()  # noqa: PLR2004 - the third column is the colour
    wanted = Counter(_point(*row[:2], str(row[2]) if names else "") for row in _rows(expected))
    for flip in (False,) if answer.fixed_axes else (False, True):
        seen = Counter(
            _point(*((m.y, m.x) if flip else (m.x, m.y)), _named(m.series, names) if names else "")
            for m in drawn
        )
        if seen == wanted:
            return ""
    where = Counter((x, y) for x, y, _ in wanted.elements())
    places = Counter(_point(m.x, m.y, "")[:2] for m in drawn)
    if where in (places, Counter((y, x) for x, y in places.elements())):
        return "right points, wrong colours or axes"
    return "other points than expected"


def _rows(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(frame.itertuples(index=False, name=None))


def _point(x: float, y: float, name: str) -> tuple[str, str, str]:
    return f"{x:.6g}", f"{y:.6g}", name


# --- histograms -----------------------------------------------------------------------------------


def _distribution(expected: pd.Series[Any], facts: Facts) -> str:
    values = np.sort(expected.dropna().to_numpy(dtype=float))
    drawn = drawn_marks.bins(facts)
    if len(drawn) < FEWEST_BINS:
        return f"{len(drawn)} bins drawn"
    lefts, rights, heights = (np.array(column) for column in zip(*drawn, strict=True))
    slack = float(np.max(np.abs([lefts, rights]))) * 1e-9
    if np.any(np.abs(lefts[1:] - rights[:-1]) > slack + 1e-6 * (rights - lefts)[1:]):
        return "bars that are no neighbouring bins"
    area = float(np.sum(heights * (rights - lefts)))
    if np.isclose(area, 1.0) and not np.isclose(heights.sum(), len(values)):
        heights = heights * (rights - lefts) * len(values)
    cumulated = np.cumsum(heights)
    below = np.searchsorted(values, rights - slack, side="left")
    upto = np.searchsorted(values, rights + slack, side="right")
    wrong = (cumulated < below - 0.5) | (cumulated > upto + 0.5)
    if np.searchsorted(values, lefts[0] - slack) > 0 or cumulated[-1] < len(values) - 0.5:
        return f"{len(values)} values expected, {cumulated[-1]:g} drawn"
    if wrong.any():
        where = int(np.argmax(wrong))
        return f"up to {rights[where]:g}: {below[where]} expected, {cumulated[where]:g} drawn"
    return ""
