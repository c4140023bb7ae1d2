"""Chart a CSV with a real AutoGen team: writer, executor, critic and user proxy in turns.

python recipes/autogen_team.py                            # no key: the grammar writer
python recipes/autogen_team.py cars.csv "average horsepower by origin" --model qwen3 \
    --base-url http://localhost:8000/v1
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

import anyio
from autogen_agentchat.base import TaskResult
from autogen_agentchat.teams import RoundRobinGroupChat

from critique_loop.charts import ChartOptions, chart_loop, chart_task, save
from critique_loop.integrations.autogen import CriteriaMet, TeamRun, participants
from critique_loop.values import Outcome

HERE = Path(__file__).parent
DATA = HERE / "data" / "airports.csv"
GOAL = "number of airports by state"


async def draw(data: Path, goal: str, options: ChartOptions) -> Outcome:
    """Let the team work until the criteria are met, and tell who says what."""
    loop = chart_loop(**options)
    run = TeamRun.of(loop, partial(chart_task, data))
    team = RoundRobinGroupChat([*participants(loop, run)], termination_condition=CriteriaMet())
    result = TaskResult(messages=[])
    async for message in team.run_stream(task=goal):
        if isinstance(message, TaskResult):
            result = message
        else:
            print(f"--- {message.source}\n{message.to_text()}")
    return await run.outcome(result.messages)


def main() -> int:
    """Run the team once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    parser.add_argument("goal", nargs="?", default=GOAL)
    parser.add_argument("--out", type=Path, default=Path("out") / "autogen_team")
    parser.add_argument("--model", help="a model writes; without, the grammar writer does")
    parser.add_argument("--base-url", help="the model's server, e.g. http://localhost:8000/v1")
    arguments = parser.parse_args()
    options: ChartOptions = {}
    if arguments.model:
        options["model"] = arguments.model
    if arguments.base_url:
        options["base_url"] = arguments.base_url

    outcome = anyio.run(draw, arguments.data, arguments.goal, options)

    save(outcome, arguments.out)
    rounds = len(outcome.rounds)
    print(f"{outcome.stopped_because.value} after {rounds} rounds: {arguments.out / 'chart.png'}")
    return 0 if outcome.accepted else 3


if __name__ == "__main__":
    sys.exit(main())
