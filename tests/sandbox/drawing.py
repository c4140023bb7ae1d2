"""Draw a program's figure under the probe and judge it, as the sandbox does, in this process."""

# pyright: reportUnknownMemberType=false
# (matplotlib's own types leave parts of signatures open)

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import figure_probe
import matplotlib as mpl
from figure_facts import FigureFacts, SeriesFacts, parse
from judge import judge
from matplotlib import pyplot as plt

DATA = Path(__file__).parents[1] / "data"

mpl.use("Agg")


@dataclass(frozen=True)
class Drawn:
    """What a program left behind, and the error that ended it ("" if none)."""

    facts: bytes
    documents: int
    files: Mapping[str, bytes]
    error: str = ""

    @property
    def figure(self) -> FigureFacts:
        """The facts of the figure that was saved last."""
        facts = parse(self.facts)
        assert facts is not None
        return facts.figures[-1]


@dataclass(frozen=True)
class Found:
    """One finding of the judge."""

    code: str
    severity: str
    message: str
    advice: str
    place: str
    numbers: Mapping[str, object]


@dataclass(frozen=True)
class Judged:
    """The judge's answer."""

    findings: tuple[Found, ...]
    checks: tuple[str, ...]
    facts: Mapping[str, Any]
    picture: str

    @property
    def codes(self) -> set[str]:
        """The codes of the findings that take points off."""
        return {finding.code for finding in self.findings if finding.severity != "note"}


def draw(program: str, folder: Path, *, watched: bool = True) -> Drawn:
    """Run a program in a folder that holds the tables, with the probe watching."""
    for table in DATA.glob("*.csv"):
        if not (folder / table.name).exists():
            (folder / table.name).symlink_to(table)
    documents: list[bytes] = []
    before = Path.cwd()
    os.chdir(folder)
    error = ""
    try:
        with warnings.catch_warnings(), mpl.rc_context():
            warnings.simplefilter("ignore")
            if watched:
                figure_probe.install(documents.append)
            try:
                exec(compile(program, "draft.py", "exec"), {"__name__": "__main__"})  # noqa: S102 -- the programs are those of the tests
            except Exception as caught:  # noqa: BLE001 -- a failing program is a case to test
                error = repr(caught)
            figure_probe.finish()
    finally:
        plt.close("all")
        os.chdir(before)
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }
    return Drawn(documents[-1] if documents else b"", len(documents), files, error)


def draw_snippet(snippet: str, folder: Path) -> Drawn:
    """Run a few lines that use plt, np and pd."""
    return draw(f"import matplotlib.pyplot as plt, numpy as np, pandas as pd\n{snippet}", folder)


def read_series(snippet: str, folder: Path) -> tuple[SeriesFacts, ...]:
    """Run a few lines and return what they drew into the first plot."""
    return draw_snippet(snippet, folder).figure.axes[0].series


def judge_drawn(drawn: Drawn, *, table: str = "", goal: str = "") -> Judged:
    """Judge what was drawn, knowing the table it was drawn from."""
    tables = [{"name": table, "separator": ",", "encoding": "utf-8", "decimal": "."}]
    request: dict[str, object] = {"goal": goal, "tables": tables if table else [], "units": {}}
    answer = cast("dict[str, Any]", judge(request, drawn.facts, drawn.files, str(DATA)))
    return Judged(
        findings=tuple(Found(**finding) for finding in answer["findings"]),
        checks=tuple(answer["checks"]),
        facts=answer["facts"],
        picture=answer["picture"],
    )
