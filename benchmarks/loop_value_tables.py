"""The figures of the loop's benchmark as Markdown, and as JSON types."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import fields

from loop_value_maths import Interval
from loop_value_runs import Figures

_HEADS = {
    "accepted": "accepted",
    "right": "right",
    "wrongly_accepted": "accepted, wrong",
    "lost": "right to wrong",
    "gained": "wrong to right",
    "calls": "calls",
    "tokens": "tokens",
    "calls_a_result": "calls a result",
    "tokens_a_result": "tokens a result",
}
_SHARES = frozenset({"accepted", "right", "wrongly_accepted", "lost", "gained"})
_WITH_INTERVAL = frozenset({"accepted", "right", "calls_a_result", "tokens_a_result"})


def figures_table(rows: Mapping[str, Figures], *, tokens: bool = True) -> str:
    """Return one row a strategy; without ``tokens`` where none are counted."""
    heads = {head: said for head, said in _HEADS.items() if tokens or "tokens" not in head}
    lines = [["", *heads.values()]]
    for name, found in rows.items():
        cells = [_cell(head, getattr(found, head)) for head in heads]
        lines.append([name, *cells])
    return markdown(lines)


def _cell(head: str, found: Interval) -> str:
    def say(value: float | None) -> str:
        if value is None:
            return "?"
        if head in _SHARES:
            return f"{value:.2f}"
        return f"{value:.1f}" if "calls" in head else f"{value:.0f}"

    if found.value is None:
        return "none"
    shown = say(found.value)
    return f"{shown} ({say(found.low)} to {say(found.high)})" if head in _WITH_INTERVAL else shown


def verdict(gain: Interval) -> str:
    """Return whether a gain is told apart from nothing: "pays", "costs" or "open"."""
    if gain.low is not None and gain.low > 0:
        return "pays"
    return "costs" if gain.high is not None and gain.high < 0 else "open"


def gain_cell(gain: Interval) -> str:
    """Return a gain: in bold where it pays, struck out where it costs."""
    shown = f"{gain.value or 0.0:+.2f}"
    return {"pays": f"**{shown}**", "costs": f"~~{shown}~~"}.get(verdict(gain), shown)


def gain_text(gain: Interval) -> str:
    """Return a gain with its interval."""
    return f"{gain.value or 0.0:+.2f} ({gain.low or 0.0:+.2f} to {gain.high or 0.0:+.2f})"


def wrapped(text: str) -> str:
    """Return text with its paragraphs, but for tables and headings, in lines of equal length."""
    blocks = text.split("\n\n")
    return "\n\n".join(
        block if block.startswith(("|", "#")) else textwrap.fill(block, 100) for block in blocks
    )


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """Return rows as a table, the first one its heads."""
    lines = [lines[0], ["---"] * len(lines[0]), *lines[1:]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plain(found: Figures) -> dict[str, object]:
    """Return the figures as JSON types."""
    values = {field.name: getattr(found, field.name) for field in fields(found)}
    return {name: value._asdict() for name, value in values.items()}
