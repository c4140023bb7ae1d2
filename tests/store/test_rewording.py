"""Texts reworded by where they stand."""

from __future__ import annotations

import pytest

from critique_loop.store.known_values import KnownValues, OfTables
from critique_loop.store.redaction import Redaction
from critique_loop.store.rewording import Rewording
from critique_loop.store.searching import Search
from critique_loop.values import Draft, Execution, Task
from tests.known_secrets import LETTERS, SECRETS


def rewording(*, numbers: bool = False, unknown: bool = False) -> Rewording:
    """Return one for two runs, of which the first has a table with the values CSV and Belgium."""
    known = KnownValues(of_run={"r1": "t"})
    known.add("Belgium", "land")
    of = OfTables({"CSV": known.placeholder("CSV", "code")}, numbers=numbers, unknown=unknown)
    known.tables["t"] = of
    words = Rewording(Redaction(paths=True, secrets=True), known)
    words.enter("r1")
    return words


def test_a_short_value_goes_from_literals_of_programs_and_not_from_their_names() -> None:
    words = rewording()

    left = words.text('d = read_csv("csv")  # CSV\n', owner=Draft, field="code")

    assert left == 'd = read_csv("redacted_code_1")  # redacted_code_1\n'


def test_a_short_value_goes_from_other_texts_as_a_word() -> None:
    assert rewording().text("a CSV of CSVs") == "a redacted_code_1 of CSVs"


def test_a_short_value_stays_in_runs_without_its_table_and_a_long_one_goes() -> None:
    words = rewording()

    words.enter("r2")

    assert words.text("CSV of Belgium") == "CSV of redacted_land_1"


def test_a_program_that_is_none_is_reworded_as_a_text() -> None:
    assert "CSV" not in rewording().text("x = ('CSV", owner=Draft, field="code")


def test_what_masking_lays_bare_goes_as_well() -> None:
    words = rewording(numbers=True)

    left = words.text("7CSV8", owner=Execution, field="stdout")

    assert left == "#redacted_code_1#"


def test_free_texts_of_unknown_values_go_whole_and_goals_stay() -> None:
    words = rewording(unknown=True)

    assert words.text("whatever", owner=Execution, field="stdout") == "[redacted]"
    assert words.text("mean of 7", owner=Task, field="goal") == "mean of 7"


def test_what_was_reworded_stays_as_it_is() -> None:
    words = rewording(numbers=True)
    text = 'see /home/ada/x.csv, password="correct-horse-1", CSV 7, Belgium'

    once = words.text(text, field="stdout")

    assert words.text(once, field="stdout") == once
    assert "horse" not in once
    assert "/home" not in once


@pytest.mark.parametrize("kind", SECRETS)
def test_no_secret_is_left_and_the_search_for_leaks_would_find_it(kind: str) -> None:
    search = Search(Redaction(secrets=True), KnownValues())

    left = rewording().text(f"see {SECRETS[kind]} there", owner=Task, field="goal")

    assert search.text(SECRETS[kind])
    assert not search.text(left)
    assert LETTERS[:20] not in left
