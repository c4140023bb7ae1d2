"""What is put before a person who labels: every draft once, in an order that tells nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from critique_loop.agreement.ratings import JudgedDraft
from critique_loop.values import Dimension, Label, Preference


@dataclass(frozen=True, slots=True)
class ToLabel:
    """One question: a dimension of a draft, or of the better of two where there is ``other``."""

    draft: JudgedDraft
    dimension: Dimension
    other: JudgedDraft | None = None


@dataclass(frozen=True, slots=True)
class Who:
    """Who labels; the same ``seed`` brings the same order to the same person."""

    name: str
    seed: int = 0

    def place(self, *parts: str) -> str:
        """Return where something stands in this person's order."""
        told = "\0".join((str(self.seed), self.name, *parts))
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def to_score(
    drafts: Iterable[JudgedDraft],
    labels: Iterable[Label | Preference],
    who: Who,
    *,
    dimension: str = "",
) -> list[ToLabel]:
    """Return what ``who`` has not scored yet, the dimensions of one draft after each other.

    Programs that are equal answers to the same task are asked about once.
    """
    done = {
        (label.shown, label.dimension)
        for label in labels
        if isinstance(label, Label) and label.by == who.name
    }
    asked = [
        ToLabel(draft, found)
        for draft in _unlike(drafts)
        for found in draft.dimensions
        if dimension in ("", found.name) and (draft.shown, found.name) not in done
    ]
    return sorted(asked, key=lambda a: (who.place(*_id(a.draft)), who.place(a.dimension.name)))


def to_prefer(
    drafts: Iterable[JudgedDraft],
    labels: Iterable[Label | Preference],
    who: Who,
    *,
    dimension: str = "",
) -> list[ToLabel]:
    """Return which two of the same task ``who`` has not compared yet, left and right by chance."""
    done = {
        (frozenset((label.first, label.second)), label.dimension)
        for label in labels
        if isinstance(label, Preference) and label.by == who.name
    }
    groups: dict[str, list[JudgedDraft]] = {}
    for draft in _unlike(drafts):
        groups.setdefault(draft.group, []).append(draft)
    asked = [
        ToLabel(*pair[:1], found, *pair[1:])
        for group in groups.values()
        for one, two in combinations(group, 2)
        for pair in [_sides(one, two, who)]
        for found in one.dimensions
        if dimension in ("", found.name)
        and (frozenset((one.shown, two.shown)), found.name) not in done
    ]
    return sorted(asked, key=lambda a: _order_of_pair(a, who))


def _sides(one: JudgedDraft, two: JudgedDraft, who: Who) -> tuple[JudgedDraft, JudgedDraft]:
    turned = int(who.place("sides", *_id(one), *_id(two)), 16) % 2
    return (two, one) if turned else (one, two)


def _order_of_pair(asked: ToLabel, who: Who) -> tuple[str, str]:
    other = asked.other or asked.draft
    return who.place(*_id(asked.draft), *_id(other)), who.place(asked.dimension.name)


def _unlike(drafts: Iterable[JudgedDraft]) -> Sequence[JudgedDraft]:
    """Return the first of each program that answers the same task."""
    found: dict[tuple[str, str], JudgedDraft] = {}
    for draft in drafts:
        found.setdefault((draft.group, draft.shown.code), draft)
    return list(found.values())


def _id(draft: JudgedDraft) -> tuple[str, str]:
    return draft.shown.run_id, str(draft.shown.round)
