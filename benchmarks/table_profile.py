"""Time and memory of the profile of a long table: two million rows, six columns."""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from critique_loop.data import profile

_START = datetime(2001, 1, 1, tzinfo=UTC)
_REGIONS = ("north", "south", "east", "west", "middle")
_NOTES = ("", "late", '"paid, in part"', "returned")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a table to a temporary folder, profile it, and print what that took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        write_orders(path, rows=options.rows)
        wall, cpu = time.perf_counter(), time.process_time()
        table = profile(path)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"rows      {table.rows:>12,}")
    print(f"columns   {len(table.columns):>12}")
    print(f"size      {table.size_bytes / 1e6:>12.1f} MB")
    print(f"CPU       {cpu:>12.1f} s")
    print(f"wall      {wall:>12.1f} s")
    print(f"peak RSS  {peak_mb:>12.0f} MB")
    for column in table.columns:
        more = "" if column.values_complete else " or more"
        print(f"  {column.name:<8} {column.kind:<9} {column.distinct:,}{more} different values")


def write_orders(path: Path, *, rows: int) -> None:
    """Write ``rows`` orders: an id, a time, a region, an amount, a number of pieces and a note.

    The region of the last row stands nowhere else.
    """
    chance = random.Random(7)  # noqa: S311 - a table, no secret
    with path.open("w", encoding="utf-8") as file:
        file.write("id,ordered,region,amount,pieces,note\n")
        for row in range(rows):
            region = _REGIONS[row % 5] if row < rows - 1 else "overseas"
            ordered = _START + timedelta(seconds=97 * row)
            amount = chance.expovariate(0.01)
            file.write(
                f"{row:08x}-{row % 9},{ordered:%Y-%m-%d %H:%M:%S},{region},{amount:.2f},"
                f"{row % 12},{_NOTES[row % 4]}\n"
            )


if __name__ == "__main__":
    main()
