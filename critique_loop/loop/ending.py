"""The ways in which a run may end, apart from its user proxy's decision."""

from __future__ import annotations

import anyio

from critique_loop.budget import UNLIMITED, Budget
from critique_loop.errors import (
    BudgetEnded,
    CritiqueLoopError,
    ModelError,
    Paused,
    SandboxUnavailable,
    WriterGaveUp,
)
from critique_loop.values import StopReason

_STOPS: dict[type[CritiqueLoopError], StopReason] = {
    ModelError: StopReason.MODEL_UNAVAILABLE,
    Paused: StopReason.PAUSED,
    SandboxUnavailable: StopReason.SANDBOX_UNAVAILABLE,
    WriterGaveUp: StopReason.WRITER_GAVE_UP,
}


def stop_reason(error: BaseException) -> StopReason | None:
    """Return the way of ending that an error stands for, None where it is a failure."""
    if isinstance(error, BudgetEnded):
        return error.reason
    if isinstance(error, CritiqueLoopError):
        return next((stop for kind, stop in _STOPS.items() if isinstance(error, kind)), None)
    return None


def describe(error: BaseException) -> str:
    """Return what the trace says of ``error``: nothing where somebody just stopped the run."""
    if isinstance(error, GeneratorExit | KeyboardInterrupt | anyio.get_cancelled_exc_class()):
        return ""
    return str(error) if stop_reason(error) else f"{type(error).__name__}: {error}"


def budget_of(proxy: object) -> Budget:
    """Return the budget of a user proxy that has one: its models are held to it as well."""
    budget: object = getattr(proxy, "budget", None)
    return budget if isinstance(budget, Budget) else UNLIMITED
