"""Programs that look like those that critics mark down, found by a classifier of what they marked.

The filter of Gunasekar et al. (2023), "Textbooks are all you need", without a big model's weights:
the labels are the scores that programs got when they ran.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

from critique_loop.curation.classifier import Classifier, Labelled
from critique_loop.curation.pipeline import Tally, name_of
from critique_loop.curation.temporary import Spool
from critique_loop.curation.texts import group_of, key
from critique_loop.values import Example

MOST_LEARNED: Final = 4_000
"""Programs that are learned from; of more, as many are drawn."""

_FEWEST = 20
_ASIDE = 4


class _Lot(NamedTuple):
    lot: int
    number: int
    group: int
    labelled: Labelled


@dataclass(frozen=True, slots=True)
class Quality:
    """Drops an example whose program is good with a probability under ``least``.

    Good is what scored ``mark`` or more; what was rejected counts with its own score. A quarter of
    the groups is kept aside to calibrate and to measure; with an area under the ROC curve below
    ``least_auc`` there, or with too little to learn from, nothing is dropped. The report says so.
    """

    least: float = 0.5
    mark: float = 8.0
    least_auc: float = 0.7
    seed: int = 0

    name: ClassVar[str] = "quality"
    note: ClassVar[str] = "weak: by the words of a program, learned from its critics"

    def run(self, examples: Iterable[Example], tally: Tally) -> Iterator[Example]:
        """Yield what looks good enough; reads all examples before the first is yielded."""
        spool, lots = Spool[Example](), list[_Lot]()
        for example in examples:
            spool.add(example)
            for labelled in self._labelled(example):
                self._keep(lots, example, labelled)
        classifier, said = self._learned(lots)
        tally.note = f"{tally.note}; {said}"
        for example in spool:
            if classifier is None or not example.code:
                yield example
                continue
            probability = classifier.probability(example.code)
            if probability >= self.least:
                yield example
            else:
                tally.drop(example, "looks like what scored low", f"{probability:.2f}")

    def _labelled(self, example: Example) -> Iterator[Labelled]:
        where = example.provenance
        for code, score in (
            (example.code, where.score),
            (example.rejected_code, where.other_score),
        ):
            if code.strip() and score is not None:
                yield Labelled(code, score >= self.mark)

    def _keep(self, lots: list[_Lot], example: Example, labelled: Labelled) -> None:
        drawn = key(self.seed, name_of(example), labelled.text)
        group = key(self.seed, group_of(example))
        lot = _Lot(drawn, len(lots), group, labelled)
        if len(lots) < MOST_LEARNED:
            heapq.heappush(lots, lot)
        elif drawn > lots[0].lot:
            heapq.heapreplace(lots, lot)

    def _learned(self, lots: Sequence[_Lot]) -> tuple[Classifier | None, str]:
        rows = sorted(lots, key=lambda lot: lot.lot)
        aside = [lot.labelled for lot in rows if lot.group % _ASIDE == 0]
        shown = [lot.labelled for lot in rows if lot.group % _ASIDE]
        counts = [
            sum(each.good is good for each in side)
            for side in (aside, shown)
            for good in (True, False)
        ]
        if min(counts) < _FEWEST:
            return None, f"nothing dropped: fewer than {_FEWEST} good or bad programs to learn from"
        classifier = Classifier(shown, seed=self.seed)
        classifier.calibrate(aside)
        found = [(classifier.probability(each.text), each.good) for each in aside]
        auc = area_under_curve(found)
        brier = sum((probability - right) ** 2 for probability, right in found) / len(found)
        said = f"AUC {auc:.2f}, Brier {brier:.2f} on {len(aside)} programs of other groups"
        if auc < self.least_auc:
            return None, f"nothing dropped: {said}"
        return classifier, f"{said}, learned from {len(shown)}"


def area_under_curve(found: Sequence[tuple[float, bool]]) -> float:
    """Return how often a good one has a higher probability than a bad one (a tie counts half)."""
    ranked = sorted(found)
    rank_sum, place = 0.0, 0
    while place < len(ranked):
        end = place
        while end < len(ranked) and ranked[end][0] == ranked[place][0]:
            end += 1
        good = sum(right for _, right in ranked[place:end])
        rank_sum += good * (place + end + 1) / 2
        place = end
    good = sum(right for _, right in found)
    bad = len(found) - good
    return (rank_sum - good * (good + 1) / 2) / (good * bad)
