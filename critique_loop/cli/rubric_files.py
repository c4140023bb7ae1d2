"""Rubric files that the command line writes: new ones only, and what can be said of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from critique_loop.cli.options import option
from critique_loop.errors import CallError
from critique_loop.values import TaskKind

_AnyCommand = Callable[..., Any]


def judged_options(command: _AnyCommand) -> _AnyCommand:
    """Add --kind and --extends, which say what a new rubric is for and what it builds on."""
    kind = option(
        "--kind",
        type=click.Choice([kind.value for kind in TaskKind]),
        default=TaskKind.CHART.value,
        show_default=True,
        metavar="KIND",
        help="What is judged: chart or code.",
    )
    extends = option(
        "--extends",
        default="",
        metavar="RUBRIC",
        help="Build on this rubric: a file, or the name of a shipped one.",
    )
    return kind(extends(command))


def beside(extends: str, file: Path) -> str:
    """Return what ``file`` has to say to extend what is called ``extends`` from here."""
    if not extends.lower().endswith(".toml"):
        return extends
    return os.path.relpath(extends, file.parent)


def refuse_name(file: Path) -> None:
    """Refuse a path that can't become a rubric file.

    Raises:
        CallError: its name doesn't end in .toml, or a file is there.
    """
    if file.suffix.lower() != ".toml":
        raise CallError(f"{file}: a rubric file ends in .toml")
    if file.exists():
        raise CallError(
            f"{file}: is there already, and stays as it is", remedy="Choose another name."
        )


def write_new(file: Path, text: str) -> None:
    """Write a file that is not there yet.

    Raises:
        CallError: it is, or it can't be written, or its name doesn't end in .toml.
    """
    refuse_name(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except (OSError, ValueError) as error:
        why = error.strerror or error if isinstance(error, OSError) else error
        raise CallError(f"{file}: can't be written ({why})") from error
