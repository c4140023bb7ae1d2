"""What a model on a real server does, by itself and as writer and critic of the loop.

    python scripts/servers/serve.py smollm2          # in another terminal: a real model, a weak one
    python benchmarks/servers.py --base-url http://127.0.0.1:PORT/v1 --model smollm2 [--json]
    python benchmarks/servers.py --base-url https://api.example.com/v1 --model NAME

The key of a server that wants one comes from the environment variable that ``--key-env`` names, or
from the file of keys. Nothing here measures quality: what is told is which answers the server gives
at all, and how the runs ended. Drafts run in the sandbox.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import critique_loop as cl
from critique_loop.models.keys import find_key
from critique_loop.models.openai import OpenAIModel
from critique_loop.models.options import ModelOptions
from critique_loop.models.probing import Probe, probe
from critique_loop.testing import MemoryStore
from critique_loop.values import Outcome

DATA = Path(__file__).resolve().parent.parent / "recipes" / "data" / "airports.csv"
GOALS = ("number of airports by state", "mean latitude by state", "longitude against latitude")


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of the loop: who the model was in it, and what came of it."""

    roles: str
    goal: str
    outcome: Outcome

    def plain(self) -> dict[str, object]:
        """Return the row as JSON types."""
        spend, rounds = self.outcome.spend, self.outcome.rounds
        scores = [score for turn in rounds for score in turn.critique.scores]
        return {
            "roles": self.roles,
            "goal": self.goal,
            "ended": self.outcome.stopped_because.value,
            "rounds": len(rounds),
            "ran": sum(turn.execution.status.value == "ok" for turn in rounds),
            "scored": sum(score.value is not None for score in scores),
            "scores": len(scores),
            "calls": spend.calls,
            "tokens": spend.tokens,
            "seconds": round(spend.seconds, 1),
            "message": self.outcome.message.splitlines()[0] if self.outcome.message else "",
        }


async def probed(options: argparse.Namespace) -> Probe:
    """Return what the server does with short questions."""
    key = find_key(options.base_url, variable=options.key_env)
    one, streamed = (
        OpenAIModel(
            options.model,
            base_url=options.base_url,
            api_key=key,
            options=ModelOptions(stream=stream, max_tokens=options.max_tokens),
        )
        for stream in (False, True)
    )
    async with one, streamed:
        return await probe(one, streamed=streamed)


def runs(options: argparse.Namespace) -> list[Ran]:
    """Run the loop with the model as writer, as critic, and as both."""
    found: list[Ran] = []
    for roles in options.roles:
        for goal in GOALS[: options.goals]:
            outcome = cl.chart(
                DATA,
                goal,
                model=options.model if "writer" in roles else "",
                critic_model=options.model if "critic" in roles else "",
                writer_agent=options.writer_agent if "writer" in roles else "",
                critic_agent=options.critic_agent if "critic" in roles else "",
                base_url=options.base_url,
                key_env=options.key_env,
                cache="off",
                store=MemoryStore(),
                max_rounds=options.rounds,
                max_time_s=options.max_time_s,
            )
            found.append(Ran(roles, goal, outcome))
    return found


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """Return rows as a table in Markdown."""
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([str(row[name]) for name in names] for row in rows)]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def main() -> None:
    """Print both tables, or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--key-env", default="", help="the variable that holds the key")
    parser.add_argument("--writer-agent", default="", help="default: the shipped one")
    parser.add_argument("--critic-agent", default="", help="default: the shipped one")
    parser.add_argument("--max-tokens", type=int, default=256, help="of an answer to the probe")
    parser.add_argument("--roles", nargs="+", default=["writer", "critic", "writer and critic"])
    parser.add_argument("--goals", type=int, default=len(GOALS), help="how many of the goals")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--max-time-s", type=float, default=120.0, help="for each run")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    found = asyncio.run(probed(options))
    checks = [{"what": c.name, "does": c.verdict, "seen": c.seen} for c in found.checks]
    rows = [ran.plain() for ran in runs(options)]
    if options.json:
        print(json.dumps({"model": found.model, "checks": checks, "runs": rows}, indent=1))
        return
    print(f"Model: {found.model}\n\n{table(checks)}\n\n{table(rows)}")


if __name__ == "__main__":
    main()
