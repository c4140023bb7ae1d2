"""Which rescoring counts for each run, as the user names them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from critique_loop.agreement.ratings import rubric_hash
from critique_loop.errors import CallError
from critique_loop.export.rescored import Scores
from critique_loop.store import SqliteStore
from critique_loop.store.rescorings import RescoringRow, critiques_of, rescoring_rows, start_of
from critique_loop.store.rows import SqliteSource, opened_source

LATEST = "latest"
_HASH = 12
_LIST = "List them: critique-loop ls --rescorings"


class Found(NamedTuple):
    """One rescoring, its rubric (name and hash) and its critic."""

    row: RescoringRow
    rubric: str
    critic: str


@dataclass(frozen=True, slots=True)
class Rescorings:
    """The rescoring that counts for each run, by the run's id."""

    store: SqliteStore
    names: tuple[str, ...]
    of_run: dict[str, Found]
    _used: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])

    @classmethod
    def named(cls, store: SqliteStore, names: Sequence[str]) -> Rescorings:
        """Return what ``names`` mean: a rescoring's name or how it begins, a rubric, or "latest".

        A rubric is NAME or NAME@HASH. Of several of one run the one finished last counts.

        Raises:
            CallError: there is none such, or it is not finished.
            StoreError: one can't be read.
        """
        with opened_source(store.path) as source:
            known = [_found(source, row) for row in list(rescoring_rows(source))]
        wanted = {each.row.id for name in names for each in _meant(name, known)}
        chosen = (each for each in known if each.row.id in wanted)
        return cls(store, tuple(names), {each.row.run_id: each for each in chosen})

    def use(self, run_id: str) -> None:
        """Note that the scores of a run count."""
        found = self.of_run[run_id]
        self._used[_short(found.rubric), found.critic] += 1

    def plain(self) -> dict[str, object]:
        """Return as JSON types what was asked for, and whose scores of how many runs count."""
        return {
            "asked": list(self.names),
            "by": [
                {"rubric": rubric, "critic": critic, "runs": runs}
                for (rubric, critic), runs in sorted(self._used.items())
            ],
        }

    @contextmanager
    def reading(self) -> Generator[Reading]:
        """Lend the scores."""
        with opened_source(self.store.path) as source:
            yield Reading(self, source)


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads new scores, run by run."""

    rescorings: Rescorings
    source: SqliteSource

    def of(self, run_id: str) -> Scores | None:
        """Return the scores that count for a run, or None where it has none."""
        found = self.rescorings.of_run.get(run_id)
        if found is None:
            return None
        name = found.row.id
        return Scores(name, start_of(self.source, name), critiques_of(self.source, name))


def _found(source: SqliteSource, row: RescoringRow) -> Found:
    started = start_of(source, row.id)
    rubric = started.task.rubric
    return Found(row, f"{rubric.name}@{rubric_hash(rubric)}", started.critic)


def _meant(name: str, known: Sequence[Found]) -> list[Found]:
    """Return the finished rescorings that ``name`` means."""
    if name == LATEST:
        return _finished(known, "no run was scored again", known)
    by_rubric = [each for each in known if _is_named(each.rubric, name)]
    if by_rubric:
        return _finished(by_rubric, f"no run was scored again by {name!r} to its end", known)
    by_id = [each for each in known if name and each.row.id.startswith(name)]
    if len(by_id) > 1:
        ids = ", ".join(each.row.id for each in by_id[:5])
        raise CallError(f"several rescorings begin with {name!r}: {ids}", remedy="Say more of it.")
    what = f"there is no rescoring {name!r}, and none by a rubric of that name"
    if by_id:
        row = by_id[0].row
        what = f"rescoring {row.id} of run {row.run_id} is not finished ({_why(row)})"
    return _finished(by_id, what, known)


def _finished(found: Sequence[Found], otherwise: str, known: Sequence[Found]) -> list[Found]:
    """Return those that are finished.

    Raises:
        CallError: none is.
    """
    finished = [each for each in found if each.row.is_finished]
    if finished:
        return finished
    rubrics = sorted({_short(each.rubric) for each in known if each.row.is_finished})
    there_is = f"Rubrics of finished ones: {', '.join(rubrics)}. " if rubrics else ""
    raise CallError(
        otherwise,
        remedy=f"{there_is}{_LIST}; or score again: critique-loop rescore RUN... --rubric FILE",
    )


def _why(row: RescoringRow) -> str:
    return "it was cut off" if row.stopped_because is None else f"it ended: {row.stopped_because}"


def _is_named(rubric: str, wanted: str) -> bool:
    name, _, sha256 = wanted.partition("@")
    its_name, _, its_sha256 = rubric.rpartition("@")
    return its_name == name and its_sha256.startswith(sha256)


def _short(rubric: str) -> str:
    name, _, sha256 = rubric.rpartition("@")
    return f"{name}@{sha256[:_HASH]}"
