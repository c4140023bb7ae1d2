"""Eigenvalues, against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from critique_loop.curation.eigenvalues import eigenvalues


@pytest.mark.parametrize("size", [1, 2, 3, 10, 60])
def test_they_are_those_of_numpy(size: int) -> None:
    dice = np.random.default_rng(size)
    half = dice.normal(size=(size, size))
    matrix = half @ half.T

    found = eigenvalues(matrix.tolist())

    assert found == pytest.approx(sorted(np.linalg.eigvalsh(matrix)), abs=1e-8 * size)


@pytest.mark.parametrize(
    "matrix",
    [
        np.zeros((4, 4)),
        np.ones((6, 6)),
        np.eye(5),
        np.diag([3.0, 1.0, 2.0]),
        np.kron(np.eye(3), np.ones((3, 3))),
        np.array([[1.0, 1e-12], [1e-12, 1.0]]),
        np.array([[0.0, 1.0], [1.0, 0.0]]),
    ],
    ids=["zero", "ones", "identity", "diagonal", "blocks", "tiny", "swap"],
)
def test_special_matrices_are_no_trouble(matrix: np.ndarray) -> None:
    found = eigenvalues(matrix.tolist())

    assert found == pytest.approx(sorted(np.linalg.eigvalsh(matrix)), abs=1e-9)


def test_no_rows_have_none() -> None:
    assert eigenvalues([]) == []
