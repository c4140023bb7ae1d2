from __future__ import annotations

import inspect
import resource
import time
from pathlib import Path

import pytest
from figure_facts import SeriesFacts, parse
from figure_probe import finish, install
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.figure import Figure
from PIL import Image, ImageChops

from tests.sandbox.clean_charts import CHARTS
from tests.sandbox.drawing import Drawn, draw

_IMPORTS = "import matplotlib.pyplot as plt, numpy as np, pandas as pd\n"


def _draw(program: str, folder: Path) -> Drawn:
    return draw(_IMPORTS + program, folder)


def _series(program: str, folder: Path) -> tuple[SeriesFacts, ...]:
    return _draw(program, folder).figure.axes[0].series


def test_bars_have_their_places_lengths_and_names(tmp_path: Path) -> None:
    (bars,) = _series('plt.bar(["a", "b", "c"], [3, 1, 2], color="red")', tmp_path)

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
    (bars,) = _series(program, tmp_path)

    assert bars.horizontal
    assert (bars.x, bars.y, bars.names) == ((0, 1, 2), (3, 1, 2), ("a", "b", "c"))


def test_one_lying_bar_lies(tmp_path: Path) -> None:
    (bars,) = _series('plt.barh(["only"], [3])', tmp_path)

    assert (bars.horizontal, bars.y, bars.names) == (True, (3,), ("only",))


def test_lying_bars_of_equal_length_lie(tmp_path: Path) -> None:
    (bars,) = _series("plt.barh([1, 2, 3], [5, 5, 5], left=[1, 2, 3])", tmp_path)

    assert (bars.horizontal, bars.x, bars.base) == (True, (1, 2, 3), (1, 2, 3))


def test_grouped_bars_are_one_series_per_group(tmp_path: Path) -> None:
    program = (
        'pd.DataFrame({"u": [1, 2], "v": [3, 4]}, index=["a", "b"]).plot.bar(); plt.xlabel("k")'
    )

    first, second = _series(program, tmp_path)

    assert (first.label, first.y, first.names) == ("u", (1, 2), ("a", "b"))
    assert (second.label, second.y, second.names) == ("v", (3, 4), ("a", "b"))
    assert first.colors != second.colors


def test_stacked_bars_know_what_they_stand_on(tmp_path: Path) -> None:
    program = 'pd.DataFrame({"u": [1, 2], "v": [3, 4]}, index=["a", "b"]).plot.bar(stacked=True)'

    first, second = _series(program, tmp_path)

    assert (first.base, first.y) == ((0, 0), (1, 2))
    assert (second.base, second.y) == ((1, 2), (3, 4))


def test_bars_without_a_container_are_found(tmp_path: Path) -> None:
    program = (
        "fig, ax = plt.subplots(); ax.set_xlim(0, 4); ax.set_ylim(0, 4)\n"
        "[ax.add_patch(plt.Rectangle((i, 0), 0.5, i + 1)) for i in range(3)]"
    )

    (bars,) = _series(program, tmp_path)

    assert (bars.kind, bars.x, bars.y) == ("bar", (0.25, 1.25, 2.25), (1, 2, 3))


def test_years_on_a_number_axis_are_not_names(tmp_path: Path) -> None:
    (bars,) = _series("plt.bar([1952, 1957, 1962, 1967], [1, 2, 3, 4], width=3)", tmp_path)

    assert (bars.kind, bars.names, bars.x) == ("bar", (), (1952, 1957, 1962, 1967))


def test_bars_between_thinned_ticks_have_no_name(tmp_path: Path) -> None:
    program = 'plt.bar(range(5), [1, 2, 3, 4, 5]); plt.xticks([0, 4], ["first", "last"])'

    (bars,) = _series(program, tmp_path)

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
    (histogram,) = _series(program, tmp_path)

    assert (histogram.kind, histogram.horizontal) == ("hist", horizontal)
    assert (histogram.x, histogram.width) == ((1, 2, 3), (1, 1, 1))
    assert histogram.y == (1, 2, 4)
    assert histogram.base == (0, 0, 0)


def test_stacked_histograms_have_their_own_counts(tmp_path: Path) -> None:
    first, second = _series("plt.hist([[1, 2, 2], [1, 1, 2]], bins=2, stacked=True)", tmp_path)

    assert (first.y, first.base) == ((1, 2), (0, 0))
    assert (second.y, second.base) == ((2, 1), (1, 2))


def test_lines_steps_and_points(tmp_path: Path) -> None:
    program = (
        'plt.plot([1, 2], [3, 4], "r--", label="dashed"); plt.step([1, 2, 3], [1, 2, 3])\n'
        'plt.plot([5, 6], [7, 8], "bo")'
    )

    line, step, points = _series(program, tmp_path)

    assert (line.kind, line.label, line.line_style) == ("line", "dashed", "--")
    assert (line.x, line.y, line.colors) == ((1, 2), (3, 4), ("#ff0000ff",))
    assert step.kind == "step"
    assert (points.kind, points.marker, points.x) == ("scatter", "o", (5, 6))


