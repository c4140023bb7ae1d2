"""Our errors on their way through AutoGen, which leaves nothing but their text of them.

A team turns whatever a participant raises into a RuntimeError. The doors note each error of ours
before it enters AutoGen, and whoever runs the team finds it again.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from critique_loop.errors import CritiqueLoopError

_NOTED: ContextVar[list[CritiqueLoopError] | None] = ContextVar(
    "critique_loop_autogen_errors", default=None
)


@contextmanager
def noted() -> Generator[None]:
    """Note an error of ours that leaves the block, for ``original_errors`` to raise again."""
    try:
        yield
    except CritiqueLoopError as error:
        found = _NOTED.get()
        if found is not None:
            found.append(error)
        raise


@contextmanager
def original_errors() -> Generator[None]:
    """Raise our own error where AutoGen raises one that holds but its text.

    Put it around ``team.run()``. It works for teams with a runtime of their own, the default; a
    runtime that was started elsewhere runs outside of this block.
    """
    found: list[CritiqueLoopError] = []
    token = _NOTED.set(found)
    try:
        yield
    except CritiqueLoopError:
        raise
    except Exception as error:
        text = str(error)
        ours = next((one for one in reversed(found) if str(one) in text), None)
        if ours is None:
            raise
        raise ours from error
    finally:
        _NOTED.reset(token)
