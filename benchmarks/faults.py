"""What each fault of a model server comes to: with us, the bare openai SDK, and AutoGen's client.

    python benchmarks/faults.py [--only NUMBER...] [--json] [--write]

Every variant of every fault is played over a real socket under a random name, to one client after
the other. "as stated" means: an outcome, a number of requests and a time that the table of faults
(``critique_loop.testing.FAULTS``) states, with nothing left behind.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import chart_results
import faults_clients

from critique_loop.testing import FAULTS
from critique_loop.testing.faults import Fault
from critique_loop.testing.faults_trial import MakeClient, Trial, try_client

HERE = Path(__file__).resolve().parent
OURS = next(iter(faults_clients.CLIENTS))


@dataclass(frozen=True, slots=True)
class Row:
    """One fault, and what each client made of it."""

    fault: Fault
    trials: dict[str, Trial]

    def plain(self) -> dict[str, object]:
        """Return the row as JSON types: our client's result, then the others' by name."""
        about: dict[str, object] = {"fault": self.fault.number, "variant": self.fault.variant}
        stated = {
            "stated": sorted(self.fault.outcomes),
            "stated_requests": list(self.fault.requests),
        }
        others: dict[str, object] = {
            name: self._plain(name) for name in self.trials if name != OURS
        }
        return about | self._plain(OURS) | stated | others

    def _plain(self, client: str) -> dict[str, object]:
        trial = self.trials[client]
        return {
            "outcome": trial.outcome,
            "requests": trial.requests,
            "time_s": round(trial.seconds, 3),
            "as_stated": not trial.differs(self.fault),
            "differs": list(trial.differs(self.fault)),
        }

    def line(self) -> str:
        """Return the row of a Markdown table."""
        cells = [str(self.fault.number), self.fault.variant]
        for trial in self.trials.values():
            mark = "yes" if not trial.differs(self.fault) else "**no**"
            cells += [trial.outcome, str(trial.requests), f"{trial.seconds:.2f}", mark]
        return f"| {' | '.join(cells)} |"


async def measure(
    faults: Iterable[Fault], clients: Mapping[str, MakeClient] = faults_clients.CLIENTS
) -> list[Row]:
    """Play each fault to each client."""
    rows: list[Row] = []
    for fault in faults:
        trials = {name: await try_client(fault, make) for name, make in clients.items()}
        rows.append(Row(fault, trials))
    return rows


def table(rows: Sequence[Row]) -> str:
    """Return all rows as Markdown, and how many are as stated."""
    heads = ["fault", "variant"]
    clients = list(rows[0].trials)
    for client in clients:
        heads += [f"{client}: outcome", "requests", "time (s)", "as stated"]
    lines = [
        "### Faults of model servers",
        "",
        f"| {' | '.join(heads)} |",
        "|---" * len(heads) + "|",
    ]
    lines += [row.line() for row in rows]
    for client in clients:
        right = sum(not row.trials[client].differs(row.fault) for row in rows)
        lines += ["", f"{client}: {right} of {len(rows)} as stated."]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and keep it if asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", type=int, nargs="+", metavar="NUMBER")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true", help="keep the table in RESULTS.md")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")  # AutoGen warns of each answer that is not as it expects
    logging.disable(logging.WARNING)
    chosen = [f for f in FAULTS if options.only is None or f.number in options.only]
    rows = asyncio.run(measure(chosen))
    text = table(rows)
    print(json.dumps({"rows": [row.plain() for row in rows]}, indent=1) if options.json else text)
    if options.write:
        chart_results.write(HERE / "RESULTS.md", "faults", text)


if __name__ == "__main__":
    main()
