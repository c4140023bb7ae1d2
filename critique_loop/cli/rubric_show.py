"""A rubric on the screen: what counts how much, who scores it, and by which words."""

from __future__ import annotations

from collections import defaultdict

import click
from rich import box
from rich.table import Table
from rich.text import Text

from critique_loop.cli.result import stdout
from critique_loop.cli.text import plain
from critique_loop.values import Dimension, Rubric

_INDENT = "    "


def record_of(rubric: Rubric) -> dict[str, object]:
    """Return the rubric as JSON types; ``scored_by`` and ``applies_to`` as they take effect."""
    return {
        "name": rubric.name,
        "description": rubric.description,
        "target": rubric.target,
        "dimensions": [
            {
                "name": d.name,
                "question": d.question,
                "weight": d.weight,
                "pass_mark": d.pass_mark,
                "gate": d.gate,
                "levels": {str(level): said for level, said in sorted(d.levels.items())},
                "checks": dict(d.checks),
                "applies_to": [kind.value for kind in d.applies_to],
                "scored_by": [scorer.value for scorer in d.scorers],
            }
            for d in rubric.dimensions
        ],
    }


def print_rubric(rubric: Rubric) -> None:
    """Print the rule, a table of the dimensions, and each one's words."""
    console = stdout()
    console.print(Text(plain(rubric.name, width=100), style="bold"))
    if rubric.description:
        console.print(plain(rubric.description))
    gates = sum(1 for d in rubric.dimensions if d.gate)
    passed = {0: "", 1: "passes the gate, "}.get(gates, f"passes all {gates} gates, ")
    console.print(
        f"accepts a draft that {passed}has no unscored dimension, and a weighted mean of "
        f"{rubric.target:g} or more\n"
    )
    console.print(_table(rubric))
    for dimension in rubric.dimensions:
        click.echo()
        for line in _words(dimension):
            click.echo(line)


def _table(rubric: Rubric) -> Table:
    total = sum(d.weight for d in rubric.dimensions)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("dimension", "share", "pass", "gate", "scored by", "for"):
        justify = "right" if heading in ("share", "pass") else "left"
        table.add_column(heading, justify=justify, overflow="fold")
    for d in rubric.dimensions:
        table.add_row(
            Text(plain(d.name, width=40)),
            f"{d.weight / total:.0%}",
            f"{d.pass_mark:g}",
            "gate" if d.gate else "",
            ", ".join(d.scorers),
            ", ".join(d.applies_to) or "all",
        )
    return table


def _words(dimension: Dimension) -> list[str]:
    lines = [f"{plain(dimension.name, width=100)}: {plain(dimension.question)}"]
    for level, said in sorted(dimension.levels.items()):
        lines.append(f"{_INDENT}{level:>2}  {plain(said)}")
    points: dict[float, list[str]] = defaultdict(list)
    for code, off in dimension.checks.items():
        points[off].append(code)
    for off, codes in sorted(points.items(), reverse=True):
        lines.append(f"{_INDENT}{-off:g} for {', '.join(codes)}")
    return lines
