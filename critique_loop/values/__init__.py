"""The words of the package as frozen values.

Strings that come from a file, a program or a model are kept as they came; whoever shows them
escapes them. Times are seconds, sizes bytes, money US dollars, scores 0 to 10.
"""

from critique_loop.values.events import Ended, Event, EventBody, EventKind, Resumed, Started
from critique_loop.values.models import (
    AnswerSchema,
    Call,
    Choice,
    Escalation,
    Message,
    Picture,
    Price,
    Reply,
    Request,
    Signals,
    Token,
    Usage,
)
from critique_loop.values.people import Answer, Asked, Choices, Question, QuestionKind
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
    StopReason,
)
from critique_loop.values.spending import RoleSpend, Spend
from critique_loop.values.tables import Column, ColumnKind, Dialect, Table
from critique_loop.values.tasks import Dimension, Rubric, Task, TaskKind

__all__ = [
    "Answer",
    "AnswerSchema",
    "Asked",
    "Call",
    "Choice",
    "Choices",
    "Column",
    "ColumnKind",
    "Critique",
    "Decision",
    "DecisionKind",
    "Dialect",
    "Dimension",
    "Draft",
    "Ended",
    "Escalation",
    "Event",
    "EventBody",
    "EventKind",
    "Evidence",
    "Execution",
    "ExecutionStatus",
    "Finding",
    "Lesson",
    "Message",
    "Outcome",
    "OutputFile",
    "Picture",
    "Price",
    "Question",
    "QuestionKind",
    "Reply",
    "Request",
    "Resumed",
    "RoleSpend",
    "Round",
    "Rubric",
    "Score",
    "Severity",
    "Signals",
    "Spend",
    "Started",
    "StopReason",
    "Table",
    "Task",
    "TaskKind",
    "Token",
    "Usage",
]
