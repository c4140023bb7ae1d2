"""Eigenvalues of small symmetric matrices, in plain Python: a few hundred rows, not more."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot, sqrt
from operator import mul

_MOST_STEPS = 60


def eigenvalues(matrix: Sequence[Sequence[float]]) -> list[float]:
    """Return the eigenvalues of a symmetric matrix, smallest first.

    Householder's reduction to a tridiagonal matrix, then QL with implicit shifts: Golub and Van
    Loan, "Matrix Computations", sections 8.3.1 and 8.3.3.
    """
    diagonal, beside = _tridiagonal([list(row) for row in matrix])
    return sorted(_ql(diagonal, beside))


def _tridiagonal(rows: list[list[float]]) -> tuple[list[float], list[float]]:
    """Return diagonal and subdiagonal; ``rows`` is used up."""
    n = len(rows)
    diagonal, beside = [0.0] * n, [0.0] * n
    for k in range(n - 1):
        diagonal[k] = rows[k][k]
        column = rows[k][k + 1 :]
        length = sqrt(sum(map(mul, column, column)))
        alpha = -length if column[0] > 0 else length
        beside[k] = alpha
        column[0] -= alpha
        square = sum(map(mul, column, column))
        if square:
            _reflect(rows, k + 1, column, square)
    if n:
        diagonal[n - 1] = rows[n - 1][n - 1]
    return diagonal, beside


def _reflect(rows: list[list[float]], start: int, vector: list[float], square: float) -> None:
    """Apply I - 2 v v' / v'v from both sides to the lower right of a symmetric matrix."""
    product = [2 * sum(map(mul, row[start:], vector)) / square for row in rows[start:]]
    half = sum(map(mul, product, vector)) / square
    other = [p - half * v for p, v in zip(product, vector, strict=True)]
    for i, row in enumerate(rows[start:]):
        v, w = vector[i], other[i]
        row[start:] = [
            value - v * b - w * a for value, a, b in zip(row[start:], vector, other, strict=True)
        ]


def _ql(diagonal: list[float], beside: list[float]) -> list[float]:
    n = len(diagonal)
    for low in range(n):
        for _ in range(_MOST_STEPS):
            high = _block_end(diagonal, beside, low)
            if high == low:
                break
            _step(diagonal, beside, low, high)
    return diagonal


def _block_end(diagonal: list[float], beside: list[float], low: int) -> int:
    """Return the last row that hangs together with ``low``."""
    for at in range(low, len(diagonal) - 1):
        size = abs(diagonal[at]) + abs(diagonal[at + 1])
        if abs(beside[at]) + size == size or abs(beside[at]) < 1e-300:  # noqa: PLR2004 - no number
            return at
    return len(diagonal) - 1


def _step(diagonal: list[float], beside: list[float], low: int, high: int) -> None:
    """Do one QL step with Wilkinson's shift on the rows from ``low`` to ``high``."""
    g = (diagonal[low + 1] - diagonal[low]) / (2 * beside[low])
    r = hypot(g, 1.0)
    g = diagonal[high] - diagonal[low] + beside[low] / (g + (r if g >= 0 else -r))
    sine = cosine = 1.0
    moved = 0.0
    for i in range(high - 1, low - 1, -1):
        f, b = sine * beside[i], cosine * beside[i]
        r = hypot(f, g)
        beside[i + 1] = r
        if not r:
            diagonal[i + 1] -= moved
            beside[high] = 0.0
            return
        sine, cosine = f / r, g / r
        g = diagonal[i + 1] - moved
        r = (diagonal[i] - g) * sine + 2 * cosine * b
        moved = sine * r
        diagonal[i + 1] = g + moved
        g = cosine * r - b
    diagonal[low] -= moved
    beside[low], beside[high] = g, 0.0
