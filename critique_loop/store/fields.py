"""Which texts of a trace are names and settings that stay, and which are programs and files.

All other texts are free: programs and models speak there, and values can be that nobody can list.
A field that is added to a value is free until it is named here.
"""

from __future__ import annotations

from critique_loop.values import (
    Answer,
    Call,
    Choice,
    CodeSpec,
    Column,
    Critique,
    Decision,
    Dialect,
    Dimension,
    Draft,
    Evidence,
    Execution,
    Finding,
    Label,
    Message,
    Origin,
    OutputFile,
    Picture,
    Preference,
    Question,
    Resumed,
    RoleSpend,
    Rubric,
    Score,
    Shown,
    Started,
    Suite,
    Table,
    Task,
    Vote,
)

Fields = dict[type, frozenset[str]]

# Hashes, numbers and members of closed lists, which the package writes: never changed.
UNTOUCHED: Fields = {
    Choice: frozenset({"finish_reason"}),
    Column: frozenset({"time_format", "time_step"}),
    Dialect: frozenset({"separator", "encoding", "decimal", "thousands"}),
    Execution: frozenset({"container_id", "image_digest"}),
    Label: frozenset({"id", "rubric"}),
    Message: frozenset({"role"}),
    Origin: frozenset({"run_id"}),
    OutputFile: frozenset({"media_type"}),
    Picture: frozenset({"media_type"}),
    Preference: frozenset({"id", "rubric"}),
    Question: frozenset({"id"}),
    Shown: frozenset({"run_id", "code"}),
    Table: frozenset({"sha256"}),
}
# What persons asked for, how the loop was set up, and names: only known texts go from them.
CLOSED: Fields = {
    Answer: frozenset({"choice", "scores", "applied", "skipped", "by"}),
    Call: frozenset({"role", "model", "error", "key"}),
    CodeSpec: frozenset({"entry_point", "module"}),
    Column: frozenset({"name", "minimum", "maximum", "values"}),
    Critique: frozenset({"critic"}),
    Decision: frozenset({"role", "by", "applied", "skipped", "focus"}),
    Dimension: frozenset({"name", "question", "levels", "checks"}),
    Draft: frozenset({"writer", "model", "definition"}),
    Evidence: frozenset({"checks"}),
    Execution: frozenset({"truncated", "limits_hit", "sandbox", "not_enforced"}),
    Finding: frozenset({"code", "dimension"}),
    Label: frozenset({"dimension", "by"}),
    Preference: frozenset({"dimension", "by"}),
    Question: frozenset({"choices", "default"}),
    Resumed: frozenset({"version", "settings", "writer", "critic"}),
    RoleSpend: frozenset({"role"}),
    Rubric: frozenset({"name", "description"}),
    Score: frozenset({"dimension", "by"}),
    Started: frozenset({"writer", "critic", "sandbox", "version", "settings", "batch", "item"}),
    Suite: frozenset({"name"}),
    Table: frozenset({"path", "name"}),
    Task: frozenset({"goal", "units"}),
    Vote: frozenset({"by"}),
}
PROGRAMS: Fields = {
    Answer: frozenset({"code"}),
    CodeSpec: frozenset({"signature", "reference"}),
    Decision: frozenset({"code"}),
    Draft: frozenset({"code"}),
}
FILES: Fields = {
    Evidence: frozenset({"picture"}),
    OutputFile: frozenset({"name"}),
}
_NONE: frozenset[str] = frozenset()


def has(fields: Fields, owner: type, field: str) -> bool:
    """Return whether this field of an object of the type ``owner`` is one of ``fields``."""
    return field in fields.get(owner, _NONE)


def is_free(owner: type, field: str) -> bool:
    """Return whether nothing is known of what the texts of this field say."""
    return not any(has(fields, owner, field) for fields in (UNTOUCHED, CLOSED, PROGRAMS, FILES))
