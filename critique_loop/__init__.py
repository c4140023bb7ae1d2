"""Write, run, criticise, refine: programs judged by what they really did.

Everything is loaded when it is first used: importing this package imports nothing else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from critique_loop._version import __version__

if TYPE_CHECKING:
    from critique_loop.budget import Budget
    from critique_loop.charts import chart
    from critique_loop.coding import code
    from critique_loop.critics.callable import FunctionCritic
    from critique_loop.critics.combined import CombinedCritic
    from critique_loop.critics.measured import MeasuredCritic
    from critique_loop.critics.model import ModelCritic
    from critique_loop.critics.panel import Panel
    from critique_loop.critics.person import PersonCritic
    from critique_loop.errors import (
        BudgetEnded,
        CallError,
        CritiqueLoopError,
        DataError,
        DefinitionError,
        MachineError,
        ModelError,
        SandboxUnavailable,
        StoreError,
        WriterGaveUp,
    )
    from critique_loop.executors.docker import DockerExecutor
    from critique_loop.loop import Loop
    from critique_loop.models.cascade import Cascade
    from critique_loop.models.openai import OpenAIModel
    from critique_loop.models.recorded import RecordedModel
    from critique_loop.proxy import UserProxy
    from critique_loop.rubric import load as load_rubric
    from critique_loop.store import SqliteStore
    from critique_loop.values import (
        Critique,
        Decision,
        Dimension,
        Draft,
        Execution,
        Finding,
        Outcome,
        Price,
        Round,
        Rubric,
        Score,
        StopReason,
        Task,
    )
    from critique_loop.writers.grammar import GrammarWriter
    from critique_loop.writers.model import ModelWriter

_HOME = {
    "Budget": "critique_loop.budget",
    "BudgetEnded": "critique_loop.errors",
    "CallError": "critique_loop.errors",
    "Cascade": "critique_loop.models.cascade",
    "CombinedCritic": "critique_loop.critics.combined",
    "Critique": "critique_loop.values",
    "CritiqueLoopError": "critique_loop.errors",
    "DataError": "critique_loop.errors",
    "Decision": "critique_loop.values",
    "DefinitionError": "critique_loop.errors",
    "Dimension": "critique_loop.values",
    "DockerExecutor": "critique_loop.executors.docker",
    "Draft": "critique_loop.values",
    "Execution": "critique_loop.values",
    "Finding": "critique_loop.values",
    "FunctionCritic": "critique_loop.critics.callable",
    "GrammarWriter": "critique_loop.writers.grammar",
    "Loop": "critique_loop.loop",
    "MachineError": "critique_loop.errors",
    "MeasuredCritic": "critique_loop.critics.measured",
    "ModelCritic": "critique_loop.critics.model",
    "ModelError": "critique_loop.errors",
    "ModelWriter": "critique_loop.writers.model",
    "OpenAIModel": "critique_loop.models.openai",
    "Outcome": "critique_loop.values",
    "Panel": "critique_loop.critics.panel",
    "PersonCritic": "critique_loop.critics.person",
    "Price": "critique_loop.values",
    "RecordedModel": "critique_loop.models.recorded",
    "Round": "critique_loop.values",
    "Rubric": "critique_loop.values",
    "SandboxUnavailable": "critique_loop.errors",
    "Score": "critique_loop.values",
    "SqliteStore": "critique_loop.store",
    "StopReason": "critique_loop.values",
    "StoreError": "critique_loop.errors",
    "Task": "critique_loop.values",
    "UserProxy": "critique_loop.proxy",
    "WriterGaveUp": "critique_loop.errors",
    "chart": "critique_loop.charts",
    "code": "critique_loop.coding",
    "load_rubric": "critique_loop.rubric",
}

__all__ = [
    "Budget",
    "BudgetEnded",
    "CallError",
    "Cascade",
    "CombinedCritic",
    "Critique",
    "CritiqueLoopError",
    "DataError",
    "Decision",
    "DefinitionError",
    "Dimension",
    "DockerExecutor",
    "Draft",
    "Execution",
    "Finding",
    "FunctionCritic",
    "GrammarWriter",
    "Loop",
    "MachineError",
    "MeasuredCritic",
    "ModelCritic",
    "ModelError",
    "ModelWriter",
    "OpenAIModel",
    "Outcome",
    "Panel",
    "PersonCritic",
    "Price",
    "RecordedModel",
    "Round",
    "Rubric",
    "SandboxUnavailable",
    "Score",
    "SqliteStore",
    "StopReason",
    "StoreError",
    "Task",
    "UserProxy",
    "WriterGaveUp",
    "__version__",
    "chart",
    "code",
    "load_rubric",
]


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    attribute = "load" if name == "load_rubric" else name
    value: object = getattr(import_module(_HOME[name]), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
