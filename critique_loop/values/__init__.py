"""The words of the package as frozen values.

Strings that come from a file, a program or a model are kept as they came; whoever shows them
escapes them. Times are seconds, sizes bytes, money US dollars, scores 0 to 10.
"""

from critique_loop.values.events import Ended, Event, EventBody, EventKind, Started
from critique_loop.values.rounds import (
    Critique,
    Decision,
    DecisionKind,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Lesson,
    Outcome,
    OutputFile,
    Round,
    Score,
    Severity,
    Spend,
    StopReason,
)
from critique_loop.values.tables import Column, ColumnKind, Dialect, Table
from critique_loop.values.tasks import Dimension, Rubric, Task, TaskKind

__all__ = [
    "Column",
    "ColumnKind",
    "Critique",
    "Decision",
    "DecisionKind",
    "Dialect",
    "Dimension",
    "Draft",
    "Ended",
    "Event",
    "EventBody",
    "EventKind",
    "Evidence",
    "Execution",
    "ExecutionStatus",
    "Finding",
    "Lesson",
    "Outcome",
    "OutputFile",
    "Round",
    "Rubric",
    "Score",
    "Severity",
    "Spend",
    "Started",
    "StopReason",
    "Table",
    "Task",
    "TaskKind",
]
