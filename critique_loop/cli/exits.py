"""Exit codes of the command line: a contract with scripts."""

from __future__ import annotations

from enum import IntEnum

from critique_loop.values import Outcome, StopReason


class Exit(IntEnum):
    """What the exit code says."""

    ACCEPTED = 0
    ERROR = 1
    USAGE = 2
    UNMET = 3
    BUDGET = 4
    PAUSED = 5
    INTERRUPTED = 130


def exit_of(outcome: Outcome) -> Exit:
    """Return the exit code that tells how a run ended."""
    reason = outcome.stopped_because
    if reason is StopReason.WRITER_GAVE_UP:
        return Exit.UNMET if outcome.best else Exit.ERROR
    return {
        StopReason.ACCEPTED: Exit.ACCEPTED,
        StopReason.ROUNDS: Exit.BUDGET,
        StopReason.TIME: Exit.BUDGET,
        StopReason.CALLS: Exit.BUDGET,
        StopReason.TOKENS: Exit.BUDGET,
        StopReason.COST: Exit.BUDGET,
        StopReason.STUCK: Exit.UNMET,
        StopReason.PERSON: Exit.UNMET,
        StopReason.PAUSED: Exit.PAUSED,
        StopReason.MODEL_UNAVAILABLE: Exit.ERROR,
        StopReason.SANDBOX_UNAVAILABLE: Exit.ERROR,
        StopReason.INTERRUPTED: Exit.INTERRUPTED,
    }[reason]
