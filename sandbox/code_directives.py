"""Take from a draft's text the comments that would switch off its own checks."""

from __future__ import annotations

import re

# Comments of linters and type checkers begin with these words; one that says a type (`type: int`)
# stays.
_DIRECTIVE = re.compile(r"\b(noqa\b|(ruff|flake8|mypy)\s*:|type\s*:(?=\s*ignore\b))", re.IGNORECASE)


def without_directives(text: str) -> str:
    """Return the text with every such comment made harmless; lines and columns stay.

    Whatever follows a ``#`` in its line counts as a comment: in a string it does no harm.
    """
    return "\n".join(_harmless(line) for line in text.split("\n"))


def _harmless(line: str) -> str:
    code, mark, comment = line.partition("#")
    return code + mark + _DIRECTIVE.sub(lambda found: "-" * len(found[0]), comment)
