"""The saved picture as pixels, and what can be said of a part of it."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from figure_facts import Box
from PIL import Image

Pixels = npt.NDArray[np.uint8]
Color = npt.NDArray[np.float64]

MOST_PIXELS = 20_000_000
_BITS_DROPPED = 3
_INK_STEPS = 2
_MOST_COUNTED = 12_000_000
_PART_OF_COLOR = 0.4
_OFF_COLOR = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture over white: rows x columns x red, green, blue; each 0 to 255."""

    pixels: Pixels

    @property
    def width(self) -> int:
        """Columns of pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Rows of pixels."""
        return int(self.pixels.shape[0])

    def part(self, box: Box, *, margin: float = 0.0) -> Pixels:
        """Cut out a box, as far as it lies inside; may be empty."""
        top, bottom = box.top - margin, box.bottom + margin
        left, right = box.left - margin, box.right + margin
        if not all(math.isfinite(edge) for edge in (top, bottom, left, right)):
            return self.pixels[:0, :0]
        rows = slice(max(0, math.floor(top)), max(0, math.ceil(bottom)))
        columns = slice(max(0, math.floor(left)), max(0, math.ceil(right)))
        return self.pixels[rows, columns]


def read_picture(data: bytes) -> Picture | None:
    """Decode a picture file; None where it is none, or larger than `MOST_PIXELS`."""
    try:
        with Image.open(io.BytesIO(data), formats=["PNG", "JPEG"]) as image:
            if image.width * image.height > MOST_PIXELS:
                return None
            drawn = image if image.mode == "RGBA" else image.convert("RGBA")
            white = Image.new("RGB", drawn.size, "white")
            white.paste(drawn, mask=drawn)
            return Picture(np.asarray(white))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def background(pixels: Pixels) -> Color:
    """The most frequent colour, after rounding to 5 bits per channel."""
    keys = _coarse_keys(pixels)
    return pixels.reshape(-1, 3)[keys == np.bincount(keys).argmax()].mean(axis=0)


def ink_share(pixels: Pixels) -> float:
    """The part of the pixels, 0 to 1, that differs from the most frequent colour.

    Of a very large picture only every second, or third, row and column is counted.

    Colours are compared after rounding to 5 bits per channel, so a difference of a few levels in
    255, as compression makes it, is none.
    """
    if not pixels.size:
        return 0.0
    step = math.ceil(math.sqrt(pixels.size / _MOST_COUNTED))
    counts = np.bincount(_coarse_keys(pixels[::step, ::step]))
    keys = np.flatnonzero(counts)
    channels = np.stack([keys >> 10, (keys >> 5) & 31, keys & 31])
    commonest = channels[:, counts[keys].argmax()]
    differs = np.abs(channels - commonest[:, None]).max(axis=0) >= _INK_STEPS
    return float(counts[keys][differs].sum() / counts.sum())


def _coarse_keys(pixels: Pixels) -> npt.NDArray[np.int64]:
    """One number per pixel: its colour, 5 bits per channel."""
    coarse = (pixels >> _BITS_DROPPED).reshape(-1, 3).astype(np.int64)
    return (coarse[:, 0] << 10) | (coarse[:, 1] << 5) | coarse[:, 2]


def share_of_color(pixels: Pixels, color: Color) -> float:
    """The part of the pixels, 0 to 1, that a colour laid over the background has coloured.

    A thin stroke is mixed with what lies under it, so a pixel counts from 40 % of the way between
    the background and the colour, if it lies near that way.
    """
    if not pixels.size:
        return 0.0
    ground = background(pixels)
    way = color - ground
    length = float(np.linalg.norm(way))
    if length < 1:
        return 0.0
    offset = pixels.reshape(-1, 3).astype(np.float64) - ground
    along = offset @ way / length**2
    aside = np.linalg.norm(offset - along[:, None] * way, axis=1)
    return float(((along > _PART_OF_COLOR) & (aside < _OFF_COLOR)).mean())


def parse_color(color: str) -> tuple[Color, float]:
    """Read "#rrggbbaa" as a colour and its opacity, 0 to 1; fully transparent if it is not one."""
    try:
        channels = bytes.fromhex(color.removeprefix("#"))
        red, green, blue, alpha = channels
    except ValueError:
        return np.zeros(3), 0.0
    return np.array([red, green, blue], float), alpha / 255


def over(color: str, ground: Color) -> Color:
    """The colour that shows when "#rrggbbaa" is laid over a ground."""
    own, alpha = parse_color(color)
    return own * alpha + ground * (1 - alpha)


def contrast(one: Color, other: Color) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    """Relative luminance of an sRGB colour (WCAG 2.2, "relative luminance")."""
    part = np.clip(color, 0, 255) / 255
    dark = part <= 0.04045  # noqa: PLR2004 -- the constants are the standard's own
    linear = np.where(dark, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))
