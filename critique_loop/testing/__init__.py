"""Stand-ins for your own tests: they fulfil the protocols, run nothing and cost nothing."""

from critique_loop.testing.actors import (
    MemoryStore,
    ScriptedCritic,
    ScriptedExecutor,
    ScriptedWriter,
)
from critique_loop.testing.models import ScriptedModel

__all__ = [
    "MemoryStore",
    "ScriptedCritic",
    "ScriptedExecutor",
    "ScriptedModel",
    "ScriptedWriter",
]
