"""What ``critique-loop agree`` prints: tables for people, a record for scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import click
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from critique_loop.agreement.comparing import Agreement
from critique_loop.agreement.estimates import Estimate
from critique_loop.agreement.pairwise import Ordering, Ranking
from critique_loop.cli.result import stdout
from critique_loop.cli.text import plain

_NAME_WIDTH = 30
_HEADINGS = ("critic", "n", "kappa", "weighted", "alpha", "Brier", "tp fp fn tn", "bias")
_HOW_TO_LABEL = "Score some drafts: critique-loop label"
_HOW_TO_PREFER = "Compare some drafts: critique-loop label --pairwise"


@dataclass(frozen=True, slots=True)
class Among:
    """How those who made the reference agree among themselves (alpha)."""

    dimension: str
    alpha: Estimate


@dataclass(frozen=True, slots=True)
class Compared:
    """What critics were held against, and what came of it. ``labels``: those in the store."""

    against: str
    labels: bool
    rows: tuple[Agreement, ...]
    among: tuple[Among, ...]
    notes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """How many drafts the critic with the most was compared on, in one dimension."""
        return max((row.n for row in self.rows), default=0)


@dataclass(frozen=True, slots=True)
class Preferred:
    """What ``n`` preferences say of writers or drafts, and of critics."""

    n: int
    ranked_by: str
    rankings: tuple[Ranking, ...]
    orderings: tuple[Ordering, ...]


def compared_record(compared: Compared) -> dict[str, object]:
    """Return JSON types; what is undefined is null, with the reason beside it."""
    return {
        "against": compared.against,
        "n": compared.n,
        "notes": list(compared.notes),
        "rows": [_row_record(row) for row in compared.rows],
        "among_persons": [asdict(found) for found in compared.among],
    }


def preferred_record(preferred: Preferred) -> dict[str, object]:
    """Return JSON types; what is undefined is null, with the reason beside it."""
    return asdict(preferred)


def print_compared(compared: Compared) -> None:
    """Print one table per dimension; without anything to compare with only that."""
    if not compared.n:
        if compared.labels:
            click.echo("n = 0: no label of a person is about these drafts")
            click.echo(_HOW_TO_LABEL, err=True)
        else:
            click.echo(f"n = 0: {plain(compared.against)} says nothing of what was scored here")
        _print_notes(compared.notes)
        return
    console = stdout()
    for among in compared.among:
        rows = [row for row in compared.rows if row.dimension == among.dimension]
        title = Text(plain(among.dimension, width=_NAME_WIDTH), style="bold")
        told = f" · against {plain(compared.against, width=60)}"
        if among.alpha.value is not None:
            told += f", alpha among them {among.alpha}, n = {among.alpha.n}"
        console.print(title.append(told, style="not bold"))
        _print_columns([_HEADINGS, *(_cells(row) for row in rows)])
        for line in _remarks(rows):
            console.print(Text(f"  {line}"))
        console.print()
    _print_notes(compared.notes)


def print_preferred(preferred: Preferred) -> None:
    """Print a ranking per dimension, and how the critics order the same drafts."""
    if not preferred.n:
        click.echo("n = 0: nobody has said which of two of these drafts is better")
        click.echo(_HOW_TO_PREFER, err=True)
        return
    console = stdout()
    for ranking in preferred.rankings:
        name = plain(ranking.dimension, width=_NAME_WIDTH)
        told = f" · {preferred.ranked_by} by {_counted(ranking.n, 'preference')}"
        console.print(Text(name, style="bold").append(told, style="not bold"))
        rows = [
            (
                plain(s.name, width=_NAME_WIDTH),
                str(s.wins),
                str(s.losses),
                str(s.ties),
                str(s.score),
            )
            for s in ranking.standings
        ]
        _print_columns([(preferred.ranked_by, "won", "lost", "tied", "score"), *rows])
        for line in _remarks_on(ranking):
            console.print(Text(f"  {line}"))
        console.print()
    if not preferred.rankings:
        console.print(Text("only drafts of one writer were compared; --rank drafts ranks them\n"))
    if preferred.orderings:
        _print_columns(
            [
                ("dimension", "critic", "n", "orders as persons do"),
                *(
                    (plain(o.dimension, width=_NAME_WIDTH), plain(o.rater, width=_NAME_WIDTH),
                     str(o.n), str(o.accuracy))
                    for o in preferred.orderings
                ),
            ]
        )  # fmt: skip


def _row_record(row: Agreement) -> dict[str, object]:
    shares = ("precision", "recall", "accuracy")
    confusion = {**asdict(row.confusion), **{s: asdict(getattr(row.confusion, s)) for s in shares}}
    return {**asdict(row), "confusion": confusion}


def _cells(row: Agreement) -> tuple[str, ...]:
    c = row.confusion
    return (
        plain(row.rater, width=_NAME_WIDTH),
        str(row.n),
        str(row.kappa),
        str(row.weighted_kappa),
        str(row.alpha),
        "-" if row.brier.value is None else f"{row.brier.value:.2f}",
        f"{c.tp} {c.fp} {c.fn} {c.tn}" if row.n else "-",
        "-" if row.bias.value is None else f"{row.bias.value:+.1f}",
    )


def _remarks(rows: Sequence[Agreement]) -> Iterator[str]:
    """Yield what is to be known about the rows: what is undefined, wide, or missing."""
    for row in rows:
        said = [row.kappa.undefined, row.kappa.note, row.weighted_kappa.note]
        if row.unscored:
            said.append(f"{row.unscored} more were left unscored")
        told = "; ".join(dict.fromkeys(filter(None, said)))
        if told:
            yield f"{plain(row.rater, width=_NAME_WIDTH)}: {told}"


def _remarks_on(ranking: Ranking) -> Iterator[str]:
    first = ranking.standings[0].score
    if first.undefined or first.note:
        yield first.undefined or first.note
    if len(ranking.groups) > 1:
        yield "never compared: " + " | ".join(
            plain(", ".join(group), width=60) for group in ranking.groups
        )


def _print_columns(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(cell_len(cell) for cell in column) for column in zip(*rows, strict=True)]
    console = stdout()
    for number, row in enumerate(rows):
        line = "  ".join(map(set_cell_size, row, widths)).rstrip()
        console.print(Text(f"  {line}", style="" if number else "bold"))


def _print_notes(notes: Sequence[str]) -> None:
    for note in notes:
        click.echo(plain(note))


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"
