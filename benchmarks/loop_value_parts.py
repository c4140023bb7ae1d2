"""The grammar writer with parts of it switched off, and switched on again where advice names them.

A part that is off leaves its lines out of the program, or writes them wrong. Which parts are off in
a fresh draft is drawn by lot; a refinement switches on what the findings it is told are about, and
lets the grammar writer itself mend the layout. It does nothing that nobody named.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from critique_loop.errors import WriterGaveUp
from critique_loop.values import Draft, ExecutionStatus, Lesson, Round, Task
from critique_loop.writers.grammar import GrammarWriter
from critique_loop.writers.starting import decision_about, start_of

OFF_RATE = 0.4
# From a part to what is left out or written wrong: a pattern for lines, and what takes its place.
PARTS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "title": ((r"^ax\.set_title\(.*\n", ""),),
    "labels": ((r"^ax\.set_[xy]label\(.*\n", ""),),
    "legend": ((r"^ax\.legend\(.*\n", ""),),
    "baseline": (
        (r"^(    )?(ax\.bar\(names.*\n)", r"\1\2ax.set_ylim(bottom=0.8 * values.min())\n"),
    ),
    "filter": ((r"^data = data\[data\[.*\n", ""), (r"\.(nlargest|nsmallest)\(\d+\)", "")),
    "aggregate": (
        (r"\.(mean|median)\(\)", ".SUM()"),
        (r"\.sum\(\)", ".mean()"),
        (r"\.SUM\(\)", ".sum()"),
    ),
    "dates": ((r"^data\[.*pd\.to_datetime\(.*\n", ""),),
}
# From what is found to the parts that may mend it.
MENDS: Mapping[str, tuple[str, ...]] = {
    "title_missing": ("title",),
    "label_missing": ("labels",),
    "label_raw": ("labels",),
    "legend_missing": ("legend",),
    "baseline_truncated": ("baseline",),
    "goal_column_missing": ("filter",),
    "values_mismatch": ("filter", "aggregate"),
    "wrong_aggregate": ("aggregate",),
    "run_error": ("dates",),
}
_LAYOUT = frozenset({"ticks_overlap", "text_clipped", "font_tiny", "titles_overlap"})
_NUMBER = re.compile(r"^DRAFT = \d+\n", re.MULTILINE)


def without_number(code: str) -> str:
    """Return a program without the line that makes each draft another program."""
    return _NUMBER.sub("", code)


def with_parts_off(plain: str, off: Collection[str]) -> str:
    """Return a program without what the parts in ``off`` would have written."""
    code = plain
    for part in PARTS:
        for pattern, instead in PARTS[part] if part in off else ():
            code = re.sub(pattern, instead, code, flags=re.MULTILINE)
    return code


def parts_of(plain: str) -> list[str]:
    """Return the parts without which a program is another one."""
    return [part for part in PARTS if with_parts_off(plain, [part]) != plain]


@dataclass(frozen=True, slots=True)
class _Made:
    """What a program was made of: that of the whole grammar writer, and the parts left out."""

    plain: str
    off: frozenset[str]


class PartsWriter:
    """Drafts for one run of one task; ``chance`` says which parts are off in a fresh draft."""

    name = "grammar, parts off"

    def __init__(self, chance: random.Random) -> None:
        """Begin with nothing written."""
        self._chance = chance
        self._made: dict[str, _Made] = {}
        self._grammar = GrammarWriter()

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        """Return a fresh draft, or the program to go on from with what is named switched on.

        Raises:
            WriterGaveUp: nothing that is named can be switched on or mended.
        """
        del lessons
        made = await (self._refined(task, history) if history else self._fresh(task))
        number = f"DRAFT = {len(self._made) + 1}\n"
        code = number + with_parts_off(made.plain, made.off)
        self._made[code] = made
        return Draft(code, self.name)

    async def _fresh(self, task: Task) -> _Made:
        plain = (await self._grammar.draft(task, history=())).code
        off = frozenset(part for part in parts_of(plain) if self._chance.random() < OFF_RATE)
        return _Made(plain, off)

    async def _refined(self, task: Task, history: Sequence[Round]) -> _Made:
        start = start_of(task, history)
        before = self._made[start.code]
        left = decision_about(start, history).skipped
        named = {f.code for f in start.critique.findings if f.code not in left}
        if start.execution.status is not ExecutionStatus.OK:
            named.add("run_error")  # the traceback says so, whatever a critic says
        on = {part for code in named for part in MENDS.get(code, ())}
        made = _Made(await self._laid_out(task, history, before.plain), before.off - on)
        if made == before:
            raise WriterGaveUp(f"nothing to switch on for {', '.join(sorted(named)) or 'nothing'}")
        return made

    async def _laid_out(self, task: Task, history: Sequence[Round], plain: str) -> str:
        """Return the next program of the grammar writer, which sees only faults of the layout."""
        seen = [self._as_whole(turn) for turn in history]
        try:
            return (await self._grammar.draft(task, history=seen)).code
        except WriterGaveUp:
            return plain

    def _as_whole(self, turn: Round) -> Round:
        findings = tuple(f for f in turn.critique.findings if f.code in _LAYOUT)
        draft = replace(turn.draft, code=self._made[turn.code].plain)
        execution = replace(turn.execution, status=ExecutionStatus.OK)
        critique = replace(turn.critique, findings=findings)
        return replace(turn, draft=draft, execution=execution, critique=critique)