def test_reference_lines_and_error_bars_are_no_series(tmp_path: Path) -> None:
    program = (
        'plt.bar(["a", "b"], [1, 2], yerr=[0.1, 0.2], capsize=3); plt.axhline(1.5)\n'
        "plt.plot([0, 0], [0.5, 1.5])"
    )

    series = _series(program, tmp_path)

    assert [one.kind for one in series] == ["bar"]


def test_an_error_band_is_no_series(tmp_path: Path) -> None:
    program = "plt.plot([1, 2, 3], [1, 2, 3]); plt.fill_between([1, 2, 3], 0, [2, 3, 4], alpha=0.2)"

    series = _series(program, tmp_path)

    assert [one.kind for one in series] == ["line"]


def test_points_have_colours_and_the_numbers_behind_them(tmp_path: Path) -> None:
    program = "plt.scatter([1, 2, np.nan], [4, 5, 6], c=[10, 20, 30]); plt.colorbar()"
    drawn = _draw(program, tmp_path)

    (points,) = drawn.figure.axes[0].series

    assert (points.x[:2], points.y[:2], points.color_values[:2]) == ((1, 2), (4, 5), (10, 20))
    assert points.count == 3
    assert len(set(points.colors)) == 3
    assert [axes.colorbar for axes in drawn.figure.axes] == [False, True]


def test_areas_have_two_edges(tmp_path: Path) -> None:
    first, second = _series('plt.stackplot([1, 2], [[1, 2], [3, 4]], labels=["a", "b"])', tmp_path)

    assert (first.kind, first.label, first.base, first.y) == ("area", "a", (0, 0), (1, 2))
    assert (second.base, second.y) == ((1, 2), (4, 6))


def test_boxes_have_their_medians(tmp_path: Path) -> None:
    (boxes,) = _series('plt.boxplot([[1, 2, 9], [4, 5, 6]], tick_labels=["a", "b"])', tmp_path)

    assert (boxes.kind, boxes.x, boxes.y) == ("box", (1, 2), (2, 5))
    assert boxes.names == ("a", "b")


def test_pies_have_parts_and_labels(tmp_path: Path) -> None:
    (pie,) = _series('plt.pie([1, 3], labels=["a", "b"])', tmp_path)

    assert (pie.kind, pie.names) == ("pie", ("a", "b"))
    assert pie.y == pytest.approx((0.25, 0.75), abs=1e-6)


def test_images_have_their_cells(tmp_path: Path) -> None:
    (image,) = _series("plt.imshow([[1, 2, 3], [4, 5, 6]])", tmp_path)

    assert (image.kind, image.shape, image.y) == ("image", (2, 3), (1, 2, 3, 4, 5, 6))


@pytest.mark.parametrize("frequency", ["D", "W", "MS", "QS", "YS", "h"])
def test_dates_are_days_since_1970_also_on_period_axes(frequency: str, tmp_path: Path) -> None:
    program = (
        f'when = pd.date_range("1999-12-31", periods=40, freq="{frequency}")\n'
        "pd.Series(range(40), index=when).plot()"
    )
    plain = program.replace("pd.Series(range(40), index=when).plot()", "plt.plot(when, range(40))")
    (tmp_path / "plain").mkdir()

    by_pandas = _draw(program, tmp_path).figure.axes[0]
    by_matplotlib = _draw(plain, tmp_path / "plain").figure.axes[0]

    assert by_pandas.x.kind == by_matplotlib.x.kind == "date"
    assert by_pandas.x.period
    slack = 7 if frequency == "W" else 1e-6
    assert by_pandas.series[0].x == pytest.approx(by_matplotlib.series[0].x, abs=slack)


def test_labels_ticks_limits_and_legend_are_read(tmp_path: Path) -> None:
    program = (
        'fig, ax = plt.subplots(); ax.plot([1, 10], [1, 100], label="growth")\n'
        'ax.set(xscale="log", xlim=(1, 10), ylim=(100, 0), xlabel="Size", title="Growth of it")\n'
        'ax.legend(title="Kind"); fig.suptitle("All"); fig.supylabel("Left")'
    )

    figure = _draw(program, tmp_path).figure
    (axes,) = figure.axes

    assert (axes.x.scale, axes.x.low, axes.x.high) == ("log", 1, 10)
    assert (axes.y.inverted, axes.y.low, axes.y.high) == (True, 0, 100)
    assert axes.x.label is not None
    assert axes.x.label.text == "Size"
    assert axes.y.label is None
    assert [text.text for text in axes.titles] == ["Growth of it"]
    assert [text.text for text in (*figure.titles, *figure.labels)] == ["All", "Left"]
    assert axes.legend is not None
    assert axes.legend.title is not None
    assert (axes.legend.title.text, axes.legend.labels[0].text) == ("Kind", "growth")
    assert axes.legend.colors == axes.series[0].colors


