"""Make the recordings that the recipes replay, from the answers below: no model is asked.

python recipes/record.py                                  # after a prompt or a program has changed
"""

from __future__ import annotations

import json
from pathlib import Path

import own_critic
import panel  # noqa: ICN001 - a recipe, not the library of that name

from critique_loop.models.recorded import Recording
from critique_loop.testing import ScriptedModel

HERE = Path(__file__).parent / "recorded"
ABOUT = (
    "No model said this: the answers are written down in recipes/record.py. They show how "
    "the parts of the recipe work together."
)
FIRST = '''\
It keeps letters and digits and joins what is left.

```python
import re


def slug(title: str) -> str:
    """Return the title as a part of a URL."""
    return "-".join(re.findall(r"[a-z0-9]+", title.lower()))
```
'''
SECOND = '''\
The docstring now shows an example.

```python
import re


def slug(title: str) -> str:
    """Return the title as a part of a URL.

    >>> slug("Hello, World!")
    'hello-world'
    """
    return "-".join(re.findall(r"[a-z0-9]+", title.lower()))
```
'''


def judged(readable: int, careful: int, about_care: str) -> str:
    """Return the answer of a judge."""
    said = {
        "readable": {
            "evidence": "`half = len(ordered) // 2` names what it is.",
            "advice": "",
            "score": readable,
        },
        "careful": {
            "evidence": about_care,
            "advice": "Say in the docstring what happens without any values.",
            "score": careful,
        },
    }
    return json.dumps(said)


def main() -> None:
    """Write both files anew."""
    for name in ("own_critic", "panel"):
        (HERE / f"{name}.jsonl").unlink(missing_ok=True)

    writer = ScriptedModel([FIRST, SECOND], name="scripted writer")
    recording = Recording(HERE / "own_critic.jsonl", about=ABOUT)
    outcome = own_critic.run(recording.model("writer", asking=writer))
    print(f"own_critic: {outcome.stopped_because.value}, {len(outcome.rounds)} rounds")

    answers = (
        judged(8, 8, "`ordered = sorted(values)` leaves the caller's list as it is."),
        judged(8, 3, "`ordered[half - 1]` fails without any values, and nothing says so."),
    )
    recording = Recording(HERE / "panel.jsonl", about=ABOUT)
    judges = [
        recording.model(label, asking=ScriptedModel([answer], name=f"scripted {label}"))
        for label, answer in zip(panel.JUDGES, answers, strict=True)
    ]
    outcome = panel.run(judges)
    notes = outcome.critique.notes if outcome.critique else (outcome.message,)
    print(f"panel: {len(outcome.rounds)} round, {'; '.join(notes)}")


if __name__ == "__main__":
    main()
