"""Stand-ins for your own tests: they fulfil the protocols, run nothing and cost nothing.

``FaultServer`` is a model server on loopback that fails on purpose, ``FAULTS`` the table of all it
can do, with what a client is to make of it; both are imported when they are used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from critique_loop.testing.actors import (
    MemoryStore,
    ScriptedCritic,
    ScriptedExecutor,
    ScriptedWriter,
)
from critique_loop.testing.models import ScriptedModel

if TYPE_CHECKING:
    from critique_loop.testing.fault_server import FaultServer
    from critique_loop.testing.faults import FAULTS

__all__ = [
    "FAULTS",
    "FaultServer",
    "MemoryStore",
    "ScriptedCritic",
    "ScriptedExecutor",
    "ScriptedModel",
    "ScriptedWriter",
]


_LATER = {
    "FAULTS": "critique_loop.testing.faults",
    "FaultServer": "critique_loop.testing.fault_server",
}


def __getattr__(name: str) -> object:
    """Import the server and its faults only where they are used."""
    if name in _LATER:
        return getattr(importlib.import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
