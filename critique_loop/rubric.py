"""Read rubric files, and turn findings into scores by the table they hold."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from critique_loop import _bundled
from critique_loop.errors import DefinitionError
from critique_loop.values import Critique, Dimension, Finding, Round, Rubric, Score, Severity

FULL = 10.0
_BELOW_PASS = 0.5


def load(source: str | Path) -> Rubric:
    """Return the rubric in the TOML file ``source``, or the shipped one of that name ("charts").

    Raises:
        DefinitionError: no such file, no TOML, an unknown key, a value out of range. The message
        names file and key.
    """
    path = Path(source)
    try:
        if path.suffix == ".toml":
            content = path.read_text(encoding="utf-8")
        else:
            content = _bundled.text("agents", "rubrics", f"{source}.toml")
        return _Reader(path).rubric(tomllib.loads(content))
    except OSError as error:
        raise DefinitionError(
            path,
            f"can't be read ({error.strerror})",
            remedy="Give a .toml file, or the name of a shipped rubric: charts.",
        ) from error
    except (ValueError, RecursionError) as error:  # also numbers too long, lists too deep
        raise DefinitionError(path, f"no valid TOML: {error}") from error


class _Reader:
    """Checks a parsed rubric file key by key."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rubric(self, table: Mapping[str, object]) -> Rubric:
        self._known(table, "", {"name", "description", "target", "dimensions"})
        entries = table.get("dimensions")
        if not isinstance(entries, list) or not entries:
            raise DefinitionError(self._path, "dimensions: expected at least one [[dimensions]]")
        dimensions = tuple(
            self._dimension(entry, f"dimensions[{index}]")
            for index, entry in enumerate(cast("list[object]", entries))
        )
        names = [dimension.name for dimension in dimensions]
        for name in names:
            if names.count(name) > 1:
                raise DefinitionError(self._path, f"dimensions: {name!r} is there twice")
        return Rubric(
            name=self._text(table, "name", "", required=True),
            dimensions=dimensions,
            target=self._number(table, "target", "", default=8.0),
            description=self._text(table, "description", ""),
        )

    def _dimension(self, entry: object, where: str) -> Dimension:
        if not isinstance(entry, dict):
            raise DefinitionError(self._path, f"{where}: expected a table")
        table = cast("dict[str, object]", entry)
        known = {"name", "question", "weight", "pass_mark", "gate", "levels", "checks"}
        self._known(table, where, known)
        gate = table.get("gate", False)
        if not isinstance(gate, bool):
            raise DefinitionError(
                self._path, f"{where}.gate: expected true or false, found {gate!r}"
            )
        weight = self._number(table, "weight", where, default=1.0, most=1000.0)
        if weight <= 0:
            raise DefinitionError(
                self._path, f"{where}.weight: expected more than 0, found {weight:g}"
            )
        return Dimension(
            name=self._text(table, "name", where, required=True),
            question=self._text(table, "question", where, required=True),
            weight=weight,
            pass_mark=self._number(table, "pass_mark", where, default=7.0),
            gate=gate,
            levels=self._levels(table, where),
            checks=self._checks(table, where),
        )

    def _levels(self, table: Mapping[str, object], where: str) -> dict[int, str]:
        levels: dict[int, str] = {}
        for key, text in self._table(table, "levels", where).items():
            if not (key.isdecimal() and 0 <= int(key) <= FULL):
                raise DefinitionError(self._path, f"{where}.levels.{key}: expected 0 to 10 as key")
            if not isinstance(text, str):
                raise DefinitionError(self._path, f"{where}.levels.{key}: expected a text")
            levels[int(key)] = text
        return levels

    def _checks(self, table: Mapping[str, object], where: str) -> dict[str, float]:
        checks = self._table(table, "checks", where)
        return {code: self._number(checks, code, f"{where}.checks") for code in checks}

    def _table(self, table: Mapping[str, object], key: str, where: str) -> Mapping[str, object]:
        value = table.get(key, {})
        if not isinstance(value, dict):
            raise DefinitionError(self._path, f"{where}.{key}: expected a table, found {value!r}")
        return cast("dict[str, object]", value)

    def _text(
        self, table: Mapping[str, object], key: str, where: str, *, required: bool = False
    ) -> str:
        value = table.get(key, "")
        if not isinstance(value, str) or (required and not value.strip()):
            raise DefinitionError(self._path, f"{self._at(where, key)}: expected a text")
        return value

    def _number(
        self,
        table: Mapping[str, object],
        key: str,
        where: str,
        *,
        default: float = 0.0,
        most: float = FULL,
    ) -> float:
        value = table.get(key, default)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most:
            return float(value)
        at = self._at(where, key)
        raise DefinitionError(self._path, f"{at}: expected 0 to {most:g}, found {value!r}")

    def _known(self, table: Mapping[str, object], where: str, known: set[str]) -> None:
        for key in table:
            if key not in known:
                raise DefinitionError(
                    self._path,
                    f"{self._at(where, key)}: unknown key",
                    remedy=f"Known keys: {', '.join(sorted(known))}.",
                )

    @staticmethod
    def _at(where: str, key: str) -> str:
        return f"{where}.{key}" if where else key


