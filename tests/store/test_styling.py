"""Numbers and texts of a program that are those of its drawing."""

from __future__ import annotations

import ast
import math

import pytest

from critique_loop.store.literals import Literals
from critique_loop.store.styling import Drawing, Range, ranges

SALARIES = Drawing([(31_500.0, 98_765.0)])
PERCENTS = Drawing([(0.0, 2_000.0)])
NOTHING_KNOWN = Drawing()


def kept(code: str, drawing: Drawing = SALARIES) -> list[object]:
    tree = ast.parse(code)
    places = drawing.places(tree)
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and id(node) in places
    ]


@pytest.mark.parametrize(
    ("code", "left"),
    [
        ("fig.savefig('a.png', dpi=175)", [175]),
        ("plt.subplots(figsize=(12.75, 8))", [12.75, 8]),
        ("ax.legend(bbox_to_anchor=(1.02, -1.15))", [1.02, 1.15]),
        ("fig.suptitle('x', y=1.025)", [1.025]),
        ("x = y / 1000 + 1e6 * z", [1000, 1e6]),
        ("plt.rcParams['figure.dpi'] = 175", [175]),
        ("plt.rcParams.update({'savefig.dpi': 175})", [175]),
        ("f'{x:>12,.1f} of {y:03d}'", [">12,.1f", "03d"]),
    ],
)
def test_its_place_says_what_a_number_is_for(code: str, left: list[object]) -> None:
    assert sorted(map(str, kept(code))) == sorted(map(str, left))


@pytest.mark.parametrize(
    "code",
    [
        "fig.savefig('a.png', dpi=50_000)",
        "ax.set_ylim(top=175)",
        "ax.text(175, 1.025, 'x')",
        "ax.annotate('x', y=1.025)",
        "x = 1000 / y",
        "x = y / 1250",
        "x = y > 1000",
        "d['pay'] = 175",
        "x = {'pay': 175}",
        "f'{x:123}'",
        "f'{x:%Y 2020}'",
        "ax.bar(x, y, alpha=True)",
    ],
)
def test_what_may_be_a_number_of_a_table_does_not_stay(code: str) -> None:
    assert kept(code) == []


def test_within_a_column_only_the_usual_resolutions_of_a_picture_stay() -> None:
    code = "fig.savefig(n, dpi={}); ax.set(dpi=150); x = y / 100; ax.bar(x, y, linewidth=0.125)"

    assert kept(code.format(150), PERCENTS) == [150]
    assert kept(code.format(150), NOTHING_KNOWN) == [150]
    assert kept(code.format(155), PERCENTS) == []


def test_a_negative_column_has_its_numbers_without_their_sign_too() -> None:
    assert kept("ax.bar(x, y, rotation=-175)", Drawing([(-200.0, -100.0)])) == []


def test_an_end_of_a_column_never_stays() -> None:
    drawing = Drawing([(150.0, 900.0)], Literals({"150": "redacted_1", "#4e79a7": "redacted_2"}))

    assert kept("fig.savefig('a.png', dpi=150)", drawing) == []
    assert not drawing.stays("#4e79a7")


@pytest.mark.parametrize(
    "text", ["#0072B2", "#e0e0e0", "#4e79a7cc", "#333333", "int64", "tab20", "C3", "utf-8", "Set2"]
)
def test_colours_and_names_stay(text: str) -> None:
    assert SALARIES.stays(text)


@pytest.mark.parametrize(
    "text",
    ["#333334", "#555555", "#1e5000", "#12B", "12", "in 2020", "#0072B2 ", "int77", "tab11", "C10"],
)
def test_other_texts_with_numbers_do_not(text: str) -> None:
    assert not Drawing([(500_000.0, 600_000.0)]).stays(text)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("{:.0f} of {total:,d}", ["{:.0f}", "{total:,d}"]),
        ("%.1f%%", ["%.1f"]),
        ("%d, %5.2f", ["%d", "%5.2f"]),
        ("{a:37} {37} %37d x^{12} %20f 40% of", []),
    ],
)
def test_fields_for_numbers_are_told_from_numbers(text: str, fields: list[str]) -> None:
    parts = list(SALARIES.parts(text))

    assert "".join(part for part, _ in parts) == text
    assert [part for part, is_field in parts if is_field] == fields


@pytest.mark.parametrize(
    ("least", "greatest", "expected"),
    [
        (1.5, 3.0, [(1.5, 3.0)]),
        (None, 3.0, [(-math.inf, math.inf)]),
        ("1999-01-01", "2004-12-31", [(1999.0, 2004.0), (10_000.0, math.inf)]),
        ("soon", "2004-12-31", [(-math.inf, math.inf), (10_000.0, math.inf)]),
        ("1999-01-01T00:00:00.125", "2004-12-31", [(-math.inf, math.inf), (10_000.0, math.inf)]),
    ],
)
def test_where_the_numbers_of_a_column_can_lie(
    least: float | str | None, greatest: float | str | None, expected: list[Range]
) -> None:
    assert list(ranges(least, greatest)) == expected
