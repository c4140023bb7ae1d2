"""How varied texts are, by three measures that fail in different ways; read all of them."""

from __future__ import annotations

import heapq
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, log, sqrt

from critique_loop.curation.eigenvalues import eigenvalues
from critique_loop.curation.temporary import Seen
from critique_loop.curation.texts import compared_text, key
from critique_loop.values import Example

_TOKEN = re.compile(r"\w+|[^\w\s]")
_ORDERS = (1, 2, 3)
_MOST_TEXT = 100_000
_LEAST = 1e-12
MOST_SAMPLED = 200


@dataclass(frozen=True, slots=True)
class Diversity:
    """What is told of how varied ``n`` texts are.

    ``distinct`` is the share of different runs of 1, 2 and 3 tokens among all runs (Li et al.
    2016); it falls with the number of texts. ``compression`` is how many times smaller zlib makes
    them (Shaib et al. 2024): high means alike. ``vendi`` is the effective number of different texts
    among ``sampled`` ones, between 1 and that number (Friedman and Dieng 2023), by the cosine of
    their counts of runs of 3 tokens.
    """

    n: int
    distinct: tuple[float, float, float]
    compression: float
    vendi: float
    sampled: int

    def plain(self) -> dict[str, object]:
        """Return the figures as JSON types."""
        distinct = {
            f"distinct_{order}": round(share, 4)
            for order, share in zip(_ORDERS, self.distinct, strict=True)
        }
        return {
            "n": self.n,
            **distinct,
            "compression_ratio": round(self.compression, 2),
            "vendi": round(self.vendi, 2),
            "vendi_sampled": self.sampled,
        }


class DiversityMeter:
    """Measures texts as they go by: 36 to 72 bytes for each different run, and a sample."""

    def __init__(self, *, sample: int = MOST_SAMPLED, seed: int = 0) -> None:
        self._most = min(sample, MOST_SAMPLED)
        self._seed = seed
        self._count = 0
        self._runs = [0, 0, 0]
        self._different = (Seen(), Seen(), Seen())
        self._packer = zlib.compressobj(9)
        self._sizes = [0, 0]
        self._sample: list[tuple[int, str]] = []

    def add(self, text: str) -> None:
        """Count one text; of a very long one the first 100,000 characters."""
        text = text[:_MOST_TEXT]
        self._count += 1
        tokens = _TOKEN.findall(text)
        for order, seen in zip(_ORDERS, self._different, strict=True):
            runs = list(zip(*(tokens[i:] for i in range(order)), strict=False))
            self._runs[order - 1] += len(runs)
            for run in set(runs):
                seen.add(hash(run) & 2**64 - 1)
        data = text.encode("utf-8", "surrogatepass") + b"\n"
        self._sizes[0] += len(data)
        self._sizes[1] += len(self._packer.compress(data))
        lot = (
            key(self._seed, self._count),
            text,
        )  # by place: copies are drawn as often as they are
        if len(self._sample) < self._most:
            heapq.heappush(self._sample, lot)
        elif self._sample:
            heapq.heappushpop(self._sample, lot)

    def result(self) -> Diversity:
        """Return what was measured so far."""
        packed = self._sizes[1] + len(self._packer.copy().flush())
        first, second, third = (
            len(seen) / runs if runs else 0.0
            for seen, runs in zip(self._different, self._runs, strict=True)
        )
        sampled = [text for _, text in sorted(self._sample)]
        return Diversity(
            self._count,
            (first, second, third),
            self._sizes[0] / packed if self._count else 0.0,
            vendi_score(sampled),
            len(sampled),
        )


def diversity(examples: Iterable[Example], *, seed: int = 0) -> Diversity:
    """Return how varied the programs of examples are (else their texts)."""
    meter = DiversityMeter(seed=seed)
    for example in examples:
        meter.add(compared_text(example))
    return meter.result()


def vendi_score(texts: Iterable[str]) -> float:
    """Return the effective number of different texts: exp of the entropy of eigenvalues of K / n.

    K holds the cosines of the counts of runs of 3 tokens. For a few hundred texts, not more.
    """
    counts = [_counts(text) for text in texts]
    n = len(counts)
    if not n:
        return 0.0
    kernel = [[_product(one, other) / n for other in counts] for one in counts]
    values = [value for value in eigenvalues(kernel) if value > _LEAST]
    return exp(-sum(value * log(value) for value in values))


def _counts(text: str) -> Mapping[tuple[str, ...] | str, float]:
    tokens = _TOKEN.findall(text)
    counts: Counter[tuple[str, ...] | str] = Counter(
        zip(tokens, tokens[1:], tokens[2:], strict=False)
    )
    if not counts:
        counts[" ".join(tokens)] = 1
    length = sqrt(sum(count * count for count in counts.values()))
    return {run: count / length for run, count in counts.items()}


def _product(
    one: Mapping[tuple[str, ...] | str, float], other: Mapping[tuple[str, ...] | str, float]
) -> float:
    if len(one) > len(other):
        one, other = other, one
    return sum(value * other[run] for run, value in one.items() if run in other)
