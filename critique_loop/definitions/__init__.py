"""Agents as files: who writes or judges, with what prompt and settings, and what it is shown."""

from critique_loop.definitions.definition import Definition, Sharing
from critique_loop.definitions.leaving import Leaving, leaves
from critique_loop.definitions.reading import load

__all__ = ["Definition", "Leaving", "Sharing", "leaves", "load"]
