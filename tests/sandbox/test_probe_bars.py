from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox.drawing import read_series


def test_bars_have_their_places_lengths_and_names(tmp_path: Path) -> None:
    (bars,) = read_series('plt.bar(["a", "b", "c"], [3, 1, 2], color="red")', tmp_path)

    assert bars.kind == "bar"
    assert (bars.x, bars.y, bars.names) == ((0, 1, 2), (3, 1, 2), ("a", "b", "c"))
    assert bars.colors == ("#ff0000ff",)
    assert not bars.horizontal


@pytest.mark.parametrize(
    "program",
    [
        'plt.barh(["a", "b", "c"], [3, 1, 2])',
        'pd.Series([3, 1, 2], index=["a", "b", "c"]).plot.barh()',
        'plt.barh([0, 1, 2], [3, 1, 2], height=0.5); plt.yticks([0, 1, 2], ["a", "b", "c"])',
    ],
)
def test_lying_bars_are_read_along_the_vertical_axis(program: str, tmp_path: Path) -> None:
    (bars,) = read_series(program, tmp_path)

    assert bars.horizontal
    assert (bars.x, bars.y, bars.names) == ((0, 1, 2), (3, 1, 2), ("a", "b", "c"))


def test_one_lying_bar_lies(tmp_path: Path) -> None:
    (bars,) = read_series('plt.barh(["only"], [3])', tmp_path)

    assert (bars.horizontal, bars.y, bars.names) == (True, (3,), ("only",))


def test_lying_bars_of_equal_length_lie(tmp_path: Path) -> None:
    (bars,) = read_series("plt.barh([1, 2, 3], [5, 5, 5], left=[1, 2, 3])", tmp_path)

    assert (bars.horizontal, bars.x, bars.base) == (True, (1, 2, 3), (1, 2, 3))


def test_grouped_bars_are_one_series_per_group(tmp_path: Path) -> None:
    program = (
        'pd.DataFrame({"u": [1, 2], "v": [3, 4]}, index=["a", "b"]).plot.bar(); plt.xlabel("k")'
    )

    first, second = read_series(program, tmp_path)

    assert (first.label, first.y, first.names) == ("u", (1, 2), ("a", "b"))
    assert (second.label, second.y, second.names) == ("v", (3, 4), ("a", "b"))
    assert first.colors != second.colors


def test_stacked_bars_know_what_they_stand_on(tmp_path: Path) -> None:
    program = 'pd.DataFrame({"u": [1, 2], "v": [3, 4]}, index=["a", "b"]).plot.bar(stacked=True)'

    first, second = read_series(program, tmp_path)

    assert (first.base, first.y) == ((0, 0), (1, 2))
    assert (second.base, second.y) == ((1, 2), (3, 4))


def test_bars_without_a_container_are_found(tmp_path: Path) -> None:
    program = (
        "fig, ax = plt.subplots(); ax.set_xlim(0, 4); ax.set_ylim(0, 4)\n"
        "[ax.add_patch(plt.Rectangle((i, 0), 0.5, i + 1)) for i in range(3)]"
    )

    (bars,) = read_series(program, tmp_path)

    assert (bars.kind, bars.x, bars.y) == ("bar", (0.25, 1.25, 2.25), (1, 2, 3))


def test_years_on_a_number_axis_are_not_names(tmp_path: Path) -> None:
    (bars,) = read_series("plt.bar([1952, 1957, 1962, 1967], [1, 2, 3, 4], width=3)", tmp_path)

    assert (bars.kind, bars.names, bars.x) == ("bar", (), (1952, 1957, 1962, 1967))


def test_bars_between_thinned_ticks_have_no_name(tmp_path: Path) -> None:
    program = 'plt.bar(range(5), [1, 2, 3, 4, 5]); plt.xticks([0, 4], ["first", "last"])'

    (bars,) = read_series(program, tmp_path)

    assert bars.names == ("first", "", "", "", "last")


@pytest.mark.parametrize(
    ("program", "horizontal"),
    [
        ("plt.hist([1, 2, 2, 3, 3, 3, 4], bins=3)", False),
        ("plt.hist([1, 2, 2, 3, 3, 3, 4], bins=3, rwidth=0.8)", False),
        ('plt.hist([1, 2, 2, 3, 3, 3, 4], bins=3, histtype="step")', False),
        ('plt.hist([1, 2, 2, 3, 3, 3, 4], bins=3, orientation="horizontal")', True),
        ("pd.Series([1, 2, 2, 3, 3, 3, 4]).plot.hist(bins=3)", False),
        ('plt.bar([1, 2, 3], [1, 2, 4], width=1, align="edge")', False),
    ],
)
def test_histograms_have_edges_and_heights(program: str, horizontal: bool, tmp_path: Path) -> None:
    (histogram,) = read_series(program, tmp_path)

    assert (histogram.kind, histogram.horizontal) == ("hist", horizontal)
    assert (histogram.x, histogram.width) == ((1, 2, 3), (1, 1, 1))
    assert histogram.y == (1, 2, 4)
    assert histogram.base == (0, 0, 0)


def test_stacked_histograms_have_their_own_counts(tmp_path: Path) -> None:
    first, second = read_series("plt.hist([[1, 2, 2], [1, 1, 2]], bins=2, stacked=True)", tmp_path)

    assert (first.y, first.base) == ((1, 2), (0, 0))
    assert (second.y, second.base) == ((2, 1), (1, 2))


def test_boxes_have_their_medians(tmp_path: Path) -> None:
    (boxes,) = read_series('plt.boxplot([[1, 2, 9], [4, 5, 6]], tick_labels=["a", "b"])', tmp_path)

    assert (boxes.kind, boxes.x, boxes.y) == ("box", (1, 2), (2, 5))
    assert boxes.names == ("a", "b")


def test_pies_have_parts_and_labels(tmp_path: Path) -> None:
    (pie,) = read_series('plt.pie([1, 3], labels=["a", "b"])', tmp_path)

    assert (pie.kind, pie.names) == ("pie", ("a", "b"))
    assert pie.y == pytest.approx((0.25, 0.75), abs=1e-6)
