"""The columns of a row by which any answer can be judged: plain texts, never a pickled function."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from critique_loop.values import Task

COMMAND: Final = "python -m critique_loop.export.verifying"


def expected_of(task: Task) -> str:
    """Return what is asked of an answer, as JSON: the task, without the right program.

    Hidden tests are in it: it is for the judge alone. No path of this machine is.
    """
    tables = tuple(replace(table, path=Path(table.name)) for table in task.tables)
    code = None if task.code is None else replace(task.code, reference="")
    told = replace(task, tables=tables, code=code)
    return msgspec.json.encode({"task": told}, enc_hook=str).decode()
