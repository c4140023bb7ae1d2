"""What a model is to answer: a sentence, then one whole program in one block."""

from __future__ import annotations

import re

from critique_loop.definitions.fences import harmless
from critique_loop.export.judged import Judged
from critique_loop.values import Task, TaskKind

_TICKS = re.compile(r"^[ \t]*(`{3,})", re.MULTILINE)
_FENCE = "```"
_CODE = TaskKind.CODE  # members of an enumeration are looked up at some cost


def clean(text: str) -> str:
    """Return ``harmless(text)``; one line of plain ASCII can hold no harm, and is most of all."""
    plain = text.isascii() and text.isprintable() and "<" not in text and "[" not in text
    return text if plain else harmless(text)


def answer(intro: str, code: str) -> str:
    """Return ``intro`` and the program in a fence that no line of the program can end."""
    fence = _FENCE if _FENCE not in code else _longer(code)
    block = f"{fence}python\n{code.strip(chr(10))}\n{fence}"
    return f"{intro}\n\n{block}" if intro else block


def _longer(code: str) -> str:
    longest = max((len(found) for found in _TICKS.findall(code)), default=0)
    return "`" * max(len(_FENCE), longest + 1)


def program(turn: Judged) -> str:
    """Return the program as two of them are compared: what is shown of both is then not equal."""
    return turn.code.strip()


def fresh_answer(turn: Judged, task: Task) -> str:
    """Return the answer as if nothing had been tried before.

    What a later draft says of itself is what it changed; without the program that it changed that
    would be made up. Its first sentence says how the goal was read, or what is to be read in it.
    """
    return answer(fresh_intro(turn, task), turn.code)


def fresh_intro(turn: Judged, task: Task) -> str:
    """Return a sentence that the program of any round could begin with."""
    reading = clean(turn.draft.reading).strip()
    if reading:
        return reading if reading.endswith((".", "!", "?")) else f"{reading}."
    if task.kind is _CODE:
        name = task.code.entry_point if task.code else ""
        return f"`{name}` does what is asked." if name else "This program does what is asked."
    return "This program draws the chart that is asked for."


def own_answer(turn: Judged, task: Task) -> str:
    """Return the answer as the writer gave it, with what it said of its own program."""
    said = clean(turn.draft.explanation).strip()
    return answer(said or fresh_intro(turn, task), turn.code)
