"""Whether drawn numbers are those of a table: tolerances, scales, shares and running values."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from table_reading import Codes, Flags, Floats

# Rounding in the last bits, and the rounding of a picture file's own numbers.
RELATIVE = 1e-6
_MOST_DECIMALS = 3
_COARSEST = 0.01
# Factors that change only how a number is written; what the axis must then say.
SCALES = {
    100.0: ("%", "percent", "pct", "share", "per 100", "cm"),
    0.01: ("hundred",),
    1e-3: ("thousand", "k", "000", "kilo", "km", "kg", "k)", "tonnes"),
    1e-6: ("million", "m", "mn", "mio", "mm", "mega", "m)"),
    1e-9: ("billion", "b", "bn", "b)", "giga"),
    1e-12: ("trillion", "tn", "t"),
    1e3: ("milli", "m", "g", "mm", "ml"),
}
# Conversions between units of measurement, and their inverses.
_UNITS = (0.45359237, 2.54, 1.609344, 0.3048, 0.0254, 0.9144)
_UNITS_MORE = (3.785411784, 28.349523125, 0.264172, 0.393701, 0.621371, 2.20462, 3.28084)
CONVERSIONS = (*_UNITS, *_UNITS_MORE, *(1 / factor for factor in (*_UNITS, *_UNITS_MORE)))


def agree(values: Floats, expected: Floats, slack: float = 0.0) -> Flags:
    """Which drawn values are the expected ones; no bar and a bar of 0 say "nothing" alike."""
    with np.errstate(invalid="ignore"):
        size = np.maximum(np.abs(values), np.abs(expected))
        near = np.abs(values - expected) <= RELATIVE * size + slack + 1e-12
    nothing = ~np.isfinite(expected) & (~np.isfinite(values) | (values == 0))
    nothing |= (expected == 0) & ~np.isfinite(values)
    return near | nothing


def telling(values: Floats) -> Flags:
    """Which drawn values can prove anything: finite ones that are not 0."""
    return np.isfinite(values) & (values != 0)


def rounding(values: Floats) -> float:
    """Half the last decimal of values that were rounded before they were drawn, 0 if none were."""
    finite = values[telling(values)]
    if not finite.size:
        return 0.0
    for decimals in range(_MOST_DECIMALS + 1):
        if np.allclose(finite, np.round(finite, decimals), rtol=1e-12, atol=1e-12):
            half = 0.5 * 10.0**-decimals
            return half * 1.000001 if half <= _COARSEST * float(np.median(np.abs(finite))) else 0.0
    return 0.0


def factor_of(values: Floats, expected: Floats) -> float:
    """The one factor between expected and drawn values, 0 where there is none."""
    both = telling(values) & telling(expected)
    if both.sum() < 2 or np.any(telling(values) != telling(expected)):  # noqa: PLR2004 -- one pair always has a factor
        return 0.0
    factors = values[both] / expected[both]
    middle = float(np.median(factors))
    return middle if np.all(np.abs(factors - middle) <= RELATIVE * abs(middle)) else 0.0


def transforms(cells: Floats, rows: Codes, columns: Codes) -> Iterator[tuple[str, Floats]]:
    """Yield what may be drawn instead of the cells of a groups' table, at (rows, columns).

    ``cells`` has a row per series and a column per key.
    """
    with np.errstate(all="ignore"):
        shown = cells[rows, columns]
        yield "share of all", shown / np.nansum(cells)
        yield "share of what is shown", shown / np.nansum(shown)
        if cells.shape[0] > 1:
            yield "share within each key", (cells / np.nansum(cells, axis=0))[rows, columns]
            yield "share within each series", _by_row(cells)[rows, columns]
        if cells.shape[1] > 1:
            yield "running total", np.nancumsum(cells, axis=1)[rows, columns]
            yield "change", _change(cells)[rows, columns]
            yield "relative change", (_change(cells) / _before(cells, 1))[rows, columns]
            yield "index", (cells / cells[:, :1])[rows, columns]
            yield "running share", _running_share(shown, rows)


def rolling(cells: Floats, rows: Codes, columns: Codes) -> Iterator[tuple[str, Floats]]:
    """Yield running means over the usual numbers of neighbours."""
    for window in (2, 3, 4, 5, 6, 7, 10, 12, 14, 20, 24, 28, 30, 50, 52, 90, 100, 200, 365):
        if window > cells.shape[1]:
            return
        sums = np.cumsum(np.pad(cells, ((0, 0), (1, 0))), axis=1)
        means = np.full(cells.shape, np.nan)
        means[:, window - 1 :] = (sums[:, window:] - sums[:, :-window]) / window
        yield f"running mean over {window}", means[rows, columns]
        middle = np.roll(means, -(window // 2), axis=1)
        yield f"centred mean over {window}", middle[rows, columns]


def _by_row(cells: Floats) -> Floats:
    return cells / np.nansum(cells, axis=1, keepdims=True)


def _before(cells: Floats, step: int) -> Floats:
    return np.concatenate([np.full((len(cells), step), np.nan), cells[:, :-step]], axis=1)


def _change(cells: Floats) -> Floats:
    return cells - _before(cells, 1)


def _running_share(shown: Floats, rows: Codes) -> Floats:
    running = np.zeros(shown.shape)
    for row in np.unique(rows):
        own = rows == row
        running[own] = np.nancumsum(shown[own]) / np.nansum(shown[own])
    return running
