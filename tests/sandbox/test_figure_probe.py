# pyright: reportUnknownMemberType=false
# (matplotlib's own types leave parts of signatures open)

from __future__ import annotations

import inspect
import resource
import time
from pathlib import Path

import pytest
from figure_facts import parse
from figure_probe import finish, install
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.figure import Figure
from PIL import Image

from tests.sandbox.clean_charts import CHARTS
from tests.sandbox.drawing import draw, draw_snippet


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
    drawn = draw_snippet(program, tmp_path)

    assert drawn.figure.picture == "chart.png"
    assert drawn.figure.axes[0].series[0].y == (1, 2)
    with Image.open(tmp_path / "chart.png") as image:
        assert image.size == (drawn.figure.width_px, drawn.figure.height_px)


def test_a_program_that_draws_nothing_saves_nothing(tmp_path: Path) -> None:
    drawn = draw_snippet("print(len('x'), end='')", tmp_path)

    facts = parse(drawn.facts)

    assert facts is not None
    assert facts.figures == ()
    assert drawn.files == {}


def test_facts_are_told_at_each_save(tmp_path: Path) -> None:
    program = 'plt.plot([1, 2]); plt.savefig("a.png"); plt.plot([3, 4]); plt.savefig("b.png")'

    drawn = draw_snippet(program, tmp_path)
    facts = parse(drawn.facts)

    assert facts is not None
    assert [figure.picture for figure in facts.figures] == ["a.png", "b.png"]
    assert [len(figure.axes[0].series) for figure in facts.figures] == [1, 2]
    assert drawn.documents == 3


def test_a_picture_saved_twice_has_the_facts_of_the_second(tmp_path: Path) -> None:
    program = (
        'plt.plot([1, 2]); plt.savefig("chart.png"); plt.title("Now"); plt.savefig("chart.png")'
    )

    facts = parse(draw_snippet(program, tmp_path).facts)

    assert facts is not None
    assert [[text.text for text in one.axes[0].titles] for one in facts.figures] == [["Now"]]


def test_a_failing_save_leaves_no_facts_of_it(tmp_path: Path) -> None:
    program = 'plt.plot([1, 2]); plt.savefig("/nowhere/at/all/chart.png")'

    drawn = draw_snippet(program, tmp_path)

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

    drawn = draw_snippet('plt.hist([1, 2]); plt.savefig("chart.png")', tmp_path)

    assert drawn.error == ""
    assert set(drawn.files) == {"chart.png"}
    facts = parse(drawn.facts)
    assert facts is not None
    assert facts.figures == ()


def test_two_million_points_are_sampled(tmp_path: Path) -> None:
    program = (
        "points = np.arange(2_000_000) / 7\n"
        'plt.figure(figsize=(2, 2)); plt.scatter(points, points, s=1); plt.savefig("chart.png")'
    )
    peak_before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    drawn = draw_snippet(program, tmp_path)
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

    draw_snippet("plt.plot([1])", tmp_path)
    finish()

    assert [inspect.getattr_static(owner, name) for owner, name in owners] == before
