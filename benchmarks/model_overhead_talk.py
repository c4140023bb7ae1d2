"""What is said in one exchange of the overhead benchmark: writer, critic, writer, critic.

Everybody sends the prompts of the shipped agents and gets the same answers. This module imports
nothing outside of Python: it runs in the rivals' environments, too.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

_AGENTS = Path(__file__).resolve().parents[1] / "agents"
KEY = "sk-benchmark"
CALLS = 4
TEMPERATURE = 0.2
MAX_TOKENS = 2000

_PROGRAM = """\
Monthly averages, with the years told apart.

```python
import matplotlib.pyplot as plt
import pandas as pd

# draft {number}
table = pd.read_csv("weather.csv", parse_dates=["date"])
table["month"] = table["date"].dt.month
table["year"] = table["date"].dt.year
means = table.groupby(["year", "month"])["temperature"].mean().unstack(0)

fig, ax = plt.subplots(figsize=(8, 5), layout="constrained")
for year in means.columns:
    ax.plot(means.index, means[year], marker="o", linewidth=1.5, label=str(year))
ax.set_title("Average temperature by month")
ax.set_xlabel("Month")
ax.set_ylabel("Temperature (°C)")
ax.set_xticks(range(1, 13))
ax.grid(axis="y", alpha=0.3)
ax.legend(title="Year", loc="upper left", bbox_to_anchor=(1, 1))
fig.savefig("chart.png", dpi=150)
```
"""
_CRITIQUE = (
    "`ax.legend` stands beside the data and `ax.set_title` says what is shown; the order of the "
    "months is right. The lines of the years are hard to tell apart where they cross."
)


def prompt(role: str) -> str:
    """Return the system prompt of the shipped chart writer or chart critic."""
    text = (_AGENTS / f"chart_{role}.md").read_text(encoding="utf-8")
    return text.split("+++", 2)[2].strip()


def goal(number: int) -> str:
    """Return the goal of an exchange, another one each time."""
    return f"How does the average temperature change over the months of a year? Station {number}."


def question(number: int, program: str = "", critique: str = "") -> str:
    """Return what the user says to writer or critic."""
    parts = [f"Goal: {goal(number)}"]
    if program:
        parts.append(f"The program:\n{program}")
    if critique:
        parts.append(f"Its critique:\n{critique}")
    return "\n\n".join(parts)


def answer(asked: str) -> str:
    """Return what the server answers to a conversation: a program or, to a critic, a critique."""
    if _JUDGES in asked:
        return _CRITIQUE
    return _PROGRAM.format(number=hashlib.sha256(asked.encode()).hexdigest()[:12])


_JUDGES = prompt("critic").partition("\n")[0]
