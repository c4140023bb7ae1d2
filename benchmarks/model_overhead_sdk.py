"""The openai SDK alone: the least that four calls can take with it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import model_overhead_talk as talk
from openai import AsyncOpenAI

Exchange = Callable[[int], Awaitable[None]]


@asynccontextmanager
async def plain(base_url: str, model: str) -> AsyncGenerator[Exchange]:
    """Yield exchanges by ``chat.completions.create``, as the SDK's README shows it."""
    prompts = {role: talk.prompt(role) for role in ("writer", "critic")}
    async with AsyncOpenAI(base_url=base_url, api_key=talk.KEY) as client:

        async def ask(role: str, question: str) -> str:
            answer = await client.chat.completions.create(
                model=model,
                messages=[
                    {"role": "system", "content": prompts[role]},
                    {"role": "user", "content": question},
                ],
                temperature=talk.TEMPERATURE,
                max_tokens=talk.MAX_TOKENS,
            )
            return answer.choices[0].message.content or ""

        async def exchange(number: int) -> None:
            program = await ask("writer", talk.question(number))
            critique = await ask("critic", talk.question(number, program))
            program = await ask("writer", talk.question(number, program, critique))
            await ask("critic", talk.question(number, program))

        yield exchange


CONTENDERS = {"openai SDK": plain}
