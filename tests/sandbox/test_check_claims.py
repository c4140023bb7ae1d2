from __future__ import annotations

from pathlib import Path

import pytest
from claim_words import claims_of, unknown_words, words_of

from tests.sandbox.drawing import Judged, draw_snippet, judge_drawn

LINE = """
fig, ax = plt.subplots()
ax.plot([1990, 2000, 2010], [10, 14, {last}], label="Japan")
{more}
ax.set(title={title!r}, xlabel="Year", ylabel="Sales (million USD)")
fig.savefig("chart.png")
"""
BARS = """
fig, ax = plt.subplots()
ax.bar(["Europe", "Japan", "USA"], [80.5, 79.8, 119.0])
ax.set(title={title!r}, xlabel="Origin", ylabel="Mean horsepower")
fig.savefig("chart.png")
"""


def _line(title: str, folder: Path, *, last: float = 20.0, more: str = "") -> Judged:
    return judge_drawn(draw_snippet(LINE.format(title=title, last=last, more=more), folder))


def _bars(title: str, folder: Path) -> Judged:
    return judge_drawn(draw_snippet(BARS.format(title=title), folder))


def _contradicted(judged: Judged) -> bool:
    return "claim_contradicted" in judged.codes


TRUE_OVER_TIME = [
    "Sales rose from 1990 to 2010",
    "Sales have doubled since 1990",
    "Sales rose by 40 % from 1990 to 2000",
    "Sales in Japan increased by over 90 %",
    "Japan sales nearly doubled",
]
FALSE_OVER_TIME = [
    "Sales fell from 1990 to 2010",
    "Sales have tripled since 1990",
    "Sales rose by 70 % from 1990 to 2000",
    "Sales halved",
    "Sales of Japan declined",
    "Sales dropped by 20 %",
]


@pytest.mark.parametrize("title", TRUE_OVER_TIME)
def test_a_true_claim_over_time_is_borne_out(title: str, tmp_path: Path) -> None:
    judged = _line(title, tmp_path)

    assert not _contradicted(judged)
    assert "claim_contradicted" in judged.checks


@pytest.mark.parametrize("title", FALSE_OVER_TIME)
def test_a_false_claim_over_time_is_an_error(title: str, tmp_path: Path) -> None:
    judged = _line(title, tmp_path)

    [found] = [one for one in judged.findings if one.code == "claim_contradicted"]
    assert found.severity == "error"
    assert "from 1" in str(found.numbers["measured"])


TRUE_OF_GROUPS = [
    "USA has the highest mean horsepower",
    "Mean horsepower is lowest in Japan",
    "USA has more horsepower than Japan",
    "Japan has less horsepower than Europe",
]
FALSE_OF_GROUPS = [
    "Japan has the highest mean horsepower",
    "Europe has the least horsepower",
    "Europe has more horsepower than the USA",
    "USA has twice as much horsepower as Japan",
]


@pytest.mark.parametrize("title", TRUE_OF_GROUPS)
def test_a_true_claim_about_groups_is_borne_out(title: str, tmp_path: Path) -> None:
    assert not _contradicted(_bars(title, tmp_path))


@pytest.mark.parametrize("title", FALSE_OF_GROUPS)
def test_a_false_claim_about_groups_is_an_error(title: str, tmp_path: Path) -> None:
    assert _contradicted(_bars(title, tmp_path))


def test_a_title_that_only_describes_is_judged_and_says_nothing_wrong(tmp_path: Path) -> None:
    judged = _bars("Mean horsepower by origin", tmp_path)

    assert "claim_contradicted" in judged.checks
    assert not _contradicted(judged)


@pytest.mark.parametrize(
    "title",
    [
        "A golden age of American muscle",
        "Horsepower did not rise in Japan",
        "Will the USA have the highest horsepower?",
        "Honda has the highest horsepower",
        "Horsepower rose in Japan",
    ],
)
def test_what_the_grammar_cannot_look_up_is_left_to_a_reader(title: str, tmp_path: Path) -> None:
    judged = _bars(title, tmp_path)

    assert not _contradicted(judged)
    assert "claim_contradicted" not in judged.checks


def test_a_claim_about_one_line_is_looked_up_on_that_line(tmp_path: Path) -> None:
    other = 'ax.plot([1990, 2000, 2010], [9, 7, 3], label="Europe"); ax.legend()'

    assert not _contradicted(_line("Europe fell", tmp_path, more=other))
    assert _contradicted(_line("Europe rose", tmp_path, more=other))


def test_lines_that_disagree_leave_a_claim_about_all_of_them_open(tmp_path: Path) -> None:
    other = 'ax.plot([1990, 2000, 2010], [9, 7, 3], label="Europe"); ax.legend()'

    judged = _line("Sales rose", tmp_path, more=other)

    assert "claim_contradicted" not in judged.checks


def test_an_annotation_is_held_to_the_numbers_as_well(tmp_path: Path) -> None:
    more = 'ax.text(1995, 15, "Sales tripled since 1990")'

    assert _contradicted(_line("Sales in Japan", tmp_path, more=more))


def test_a_claim_about_years_off_the_axis_is_left_open(tmp_path: Path) -> None:
    assert "claim_contradicted" not in _line("Sales rose since 1950", tmp_path).checks


def test_a_clause_is_read_once_and_exactly() -> None:
    [claim] = claims_of("Sales more than doubled since 1990")

    assert (claim.kind, claim.factor, claim.years) == ("change", 2.0, (1990,))
    assert claim.high == float("inf")


def test_words_of_the_table_and_plain_words_are_accounted_for() -> None:
    known = [word for name in ("Miles_per_Gallon", "Origin") for word in words_of(name)]

    assert unknown_words("Average miles per gallon by origin, top 10", known) == []
    assert unknown_words("Splendid miles per gallon", known) == ["splendid"]
