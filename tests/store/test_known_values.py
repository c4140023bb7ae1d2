"""What is to go, collected from the runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from critique_loop.errors import CallError
from critique_loop.store.known_values import KnownValues, known_values
from critique_loop.store.redaction import Redaction
from critique_loop.store.rows import opened_source
from critique_loop.testing.stored_runs import store_at
from critique_loop.values import Column, ColumnKind, Started, Table
from tests.store.kept_runs import KEY, TABLE, run


def collected(
    folder: Path, redaction: Redaction, tables: Sequence[Table] = (TABLE,)
) -> KnownValues:
    """Return what is known of a run with these tables."""
    events = run("r1")
    started = events[0].body
    assert isinstance(started, Started)
    body = replace(started, task=replace(started.task, tables=tuple(tables)))
    kept = store_at(folder / "traces.db", [replace(events[0], body=body), *events[1:]])
    with opened_source(kept) as source:
        return known_values(source, ("r1",), redaction)


def test_long_values_are_looked_for_everywhere_and_short_ones_by_table(tmp_path: Path) -> None:
    known = collected(tmp_path, Redaction(columns=("name",)))

    (of,) = known.tables.values()
    assert known.texts == {"Ada Lovelace": "redacted_name_1", "Grace O'Hopper": "redacted_name_2"}
    assert of.texts == {"Zoë": "redacted_name_3", "M": "redacted_name_4"}
    assert known.of_run == {"r1": next(iter(known.tables))}
    assert (of.numbers, of.unknown) == (False, False)


def test_numbers_are_noted_and_values_of_yes_and_no_left_alone(tmp_path: Path) -> None:
    known = collected(tmp_path, Redaction(columns=("salary", "active")))

    (of,) = known.tables.values()
    assert of.numbers
    assert known.texts == of.texts == {}
    assert of.columns == {"name", "salary", "active"}


def test_the_ends_of_numbers_and_times_are_known_as_they_may_be_written(tmp_path: Path) -> None:
    day = Column(
        "day", ColumnKind.TIME, minimum="2020-01-31T00:00:00", maximum="2021-02-01T00:00:00"
    )
    table = replace(TABLE, columns=(*TABLE.columns, day, Column("31500", ColumnKind.EMPTY)))

    known = collected(tmp_path, Redaction(columns=("salary", "day")), (table,))

    (of,) = known.tables.values()
    assert {"98765", "98,765", "98765.0", "2020-01-31", "2021-02-01T00:00:00"} <= of.ends.keys()
    assert of.ends["98765"] == of.ends["98,765"] == "redacted_salary_2"
    assert "31500" not in of.ends


def test_a_profile_that_lists_not_all_values_is_noted(tmp_path: Path) -> None:
    column = Column("note", ColumnKind.TEXT, values=("hello there",), values_complete=False)

    known = collected(tmp_path, Redaction(values=True), (replace(TABLE, columns=(column,)),))

    (of,) = known.tables.values()
    assert of.unknown
    assert "hello there" in known.texts


def test_paths_of_tables_are_known_with_their_blanks(tmp_path: Path) -> None:
    known = collected(tmp_path, Redaction(paths=True))

    assert set(known.texts) == {"/home/ada/my data/people.csv", "/home/ada/my data"}


def test_a_secret_is_looked_for_wherever_it_stands(tmp_path: Path) -> None:
    known = collected(tmp_path, Redaction(secrets=True))

    assert set(known.texts) == {KEY}


def test_a_column_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="no table of these runs has a column 'Name'"):
        collected(tmp_path, Redaction(columns=("Name",)))
