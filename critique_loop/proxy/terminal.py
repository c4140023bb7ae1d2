"""Asking the person at this terminal."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TextIO, cast

import anyio

from critique_loop.errors import CallError
from critique_loop.proxy import showing
from critique_loop.proxy.answers import check
from critique_loop.proxy.asks import Ask, default_answer, never
from critique_loop.proxy.editor import edited, editor_command
from critique_loop.proxy.lines import Lines
from critique_loop.values import Answer, Choices, Question

_CHANGING = (Choices.REFINE, Choices.EDIT)
_END_OF_PROGRAM = "."
_HELP = "Enter: {default} · +N apply, -N skip a finding · code: show the program · ?: all again"

Aside = Callable[[], contextlib.AbstractContextManager[None]]


def terminal(*, aside: Aside = contextlib.nullcontext) -> Ask:
    """Return an ask that speaks to the person on stdin and stderr; ``never`` without a terminal.

    ``aside`` is entered while it does, for whatever else draws on the terminal. The end of the
    input (Ctrl-D) is no answer: the default holds then.
    """
    if sys.stdin.isatty() and sys.stderr.isatty():
        return TerminalAsk(sys.stdin.fileno(), sys.stderr, aside=aside)
    sys.stderr.write("there is no terminal to ask questions on: nobody is asked\n")
    return never


class TerminalAsk:
    """Shows each question and reads what is typed, one question at a time."""

    def __init__(
        self, input_fd: int, output: TextIO, *, aside: Aside = contextlib.nullcontext
    ) -> None:
        """Keep the terminal: the descriptor that is read from, and where it is written to."""
        self._input_fd = input_fd
        self._output = output
        self._aside = aside
        self._one_at_a_time = anyio.Lock()

    async def __call__(self, question: Question) -> Answer:
        """Return what the person says."""
        async with self._one_at_a_time:
            with self._aside():
                dialogue = _Dialogue(question, self._input_fd, self._output)
                try:
                    with _shown_picture(question) as path:
                        return await dialogue.answer(path)
                except anyio.get_cancelled_exc_class():
                    self._output.write(f"{os.linesep}(no answer){os.linesep}")
                    raise


class _Dialogue:
    """One question on a terminal."""

    def __init__(self, question: Question, input_fd: int, output: TextIO) -> None:
        self._question = question
        self._input_fd = input_fd
        self._output = output
        self._lines = Lines(input_fd)
        self._picture = ""
        self._applied = set(cast("Sequence[str]", question.context.get("apply", ())))

    async def answer(self, picture: str) -> Answer:
        self._picture = picture
        self._lines.forget()  # what was typed before the question is no answer to it
        self._show()
        while True:
            line = await self._typed("> ")
            if line is None:
                return default_answer(self._question)
            try:
                answer = await self._obeyed(line.strip())
                if answer is not None:
                    check(self._question, answer)
                    return answer
            except CallError as error:
                self._say(showing.one_line(str(error)))

    def _show(self) -> None:
        question = self._question
        offered = " / ".join(question.choices)
        self._say(*showing.heading(question), *showing.findings(question, self._applied))
        if self._picture:
            self._say(f"  picture: {self._picture}")
        self._say(f"  {offered}", f"  {_HELP.format(default=question.default)}")

    async def _obeyed(self, line: str) -> Answer | None:
        """Do what a line says; return the answer once it is complete."""
        word, _, rest = line.partition(" ")
        if word == "?":
            self._show()
        elif word == "code":
            self._say(*showing.program(self._question))
        elif word.startswith(("+", "-")):
            self._mark(line.split())
        else:
            return await self._completed(self._choice(word), rest.strip())
        return None

    def _choice(self, word: str) -> str:
        """Return the choice that ``word`` is the beginning of; an empty one is the default.

        Raises:
            CallError: it is that of none, or of several.
        """
        choices = self._question.choices
        found = [choice for choice in choices if choice.startswith(word.lower())]
        if not word:
            return self._question.default
        if len(found) == 1:
            return found[0]
        said = "could be several things" if found else "is none of these"
        raise CallError(f"{word!r} {said}: {', '.join(found or choices)}")

    async def _completed(self, choice: str, rest: str) -> Answer:
        """Ask for what a choice needs besides."""
        if choice == Choices.RESCORE:
            return Answer(choice, scores=_marks(rest or await self._typed("name=mark ...: ") or ""))
        code = ""
        if choice == Choices.EDIT:
            code = await self._program()
        elif choice == Choices.REFINE and not rest:
            rest = await self._text()
        shown = list(dict.fromkeys(f.code for f in self._question.findings))
        changing = choice in _CHANGING
        return Answer(
            choice,
            text=rest,
            code=code,
            applied=tuple(c for c in shown if changing and c in self._applied),
            skipped=tuple(c for c in shown if changing and c not in self._applied),
        )

    async def _text(self) -> str:
        self._say("What is to change? An empty line ends it.")
        return "\n".join(await self._until(""))

    async def _program(self) -> str:
        code = str(self._question.context.get("code", ""))
        command = editor_command()
        if not command:
            self._say(f"Type the whole program. A line with only {_END_OF_PROGRAM!r} ends it.")
            return "\n".join(await self._until(_END_OF_PROGRAM))
        self._output.flush()
        written = await edited(
            code, command, input_fd=self._input_fd, output_fd=self._output.fileno()
        )
        if written is None or written == code:
            raise CallError("the program was not changed")
        return written

    async def _until(self, end: str) -> Sequence[str]:
        found: list[str] = []
        while (line := await self._typed("")) is not None and line.rstrip() != end:
            found.append(line)
        return found

    async def _typed(self, prompt: str) -> str | None:
        self._output.write(prompt)
        self._output.flush()
        return await self._lines.next()

    def _mark(self, words: Sequence[str]) -> None:
        """Apply or skip findings by their numbers.

        Raises:
            CallError: a word is no such number.
        """
        for word in words:
            number = word[1:]
            if word[0] not in "+-" or not (number.isascii() and number.isdecimal()):
                raise CallError(f"{word!r} is neither +N nor -N")
            if not 1 <= int(number) <= len(self._question.findings):
                raise CallError(f"there is no finding {number}")
            code = self._question.findings[int(number) - 1].code
            (self._applied.add if word[0] == "+" else self._applied.discard)(code)
        self._say(*showing.findings(self._question, self._applied))

    def _say(self, *lines: str) -> None:
        self._output.write("".join(f"{line}{os.linesep}" for line in lines))
        self._output.flush()


@contextlib.contextmanager
def _shown_picture(question: Question) -> Generator[str]:
    """Lay the picture that is asked about into a file, as long as it is asked about."""
    if question.picture is None:
        yield ""
        return
    with tempfile.TemporaryDirectory(prefix="critique-loop-") as folder:
        path = Path(folder) / f"round-{question.context.get('round', 0)}.png"
        path.write_bytes(question.picture)
        yield str(path)


def _marks(text: str) -> dict[str, float]:
    """Read ``name=mark`` pairs.

    Raises:
        CallError: a word is no such pair.
    """
    marks: dict[str, float] = {}
    for word in text.replace(",", " ").split():
        name, equals, mark = word.rpartition("=")
        try:
            marks[name] = float(mark)
        except ValueError as error:
            raise CallError(f"{word!r} is not name=mark") from error
        if not equals:
            raise CallError(f"{word!r} is not name=mark")
    return marks