@pytest.mark.parametrize("saving", ["", ', bbox_inches="tight"', ", dpi=55", ", dpi=220"])
def test_texts_lie_where_the_picture_shows_them(saving: str, tmp_path: Path) -> None:
    program = (
        "fig, ax = plt.subplots(figsize=(4, 3)); ax.axis('off')\n"
        'ax.text(0.2, 0.7, "XXXX", color="red", fontsize=20)\n'
        'ax.text(0.5, 0.2, "XXXX", color="blue", fontsize=14, rotation=35)\n'
        f'fig.savefig("chart.png"{saving})'
    )
    drawn = _draw(program, tmp_path)

    with Image.open(tmp_path / "chart.png") as image:
        red, green, blue, _ = image.convert("RGBA").split()
        size = image.size
    for text, channel in zip(drawn.figure.axes[0].texts, (blue, red), strict=True):
        other = red if channel is blue else blue
        inked = ImageChops.subtract(other, ImageChops.lighter(channel, green)).getbbox()
        inked = (
            ImageChops.subtract(other, channel).point(lambda value: 255 * (value > 60)).getbbox()
        )
        assert inked is not None
        left, top, right, bottom = inked
        slack = 2 + 0.15 * (bottom - top) + size[0] / 100
        assert text.box.left - slack <= left <= text.box.left + 2 * slack
        assert text.box.right - 2 * slack <= right <= text.box.right + slack
        assert text.box.top - slack <= top
        assert bottom <= text.box.bottom + slack
    assert (drawn.figure.width_px, drawn.figure.height_px) == size
    assert drawn.figure.tight == ("tight" in saving)


def test_twin_and_shared_axes_are_marked(tmp_path: Path) -> None:
    program = (
        "fig, (a, b) = plt.subplots(1, 2, sharey=True); a.plot([1, 2]); b.plot([2, 3])\n"
        "b.twinx().plot([5, 6])"
    )

    first, second, twin = _draw(program, tmp_path).figure.axes

    assert (first.shares_y, second.shares_y) == (True, True)
    assert (first.twin_of, second.twin_of, twin.twin_of) == (-1, -1, 1)


@pytest.mark.parametrize(
    "program",
    [
        'plt.plot([1, 2]); plt.savefig("chart.png"); plt.close("all")',
        'plt.plot([1, 2]); plt.savefig("chart")',
        "plt.plot([1, 2]); plt.show(); plt.close()",
        "plt.plot([1, 2]); plt.show(); plt.clf()",
        "plt.plot([1, 2])",
        "fig, ax = plt.subplots(); ax.plot([1, 2]); plt.close(fig)",
        "from matplotlib.figure import Figure; Figure().subplots().plot([1, 2])",
        'plt.plot([1, 2]); plt.savefig("chart.svg")',
        'plt.plot([1, 2]); plt.savefig("chart.pdf"); plt.close("all")',
        'plt.plot([1, 2]); open("x", "w"); import os; os.chdir("/")',
        'plt.plot([1, 2]); plt.savefig("chart.png"); raise ValueError("too late")',
        'plt.plot([1, 2]); raise ValueError("before saving")',
        "Save = plt.Figure.savefig; plt.Figure.savefig = lambda *a, **k: Save(*a, **k)\n"
        'plt.plot([1, 2]); plt.savefig("chart.png"); plt.Figure.savefig = Save',
    ],
)
def test_a_figure_is_seen_and_pictured_however_it_ends(program: str, tmp_path: Path) -> None:
    drawn = _draw(program, tmp_path)

    assert drawn.figure.picture == "chart.png"
    assert drawn.figure.axes[0].series[0].y == (1, 2)
    with Image.open(tmp_path / "chart.png") as image:
        assert image.size == (drawn.figure.width_px, drawn.figure.height_px)


def test_a_program_that_draws_nothing_saves_nothing(tmp_path: Path) -> None:
    drawn = _draw("print(len('x'), end='')", tmp_path)

    facts = parse(drawn.facts)

    assert facts is not None
    assert facts.figures == ()
    assert drawn.files == {}


def test_facts_are_told_at_each_save(tmp_path: Path) -> None:
    program = 'plt.plot([1, 2]); plt.savefig("a.png"); plt.plot([3, 4]); plt.savefig("b.png")'

    drawn = _draw(program, tmp_path)
    facts = parse(drawn.facts)

    assert facts is not None
    assert [figure.picture for figure in facts.figures] == ["a.png", "b.png"]
    assert [len(figure.axes[0].series) for figure in facts.figures] == [1, 2]
    assert drawn.documents == 3