def score(dimension: Dimension, findings: Sequence[Finding], checks_run: Sequence[str]) -> Score:
    """Return the measured score of one dimension: full marks less the points of its findings.

    Each code counts once, a note not at all. An error keeps the score below the pass mark. A
    dimension without checks, or with a check that did not run, is unscored.
    """
    if not dimension.checks:
        return _unscored(dimension, "no measured check feeds this dimension")
    missing = [code for code in dimension.checks if code not in checks_run]
    mine = [f for f in findings if f.code in dimension.checks and f.severity is not Severity.NOTE]
    errors = [f for f in mine if f.severity is Severity.ERROR]
    if missing and not errors:
        return _unscored(dimension, f"not checked: {', '.join(missing)}")
    value = FULL - sum(dimension.checks[code] for code in {f.code for f in mine})
    if errors:
        value = min(value, dimension.pass_mark - _BELOW_PASS)
    return Score(
        dimension=dimension.name,
        value=round(max(0.0, value), 2),
        pass_mark=dimension.pass_mark,
        evidence=tuple(dict.fromkeys(f.code for f in mine)),
        advice="; ".join(dict.fromkeys(f.advice for f in mine if f.advice)),
    )


def _unscored(dimension: Dimension, why: str) -> Score:
    return Score(dimension=dimension.name, value=None, pass_mark=dimension.pass_mark, unscored=why)


def overall(rubric: Rubric, scores: Sequence[Score]) -> float | None:
    """Return the weighted mean of the scores, None if any dimension of the rubric is unscored."""
    values = {s.dimension: s.value for s in scores}
    total = 0.0
    for dimension in rubric.dimensions:
        value = values.get(dimension.name)
        if value is None:
            return None
        total += dimension.weight * value
    return round(total / sum(d.weight for d in rubric.dimensions), 3)


def accepts(rubric: Rubric, scores: Sequence[Score]) -> bool:
    """Return whether all gates pass, none is unscored and the weighted mean reaches the target."""
    mean = overall(rubric, scores)
    if mean is None or mean < rubric.target:
        return False
    passed = {s.dimension for s in scores if s.passed}
    return all(d.name in passed for d in rubric.dimensions if d.gate)


def gates_passed(rubric: Rubric, critique: Critique) -> int:
    """Return how many gates of the rubric the critique passes."""
    passed = {s.dimension for s in critique.scores if s.passed}
    return sum(1 for d in rubric.dimensions if d.gate and d.name in passed)


def gates_broken(rubric: Rubric, before: Critique, after: Critique) -> tuple[str, ...]:
    """Return the gates that ``before`` passes and ``after`` does not."""
    passed, still = (
        {score.dimension for score in critique.scores if score.passed}
        for critique in (before, after)
    )
    return tuple(d.name for d in rubric.dimensions if d.gate and d.name in passed - still)


def merit(rubric: Rubric, critique: Critique) -> tuple[int, float, int]:
    """Return a key that sorts critiques from worst to best: gates, weighted mean, fewer errors.

    A critique with an unscored dimension has no mean and sorts below every one that has.
    """
    errors = sum(1 for f in critique.findings if f.severity is Severity.ERROR)
    mean = -1.0 if critique.overall is None else critique.overall
    return gates_passed(rubric, critique), mean, -errors


def best(rubric: Rubric, rounds: Sequence[Round]) -> Round | None:
    """Return the best round (the earlier of equals), or None where there is none."""
    ranked = sorted(rounds, key=lambda turn: (merit(rubric, turn.critique), -turn.number))
    return ranked[-1] if ranked else None
