"""What a task says in words that bears on how its function may behave."""

from __future__ import annotations

import ast
import re

from code_request import CodeRequest

_IN_PLACE = re.compile(
    r"\bin[- ]?place\b|\bmutat|\bmodif(y|ies|ied)\b|\bchange(s|d)? the (list|given|argument|input)"
    r"|\bupdate(s|d)? the (list|dict|given)|\bremove(s|d)? .* from the (list|given)",
    re.IGNORECASE,
)
_KEPT = re.compile(
    r"\b(not|never|without) (be )?(mutat|modif|chang)\w*|stays? as (it|they) (is|are|was|were)",
    re.IGNORECASE,
)


def changes_in_place(asked: CodeRequest) -> bool:
    """Whether the task lets the function change what it is given."""
    words = f"{asked.goal}\n{asked.signature}"
    return _KEPT.search(words) is None and _IN_PLACE.search(words) is not None


def announces(asked: CodeRequest, error_type: str) -> bool:
    """Whether goal, signature or a visible test names the exception."""
    visible = (suite.source for suite in asked.suites if not suite.hidden)
    pattern = re.compile(rf"\b{re.escape(error_type)}\b")
    return any(pattern.search(text) for text in (asked.goal, asked.signature, *visible))


def raises(code: str, error_type: str, line: int) -> bool:
    """Whether a ``raise`` statement for the exception is at that line: a refusal, no accident."""
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(
        _raised(node) == error_type and node.lineno <= line <= (node.end_lineno or node.lineno)
        for node in nodes
        if isinstance(node, ast.Raise)
    )


def _raised(node: ast.Raise) -> str:
    error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    if isinstance(error, ast.Attribute):
        return error.attr
    return error.id if isinstance(error, ast.Name) else ""
