from __future__ import annotations

from collections.abc import Sequence

import pytest

from critique_loop.data.frames import Piece
from critique_loop.data.tallies import (
    MAX_CHARACTERS,
    MAX_VALUES,
    ColumnTally,
    Room,
)
from critique_loop.values import Column, ColumnKind


def _text_column(texts: Sequence[str], *, rows: int) -> Column:
    tally = ColumnTally("c", Room())
    tally.add(Piece("text", 0, texts=texts))
    return tally.column(rows, day_first=False)


@pytest.mark.parametrize(
    ("texts", "rows", "kind"),
    [
        (["a", "b", "c"], 3, ColumnKind.CATEGORY),
        ([f"country {n}" for n in range(142)], 1704, ColumnKind.CATEGORY),
        ([f"name {n}" for n in range(311)], 406, ColumnKind.TEXT),
        (["a long remark " * 10, "another remark " * 10], 100, ColumnKind.TEXT),
    ],
    ids=["few", "repeated", "names", "sentences"],
)
def test_categories_are_short_and_few_or_repeated(
    texts: list[str], rows: int, kind: ColumnKind
) -> None:
    column = _text_column(texts, rows=rows)

    assert column.kind is kind
    assert column.values == tuple(texts)
    assert column.distinct == len(texts)


def test_values_end_at_the_most_that_are_kept_and_say_so() -> None:
    column = _text_column([f"v{n}" for n in range(MAX_VALUES + 1)], rows=10**9)

    assert column.kind is ColumnKind.TEXT
    assert (len(column.values), column.values_complete) == (MAX_VALUES, False)


def test_very_long_values_end_at_the_most_characters_that_are_kept() -> None:
    long = "x" * (MAX_CHARACTERS // 2)

    column = _text_column([long + "1", long], rows=2)

    assert (len(column.values), column.values_complete) == (1, False)


def test_all_columns_of_a_table_share_one_room() -> None:
    room = Room(values=3)
    first, second = ColumnTally("a", room), ColumnTally("b", room)

    first.add(Piece("text", 0, texts=["x", "y"]))
    second.add(Piece("text", 0, texts=["x", "y"]))

    assert first.column(2, day_first=False).values_complete
    assert second.column(2, day_first=False).values == ("x",)
    assert not second.column(2, day_first=False).values_complete


def test_whole_parts_and_broken_parts_make_a_column_of_fractions() -> None:
    tally = ColumnTally("c", Room())
    tally.add(Piece("number", 0, numbers=[1, 2], lowest=1, highest=2))
    tally.add(Piece("number", 1, numbers=[0.5], lowest=0.5, highest=0.5, whole=False))

    column = tally.column(4, day_first=False)

    assert (column.kind, column.whole_numbers) == (ColumnKind.NUMBER, False)
    assert (column.minimum, column.maximum, column.missing, column.distinct) == (0.5, 2, 1, 3)


def test_a_column_of_nothing_but_infinities_has_no_ends() -> None:
    tally = ColumnTally("c", Room())
    tally.add(Piece("number", 0, infinite=2))

    column = tally.column(2, day_first=False)

    assert (column.kind, column.infinite) == (ColumnKind.NUMBER, 2)
    assert (column.minimum, column.maximum, column.whole_numbers) == (None, None, False)


def test_a_column_that_is_now_numbers_and_now_texts_names_no_values() -> None:
    tally = ColumnTally("c", Room())
    tally.add(Piece("number", 0, numbers=[5], lowest=5, highest=5))
    tally.add(Piece("text", 0, texts=["5", "n/k"]))

    column = tally.column(3, day_first=False)

    assert (column.kind, column.values, column.values_complete) == (ColumnKind.TEXT, (), False)


def test_parts_without_values_do_not_change_what_a_column_is() -> None:
    tally = ColumnTally("c", Room())
    tally.add(Piece("empty", 5))
    tally.add(Piece("boolean", 1, texts=["True"]))
    tally.add(Piece("empty", 2))

    column = tally.column(9, day_first=False)

    assert (column.kind, column.values, column.missing) == (ColumnKind.BOOLEAN, ("True",), 8)
