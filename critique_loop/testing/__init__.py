"""Stand-ins for your own tests: they fulfil the protocols, run nothing and cost nothing.

``FaultServer`` is a model server on loopback that fails on purpose; it is imported when it is used.
"""

from __future__ import annotations

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

__all__ = [
    "FaultServer",
    "MemoryStore",
    "ScriptedCritic",
    "ScriptedExecutor",
    "ScriptedModel",
    "ScriptedWriter",
]


def __getattr__(name: str) -> object:
    """Import the server only where it is used."""
    if name == "FaultServer":
        from critique_loop.testing.fault_server import FaultServer  # noqa: PLC0415 - rarely used

        return FaultServer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
