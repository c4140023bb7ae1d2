"""Give an AutoGen assistant our loop as a tool.

python recipes/autogen_tool.py                            # no key: a scripted assistant
python recipes/autogen_tool.py cars.csv "I wonder which origin has the strongest cars." \
    --model qwen3 --base-url http://localhost:8000/v1
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path

import anyio
from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.messages import ToolCallExecutionEvent

from critique_loop.charts import chart_loop, chart_task
from critique_loop.integrations.autogen import LoopResult, ModelClient, loop_tool
from critique_loop.models.choosing import Access, model_for
from critique_loop.protocols import Model
from critique_loop.testing import ScriptedModel

HERE = Path(__file__).parent
DATA = HERE / "data" / "airports.csv"
WISH = "Which states have the most airports? A chart, please."
PROMPT = (
    "You help people to see what is in their table. Draw a chart with your tool: tell it in one "
    "plain sentence, with the names of the columns, what to draw. Then say in one sentence what "
    "came of it."
)


def scripted() -> Model:
    """Return a model that says what a real one might, for a run without a key."""
    arguments = json.dumps({"goal": "number of airports by state"})
    call = {"action": "draw_chart", "arguments": arguments, "answer": ""}
    return ScriptedModel([json.dumps(call), "The chart is drawn, and meets the criteria."])


async def help_out(data: Path, wish: str, out: Path, model: Model) -> LoopResult | None:
    """Let the assistant answer ``wish``, and return what its tool told it."""
    tool = loop_tool(chart_loop(), partial(chart_task, data), out=out)
    assistant = AssistantAgent(
        "assistant",
        ModelClient(model),
        tools=[tool],
        system_message=PROMPT,
        reflect_on_tool_use=True,
    )
    result = await assistant.run(task=wish)
    print(result.messages[-1].to_text())
    events = [event for event in result.messages if isinstance(event, ToolCallExecutionEvent)]
    told = [call for event in events for call in event.content if not call.is_error]
    return LoopResult.model_validate_json(told[-1].content) if told else None


def main() -> int:
    """Ask the assistant once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    parser.add_argument("wish", nargs="?", default=WISH)
    parser.add_argument("--out", type=Path, default=Path("out") / "autogen_tool")
    parser.add_argument("--model", help="who the assistant is; without, it follows a script")
    parser.add_argument("--base-url", default="", help="e.g. http://localhost:8000/v1")
    arguments = parser.parse_args()
    access = Access(base_url=arguments.base_url)
    model = model_for(arguments.model, access) if arguments.model else scripted()

    told = anyio.run(help_out, arguments.data, arguments.wish, arguments.out, model)

    if told is None:
        print("no chart was drawn", file=sys.stderr)
        return 1
    print(f"{told.stopped_because} after {told.rounds} rounds: {told.folder}")
    return 0 if told.accepted else 3


if __name__ == "__main__":
    sys.exit(main())
