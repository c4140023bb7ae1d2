"""What changed between two programs."""

from __future__ import annotations

import time

from critique_loop.report.diffs import DiffLine, diff


def text_of(lines: tuple[DiffLine, ...], *marks: str) -> list[str]:
    return [line.text for line in lines if line.mark in marks]


def test_equal_programs_differ_in_nothing() -> None:
    assert diff("a\nb\n", "a\nb") == ()


def test_a_changed_line_is_there_twice_with_both_numbers() -> None:
    assert diff("a\nb\nc\n", "a\nB\nc\n") == (
        DiffLine(" ", "a", 1, 1),
        DiffLine("-", "b", old=2),
        DiffLine("+", "B", new=2),
        DiffLine(" ", "c", 3, 3),
    )


def test_lines_far_from_any_change_are_counted() -> None:
    old = "\n".join(f"line {n}" for n in range(30))

    lines = diff(old, old.replace("line 15", "changed"), context=2)

    assert text_of(lines, "@") == ["13 lines as before", "12 lines as before"]
    assert text_of(lines, "-", "+") == ["line 15", "changed"]


def test_the_new_program_can_be_read_off_the_diff() -> None:
    old, new = "a\nb\nc\nd\n", "c\nx\nd\ny\n"

    lines = diff(old, new, context=99)

    assert text_of(lines, " ", "-") == old.split()
    assert text_of(lines, " ", "+") == new.split()


def test_long_programs_are_compared_at_their_ends_alone() -> None:
    middle = "\n".join(f"{n}" for n in range(3000))

    begun = time.process_time()
    lines = diff(f"head\n{middle}\ntail", f"head\n{middle.replace('7', 'x')}\ntail")

    assert time.process_time() - begun < 1
    assert text_of(lines, "@") == ["8 lines as before", "3 lines as before"]
    assert len(text_of(lines, "-")) == len(text_of(lines, "+")) == 2991


def test_programs_made_to_be_hard_to_compare_take_no_longer_than_a_second() -> None:
    old, new = "\n".join("ab" * 500), "\n".join("ba" * 490)

    begun = time.process_time()
    lines = diff(old, new)

    assert time.process_time() - begun < 1
    assert lines


def test_a_program_from_nothing_is_all_new() -> None:
    assert diff("", "a\n") == (DiffLine("+", "a", new=1),)
