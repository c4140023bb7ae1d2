"""How the values of one call hang together: a list as long as another, an index within it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Sized
from itertools import permutations
from typing import Any, NamedTuple

_ENOUGH = 2


class Relation(NamedTuple):
    """One that holds between the values at two places."""

    first: Any
    second: Any
    holds: Callable[[Any, Any], bool]


def _as_long(first: Any, second: Any) -> bool:  # noqa: ANN401 - any values
    return isinstance(first, Sized) and len(first) == len(second)


def _within(first: Any, second: Any) -> bool:  # noqa: ANN401 - any values
    return _is_whole(first) and first < len(second)


def _up_to_length(first: Any, second: Any) -> bool:  # noqa: ANN401 - any values
    return _is_whole(first) and first <= len(second)


def _no_longer(first: Any, second: Any) -> bool:  # noqa: ANN401 - any values
    return isinstance(first, Sized) and len(first) <= len(second)


def _below(first: Any, second: Any) -> bool:  # noqa: ANN401 - any values
    return not isinstance(first, Sized) and first < second


def _at_most(first: Any, second: Any) -> bool:  # noqa: ANN401 - any values
    return not isinstance(first, Sized) and first <= second


def _member(first: Any, second: Any) -> bool:  # noqa: ANN401 - any values
    return first in second


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_KNOWN = (_as_long, _within, _up_to_length, _no_longer, _below, _at_most, _member)


def learn_relations(rows: Sequence[Mapping[Any, Any]]) -> tuple[Relation, ...]:
    """Return the relations that hold in every row, none where there are too few rows."""
    if len(rows) < _ENOUGH:
        return ()
    places = [*rows[0]]
    candidates = (
        Relation(first, second, holds)
        for first, second in permutations(places, 2)
        for holds in _KNOWN
    )
    return tuple(one for one in candidates if all(fits([one], row) for row in rows))


def fits(relations: Sequence[Relation], row: Mapping[Any, Any]) -> bool:
    """Whether all the relations hold between the values of a row."""
    for relation in relations:
        try:
            if not relation.holds(row[relation.first], row[relation.second]):
                return False
        except (TypeError, ValueError):  # such values can't be compared at all
            return False
    return True
