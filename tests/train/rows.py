"""Rows as somebody would write them who does not know what trainers make of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, cast

Row = dict[str, object]
Said = list[dict[str, object]]


class Trap(NamedTuple):
    """Rows that stop a trainer, the errors it ends with, and what they say."""

    method: str
    rows: list[Row]
    error: type[Exception] | tuple[type[Exception], ...]
    says: str = ""


GOALS = ("miles per gallon by year", "weight by origin", "power by weight", "cars by maker")
_RULES = "You write one program that draws one chart."


def asked(goal: str) -> Said:
    return [{"role": "system", "content": _RULES}, {"role": "user", "content": goal}]


def answered(text: str | None) -> Said:
    return [{"role": "assistant", "content": text}]


def good(goal: str) -> str:
    return f"It shows {goal}.\n\n```python\nfig.savefig('chart.png')  # {goal}\n```"


def bad(goal: str) -> str:
    return f"```python\nraise KeyError('{goal}')\n```"


def sft(goal: str, **more: object) -> Row:
    return {"prompt": asked(goal), "completion": answered(good(goal)), **more}


def conversation(goal: str, **more: object) -> Row:
    return {"messages": asked(goal) + answered(good(goal)), **more}


def preference(goal: str, **more: object) -> Row:
    chosen, rejected = answered(good(goal)), answered(bad(goal))
    return {"prompt": asked(goal), "chosen": chosen, "rejected": rejected, **more}


def reward(goal: str, **more: object) -> Row:
    chosen, rejected = answered(good(goal)), answered(bad(goal))
    said = asked(goal)
    return {"chosen": said + chosen, "rejected": said + rejected, "margin": 0.5, **more}


def kto(goal: str, *, label: object, text: str = "") -> Row:
    answer = text or (good(goal) if label else bad(goal))
    return {"prompt": asked(goal), "completion": answered(answer), "label": label}


def write(folder: Path, rows: Iterable[Row]) -> Path:
    """Write rows as a file that trainers read."""
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def rows_of(file: Path) -> list[Row]:
    """Read rows as they stand in the file, without what a library adds."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def text_of(said: object) -> str:
    """Return the words of the last message."""
    return str(cast("Said", said)[-1]["content"])


def words(row: Row) -> list[str]:
    """Return all that is said in a row of conversations."""
    said = [cast("Said", row[name]) for name in ("prompt", "completion")]
    return [str(turn["content"]) for turns in said for turn in turns]
