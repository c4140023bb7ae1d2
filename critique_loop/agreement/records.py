"""How often a critic agreed with persons before, in words, for whoever shows its votes."""

from __future__ import annotations

from collections.abc import Sequence

from critique_loop.agreement.bootstrap import Resampling
from critique_loop.agreement.comparing import compare
from critique_loop.agreement.ratings import Rating, judged_drafts
from critique_loop.agreement.references import Reference, from_labels
from critique_loop.store import SqliteStore
from critique_loop.values import Label

_NONE = "no labels"


class Records:
    """What is known of critics from the labels of one store."""

    def __init__(
        self, ratings: Sequence[Rating], reference: Reference, *, resampling: Resampling
    ) -> None:
        """``ratings`` are those of all critics; each is looked at when first asked for."""
        self._ratings = ratings
        self._reference = reference
        self._resampling = resampling
        self._found: dict[tuple[str, str], str] = {}

    def record(self, critic: str, dimension: str) -> str:
        """Return e.g. ``kappa 0.62 [0.41, 0.80] with persons, n = 40``, or ``no labels``."""
        key = (critic, dimension)
        if key not in self._found:
            self._found[key] = self._record(critic, dimension)
        return self._found[key]

    def _record(self, critic: str, dimension: str) -> str:
        mine = [r for r in self._ratings if r.by == critic and r.place.dimension == dimension]
        rows = compare(mine, self._reference, resampling=self._resampling)
        if not rows or not rows[0].n:
            return _NONE
        found, n = rows[0].kappa, f"n = {rows[0].n}"
        if found.value is None:
            return f"no kappa with {self._reference.name}, {n}: {found.undefined}"
        return f"kappa {found} with {self._reference.name}, {n}"


async def records(store: SqliteStore, *, resampling: Resampling | None = None) -> Records:
    """Return the records of all critics on the drafts of ``store`` that persons have labelled."""
    labels = [label for label in await store.labels() if isinstance(label, Label)]
    known = {summary.run_id for summary in await store.runs()}
    runs = [run for run in dict.fromkeys(label.shown.run_id for label in labels) if run in known]
    drafts = await judged_drafts(store, runs) if runs else []
    reference = from_labels(labels, drafts)
    ratings = [rating for draft in drafts for rating in draft.ratings]
    return Records(ratings, reference, resampling=resampling or Resampling())
