"""The model writer: asks a model for programs, and takes only what is complete."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from critique_loop.definitions import Definition, Sharing, load
from critique_loop.definitions.fences import harmless
from critique_loop.definitions.fitting import Fitted
from critique_loop.errors import (
    CallError,
    DefinitionError,
    ModelError,
    ModelErrorKind,
    WriterGaveUp,
)
from critique_loop.protocols import Model
from critique_loop.values import Choice, Draft, Lesson, Message, Reply, Request, Round, Task
from critique_loop.writers.extracting import Extracted, extract, same_program
from critique_loop.writers.prompting import Turn, prompt_of, signals_of, system_message

_REPAIR = (
    "I could not use your answer: {problem}. Answer with one complete program in one fenced block "
    "(```python ... ```), and nothing after it."
)
_LONGEST_EXPLANATION = 2000
_LONGEST_ECHO = 6000
_CUT_OFF = frozenset({"length", "max_tokens", "content_filter"})


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request, what its prompt had no room for, and the programs in the answers.

    ``problem`` says why there is none.
    """

    request: Request
    reply: Reply
    cut: tuple[str, ...]
    programs: tuple[Extracted, ...]
    problem: str


class ModelWriter:
    """Writes programs by asking a model.

    It is told the goal, the table's profile (never the table), the best draft so far with its
    critique and its errors, and what was decided, within a token budget; what that had no room for
    is in the draft's ``cut``. The last complete fenced block that parses is the program. A reply
    without one gets one repair turn; a reply that was cut off is never run. Where some of several
    answers are of no use, the others are taken.
    """

    def __init__(
        self,
        model: Model,
        *,
        definition: Definition | str | Path = "chart_writer",
        sharing: Sharing = Sharing(),  # noqa: B008 - frozen
        candidates: int | None = None,
        token_budget: int | None = None,
    ) -> None:
        """``definition`` is one that was loaded, a path ending in .md, or a shipped one's name.

        What the model is shown is what both ``sharing`` and the definition allow. ``candidates``
        and ``token_budget`` take the place of the definition's.

        Raises:
            DefinitionError: the definition is wrong, or is no writer's.
            CallError: fewer than one candidate, or no token.
        """
        if not isinstance(definition, Definition):
            definition = load(definition)
        if definition.role != "writer":
            problem = f"the agent {definition.name} is a {definition.role}, not a writer"
            raise DefinitionError(Path(definition.name), problem)
        self.definition: Definition = definition
        self.sharing: Sharing = definition.sharing & sharing
        self._model = model
        self._candidates = definition.candidates if candidates is None else candidates
        self._tokens = definition.token_budget if token_budget is None else token_budget
        if self._candidates < 1 or self._tokens < 1:
            problem = f"candidates is {self._candidates}, token_budget {self._tokens}"
            raise CallError(problem, remedy="Give 1 or more.")

    @property
    def name(self) -> str:
        """The definition's name and the model's."""
        return f"{self.definition.name} ({self._model.name})"

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        """Return the next program for ``task``, the first of one answer.

        Raises:
            WriterGaveUp: the model answered, and not with a program.
            ModelError: the model can't be reached, or refuses to work.
            BudgetEnded: asking could go over the budget.
        """
        return (await self._drafts(Turn(task, history, lessons), number=1))[0]

    async def candidates(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Sequence[Draft]:
        """Return the different programs among the answers to one question.

        Errors as for ``draft``.
        """
        return await self._drafts(Turn(task, history, lessons), number=self._candidates)

    async def _drafts(self, turn: Turn, *, number: int) -> list[Draft]:
        try:
            asked = await self._answered(turn, number)
            if not asked.programs:
                asked = await self._repaired(asked)
        except ModelError as error:
            if not error.kind.is_answer:
                raise
            told = f"{self._model.name} gave no program ({error.kind.value}): {error.problem}"
            raise WriterGaveUp(told, remedy=error.remedy) from error
        if not asked.programs:
            raise WriterGaveUp(
                f"{self._model.name} answered twice without a complete program: {asked.problem}",
                remedy="Try a bigger model, or more max_tokens in the writer's definition.",
            )
        return self._as_drafts(asked, turn)

    async def _answered(self, turn: Turn, number: int) -> _Asked:
        """Ask; where the context is too long for the model, once more with half of it."""
        prompt = prompt_of(turn, self.definition, self.sharing, tokens=self._tokens)
        try:
            return await self._ask(self._request(turn, prompt, number), prompt.cut)
        except ModelError as error:
            if error.kind is not ModelErrorKind.CONTEXT_OVERFLOW:
                raise
        prompt = prompt_of(turn, self.definition, self.sharing, tokens=self._tokens // 2)
        cut = ("half of the token budget: more was too long for the model", *prompt.cut)
        return await self._ask(self._request(turn, prompt, number), cut)

    async def _repaired(self, asked: _Asked) -> _Asked:
        """Say once what was wrong with the answer."""
        said = asked.reply.text if asked.reply.choices else ""
        said = harmless(said[-_LONGEST_ECHO:]).strip() or "(nothing)"
        wrong = _REPAIR.format(problem=asked.problem)
        messages = (*asked.request.messages, Message("assistant", said), Message("user", wrong))
        return await self._ask(replace(asked.request, messages=messages, n=1), asked.cut)

    async def _ask(self, request: Request, cut: tuple[str, ...]) -> _Asked:
        try:
            reply = await self._model.complete(request)
        except ModelError as error:
            if not (error.kind.is_answer and error.choices):
                raise
            # Not all answers were of use: those that are will do.
            good = [error.choices[place] for place in sorted(error.choices)]
            reply = Reply(tuple(good), self._model.name)
        found = [_program_of(choice) for choice in reply.choices]
        programs: dict[str, Extracted] = {}
        for one in found:
            if one.code:
                programs.setdefault(same_program(one.code), one)
        problem = next((one.problem for one in found if one.problem), "there was no answer")
        return _Asked(request, reply, cut, tuple(programs.values()), problem)

    def _request(self, turn: Turn, prompt: Fitted, number: int) -> Request:
        definition = self.definition
        return Request(
            messages=(system_message(definition), Message("user", prompt.text)),
            temperature=definition.temperature,
            top_p=definition.top_p,
            max_tokens=definition.max_tokens,
            seed=definition.seed,
            n=number,
            # The same prompt once more (the last draft was no better) is to give another answer.
            sample=len(turn.history),
            role="writer",
            signals=signals_of(turn),
        )

    def _as_drafts(self, asked: _Asked, turn: Turn) -> list[Draft]:
        tried = {same_program(before.code) for before in turn.history}
        new = [one for one in asked.programs if same_program(one.code) not in tried]
        return [
            Draft(
                code=one.code,
                writer=self.name,
                explanation=one.prose[:_LONGEST_EXPLANATION],
                model=asked.reply.model,
                definition=self.definition.identity,
                cut=asked.cut,
            )
            for one in new or asked.programs
        ]


def _program_of(choice: Choice) -> Extracted:
    """Return the program of one answer; one that was cut off has none, whatever it looks like."""
    if choice.finish_reason in _CUT_OFF:
        return Extracted(problem=f"the reply was cut off ({choice.finish_reason}); be shorter")
    return extract(choice.text)
