"""What workers that were killed left in the sandboxes' engines."""

from __future__ import annotations

from critique_loop.errors import MachineError
from critique_loop.executors import exposure


def remove_leftovers() -> int:
    """Remove containers and copies of data files of processes that have ended; return how many.

    Where no engine answers there are no containers either.
    """
    from critique_loop.executors.engine import Engine  # noqa: PLC0415 - loads docker

    removed = exposure.remove_leftovers(exposure.default_root())
    try:
        engine = Engine()
    except MachineError:
        return removed
    try:
        return removed + engine.remove_leftovers()
    except MachineError:
        return removed
    finally:
        engine.close()
