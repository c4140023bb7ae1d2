"""Whether what a critic names as evidence can be found again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from critique_loop.definitions.fences import harmless
from critique_loop.definitions.telling import told_facts, visible_suites
from critique_loop.values import Draft, Evidence, Execution, Finding, Task

_QUOTE = re.compile(r"`+([^`\n]{1,500})`+|\"([^\"\n]{3,500})\"|\u201c([^\u201d\n]{3,500})\u201d")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w])")
_WORD = re.compile(r"[A-Za-z][\w-]*")
_TOLD = 60
_SMALL = 10  # "two of 3" is no measurement


class Sources:
    """Everything a critic was shown that can be searched."""

    def __init__(
        self, task: Task, draft: Draft, execution: Execution, findings: Iterable[Finding]
    ) -> None:
        """Take the texts of the task, the program, its output and what was measured."""
        found = list(findings)
        facts = told_facts((execution.evidence or Evidence()).facts)
        measured = [
            *(f"{finding.message} {finding.advice} {finding.place}" for finding in found),
            *(json.dumps(dict(finding.numbers), default=str) for finding in found),
            json.dumps(facts, ensure_ascii=False, default=str),
        ]
        columns = [column for table in task.tables for column in table.columns]
        names = [column.name for column in columns]
        values = [value for column in columns for value in column.values]
        spec = task.code
        asked = [spec.signature, *(s.source for s in visible_suites(spec))] if spec else []
        shown = [task.goal, *asked, draft.code, execution.stdout, execution.stderr, *measured]
        text = "\n".join([*shown, *names, *values])
        self._text = _squeezed(text) + "\n" + _squeezed(harmless(text))
        self._numbers = set(_NUMBER.findall("\n".join(measured)))
        self._codes = {finding.code for finding in found}

    def doubt(self, evidence: str) -> str:
        """Return why ``evidence`` can't be believed as it stands, "" where it can be found again.

        Every quotation must be there. Evidence without any must name a finding or give a measured
        number.
        """
        quotes = ["".join(found) for found in _QUOTE.findall(evidence)]
        strange = next((quote for quote in quotes if not self._has(quote)), None)
        if strange is not None:
            return f"{harmless(strange[:_TOLD])!r} is nowhere"
        if quotes or self._codes.intersection(_WORD.findall(evidence)):
            return ""
        numbers = [number for number in _NUMBER.findall(evidence) if float(number) >= _SMALL]
        if self._numbers.intersection(numbers):
            return ""
        return "nothing in it can be checked"

    def _has(self, quote: str) -> bool:
        if quote.strip() in self._codes:
            return True
        parts = [_squeezed(part) for part in re.split(r"\.\.\.|\u2026", quote)]
        return any(parts) and all(part in self._text for part in parts)


def _squeezed(text: str) -> str:
    return "".join(text.split())
