"""What AutoGen loses on its way: our errors, of which it leaves the text, and who is asking.

A team turns whatever a participant raises into a RuntimeError. The doors note each error of ours
before it enters AutoGen, and whoever runs the team finds it again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from critique_loop.errors import CritiqueLoopError


@dataclass(slots=True)
class Passage:
    """One way into AutoGen: for which role it asks, and what our doors inside have to tell.

    ``counted`` are the calls of models of ours, which reserve and count what they take themselves;
    ``on_counted`` hears of each before it reserves.
    """

    role: str = ""
    errors: list[CritiqueLoopError] = field(default_factory=list[CritiqueLoopError])
    counted: int = 0
    on_counted: Callable[[], None] | None = None

    def count(self) -> None:
        """Hear that a model of ours is about to be asked."""
        self.counted += 1
        if self.on_counted is not None:
            self.on_counted()


_PASSAGE: ContextVar[Passage | None] = ContextVar("critique_loop_autogen_passage", default=None)


def passage() -> Passage:
    """Return the passage this code runs in; outside of any a new one, which nobody reads."""
    return _PASSAGE.get() or Passage()


@contextmanager
def noted() -> Generator[None]:
    """Note an error of ours that leaves the block, for ``original_errors`` to raise again."""
    try:
        yield
    except CritiqueLoopError as error:
        passage().errors.append(error)
        raise


@contextmanager
def passing(here: Passage) -> Generator[None]:
    """Let ``here`` hear from the doors inside, and raise our own errors as they were."""
    token = _PASSAGE.set(here)
    try:
        yield
    except CritiqueLoopError:
        raise
    except Exception as error:
        text = str(error)
        ours = next((one for one in reversed(here.errors) if str(one) in text), None)
        if ours is None:
            raise
        raise ours from error
    finally:
        _PASSAGE.reset(token)


@contextmanager
def original_errors(role: str = "") -> Generator[None]:
    """Raise our own error where AutoGen raises one that holds but its text.

    Put it around ``team.run()``. It works for teams with a runtime of their own, the default; a
    runtime that was started elsewhere runs outside of this block. ``role`` is on whose account the
    calls of a ``ModelClient`` inside go.
    """
    with passing(Passage(role)):
        yield
