"""Does ruff find anything that is likely a mistake? What is a matter of taste is not asked."""

from __future__ import annotations

import ast
import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

from code_directives import without_directives
from code_request import MOST_CHARACTERS, CodeRequest
from findings import Checked, Finding

CODE = "lint_error"

# What is undefined, unused or can't be parsed (F, E9), and code that does something other than it
# seems to: defaults shared between calls, loop variables in closures, comparisons that do nothing,
# a bare except. F finds 9 % of the mutants of right functions; the few right functions it speaks
# about hold an import or a variable that nobody uses. Length, quotes, spaces and short names say
# nothing about a program's working.
RULES = (
    *("E9", "F", "PLE", "E711", "E712", "E713", "E714", "E721", "E722", "W605"),
    *("B002", "B003", "B004", "B005", "B006", "B012", "B013", "B014", "B015", "B016", "B018"),
    *("B020", "B021", "B022", "B023", "B025", "B026", "B029", "B030", "B031", "B032", "B033"),
    *("B035", "B039", "PLR0124", "PLW0127", "PLW0128", "PLW0129", "PLW0711"),
)
_SILENT = ("F405",)  # follows from F403, once for each name
_WALL_S = 10.0
_MOST_TOLD = 8
# No configuration, no cache, no file: another process of this user could swap what lies on disk.
_OPTIONS = ("check", "--isolated", "--no-cache", "--ignore-noqa", "--output-format", "json")


def check(asked: CodeRequest) -> Checked:
    """Lint the draft. It must not run at the same time: it is of the same user as the linter."""
    try:
        ruff = import_module("ruff.__main__")
    except ImportError:
        return Checked(failed=(f"{CODE}: this sandbox has no ruff",))
    if len(asked.code) > MOST_CHARACTERS:
        return Checked(failed=(f"{CODE}: the draft has more than {MOST_CHARACTERS} characters",))
    try:
        said = _said([str(ruff.find_ruff_bin()), *_OPTIONS], without_directives(asked.code))
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return Checked(failed=(f"{CODE}: ruff could not judge it ({type(error).__name__})",))
    given = _imported(asked.signature)
    told = [one for one in said if not _is_given(one, given)]
    return Checked(tuple(_findings(told)), (CODE,))


def _said(command: Sequence[str], text: str) -> list[Mapping[str, Any]]:
    ran = subprocess.run(  # noqa: S603 - our own command; the draft is only its input
        [*command, "--select", ",".join(RULES), "--ignore", ",".join(_SILENT), "-"],
        input=text.encode("utf-8", "replace"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=_WALL_S,
        cwd="/",
        env={"RAYON_NUM_THREADS": "1"},
        check=False,
    )
    if ran.returncode not in {0, 1}:
        raise ValueError(f"ruff ended with {ran.returncode}")
    said: list[Mapping[str, Any]] = json.loads(ran.stdout)
    return said


def _imported(signature: str) -> set[str]:
    """What the task's own stub imports; a draft that leaves it unused is not to blame."""
    try:
        nodes = list(ast.walk(ast.parse(signature)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    return {alias.asname or alias.name for node in imports for alias in node.names}


def _is_given(said: Mapping[str, Any], given: set[str]) -> bool:
    """Whether it is about an import (F401: "`typing.List` imported but unused") of the stub."""
    name = str(said["message"]).partition("`")[2].partition("`")[0]
    return said["code"] == "F401" and (name in given or name.rpartition(".")[2] in given)


def _findings(said: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    for one in said[:_MOST_TOLD]:
        rule, line = one["code"] or "invalid-syntax", int(one["location"]["row"])
        words = " ".join(str(one["message"]).split())
        yield Finding(
            CODE,
            "warning",
            f"line {line}: {words} ({rule})",
            f"line {line}: mend this: {words}",
            place=f"line {line}",
            numbers={"rule": rule, "line": line, "found": len(said)},
        )
