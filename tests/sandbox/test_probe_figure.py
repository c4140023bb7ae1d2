from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.sandbox.drawing import draw_snippet


def test_labels_ticks_limits_and_legend_are_read(tmp_path: Path) -> None:
    program = (
        'fig, ax = plt.subplots(); ax.plot([1, 10], [1, 100], label="growth")\n'
        'ax.set(xscale="log", xlim=(1, 10), ylim=(100, 0), xlabel="Size", title="Growth of it")\n'
        'ax.legend(title="Kind"); fig.suptitle("All"); fig.supylabel("Left")'
    )

    figure = draw_snippet(program, tmp_path).figure
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
    drawn = draw_snippet(program, tmp_path)

    with Image.open(tmp_path / "chart.png") as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    red_text, blue_text = drawn.figure.axes[0].texts
    for text, own, other in ((red_text, 0, 2), (blue_text, 2, 0)):
        rows, columns = np.nonzero(pixels[:, :, own] - pixels[:, :, other] > 60)
        slack = 3 + 0.2 * np.ptp(rows)
        assert text.box.left == pytest.approx(columns.min(), abs=slack)
        assert text.box.right == pytest.approx(columns.max(), abs=slack)
        assert text.box.top - 1 <= rows.min() <= rows.max() <= text.box.bottom + 1
    size = (pixels.shape[1], pixels.shape[0])
    assert (drawn.figure.width_px, drawn.figure.height_px) == size
    assert drawn.figure.tight == ("tight" in saving)


def test_twin_and_shared_axes_are_marked(tmp_path: Path) -> None:
    program = (
        "fig, (a, b) = plt.subplots(1, 2, sharey=True); a.plot([1, 2]); b.plot([2, 3])\n"
        "b.twinx().plot([5, 6])"
    )

    first, second, twin = draw_snippet(program, tmp_path).figure.axes

    assert (first.shares_y, second.shares_y) == (True, True)
    assert (first.twin_of, second.twin_of, twin.twin_of) == (-1, -1, 1)


def test_odd_artists_do_not_stop_the_probe(tmp_path: Path) -> None:
    program = (
        "fig, ax = plt.subplots(); ax.plot([1, 2], [3, 4]); ax.quiver([1], [2], [1], [1])\n"
        "ax.contour([[1, 2], [3, 4]]); ax.hexbin([1, 2], [1, 2]); ax.stem([1, 2], [3, 4])\n"
        "ax.violinplot([1, 2, 3]); ax.table([['a']]); ax.broken_barh([(1, 1)], (0, 1))\n"
        'ax.text(1, 1, "$x^2$", rotation=33); ax.eventplot([1, 2]); ax.fill([1, 2, 3], [1, 3, 1])\n'
        "ax.annotate('here', (1, 1), (2, 2), arrowprops={}); ax.plot([], [])\n"
        "ax.secondary_xaxis(1.2)"
    )

    drawn = draw_snippet(program, tmp_path)

    assert drawn.error == ""
    assert "line" in {series.kind for series in drawn.figure.axes[0].series}


def test_other_projections_are_named(tmp_path: Path) -> None:
    program = (
        "plt.subplot(121, projection='polar').plot([1, 2])\n"
        "plt.subplot(122, projection='3d').scatter([1], [2], [3])"
    )

    projections = [axes.projection for axes in draw_snippet(program, tmp_path).figure.axes]

    assert projections == ["polar", "3d"]