def test_a_picture_saved_twice_has_the_facts_of_the_second(tmp_path: Path) -> None:
    program = (
        'plt.plot([1, 2]); plt.savefig("chart.png"); plt.title("Now"); plt.savefig("chart.png")'
    )

    facts = parse(_draw(program, tmp_path).facts)

    assert facts is not None
    assert [[text.text for text in one.axes[0].titles] for one in facts.figures] == [["Now"]]


def test_a_failing_save_leaves_no_facts_of_it(tmp_path: Path) -> None:
    program = 'plt.plot([1, 2]); plt.savefig("/nowhere/at/all/chart.png")'

    drawn = _draw(program, tmp_path)

    assert "No such file" in drawn.error
    assert drawn.figure.picture == "chart.png"


@pytest.mark.parametrize("name", ["bars", "pandas_lines", "small_multiples", "twin", "dark"])
def test_the_probe_changes_no_pixel(name: str, tmp_path: Path) -> None:
    program = CHARTS[name].program

    watched = draw(program, tmp_path).files["chart.png"]
    (tmp_path / "chart.png").unlink()
    alone = draw(program, tmp_path, watched=False)

    assert alone.documents == 0
    assert alone.files["chart.png"] == watched


def test_an_error_in_the_probe_stays_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("figure_probe.read_figure", broken)

    drawn = _draw('plt.hist([1, 2]); plt.savefig("chart.png")', tmp_path)

    assert drawn.error == ""
    assert set(drawn.files) == {"chart.png"}
    facts = parse(drawn.facts)
    assert facts is not None
    assert facts.figures == ()


def test_odd_artists_do_not_stop_the_probe(tmp_path: Path) -> None:
    program = (
        "fig, ax = plt.subplots(); ax.plot([1, 2], [3, 4]); ax.quiver([1], [2], [1], [1])\n"
        "ax.contour([[1, 2], [3, 4]]); ax.hexbin([1, 2], [1, 2]); ax.stem([1, 2], [3, 4])\n"
        "ax.violinplot([1, 2, 3]); ax.table([['a']]); ax.broken_barh([(1, 1)], (0, 1))\n"
        'ax.text(1, 1, "$x^2$", rotation=33); ax.eventplot([1, 2]); ax.fill([1, 2, 3], [1, 3, 1])\n'
        "ax.annotate('here', (1, 1), (2, 2), arrowprops={}); ax.plot([], [])\n"
        "ax.secondary_xaxis(1.2)"
    )

    drawn = _draw(program, tmp_path)

    assert drawn.error == ""
    assert "line" in {series.kind for series in drawn.figure.axes[0].series}


def test_other_projections_are_named(tmp_path: Path) -> None:
    program = (
        "plt.subplot(121, projection='polar').plot([1, 2])\n"
        "plt.subplot(122, projection='3d').scatter([1], [2], [3])"
    )

    projections = [axes.projection for axes in _draw(program, tmp_path).figure.axes]

    assert projections == ["polar", "3d"]


def test_two_million_points_are_sampled(tmp_path: Path) -> None:
    program = (
        "points = np.arange(2_000_000) / 7\n"
        'plt.figure(figsize=(2, 2)); plt.scatter(points, points, s=1); plt.savefig("chart.png")'
    )
    peak_before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    drawn = _draw(program, tmp_path)
    (points,) = drawn.figure.axes[0].series

    assert (points.count, points.sampled, len(points.x)) == (2_000_000, True, 20_000)
    assert (points.x[0], points.x[-1]) == (0, pytest.approx(1_999_999 / 7))
    assert len(drawn.facts) < 2_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak_before_kb < 400_000


def test_two_million_points_cost_the_probe_less_than_a_second() -> None:
    documents: list[bytes] = []
    figure = Figure(figsize=(2, 2))
    figure.subplots().plot(range(2_000_000))
    canvas = figure.canvas

    def cpu_s() -> float:
        started = time.process_time()
        canvas.draw()  # pyright: ignore[reportUnknownMemberType] -- untyped in matplotlib
        figure.savefig("/dev/null", format="png")
        return time.process_time() - started

    bare_s = min(cpu_s() for _ in range(2))
    install(documents.append)
    watched_s = cpu_s()
    finish()

    assert watched_s - bare_s < 1


def test_watching_ends_without_a_trace(tmp_path: Path) -> None:
    owners = [(Figure, "__init__"), (Figure, "draw"), (FigureCanvasBase, "print_figure")]
    owners += [(Axes, "hist"), (Axes, "bxp"), (Axes, "violin"), (plt, "show")]
    before = [inspect.getattr_static(owner, name) for owner, name in owners]

    _draw("plt.plot([1])", tmp_path)
    finish()

    assert [inspect.getattr_static(owner, name) for owner, name in owners] == before
