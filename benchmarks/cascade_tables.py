"""The figures of the cascade's benchmark as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from cascade_maths import Interval

Row = Mapping[str, object]


def table(rows: Sequence[Row]) -> str:
    """Return rows with equal keys as a table; a figure inside a figure gets a column of its own."""
    flat = [_flat(row) for row in rows]
    heads = list(flat[0])
    lines = [heads, ["---"] * len(heads), *([line[head] for head in heads] for line in flat)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _flat(row: Row) -> dict[str, str]:
    cells: dict[str, str] = {}
    for name, value in row.items():
        head = name.replace("_", " ")
        if isinstance(value, Mapping):
            inner = cast("Mapping[str, object]", value)
            cells |= {f"{head}: {key}": text for key, text in _flat(inner).items()}
        else:
            cells[head] = _text(value)
    return cells


def _text(value: object) -> str:
    if isinstance(value, Interval):
        return value.text()
    return f"{value:.2f}" if isinstance(value, float) else str(value)
