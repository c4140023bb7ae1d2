"""Every way of failing that a client of model servers is held to, with what it is to make of it.

``FAULTS`` is a table: each row plays on a ``FaultServer`` and says the outcome, the number of
requests and the time. The rows know nothing of any client.
"""

from __future__ import annotations

from critique_loop.testing.faults_answers import ANSWERS
from critique_loop.testing.faults_refusals import REFUSALS
from critique_loop.testing.faults_requests import PARAMETERS
from critique_loop.testing.faults_rows import Cancelled, Fault, Wanted
from critique_loop.testing.faults_transport import TRANSPORT

__all__ = ["FAULTS", "Cancelled", "Fault", "Wanted"]

FAULTS: tuple[Fault, ...] = tuple(
    sorted((*REFUSALS, *TRANSPORT, *ANSWERS, *PARAMETERS), key=lambda fault: fault.number)
)
