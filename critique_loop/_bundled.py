"""Find the folders that come with the package, installed or in a checkout, zipped or not."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import cast


def folder(name: str) -> Traversable:
    """Return the bundled folder ``name`` ("agents" or "sandbox")."""
    package = files("critique_loop")
    installed = package.joinpath("_data", name)
    if installed.is_dir():
        return installed
    # A checkout, or one in a zip: both kinds of path have a parent, which Traversable leaves out.
    return cast("Path", package).parent.joinpath(name)


def text(name: str, *parts: str) -> str:
    """Return the text of one bundled file, e.g. ``text("agents", "rubrics", "charts.toml")``."""
    return folder(name).joinpath(*parts).read_text(encoding="utf-8")
