"""Examples in short, and steps run to their end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from critique_loop.curation.pipeline import CurationStep, Pipeline, Tally
from critique_loop.values import Example, ExampleKind, Message, Provenance

CHART = (Path(__file__).parents[2] / "docs/example/chart.py").read_text(encoding="utf-8")


def example(
    code: str = "",
    *,
    goal: str = "draw it",
    prose: str = "",
    where: str | Provenance = "r1",
    kind: ExampleKind = ExampleKind.SFT,
) -> Example:
    """Return an example whose answer is ``prose`` and a program; ``where`` is it or its run."""
    answer = "\n".join(part for part in (prose, f"```python\n{code}\n```" if code else "") if part)
    return Example(
        kind,
        (Message("system", "You draw charts."), Message("user", goal)),
        completion=answer,
        code=code,
        provenance=where if isinstance(where, Provenance) else Provenance(where, (1,)),
    )


@dataclass(frozen=True)
class Curated:
    """The runs of what a step let through, and what it counted."""

    kept: list[str]
    tally: Tally

    @property
    def why(self) -> dict[str, int]:
        """How many were dropped for which reason."""
        return {why: reason.count for why, reason in self.tally.reasons.items()}


def curated(step: CurationStep, examples: Iterable[Example]) -> Curated:
    """Run one step."""
    pipeline = Pipeline([step])
    kept = [each.provenance.run_id for each in pipeline.run(examples)]
    return Curated(kept, pipeline.report.steps[0])
