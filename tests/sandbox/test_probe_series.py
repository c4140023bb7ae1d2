from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox.drawing import draw_snippet, read_series


def test_lines_steps_and_points(tmp_path: Path) -> None:
    program = (
        'plt.plot([1, 2], [3, 4], "r--", label="dashed"); plt.step([1, 2, 3], [1, 2, 3])\n'
        'plt.plot([5, 6], [7, 8], "bo")'
    )

    line, step, points = read_series(program, tmp_path)

    assert (line.kind, line.label, line.line_style) == ("line", "dashed", "--")
    assert (line.x, line.y, line.colors) == ((1, 2), (3, 4), ("#ff0000ff",))
    assert step.kind == "step"
    assert (points.kind, points.marker, points.x) == ("scatter", "o", (5, 6))


def test_reference_lines_and_error_bars_are_noread_series(tmp_path: Path) -> None:
    program = (
        'plt.bar(["a", "b"], [1, 2], yerr=[0.1, 0.2], capsize=3); plt.axhline(1.5)\n'
        "plt.plot([0, 0], [0.5, 1.5])"
    )

    series = read_series(program, tmp_path)

    assert [one.kind for one in series] == ["bar"]


def test_an_error_band_is_noread_series(tmp_path: Path) -> None:
    program = "plt.plot([1, 2, 3], [1, 2, 3]); plt.fill_between([1, 2, 3], 0, [2, 3, 4], alpha=0.2)"

    series = read_series(program, tmp_path)

    assert [one.kind for one in series] == ["line"]


def test_points_have_colours_and_the_numbers_behind_them(tmp_path: Path) -> None:
    program = "plt.scatter([1, 2, np.nan], [4, 5, 6], c=[10, 20, 30]); plt.colorbar()"
    drawn = draw_snippet(program, tmp_path)

    (points,) = drawn.figure.axes[0].series

    assert (points.x[:2], points.y[:2], points.color_values[:2]) == ((1, 2), (4, 5), (10, 20))
    assert points.count == 3
    assert len(set(points.colors)) == 3
    assert [axes.colorbar for axes in drawn.figure.axes] == [False, True]


def test_areas_have_two_edges(tmp_path: Path) -> None:
    first, second = read_series(
        'plt.stackplot([1, 2], [[1, 2], [3, 4]], labels=["a", "b"])', tmp_path
    )

    assert (first.kind, first.label, first.base, first.y) == ("area", "a", (0, 0), (1, 2))
    assert (second.base, second.y) == ((1, 2), (4, 6))


def test_images_have_their_cells(tmp_path: Path) -> None:
    (image,) = read_series("plt.imshow([[1, 2, 3], [4, 5, 6]])", tmp_path)

    assert (image.kind, image.shape, image.y) == ("image", (2, 3), (1, 2, 3, 4, 5, 6))


@pytest.mark.parametrize("frequency", ["D", "W", "MS", "QS", "YS", "h"])
def test_dates_are_days_since_1970_also_on_period_axes(frequency: str, tmp_path: Path) -> None:
    program = (
        f'when = pd.date_range("1999-12-31", periods=40, freq="{frequency}")\n'
        "pd.Series(range(40), index=when).plot()"
    )
    plain = program.replace("pd.Series(range(40), index=when).plot()", "plt.plot(when, range(40))")
    (tmp_path / "plain").mkdir()

    by_pandas = draw_snippet(program, tmp_path).figure.axes[0]
    by_matplotlib = draw_snippet(plain, tmp_path / "plain").figure.axes[0]

    assert by_pandas.x.kind == by_matplotlib.x.kind == "date"
    assert by_pandas.x.period
    slack = 7 if frequency == "W" else 1e-6
    assert by_pandas.series[0].x == pytest.approx(by_matplotlib.series[0].x, abs=slack)
