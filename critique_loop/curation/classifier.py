"""A small text classifier: hashed TF-IDF and logistic regression, with calibrated probabilities.

Features: counts of tokens and pairs of tokens, hashed into 65,536 places (Weinberger et al. 2009),
1 + log(count) times the inverse document frequency, of length 1. Learning: AdaGrad (Duchi et al.
2011) with an L2 penalty, both classes weighing the same. Calibration: Platt (1999), on texts that
were kept aside.
"""

from __future__ import annotations

import random
import re
import zlib
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log, sqrt
from typing import Final

PLACES: Final = 2**16

_TOKEN = re.compile(r"\w+|[^\w\s]")
_EPOCHS = 12
_RATE = 0.5
_PENALTY = 1e-6
_STEADY = 1e-8
_PLATT_STEPS = 500
_PLATT_RATE = 0.5
_LARGEST = 30.0

Features = Sequence[tuple[int, float]]


@dataclass(frozen=True, slots=True, order=True)
class Labelled:
    """A text, and whether it is a good one."""

    text: str
    good: bool


class Classifier:
    """Tells how probably a text is a good one, after what it was shown."""

    def __init__(self, shown: Sequence[Labelled], *, seed: int = 0) -> None:
        self._idf = _idf([each.text for each in shown])
        self._weights = array("d", bytes(8 * PLACES))
        self._bias = 0.0
        self._slope, self._shift = 1.0, 0.0
        self._learn([(self._features(each.text), each.good) for each in shown], seed)

    def calibrate(self, aside: Sequence[Labelled]) -> None:
        """Fit a slope and a shift of the log odds to texts that were not learned from."""
        margins = [(self._margin(self._features(each.text)), each.good) for each in aside]
        good = sum(each.good for each in aside)
        high, low = (good + 1) / (good + 2), 1 / (len(aside) - good + 2)  # Platt's targets
        slope, shift = 1.0, 0.0
        for _ in range(_PLATT_STEPS):
            errors = [
                (_sigmoid(slope * margin + shift) - (high if right else low), margin)
                for margin, right in margins
            ]
            slope -= _PLATT_RATE * sum(error * margin for error, margin in errors) / len(errors)
            shift -= _PLATT_RATE * sum(error for error, _ in errors) / len(errors)
        self._slope, self._shift = slope, shift

    def probability(self, text: str) -> float:
        """Return how probably a text is a good one."""
        return _sigmoid(self._slope * self._margin(self._features(text)) + self._shift)

    def _margin(self, features: Features) -> float:
        weights = self._weights
        return self._bias + sum(weights[place] * value for place, value in features)

    def _features(self, text: str) -> Features:
        counts = _counts(text)
        idf = self._idf
        values = [(place, (1 + log(count)) * idf[place]) for place, count in counts.items()]
        length = sqrt(sum(value * value for _, value in values)) or 1.0
        return [(place, value / length) for place, value in values]

    def _learn(self, rows: list[tuple[Features, bool]], seed: int) -> None:
        good = sum(right for _, right in rows)
        weight = {
            True: len(rows) / (2 * good or 1),
            False: len(rows) / (2 * (len(rows) - good) or 1),
        }
        dice = random.Random(seed)  # noqa: S311 - a draw, no secret
        squares = array("d", [_STEADY]) * PLACES
        weights, bias_square = self._weights, _STEADY
        for _ in range(_EPOCHS):
            dice.shuffle(rows)
            for features, right in rows:
                error = (_sigmoid(self._margin(features)) - right) * weight[right]
                bias_square += error * error
                self._bias -= _RATE * error / sqrt(bias_square)
                for place, value in features:
                    slope = error * value + _PENALTY * weights[place]
                    squares[place] += slope * slope
                    weights[place] -= _RATE * slope / sqrt(squares[place])


def _idf(texts: Sequence[str]) -> array[float]:
    seen: Counter[int] = Counter()
    for text in texts:
        seen.update(_counts(text).keys())
    n = len(texts)
    return array("d", [log((1 + n) / (1 + seen[place])) + 1 for place in range(PLACES)])


def _counts(text: str) -> Counter[int]:
    tokens = _TOKEN.findall(text.encode("utf-8", "replace").decode("utf-8"))
    pairs = map(" ".join, pairwise(tokens))
    return Counter(zlib.crc32(run.encode()) % PLACES for run in (*tokens, *pairs))


def _sigmoid(value: float) -> float:
    return 1 / (1 + exp(-max(-_LARGEST, min(_LARGEST, value))))
