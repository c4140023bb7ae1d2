"""Critics against what is right, dimension by dimension."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from critique_loop.agreement.alpha import krippendorff_alpha
from critique_loop.agreement.bootstrap import Resampling, estimates
from critique_loop.agreement.calibration import brier_score
from critique_loop.agreement.confusion import Confusion
from critique_loop.agreement.correlation import (
    bias,
    kendall_tau_b,
    mean_absolute_difference,
    spearman,
)
from critique_loop.agreement.estimates import Estimate, Statistic
from critique_loop.agreement.kappa import cohen_kappa, weighted_kappa
from critique_loop.agreement.ratings import Place, Rating
from critique_loop.agreement.references import Reference, Truth

_VALUED = {
    "weighted_kappa": weighted_kappa,
    "spearman": spearman,
    "kendall": kendall_tau_b,
    "bias": bias,
    "mean_absolute_difference": mean_absolute_difference,
}


@dataclass(frozen=True, slots=True)
class Agreement:
    """How one rater agrees with the reference on one dimension.

    ``n`` drafts of ``runs`` runs were scored by both; ``unscored`` more only by the reference.
    ``kappa`` is of passing or not, ``weighted_kappa`` (quadratic) and ``alpha`` (interval) of
    marks. ``brier`` is of the rater's confidence that its decision is right. ``bias`` is how much
    higher it scores. Intervals are by resampling runs.
    """

    dimension: str
    rater: str
    n: int
    runs: int
    unscored: int
    kappa: Estimate
    weighted_kappa: Estimate
    alpha: Estimate
    brier: Estimate
    confusion: Confusion
    spearman: Estimate
    kendall: Estimate
    bias: Estimate
    mean_absolute_difference: Estimate


@dataclass(frozen=True, slots=True)
class _Pair:
    run_id: str
    value: float
    passed: bool
    right: bool
    right_value: float | None
    confidence: float | None


def compare(
    ratings: Iterable[Rating], reference: Reference, *, resampling: Resampling | None = None
) -> list[Agreement]:
    """Return how each rater agrees with the reference, a row for each dimension it was asked."""
    grouped: dict[tuple[str, str], list[Rating]] = {}
    for rating in ratings:
        grouped.setdefault((rating.place.dimension, rating.by), []).append(rating)
    return [
        _agreement(dimension, rater, found, reference.truths, resampling or Resampling())
        for (dimension, rater), found in grouped.items()
    ]


def among_persons(
    reference: Reference, dimension: str, *, resampling: Resampling | None = None
) -> Estimate:
    """Return alpha (interval) of those who made the reference, where two or more scored a draft."""
    units = [
        (place.run_id, truth.values)
        for place, truth in reference.truths.items()
        if place.dimension == dimension and len(truth.values) > 1
    ]
    return estimates(
        units,
        lambda sample: {"alpha": krippendorff_alpha(values for _, values in sample)},
        cluster=lambda unit: unit[0],
        resampling=resampling or Resampling(),
    )["alpha"]


def _agreement(
    dimension: str,
    rater: str,
    ratings: Sequence[Rating],
    truths: Mapping[Place, Truth],
    resampling: Resampling,
) -> Agreement:
    told = [r for r in ratings if r.place in truths]
    pairs = [pair for r in told if (pair := _pair(r, truths[r.place])) is not None]
    found = estimates(pairs, _measure, cluster=lambda p: p.run_id, resampling=resampling)
    sure = [pair for pair in pairs if pair.confidence is not None]
    brier = estimates(sure, _brier, cluster=lambda p: p.run_id, resampling=resampling)
    return Agreement(
        dimension=dimension,
        rater=rater,
        n=len(pairs),
        runs=len({pair.run_id for pair in pairs}),
        unscored=sum(r.value is None for r in told),
        confusion=Confusion.of((pair.passed, pair.right) for pair in pairs),
        **found,
        **brier,
    )


def _pair(rating: Rating, truth: Truth) -> _Pair | None:
    right = truth.passes(rating.pass_mark)
    if rating.value is None or right is None:
        return None
    return _Pair(
        run_id=rating.place.run_id,
        value=rating.value,
        passed=rating.value >= rating.pass_mark,
        right=right,
        right_value=truth.value,
        confidence=rating.confidence,
    )


def _measure(pairs: Sequence[_Pair]) -> dict[str, Statistic]:
    valued = [(p.value, p.right_value) for p in pairs if p.right_value is not None]
    first, second = [a for a, _ in valued], [b for _, b in valued]
    found = {name: statistic(first, second) for name, statistic in _VALUED.items()}
    if pairs and not valued:
        only = Statistic(None, "the reference says only what passes")
        found = dict.fromkeys(_VALUED, only)
    return {
        "kappa": cohen_kappa([p.passed for p in pairs], [p.right for p in pairs]),
        "alpha": krippendorff_alpha(valued),
        **found,
    }


def _brier(pairs: Sequence[_Pair]) -> dict[str, Statistic]:
    """Return the Brier score of confidences as forecasts that the decision is right."""
    forecasts = [pair.confidence for pair in pairs if pair.confidence is not None]
    return {"brier": brier_score(forecasts, [pair.passed == pair.right for pair in pairs])}
