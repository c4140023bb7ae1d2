"""Can everybody read the texts?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from findings import Checked, Finding
from picture import background, contrast, over
from view import PlacedText, View, quoted

SHOWN_INCHES = 8.0
LEAST_PT = 5.6
LEAST_CONTRAST = 2.5
GOOD_CONTRAST = 4.5
_MOST_TEXTS = 300


class Contrast(NamedTuple):
    """A text and its contrast against the pixels around its letters."""

    placed: PlacedText
    ratio: float


def check(view: View) -> Checked:
    """Find texts too pale or too small to be read."""
    texts = list(view.texts())[:_MOST_TEXTS]
    findings = [*_pale(texts, view), *_tiny(texts, view)]
    return Checked(tuple(findings), ("text_low_contrast", "font_tiny"))


def _pale(texts: Sequence[PlacedText], view: View) -> Iterator[Finding]:
    measured = [one for one in (_contrast(placed, view) for placed in texts) if one is not None]
    pale = [one for one in measured if one.ratio < GOOD_CONTRAST]
    if not pale:
        return
    worst = min(pale, key=lambda one: one.ratio)
    unreadable = sum(one.ratio < LEAST_CONTRAST for one in pale)
    yield Finding(
        "text_low_contrast",
        "error" if unreadable else "note",
        f"{len(pale)} text(s) have a contrast below {GOOD_CONTRAST}:1; {worst.placed.place} "
        f"{quoted(worst.placed.facts.text)} has {worst.ratio:.1f}:1",
        "write text in black or dark grey on a light ground (or white on a dark one)",
        place=worst.placed.place,
        numbers={
            "texts": len(pale),
            "unreadable": unreadable,
            "contrast": round(worst.ratio, 2),
            "least": LEAST_CONTRAST,
        },
    )


def _contrast(placed: PlacedText, view: View) -> Contrast | None:
    """Measure against the most frequent colour in the text's box; None if that lies outside."""
    part = view.picture.part(placed.facts.box)
    if not part.size:
        return None
    ground = background(part)
    return Contrast(placed, contrast(over(placed.facts.color, ground), ground))


def _tiny(texts: Sequence[PlacedText], view: View) -> Iterator[Finding]:
    inches = view.figure.width_px / view.figure.dpi if view.figure.dpi > 0 else 0.0
    if inches <= 0:
        return
    scale = SHOWN_INCHES / inches
    tiny = [placed for placed in texts if 0 < placed.facts.size_pt * scale < LEAST_PT]
    if not tiny:
        return
    smallest = min(tiny, key=lambda placed: placed.facts.size_pt)
    points = smallest.facts.size_pt * scale
    yield Finding(
        "font_tiny",
        "error",
        f"{len(tiny)} text(s) are smaller than {LEAST_PT} pt when the picture is shown "
        f"{SHOWN_INCHES:g} in wide; {smallest.place} {quoted(smallest.facts.text)} has "
        f"{points:.1f} pt",
        f"use a font of at least {LEAST_PT / scale + 0.5:.0f} pt at this size, or a smaller figure",
        place=smallest.place,
        numbers={"texts": len(tiny), "points": round(points, 2), "least": LEAST_PT},
    )
