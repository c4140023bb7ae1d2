"""Revisions: from the best round, never the same program twice, and an end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import cast

import pytest

from critique_loop.errors import WriterGaveUp
from critique_loop.values import (
    Critique,
    Decision,
    DecisionKind,
    Draft,
    Execution,
    ExecutionStatus,
    Finding,
    Round,
    Severity,
    Table,
)

Drafted = Callable[..., Draft]


def turn(
    number: int, draft: Draft, codes: Iterable[str] = (), *, overall: float = 5.0, stderr: str = ""
) -> Round:
    status = ExecutionStatus.ERROR if stderr else ExecutionStatus.OK
    findings = tuple(Finding(code, Severity.WARNING, "found", place="x axis") for code in codes)
    return Round(
        number, draft, Execution(status, stderr=stderr), Critique("c", (), findings, overall)
    )


def test_overlapping_names_turn_the_bars_sideways(cars: Table, drafted: Drafted) -> None:
    first = drafted("average horsepower by origin", cars)

    second = drafted("average horsepower by origin", cars, turn(1, first, ["ticks_overlap"]))

    assert "ax.bar(" in first.code
    assert "ax.barh(" in second.code
    assert second.explanation == "Changed: turn sideways"
    assert second.reading == first.reading


def test_overlapping_dates_are_named_less_often(
    table: Callable[[str], Table], drafted: Drafted
) -> None:
    goal = "temp_max over time"
    first = drafted(goal, table("weather"))

    second = drafted(goal, table("weather"), turn(1, first, ["ticks_overlap"]))

    assert "AutoDateLocator(maxticks=6)" in second.code


def test_several_findings_are_answered_in_one_draft(cars: Table, drafted: Drafted) -> None:
    first = drafted("average horsepower by origin", cars)

    second = drafted(
        "average horsepower by origin", cars, turn(1, first, ["ticks_overlap", "font_tiny"])
    )

    assert "ax.barh(" in second.code
    assert 'plt.rcParams["font.size"] = 12' in second.code


def test_no_program_comes_twice_and_revisions_end(cars: Table, drafted: Drafted) -> None:
    goal = "average horsepower by origin"
    codes = ["ticks_overlap", "text_clipped", "font_tiny", "baseline_truncated"]
    history: list[Round] = []

    def run_on() -> None:
        while len(history) < 60:
            history.append(turn(len(history) + 1, drafted(goal, cars, *history), codes))

    with pytest.raises(WriterGaveUp, match="nothing left to change"):
        run_on()

    programs = [done.code for done in history]
    assert len(programs) == len(set(programs))
    assert len(programs) > 4


def test_a_revision_starts_from_the_best_round_not_the_last(cars: Table, drafted: Drafted) -> None:
    goal = "average horsepower by origin"
    first = drafted(goal, cars)
    good = turn(1, first, ["ticks_overlap"], overall=9.0)
    second = drafted(goal, cars, good)
    worse = turn(2, second, ["text_clipped"], overall=2.0)

    third = drafted(goal, cars, good, worse)

    assert "ax.barh(" not in third.code


def test_a_revision_starts_from_the_round_that_was_decided_to_go_back_to(
    cars: Table, drafted: Drafted
) -> None:
    goal = "average horsepower by origin"
    first = turn(1, drafted(goal, cars), ["ticks_overlap"], overall=3.0)
    better = turn(2, drafted(goal, cars, first), ["font_tiny"], overall=9.0)
    back = Decision(DecisionKind.REFINE, back_to=1)

    from_best = drafted(goal, cars, first, better)
    from_first = drafted(goal, cars, first, replace(better, decision=back))

    assert "ax.barh(" in better.code
    assert "ax.barh(" in from_best.code
    assert "ax.barh(" not in from_first.code


def test_a_revision_mends_what_is_in_focus_first(cars: Table, drafted: Drafted) -> None:
    goal = "average horsepower by origin"
    first = turn(1, drafted(goal, cars), ["ticks_overlap", "font_tiny"])
    overlap, tiny = first.critique.findings
    findings = (replace(overlap, dimension="aesthetics"), replace(tiny, dimension="accessibility"))
    focus = Decision(DecisionKind.REFINE, focus=("accessibility",))
    first = replace(first, critique=replace(first.critique, findings=findings), decision=focus)

    second = drafted(goal, cars, first)

    assert "ax.barh(" not in second.code
    assert second.explanation == "Changed: enlarge text"


def test_the_same_history_gives_the_same_draft(cars: Table, drafted: Drafted) -> None:
    goal = "average horsepower by origin"
    history = [turn(1, drafted(goal, cars), ["ticks_overlap"])]
    history.append(turn(2, drafted(goal, cars, *history), ["text_clipped"]))

    assert drafted(goal, cars, *history) == drafted(goal, cars, *history)


def test_a_chart_without_findings_is_left_alone(cars: Table, drafted: Drafted) -> None:
    goal = "average horsepower by origin"
    first = drafted(goal, cars)

    with pytest.raises(WriterGaveUp, match="no finding"):
        drafted(goal, cars, turn(1, first))


def test_dates_that_do_not_parse_are_left_out_and_told(cars: Table, drafted: Drafted) -> None:
    goal = "average horsepower by year"
    failed = turn(1, drafted(goal, cars), stderr='ValueError: time data "soon" doesn\'t match')

    repaired = drafted(goal, cars, failed)

    assert 'errors="coerce"' in repaired.code
    assert 'dropna(subset=["Year", "Horsepower"])' in repaired.code
    assert "left out" in repaired.reading


def test_rows_that_share_a_mark_are_averaged_after_pandas_complains(
    table: Callable[[str], Table], drafted: Drafted
) -> None:
    goal = "price over time per symbol"
    error = "ValueError: Index contains duplicate entries, cannot reshape"

    repaired = drafted(goal, table("stocks"), turn(1, drafted(goal, table("stocks")), stderr=error))

    assert ".mean()" in repaired.code
    assert repaired.reading.startswith("mean of price")


def test_an_unknown_failure_ends_with_its_last_line(cars: Table, drafted: Drafted) -> None:
    goal = "average horsepower by origin"
    failed = turn(1, drafted(goal, cars), stderr="Traceback\nKeyError: 'Horsepower'")

    with pytest.raises(WriterGaveUp, match="KeyError: 'Horsepower'"):
        drafted(goal, cars, failed)


def test_an_empty_chart_is_given_up_with_its_filter(cars: Table, drafted: Drafted) -> None:
    goal = "average horsepower by origin in 1981"

    with pytest.raises(WriterGaveUp, match="no row is left where 'Year'"):
        drafted(goal, cars, turn(1, drafted(goal, cars), ["empty_axes"]))


@pytest.mark.slow
def test_of_too_many_groups_the_highest_are_drawn_and_it_is_said(
    table: Callable[[str], Table],
    drafted: Drafted,
    executed: Callable[[list[Draft], Table], list[Mapping[str, object]]],
) -> None:
    goal, airports = "number of airports by state", table("airports")
    first = drafted(goal, airports)
    many = Finding(
        "too_many_categories", Severity.ERROR, "many", numbers={"categories": 56, "most": 30}
    )
    judged = Round(1, first, Execution(ExecutionStatus.OK), Critique("c", (), (many,), 5.0))

    second = drafted(goal, airports, judged)
    (drawn,) = executed([second], airports)

    (widths,) = cast("list[list[float]]", drawn["widths"])
    assert drawn["title"] == "Number of airports by state, 30 highest of 56"
    assert "the 30 highest of 56" in second.reading
    assert len(widths) == 30
    assert widths == sorted(widths)
    assert widths[-1] == 263


@pytest.mark.parametrize(
    "goal", ["Count the airports in every state", "number of airports in each state"]
)
def test_groups_that_are_all_asked_for_are_not_cut(
    goal: str, table: Callable[[str], Table], drafted: Drafted
) -> None:
    airports = table("airports")
    first = drafted(goal, airports)

    with pytest.raises(WriterGaveUp, match="too_many_categories"):
        drafted(goal, airports, turn(1, first, ["too_many_categories"]))


def test_many_steps_of_time_are_not_cut_to_the_highest(
    table: Callable[[str], Table], drafted: Drafted
) -> None:
    goal, electricity = "bar chart of total net generation per year", table("electricity")
    first = drafted(goal, electricity)

    with pytest.raises(WriterGaveUp, match="too_many_categories"):
        drafted(goal, electricity, turn(1, first, ["too_many_categories"]))


def test_rounds_of_another_writer_do_not_confuse_it(cars: Table, drafted: Drafted) -> None:
    goal = "average horsepower by origin"
    foreign = turn(1, Draft("print(1)", "other"), ["ticks_overlap"])

    draft = drafted(goal, cars, foreign)

    assert "ax.barh(" in draft.code
