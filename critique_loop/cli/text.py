"""Make text from files, programs and models safe to print on a terminal."""

from __future__ import annotations

import os

import click

from critique_loop._plain import plain as safe


def plain(text: str, *, width: int | None = None) -> str:
    """Return ``text`` with every control, format and surrogate character shown as its escape.

    That covers ANSI sequences, carriage returns and bidirectional overrides. ``width`` cuts it,
    with an ellipsis.
    """
    shown = safe(text)
    if width is not None:
        shown = " ".join(shown.split())
        if len(shown) > width:
            shown = shown[: max(0, width - 1)] + "…"
    return shown


def score_text(value: float | None) -> str:
    """Return a score as a short text; a hyphen where there is none."""
    return "-" if value is None else f"{value:.1f}".removesuffix(".0")


def coloured(text: str, colour: str) -> str:
    """Return ``text`` in bold colour, or as it is where NO_COLOR is set (https://no-color.org)."""
    return text if os.environ.get("NO_COLOR") else click.style(text, fg=colour, bold=True)


def complain(problem: str, *hints: str) -> None:
    """Print an error on stderr: what happened, then what to do about it."""
    click.echo(coloured("error: ", "red") + plain(problem), err=True)
    for hint in filter(None, hints):
        click.echo(plain(hint), err=True)


def notify(what: str) -> None:
    """Print something on stderr that the user must know and that stops nothing."""
    click.echo(coloured("notice: ", "yellow") + plain(what), err=True)
