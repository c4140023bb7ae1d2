"""Find the one complete program in what a model said."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

_MOST_CHARACTERS = 400_000  # of a reply; longer ones repeat themselves
_MOST_PROGRAM = 200_000
_MOST_FENCES = 60  # that are looked at, the last ones
_MOST_PARSED = 1_000_000  # characters that are tried as a program
_LINE = re.compile(r"^[ \t]*(?P<fence>`{3,}|~{3,})(?P<info>[^\n]*)$", re.MULTILINE)
_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_BEST = 2  # rank of a program that imports or defines something
_STANDS_ALONE = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_DOES_SOMETHING = (ast.Call, ast.Assign, ast.AugAssign, ast.AnnAssign)


@dataclass(frozen=True, slots=True)
class Extracted:
    """The program of a reply and the prose around it, or why there is none (``problem``)."""

    code: str = ""
    prose: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Fence:
    start: int  # of its line
    end: int
    mark: str
    info: str

    def closes(self, opening: _Fence) -> bool:
        same = self.mark[0] == opening.mark[0] and len(self.mark) >= len(opening.mark)
        return same and not self.info


@dataclass(frozen=True, slots=True)
class _Block:
    start: int
    end: int
    code: str


@dataclass(frozen=True, slots=True)
class _Trial:
    """What became of a text that was taken for a program; rank 0 is no program."""

    rank: int
    problem: str = ""


def extract(text: str) -> Extracted:
    """Return the last complete fenced block of ``text`` that is a Python program.

    Among several, one that imports or defines something comes before one that only calls. A reply
    without fences may be a program as a whole. A block without its end is not taken, nothing is put
    together from pieces, and no name of a file is ever read.
    """
    if len(text) > _MOST_CHARACTERS:
        return Extracted(problem=f"the reply is {len(text)} characters long")
    text = _THOUGHT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if not text.strip():
        return Extracted(problem="the reply is empty")
    fences = [
        _Fence(found.start(), found.end(), found["fence"], found["info"].strip())
        for found in _LINE.finditer(text)
        if "`" not in found["info"]
    ]
    if not fences:
        return _whole(text)
    return _from_blocks(text, fences[-_MOST_FENCES:])


def _whole(text: str) -> Extracted:
    trial = _tried(text)
    if trial.rank:
        return Extracted(code=_ended(text))
    return Extracted(problem="there is no fenced block")


def _from_blocks(text: str, fences: list[_Fence]) -> Extracted:
    found: dict[int, _Block] = {}
    problem, parsed = "", 0
    for block in _blocks(text, fences):
        trial = _tried(block.code)
        parsed += len(block.code)
        found.setdefault(trial.rank, block)
        problem = problem or f"the last complete block is no program: {trial.problem}"
        if _BEST in found or parsed > _MOST_PARSED:
            break
    if not max(found, default=0):
        return Extracted(problem=problem or "no fenced block is complete")
    block = found[max(found)]
    prose = (text[: block.start].strip() + "\n" + text[block.end :].strip()).strip()
    return Extracted(code=_ended(block.code), prose=prose)


def _blocks(text: str, fences: list[_Fence]) -> Iterator[_Block]:
    """Yield what may be complete blocks, the one that ends last first, the longest of it first.

    A fence inside a program's string looks like the end of its block, and a program may stand in a
    block within a block: so each pair of fences that fits is a candidate, not only neighbours.
    """
    for place in range(len(fences) - 1, -1, -1):
        closing = fences[place]
        for opening in _openings(fences[:place], closing):
            inside = text[opening.end + 1 : closing.start]
            yield _Block(opening.start, closing.end, textwrap.dedent(inside))


def _openings(before: list[_Fence], closing: _Fence) -> list[_Fence]:
    """Return the fences that ``closing`` may close: those that say a language first."""
    fitting = [fence for fence in reversed(before) if closing.closes(fence)]
    named = [fence for fence in fitting if fence.info]
    return named + [fence for fence in fitting if not fence.info]


def _tried(code: str) -> _Trial:
    if len(code) > _MOST_PROGRAM:
        return _Trial(0, f"it is {len(code)} characters long")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a text is no reason to refuse a program
            tree = ast.parse(code)
    except SyntaxError as error:
        return _Trial(0, f"line {error.lineno or 0}: {error.msg}")
    except (ValueError, RecursionError, MemoryError) as error:  # NUL, surrogates, deep nesting
        return _Trial(0, str(error) or "it is nested too deeply")
    rank = _rank(tree)
    return _Trial(rank, "" if rank else "it does nothing")


def _rank(tree: ast.Module) -> int:
    """Return 2 for a program that imports or defines, 1 for one that does something, else 0."""
    if any(isinstance(node, _STANDS_ALONE) for node in ast.walk(tree)):
        return _BEST
    return int(any(isinstance(node, _DOES_SOMETHING) for node in ast.walk(tree)))


def _ended(code: str) -> str:
    return code.strip("\n") + "\n"


def same_program(code: str) -> str:
    """Return a text that is equal for programs that differ in comments and layout only."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.dump(ast.parse(code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return code
