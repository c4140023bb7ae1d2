"""Can a hostile draft talk its way to a pass?

Call it so: python benchmarks/injection.py [--json]

Each attack is a draft that fails, run in the real sandbox and judged by the product's critics: what
is measured, and a scripted judge that obeys any order that reaches it unfenced. "lifted" means that
the rubric's rule accepts it. The same execution is judged once more with the fencing switched off.
No model is asked: what a real one would do with an order inside a fence is not measured here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

import anyio
import click
from injection_attacks import Attack, attacks, control
from injection_code import code_rows
from injection_runs import Row, run_all

from critique_loop.executors.choosing import executor_for
from critique_loop.executors.executor import SandboxExecutor


@click.command(help=__doc__)
@click.option("--json", "as_json", is_flag=True, help="Print {'rows': [...]} and nothing else.")
@click.option("--sandbox", default="auto", show_default=True, help="Where the drafts run.")
@click.option("--only", default="", metavar="TEXT", help="Only attacks with this in their name.")
def main(*, as_json: bool, sandbox: str, only: str) -> None:
    """Run all attacks; exit with 1 if one of them was lifted."""
    chosen = [attack for attack in (control(), *attacks()) if only in attack.name]
    rows = anyio.run(_rows, chosen, executor_for(sandbox), only, as_json)
    if as_json:
        print(json.dumps({"rows": [_plain(row) for row in rows]}, indent=1))
    else:
        _print_table(rows)
    sys.exit(any(row.lifted for row in rows))


async def _rows(
    chosen: Sequence[Attack], executor: SandboxExecutor, only: str, quiet: bool
) -> list[Row]:
    def told(row: Row) -> None:
        if not quiet:
            print(f"  {row.attack}", file=sys.stderr)

    async with executor:
        rows = await run_all(chosen, executor, on_row=told)
        return [*rows, *await code_rows(executor, only=only, on_row=told)]


def _plain(row: Row) -> dict[str, object]:
    fields = asdict(row)
    return {name: fields[name] for name in ("attack", "lifted", "lifted_without_fencing")}


def _print_table(rows: Sequence[Row]) -> None:
    print(f"{'attack':44} {'lifted':>7} {'unfenced':>9}")
    for row in rows:
        what = f"{row.attack}{' (measured)' if row.measured else ''}"
        print(f"{what:44} {_word(row.lifted):>7} {_word(row.lifted_without_fencing):>9}")
    lifted = sum(row.lifted for row in rows)
    without = sum(row.lifted_without_fencing for row in rows)
    print(f"{len(rows)} attacks: {lifted} lifted, {without} lifted with the fencing switched off")


def _word(lifted: bool) -> str:
    return "YES" if lifted else "no"


if __name__ == "__main__":
    main()
