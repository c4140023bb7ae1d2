"""``critique-loop agree``: how far the critics of stored runs agree with persons, or an oracle."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict, Unpack

import anyio
import click

from critique_loop.agreement.bootstrap import Resampling
from critique_loop.agreement.comparing import among_persons, compare
from critique_loop.agreement.pairwise import latest_preferences, orderings, rank
from critique_loop.agreement.ratings import JudgedDraft, Rating, judged_drafts
from critique_loop.agreement.references import Reference, from_csv, from_facts, from_labels
from critique_loop.cli.agree_tables import (
    Among,
    Compared,
    Preferred,
    compared_record,
    preferred_record,
    print_compared,
    print_preferred,
)
from critique_loop.cli.options import json_option, option, store_option
from critique_loop.errors import CallError
from critique_loop.store import SqliteStore, default_path
from critique_loop.values import Label, Preference, Shown

_PERSONS = "persons"


class _Options(TypedDict):
    runs: tuple[str, ...]
    critics: tuple[str, ...]
    against: str
    dimension: str | None
    pairwise: bool
    rank_by: str
    bootstrap: int
    seed: int
    store: Path | None
    as_json: bool


@click.command(
    "agree",
    epilog="""\b
Examples:
  critique-loop agree
  critique-loop agree 7f3a --dimension aesthetics --json
  critique-loop agree --against scores.csv --critic judge
  critique-loop agree --against tests_passed
  critique-loop agree --pairwise""",
)
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@option(
    "--critic",
    "critics",
    multiple=True,
    metavar="NAME",
    help="Only this critic; may be repeated.  [default: all who scored]",
)
@option(
    "--against",
    default=_PERSONS,
    show_default=True,
    metavar="WHAT",
    help="What is right: "
    "persons (the labels in the store), a .csv file with run, round, dimension and value, or "
    "the name of a measured fact, such as tests_passed.",
)
@option("--dimension", metavar="NAME", help="Only this dimension.")
@option(
    "--pairwise",
    is_flag=True,
    help="Rank writers by the drafts that persons preferred, and "
    "show which critics order drafts as they do.",
)
@option(
    "--rank",
    "rank_by",
    type=click.Choice(["writers", "drafts"]),
    default="writers",
    show_default=True,
    metavar="WHAT",
    help="With --pairwise: rank writers, or drafts.",
)
@option(
    "--bootstrap",
    type=click.IntRange(0, 100_000),
    default=1000,
    show_default=True,
    metavar="N",
    help="Draw so many samples for the intervals; 0: no intervals.",
)
@option("--seed", type=int, default=0, show_default=True, help="What the samples are drawn by.")
@store_option
@json_option()
def agree_command(**options: Unpack[_Options]) -> None:
    """Compare the scores of critics with what is right, over all stored runs or each RUN.

    With nothing to compare with it says so, and never prints a number.
    """
    resampling = Resampling(options["bootstrap"], options["seed"])
    with SqliteStore(options["store"] or default_path()) as store:
        drafts = anyio.run(_drafts, store, options["runs"])
        labels = anyio.run(store.labels)
    ratings = _chosen([r for d in drafts for r in d.ratings], options)
    if options["pairwise"]:
        preferred = _preferred(drafts, labels, ratings, options, resampling)
        if options["as_json"]:
            click.echo(json.dumps(preferred_record(preferred), indent=2))
        else:
            print_preferred(preferred)
        return
    compared = _compared(_reference(options["against"], drafts, labels), ratings, resampling)
    if options["as_json"]:
        click.echo(json.dumps(compared_record(compared), indent=2))
    else:
        print_compared(compared)


async def _drafts(store: SqliteStore, prefixes: Sequence[str]) -> list[JudgedDraft]:
    named = [await store.find(prefix) for prefix in prefixes]
    return await judged_drafts(store, list(dict.fromkeys(named)))


def _chosen(ratings: Sequence[Rating], options: _Options) -> list[Rating]:
    """Return the ratings that are asked about.

    Raises:
        CallError: nobody of that name scored, or nothing of that name was scored.
    """
    raters = dict.fromkeys(rating.by for rating in ratings)
    for name in options["critics"]:
        if name not in raters:
            raise CallError(
                f"no critic {name!r} scored these runs",
                remedy=f"Who did: {', '.join(raters) or 'nobody'}.",
            )
    dimensions = dict.fromkeys(rating.place.dimension for rating in ratings)
    wanted = options["dimension"]
    if wanted is not None and wanted not in dimensions:
        raise CallError(
            f"these runs have no dimension {wanted!r}",
            remedy=f"They have: {', '.join(dimensions) or 'none'}.",
        )
    return [
        rating
        for rating in ratings
        if wanted in (None, rating.place.dimension)
        and (not options["critics"] or rating.by in options["critics"])
    ]


def _reference(
    against: str, drafts: Sequence[JudgedDraft], labels: Sequence[Label | Preference]
) -> Reference:
    if against == _PERSONS:
        return from_labels(labels, drafts)
    if Path(against).suffix.lower() == ".csv":
        return from_csv(Path(against), drafts)
    return from_facts(against, drafts)


def _compared(reference: Reference, ratings: Sequence[Rating], resampling: Resampling) -> Compared:
    rows = compare(ratings, reference, resampling=resampling)
    dimensions = dict.fromkeys(row.dimension for row in rows)
    return Compared(
        against=reference.name,
        labels=reference.name == _PERSONS,
        rows=tuple(rows),
        among=tuple(
            Among(name, among_persons(reference, name, resampling=resampling))
            for name in dimensions
        ),
        notes=reference.notes,
    )


def _preferred(
    drafts: Sequence[JudgedDraft],
    labels: Sequence[Label | Preference],
    ratings: Sequence[Rating],
    options: _Options,
    resampling: Resampling,
) -> Preferred:
    found = [
        preference
        for preference in latest_preferences(labels, drafts)
        if options["dimension"] in (None, preference.dimension)
    ]
    writers = {draft.shown: draft.writer for draft in drafts}

    def name(shown: Shown) -> str:
        if options["rank_by"] == "drafts":
            return f"{shown.run_id} round {shown.round}"
        return writers[shown]

    return Preferred(
        n=len(found),
        ranked_by=options["rank_by"],
        rankings=tuple(rank(found, name, resampling=resampling)),
        orderings=tuple(orderings(found, ratings)),
    )
