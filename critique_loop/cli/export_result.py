"""What an export says for itself: files, rows worth a look, what was left out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

import click
from rich.text import Text

from critique_loop.cli.result import stdout
from critique_loop.cli.text import notify, plain
from critique_loop.curation.pipeline import Report
from critique_loop.export import Exported, Preview
from critique_loop.export.counting import Dropped, counted
from critique_loop.export.tokens import as_words

_LONGEST = 1200
_META = "meta"


def exported_record(done: Exported) -> dict[str, object]:
    """Return what was written, as JSON types."""
    return {
        "rows": done.rows,
        "files": [{**_file(done, place), "path": str(file.path)}
                  for place, file in enumerate(done.files)],
        "dropped": _lines(done.dropped),
        "curation": done.curation.plain(),
        "notes": list(done.notes),
    }  # fmt: skip


def _file(done: Exported, place: int) -> dict[str, object]:
    file = done.files[place]
    return {
        "part": file.part,
        "rows": file.rows,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
    }


def preview_record(seen: Preview) -> dict[str, object]:
    """Return what would be written, as JSON types."""
    return {
        "rows": seen.rows,
        "parts": {part or "all": rows for part, rows in seen.parts.items()},
        "shown": list(seen.shown),
        "dropped": _lines(seen.dropped),
        "curation": seen.curation.plain(),
        "tokens": seen.tokens,
        "notes": list(seen.notes),
    }


def _lines(dropped: Iterable[Dropped]) -> list[dict[str, object]]:
    return [{"step": line.step, "why": line.why, "number": line.number} for line in dropped]


def print_exported(done: Exported) -> None:
    """Print files and rows; what was left out goes to stderr."""
    for file in done.files:
        rows = f"{counted(file.rows, 'row'):>14}  " if file.rows else " " * 16
        click.echo(f"{rows}{file.size_bytes:>12,} bytes  {file.path}")
    print_left_out(done.dropped, done.curation)
    for note in done.notes:
        notify(note)


def print_left_out(dropped: Sequence[Dropped], curation: Report) -> None:
    """Print on stderr what was left out, and why."""
    for line in dropped:
        click.echo(f"left out {line.number:>9,}  {line.step}: {plain(line.why)}", err=True)
    for row in curation.rows():
        if row.dropped:
            why = f"{row.step}: {plain(row.why)}"
            click.echo(f"left out {row.dropped:>9,}  {why}", err=True)


def print_preview(seen: Preview) -> None:
    """Print a few rows so that they can be read, then the counts."""
    console = stdout()
    for number, row in enumerate(seen.shown, 1):
        console.rule(f"row {number}", align="left")
        for name, value in row.items():
            _print_column(name, value)
    console.rule(align="left")
    for part, rows in seen.parts.items():
        told = f"{counted(rows, 'row')}{f' for {part}' if part else ''}"
        click.echo(f"{told}; nothing was written")
    if not seen.rows:
        click.echo("no rows")
    else:
        click.echo(f"tokens: {as_words(seen.tokens)}")
    print_left_out(seen.dropped, seen.curation)
    for note in seen.notes:
        notify(note)


def _print_column(name: str, value: object) -> None:
    console = stdout()
    if name == _META:
        console.print(Text(f"{name}: {plain(json.dumps(value, ensure_ascii=False))}", style="dim"))
        return
    messages = cast("list[object]", value) if isinstance(value, list) else [value]
    for message in messages:
        console.print(Text(f"{name}{_who(message)}", style="bold"))
        console.print(Text(_shortened(_text(message))))


def _who(message: object) -> str:
    if not isinstance(message, dict):
        return ""
    entry = cast("Mapping[str, object]", message)
    return f" · {plain(str(entry.get('role', entry.get('from', ''))), width=20)}"


def _text(message: object) -> str:
    if isinstance(message, dict):
        entry = cast("Mapping[str, object]", message)
        message = entry.get("content", entry.get("value", entry))
    shown = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
    return plain(shown)


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    half = _LONGEST // 2
    return f"{text[:half]}\n[... {len(text) - _LONGEST:,} characters ...]\n{text[-half:]}"
