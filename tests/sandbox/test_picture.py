from __future__ import annotations

import io

import numpy as np
import pytest
from figure_facts import Box
from picture import (
    Picture,
    background,
    contrast,
    ink_share,
    over,
    parse_color,
    read_picture,
    share_of_color,
)
from PIL import Image

_WHITE = np.full(3, 255.0)


def _png(color: tuple[int, ...], mode: str = "RGB", size: tuple[int, int] = (10, 8)) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, color).save(file, "PNG")
    return file.getvalue()


def _half(left: int, right: int) -> Picture:
    pixels = np.full((10, 20, 3), left, dtype=np.uint8)
    pixels[:, 15:] = right
    return Picture(pixels)


def test_what_is_transparent_shows_white() -> None:
    picture = read_picture(_png((255, 0, 0, 0), "RGBA"))

    assert picture is not None
    assert (picture.width, picture.height) == (10, 8)
    assert picture.pixels.min() == 255


@pytest.mark.parametrize("data", [b"", b"no picture", _png((1, 2, 3))[:40]])
def test_other_files_are_no_pictures(data: bytes) -> None:
    assert read_picture(data) is None


def test_a_huge_picture_is_refused_before_it_is_decoded() -> None:
    assert read_picture(_png((0,), "1", (9_000, 9_000))) is None


def test_ink_is_what_differs_from_the_commonest_colour() -> None:
    assert ink_share(_half(255, 0).pixels) == 0.25
    assert ink_share(_half(0, 255).pixels) == 0.25
    assert ink_share(_half(255, 254).pixels) == 0
    assert ink_share(np.zeros((0, 5, 3), np.uint8)) == 0
    assert background(_half(200, 0).pixels).tolist() == [200, 200, 200]


def test_a_part_is_cut_to_the_picture() -> None:
    picture = _half(255, 0)

    assert picture.part(Box(14, -5, 99, 3)).shape == (3, 6, 3)
    assert picture.part(Box(30, 30, 40, 40)).size == 0
    assert picture.part(Box(float("nan"), 0, 5, 5)).size == 0


def test_a_colour_is_found_where_it_is_mixed_with_the_ground() -> None:
    pixels = _half(255, 255).pixels
    pixels[:, 15:] = (255, 120, 120)
    red = np.array([255.0, 0, 0])

    assert share_of_color(pixels, red) == 0.25
    assert share_of_color(pixels, np.array([0, 0, 255.0])) == 0
    assert share_of_color(pixels, _WHITE) == 0


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48), ("#ff0000", "#0000ff", 2.15)],
)
def test_contrast_is_that_of_the_standard(one: str, other: str, ratio: float) -> None:
    first, second = (parse_color(f"{color}ff")[0] for color in (one, other))

    assert contrast(first, second) == pytest.approx(ratio, abs=0.01)
    assert contrast(second, first) == contrast(first, second)


def test_a_transparent_colour_lets_the_ground_through() -> None:
    assert over("#00000080", _WHITE) == pytest.approx(np.full(3, 127), abs=1)
    assert over("#00000000", _WHITE).tolist() == [255, 255, 255]
    assert over("nonsense", _WHITE).tolist() == [255, 255, 255]
