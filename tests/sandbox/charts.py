"""A chart of the tests: a goal, a table, a program."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent

_START = """\
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

data = pd.read_csv("{table}")
"""
_END = 'plt.savefig("chart.png")\n'


@dataclass(frozen=True)
class Chart:
    """A goal, the table it is about, and the program that answers it."""

    table: str
    goal: str
    program: str


def clean_chart(table: str, goal: str, body: str, end: str = _END) -> Chart:
    """Make a chart of the lines that draw it."""
    return Chart(table, goal, _START.format(table=table) + dedent(body).lstrip() + end)
