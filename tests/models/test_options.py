from __future__ import annotations

from collections.abc import Callable

import pytest

from critique_loop.errors import CallError
from critique_loop.models.options import ModelOptions


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: ModelOptions(deadline_s=0), "deadline_s"),
        (lambda: ModelOptions(connect_s=-1), "connect_s"),
        (lambda: ModelOptions(max_tokens=0), "max_tokens"),
        (lambda: ModelOptions(max_attempts=0), "max_attempts"),
        (lambda: ModelOptions(max_connections=0), "max_connections"),
        (lambda: ModelOptions(backoff_s=-0.1), "backoff_s"),
        (lambda: ModelOptions(picture_tokens=-1), "picture_tokens"),
    ],
)
def test_settings_with_which_nothing_could_be_asked_are_refused_by_name(
    make: Callable[[], ModelOptions], named: str
) -> None:
    with pytest.raises(CallError, match=named):
        make()


def test_a_deadline_that_is_no_number_is_refused() -> None:
    with pytest.raises(CallError, match="deadline_s"):
        ModelOptions(deadline_s=float("nan"))


def test_the_smallest_settings_are_allowed() -> None:
    options = ModelOptions(max_tokens=1, max_attempts=1, max_connections=1, backoff_s=0.0)

    assert options.max_tokens == 1
