"""A simulated model: it reads the product's own prompt, and answers with a better or worse program.

What it may do is in the ``World``: how good a fresh draft is, how it follows advice. What it is
told, it takes from the text of the prompt, so a critique that is not there can't help it.
"""

from __future__ import annotations

import random
import re

from loop_value_worlds import CODES, MANNER_SKILL, MANNERS, Case, World, program, state_of

from critique_loop.ledger import Bound, current
from critique_loop.values import Call, Choice, Reply, Request, Usage

_CHARACTERS_A_TOKEN = 4
_NAMED = re.compile(r"^- (?:error|warning) (\w+)", re.MULTILINE)
_RAISED = re.compile(r"^RuntimeError: (\w+)", re.MULTILINE)


class SimulatedModel:
    """Writes programs for one task. The same seed gives the same first draft, whatever comes after.

    Tokens are a quarter of the characters of prompt and answer.
    """

    def __init__(self, world: World, case: Case, seed: int) -> None:
        """Draw by lot from ``seed``, the task's number and the number of the call."""
        self.name = "simulated"
        self._world = world
        self._case = case
        self._seed = seed
        self._calls = 0

    async def complete(self, request: Request) -> Reply:
        """Return one program, fresh where the prompt shows none."""
        self._calls += 1
        chance = random.Random(f"{self._seed} {self._case.number} {self._calls}")  # noqa: S311 - a simulation
        told = request.messages[-1].text
        state = self._refined(told, chance) if "STATE = [" in told else self._fresh(chance)
        text = f"```python\n{program(state, chance)}```"
        usage = Usage(
            sum(len(message.text) for message in request.messages) // _CHARACTERS_A_TOKEN,
            len(text) // _CHARACTERS_A_TOKEN,
        )
        async with current().reserved(Bound(usage.total or 0, 0.0)) as reservation:
            reservation.settle(usage, 0.0)
        await current().record(Call(request.role, self.name, usage=usage, cost_usd=0.0))
        return Reply((Choice(text),), self.name, usage=usage, cost_usd=0.0)

    def _fresh(self, chance: random.Random) -> set[str]:
        rate = self._case.defect_rate
        wrong = {code for code in self._case.codes if chance.random() < rate}
        return wrong | {code for code in self._case.manners if chance.random() > MANNER_SKILL}

    def _refined(self, told: str, chance: random.Random) -> set[str]:
        """Work on each thing that is named, whether it is there or not."""
        world, case = self._world, self._case
        state = set(state_of(told))
        named = [*_NAMED.findall(told), *_RAISED.findall(told)]
        named = [code for code in dict.fromkeys(named) if code in CODES or code in MANNERS]
        fix = world.fix * min(1.0, world.attention / max(1, len(named)))
        for code in named:
            if chance.random() < fix:
                state.discard(code)
            absent = [other for other in (*case.codes, *case.manners) if other not in state]
            if absent and chance.random() < world.breaks:
                state.add(chance.choice([other for other in absent if other != code] or absent))
        return state
