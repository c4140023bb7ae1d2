from __future__ import annotations

import pytest

from critique_loop.errors import ModelErrorKind
from critique_loop.testing import FAULTS
from critique_loop.testing.faults import Cancelled, Fault
from critique_loop.testing.faults_rows import ANSWER, CANCELLED
from critique_loop.testing.faults_trial import Trial


def test_there_is_a_row_for_each_of_the_25_faults() -> None:
    assert sorted({fault.number for fault in FAULTS}) == list(range(1, 26))
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_row_states_something_that_can_be_checked(fault: Fault) -> None:
    least, most = fault.requests

    assert fault.outcomes <= {ANSWER, CANCELLED, *ModelErrorKind}
    assert fault.outcomes
    assert (CANCELLED in fault.outcomes) == (fault.cancelled is not Cancelled.NEVER)
    assert 1 <= least <= most
    assert fault.not_before_s < (fault.within_s or fault.deadline_s)


def test_whatever_is_not_as_stated_is_named() -> None:
    fault = next(fault for fault in FAULTS if fault.name == "1 seconds")

    right = Trial("answer", 2, 1.1, 0, 0, 0).differs(fault)
    wrong = Trial("rate_limit", 1, 0.1, 1, 2, 3).differs(fault)

    assert right == ()
    assert wrong == (
        "outcome rate_limit",
        "1 requests",
        "0.10 s",
        "1 requests went on",
        "2 connections left",
        "3 tasks left",
    )
