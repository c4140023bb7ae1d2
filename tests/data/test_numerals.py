from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from critique_loop.data import profile
from critique_loop.data.numerals import Notation
from critique_loop.values import ColumnKind

WriteTable = Callable[..., Path]


def test_decimal_commas_are_told_from_the_cells(write_table: WriteTable) -> None:
    table = profile(write_table("a;b\n1,5;x\n-2,25;y\n;z\n"))

    assert table.dialect.decimal == ","
    assert (table.column("a").minimum, table.column("a").maximum) == (-2.25, 1.5)
    assert table.column("a").missing == 1


def test_decimal_commas_between_quotes_are_told_in_a_comma_separated_file(
    write_table: WriteTable,
) -> None:
    table = profile(write_table('a,b\n"1,5",x\n"2,5",y\n'))

    assert (table.dialect.separator, table.dialect.decimal) == (",", ",")
    assert table.column("a").maximum == 2.5


def test_a_decimal_comma_in_the_last_row_of_many_is_seen(write_table: WriteTable) -> None:
    table = profile(write_table("a;b\n" + "1;2\n" * 1000 + "1,5;2\n"))

    assert table.dialect.decimal == ","
    assert table.column("a").maximum == 1.5


@pytest.mark.slow
def test_decimal_commas_of_the_first_rows_alone_prove_nothing(write_table: WriteTable) -> None:
    path = write_table("a;b\n" + "1,5;1.234\n" * 600_000 + "see above;1.234\n")

    table = profile(path)

    assert table.dialect.thousands is None
    assert table.column("b").values == ("1.234",)
    assert table.column("b").maximum is None


def test_thousands_dots_go_with_decimal_commas(write_table: WriteTable) -> None:
    table = profile(write_table("people;share\n1.234;1,5\n2.000.000;2,5\n"))

    assert (table.dialect.decimal, table.dialect.thousands) == (",", ".")
    assert table.column("people").maximum == 2_000_000


@pytest.mark.parametrize("harmed", ["01.02.2020", "10.1.2.3", "1.2"])
def test_a_thousands_dot_that_would_change_another_column_is_not_set(
    write_table: WriteTable, harmed: str
) -> None:
    table = profile(write_table(f"people;share;other\n1.234.567;1,5;{harmed}\n"))

    assert (table.dialect.decimal, table.dialect.thousands) == (",", None)
    assert table.column("people").values == ("1.234.567",)
    assert table.column("share").maximum == 1.5


@pytest.mark.parametrize("proof", ["1,234,567", "1,234.5"])
def test_thousands_commas_are_told_where_a_cell_proves_them(
    write_table: WriteTable, proof: str
) -> None:
    table = profile(write_table(f"people\tname\n{proof}\tx\n1,234\ty\n"))

    assert table.dialect.thousands == ","
    assert table.column("people").minimum == 1234


def test_a_quoted_thousands_comma_is_told_in_a_comma_separated_file(
    write_table: WriteTable,
) -> None:
    table = profile(write_table('people,name\n"1,234",x\n"22,000",y\n'))

    assert table.dialect.thousands == ","
    assert table.column("people").maximum == 22_000


def test_what_may_be_a_thousand_or_one_and_a_bit_stays_text(write_table: WriteTable) -> None:
    table = profile(write_table("a;b\n1,234;x\n22,000;y\n"))

    assert table.dialect.decimal == "."
    assert table.dialect.thousands is None
    assert table.column("a").values == ("1,234", "22,000")


def test_a_leading_zero_proves_the_decimal_comma(write_table: WriteTable) -> None:
    table = profile(write_table("a;b\n0,234;x\n22,000;y\n"))

    assert table.column("a").maximum == 22


def test_lists_of_numbers_are_not_run_together(write_table: WriteTable) -> None:
    table = profile(write_table('a,b\n"1,2,3","1,234,567"\n"4,5","1,000,000"\n'))

    assert table.dialect.thousands is None
    assert table.column("a").values == ("1,2,3", "4,5")


def test_more_columns_with_decimal_dots_than_commas_keep_the_dot(write_table: WriteTable) -> None:
    table = profile(write_table("price;lat;lon\n1,5;48.85;2.35\n2,5;41.9;12.5\n"))

    assert table.dialect.decimal == "."
    assert table.column("lat").kind is ColumnKind.NUMBER
    assert table.column("price").values == ("1,5", "2,5")


@pytest.mark.parametrize("text", ["12%", "$5", "1 234", "1-2", "0x1F", "abc", "", "--"])
def test_other_text_is_no_number_in_any_notation(text: str) -> None:
    notation = Notation()

    notation.observe(["1,5", text])

    assert not notation.proves_comma
    assert not notation.number_like
