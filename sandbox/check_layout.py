"""Is every text inside the picture, and free of the others?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from figure_facts import Point, TextFacts
from findings import Checked, Finding
from view import Plot, View, in_place, quoted, tick_texts

MOST_OUTSIDE_PX = 2.0
_MANY_PAIRS = 0.25
_LINE_SPACE = 0.22
_TOUCH_PX = 0.5


def check(view: View) -> Checked:
    """Find tick labels that run into each other, and texts cut off at the edge."""
    findings: list[Finding] = []
    for plot in view.plots:
        if plot.axes.projection == "rectilinear":
            findings += _overlaps(plot)
    findings += _clipped(view)
    return Checked(tuple(findings), ("ticks_overlap", "text_clipped"))


def _overlaps(plot: Plot) -> Iterator[Finding]:
    for letter, axis in (("x", plot.axes.x), ("y", plot.axes.y)):
        texts = [text for text in tick_texts(axis) if text.corners]
        pairs = len(texts) - 1
        overlapping = sum(_collides(index, texts) for index in range(pairs))
        if not overlapping:
            continue
        turn = "turn the chart sideways or thin the ticks" if letter == "x" else "thin the ticks"
        yield Finding(
            "ticks_overlap",
            "error" if overlapping > _MANY_PAIRS * pairs else "warning",
            f"{letter} tick labels overlap: {overlapping} of {pairs} pairs",
            f"{turn}, or give them more room",
            place=in_place(f"{letter} axis", plot),
            numbers={"overlapping": overlapping, "pairs": pairs},
        )


def _collides(index: int, texts: Sequence[TextFacts]) -> bool:
    """Whether a text runs into one of the next two: labels of two levels alternate."""
    return any(overlap(texts[index], other) for other in texts[index + 1 : index + 3])


def overlap(one: TextFacts, other: TextFacts) -> bool:
    """Whether the boxes of two texts, turned as the texts are, have a part in common.

    Two convex shapes are apart if their shadows on a normal of some side are (separating axes).
    """
    first, second = _tight(one), _tight(other)
    for corners in (first, second):
        for start, end in zip(corners, (*corners[1:], corners[0]), strict=True):
            normal = Point(start.y - end.y, end.x - start.x)
            length = math.hypot(normal.x, normal.y) or 1.0
            shadows = [
                [(corner.x * normal.x + corner.y * normal.y) / length for corner in shape]
                for shape in (first, second)
            ]
            if min(max(shadow) for shadow in shadows) - max(map(min, shadows)) <= _TOUCH_PX:
                return False
    return True


def _tight(text: TextFacts) -> tuple[Point, ...]:
    """The corners without the space that a line keeps above and below its letters."""
    if len(text.corners) != 4:  # noqa: PLR2004 -- corners of a box
        return text.corners
    a, b, c, d = text.corners
    return tuple(
        Point(
            own.x + (across.x - own.x) * _LINE_SPACE / 2,
            own.y + (across.y - own.y) * _LINE_SPACE / 2,
        )
        for own, across in ((a, d), (b, c), (c, b), (d, a))
    )


def _clipped(view: View) -> Iterator[Finding]:
    if view.figure.tight:
        return
    outside = [
        (_outside_px(placed.facts, view), placed) for placed in view.texts() if placed.facts.corners
    ]
    cut = [(pixels, placed) for pixels, placed in outside if pixels > MOST_OUTSIDE_PX]
    if not cut:
        return
    pixels, worst = max(cut, key=lambda one: one[0])
    yield Finding(
        "text_clipped",
        "error",
        f"{len(cut)} text(s) run out of the picture; {worst.place} {quoted(worst.facts.text)} "
        f"by {pixels:.0f} px",
        'save with bbox_inches="tight" or use layout="constrained"; shorten or wrap long texts',
        place=worst.place,
        numbers={"texts": len(cut), "outside_px": round(pixels, 1)},
    )


def _outside_px(text: TextFacts, view: View) -> float:
    """How far a text reaches beyond the picture."""
    box = text.box
    return max(
        -box.left,
        -box.top,
        box.right - view.figure.width_px,
        box.bottom - view.figure.height_px,
        0.0,
    )
