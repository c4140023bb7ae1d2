"""Reports as files."""

from __future__ import annotations

import os
from pathlib import Path

from critique_loop.errors import CallError
from critique_loop.report.page import GENERATOR

_HEAD_BYTES = 4096
_OURS = f'<meta name="generator" content="{GENERATOR} '.encode()


def write_page(html: str, path: Path) -> int:
    """Write a page to ``path`` in one step, and return how many bytes it has.

    An earlier report may be written again; any other file may not.

    Raises:
        CallError: it can't be written, or the file is not a report of ours.
    """
    check_file(path)
    data = html.encode("utf-8")
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            new.write_bytes(data)
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise CallError(
            f"{path}: can't be written ({error.strerror})", remedy="Choose another with --out."
        ) from error
    return len(data)


def check_file(path: Path) -> None:
    """Check that ``path`` is free, or an earlier report.

    Raises:
        CallError: it is something else, or can't be looked at.
    """
    try:
        if not path.exists():
            return
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise CallError(
            f"{path}: can't be written ({error.strerror})", remedy="Choose another with --out."
        ) from error
    if _OURS not in head:
        raise CallError(
            f"{path}: there already, and no report of ours",
            remedy="Choose another file with --out; nothing was changed.",
        )
