"""Write recipes/recorded/code_from_tests.jsonl: two programs as a model would give them.

python tests/record_code_from_tests.py

They were written by hand; no model gave them. They are found by the exact question, so this has to
run again when the writer's prompt, or what is measured on the first program, has changed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from critique_loop.coding import code
from critique_loop.models.recorded import Recording
from critique_loop.testing import ScriptedModel
from critique_loop.values import Usage
from critique_loop.writers.model import ModelWriter

RECIPES = Path(__file__).parents[1] / "recipes"
DATA = RECIPES / "data"
ABOUT = "Programs written by hand for recipes/code_from_tests.py; no model gave them."
FIRST = '''\
I sort the intervals and join each one to the last where they overlap.

```python
"""Intervals of whole numbers."""


def merge(intervals: list[list[int]]) -> list[list[int]]:
    """Return the fewest intervals that cover the same numbers, in ascending order."""
    intervals.sort()
    merged: list[list[int]] = []
    for interval in intervals:
        if merged and interval[0] <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], interval[1])
        else:
            merged.append(interval)
    return merged
```
'''
SECOND = '''\
Intervals that touch are joined now, too, and the given list stays as it is.

```python
"""Intervals of whole numbers."""


def merge(intervals: list[list[int]]) -> list[list[int]]:
    """Return the fewest intervals that cover the same numbers, in ascending order."""
    merged: list[list[int]] = []
    for first, last in sorted(intervals):
        if merged and first <= merged[-1][1] + 1:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    return merged
```
'''


def main() -> int:
    """Run the recipe's loop once, and keep what its writer says."""
    path = RECIPES / "recorded" / "code_from_tests.jsonl"
    path.unlink(missing_ok=True)
    written = ScriptedModel([FIRST, SECOND], name="written by hand", usage=Usage(700, 150))
    model = Recording(path, about=ABOUT).model("writer", asking=written)
    outcome = code(
        signature=DATA / "intervals.py",
        tests=DATA / "intervals_tests.json",
        hidden_tests=DATA / "intervals_hidden.json",
        rubric=DATA / "intervals.toml",
        writer=ModelWriter(model, definition="code_writer"),
        store=None,
    )
    return 0 if outcome.accepted else 1


if __name__ == "__main__":
    sys.exit(main())
