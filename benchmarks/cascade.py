"""What asking a bigger model only on doubt is worth, on simulated models of known skill.

    python benchmarks/cascade.py [--items N] [--seeds N] [--json] [--write]

The cascade is the package's own; only the models behind it are simulated. So the figures say what
it makes of a confidence of a given kind, and nothing about any real model.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import anyio
import chart_results
from cascade_maths import Interval, calibration_error, interval
from cascade_models import SMALL_SKILL, SPREAD
from cascade_runs import KINDS, THRESHOLDS, Curve, Tally, measure
from cascade_tables import table

from critique_loop.models.cascade import When

HERE = Path(__file__).parent
DEFAULT = THRESHOLDS.index(When().confidence_below or 0.0)
SKILLS = (1.5, 2.5, 3.5)
RATIOS = (3.0, 10.0, 30.0)
BIG_SKILL = 2.5
RATIO = 10.0

Curves = Mapping[tuple[str, float], Sequence[Curve]]
Row = dict[str, object]


def mean(curves: Sequence[Curve], value: Callable[[Curve], float]) -> float:
    """Return the mean of a figure over the seeds."""
    return statistics.fmean(map(value, curves))


def over_seeds(curves: Sequence[Curve], value: Callable[[Curve], float]) -> Interval:
    """Return a figure's mean over the seeds with its bootstrap interval."""
    return interval([value(curve) for curve in curves])


async def run(*, count: int, seeds: int) -> Curves:
    """Measure every kind of confidence, and the calibrated one beside other big models."""
    wanted = [(kind, BIG_SKILL) for kind in KINDS]
    wanted += [(KINDS[0], skill) for skill in SKILLS if skill != BIG_SKILL]
    return {
        (kind, skill): [
            await measure(kind, seed=seed, count=count, big_skill=skill) for seed in range(seeds)
        ]
        for kind, skill in wanted
    }


def by_kind(curves: Curves) -> list[Row]:
    """Return one row for each kind of confidence, at the default threshold and over all."""
    return [
        {
            "confidence": kind,
            "calibration_error": calibration_error(
                [claim for curve in found for claim in curve.claims]
            ),
            "area": over_seeds(found, lambda curve: curve.area(RATIO)),
            "oracle_area": mean(found, lambda curve: curve.oracle_area(RATIO)),
            "sent_up": mean(found, lambda curve: curve.cascade[DEFAULT].big),
            "cost": mean(found, lambda curve: curve.cascade[DEFAULT].at(RATIO).cost),
            "quality": mean(found, lambda curve: curve.cascade[DEFAULT].quality),
            "random_at_that_rate": mean(found, lambda curve: curve.random(DEFAULT).quality),
            "gain": over_seeds(found, lambda curve: curve.gain(DEFAULT, RATIO)),
        }
        for kind in KINDS
        for found in [curves[kind, BIG_SKILL]]
    ]


def by_threshold(curves: Curves, kind: str) -> list[Row]:
    """Return one row for each threshold, with random routing and the oracle at the same rate."""
    found = curves[kind, BIG_SKILL]

    def costs(of: Callable[[Curve], Tally]) -> Row:
        point = [of(curve).at(RATIO) for curve in found]
        return {
            "cost": statistics.fmean(p.cost for p in point),
            "quality": statistics.fmean(p.quality for p in point),
        }

    rows: list[Row] = []
    for number, below in enumerate(THRESHOLDS):
        rows.append(
            {
                "threshold": below,
                "sent_up": mean(found, lambda curve, n=number: curve.cascade[n].big),
                "cascade": costs(lambda curve, n=number: curve.cascade[n]),
                "random": costs(lambda curve, n=number: curve.random(n)),
                "oracle": costs(lambda curve, n=number: curve.oracle[n]),
                "gain": over_seeds(found, lambda curve, n=number: curve.gain(n, RATIO)),
            }
        )
    return rows


def by_world(curves: Curves) -> list[Row]:
    """Return one row for each skill and price of the big model."""
    return [
        {
            "big_skill": skill,
            "price_ratio": ratio,
            "small_quality": mean(found, lambda curve: curve.small.quality),
            "big_quality": mean(found, lambda curve: curve.big.quality),
            "area": over_seeds(found, lambda curve, r=ratio: curve.area(r)),
            "gain": over_seeds(found, lambda curve, r=ratio: curve.gain(DEFAULT, r)),
        }
        for skill in SKILLS
        for ratio in RATIOS
        for found in [curves[KINDS[0], skill]]
    ]


def text(results: Mapping[str, list[Row]], *, count: int, seeds: int) -> str:
    """Return the tables with what they depend on."""
    world = results["worlds"][SKILLS.index(BIG_SKILL) * len(RATIOS)]
    return f"""### Cascade: cost against quality

`python benchmarks/cascade.py`: simulation only, {seeds} seeds of {count} items, five marks, one of
them right; 95 % bootstrap intervals over the seeds. Difficulties are normal with a spread of
{SPREAD:g}; a model of skill s is right with probability sigmoid(s - difficulty). Small: skill
{SMALL_SKILL:g}, right on {world["small_quality"]:.0%}. Big: skill {BIG_SKILL:g}, right on
{world["big_quality"]:.0%}, {RATIO:g} times the price. Costs are in small answers per item. The
cascade is the package's own class.

Area: mean quality over the costs from always-small (0) to always-big (1) on the best mix of
thresholds, chosen on the same items, so slightly too good; random routing has 0.5. The other
columns are for the default threshold, {THRESHOLDS[DEFAULT]:g}. Gain: quality above random routing
for the same money; below 0 it is a loss. Random routing at the same rate asks one model per item,
so it is cheaper than the cascade, which has asked the small one too.

{table(results["kinds"])}

How sure the small model says it is, against how sure it may be. Calibrated: the true probability.
Over- and underconfident: its logit times 3 and 1/3 (the order stays and with it the frontier; the
threshold means something else). Noisy: its logit with a noise of 2. Uninformed: that of another
item. Agreement: no probabilities, so five samples are asked and paid for each item.

Calibrated, over the threshold (0 is always-small); random routing and oracle at the rate of the
cascade; the oracle knows where the big model helps, and pays the small one as well:

{table(results["thresholds"])}

Calibrated, other big models and prices:

{table(results["worlds"])}

What it depends on: how far the models are apart, what they cost, whether the small one knows where
it fails, that mistakes of the two models share nothing but the difficulty, and that an answer is
either right or wrong. None of it is known of a real pair before it is measured on one's own tasks.
"""


def plain(row: Mapping[str, object]) -> Row:
    """Return a row as JSON has it, intervals by their names."""
    return {
        name: value._asdict() if isinstance(value, Interval) else value
        for name, value in row.items()
    }


def main() -> None:
    """Measure, print, and keep the tables where that is wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true", help="keep the tables in RESULTS.md")
    options = parser.parse_args()

    async def measured() -> Curves:
        return await run(count=options.items, seeds=options.seeds)

    curves = anyio.run(measured)
    results = {
        "kinds": by_kind(curves),
        "thresholds": by_threshold(curves, KINDS[0]),
        "worlds": by_world(curves),
    }
    tables = text(results, count=options.items, seeds=options.seeds).rstrip()
    if options.json:
        settings = {"items": options.items, "seeds": options.seeds}
        rows = {name: [plain(row) for row in found] for name, found in results.items()}
        print(json.dumps({"settings": settings, **rows}, indent=1))
    else:
        print(tables)
    if options.write:
        chart_results.write(HERE / "RESULTS.md", "cascade", tables)


if __name__ == "__main__":
    main()
