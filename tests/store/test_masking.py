"""Programs and texts without values that nobody can list."""

from __future__ import annotations

import ast

import pytest

from critique_loop.store.masking import BLANK, masked_program, runs_alike, without_numbers
from critique_loop.store.styling import Drawing


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("mean 31,500.25 of 3", "mean # of #"),
        ("2020-01-31 12:30", "# #"),
        ("1e-5 and 7%", "# and #%"),
        ("no number", "no number"),
        ("redacted_name_12 has 7", "redacted_name_12 has #"),
    ],
)
def test_every_number_goes_but_those_of_placeholders(text: str, left: str) -> None:
    assert without_numbers(text) == left
    assert without_numbers(left) == left


def test_large_numbers_of_a_program_go_and_those_of_sizes_stay() -> None:
    code = "x = 98765  # Ada\ny = d[d.pay > 31_500.5]\nf = plt.figure(figsize=(8, 5.5))\n"

    left = masked_program(code, (), texts=False)

    assert left == "x = 0\ny = d[d.pay > 0]\nf = plt.figure(figsize=(8, 5.5))\n"


@pytest.mark.parametrize(
    ("number", "left"),
    [
        ("230000", "0"),
        ("12000", "0"),
        ("85000.0", "0"),
        ("100", "0"),
        ("1e6", "0"),
        ("0.125", "0"),
        ("123j", "0"),
        ("10", "10"),
        ("8.0", "8.0"),
        ("0.05", "0.05"),
        ("0", "0"),
    ],
)
def test_all_digits_count_but_zeros_in_front(number: str, left: str) -> None:
    assert masked_program(f"ax.axhline({number})\n", (), texts=False) == f"ax.axhline({left})\n"


def test_texts_of_a_program_go_but_names_of_columns() -> None:
    code = 'x = d[d["name"] == "Ada"]\ny = f"{x} of Ada"\nz = b"Ada"\n'

    left = masked_program(code, {"name"}, texts=True)

    assert "Ada" not in left
    assert "d['name']" in left
    ast.parse(left)


@pytest.mark.parametrize("code", ["x = = 98765", "\0", "(" * 5000, "x = '\ud800'; = 98765"])
def test_what_is_no_program_goes_as_a_whole(code: str) -> None:
    assert masked_program(code, (), texts=False) == f"# {BLANK}\n"


@pytest.mark.parametrize("texts", [False, True])
def test_what_was_masked_stays_as_it_is(texts: bool) -> None:
    code = '"""Doc 123."""\n\n\ndef f(x=1000, *, y="\\d"):\n    return f"{x:.2f} of {y!r}"\n'

    once = masked_program(code, (), texts=texts)

    assert masked_program(once, (), texts=texts) == once


STYLED = """\
BLUE = '#0072B2'
data['x'] = data['x'].astype('float64') / 1000
ax.grid(color='#e0e0e0', linewidth=0.125)
ax.yaxis.set_major_formatter(lambda v, _: f'{v:,.1f}')
ax.bar_label(bars, fmt='%.1f%%')
fig.savefig('chart.png', dpi=150)
"""


def test_what_only_a_drawing_has_stays_where_it_is_no_number_of_the_table() -> None:
    drawing = Drawing([(31_500.0, 98_765.0)])

    assert masked_program(STYLED, (), texts=False, drawing=drawing) == STYLED


def test_a_program_in_which_nothing_has_to_go_stays_as_it_is_laid_out() -> None:
    code = 'x = d["a"]\n\n\ny = (1 +\n     2)\n'

    assert masked_program(code, {"a"}, texts=True) == code
    assert masked_program(f"{code}# 98765\n", {"a"}, texts=True) == "x = d['a']\ny = 1 + 2\n"


def test_texts_that_may_be_values_go_also_where_they_look_like_colours() -> None:
    left = masked_program(STYLED, (), texts=True, drawing=Drawing([(31_500.0, 98_765.0)]))

    assert "0072B2" not in left
    assert "1000" not in left
    assert "150" not in left


def test_nothing_stays_nothing() -> None:
    assert masked_program("", (), texts=True) == ""


@pytest.mark.parametrize(
    ("code", "other", "alike"),
    [
        ("x = 1\n", "x = 1\n", True),
        ("x = (1)  # Ada\n", "x = 1\n", True),
        ("x = 100\n", "x = 0\n", False),
        ("x = 1\n", "x = 1.0\n", False),
        ("x = = 1", "x = = 1", True),
        ("x = = 1", "# [redacted]\n", False),
        ("(" * 5000, "# [redacted]\n", False),
    ],
)
def test_programs_are_alike_that_differ_only_in_comments_and_layout(
    code: str, other: str, alike: bool
) -> None:
    assert runs_alike(code, other) is alike
