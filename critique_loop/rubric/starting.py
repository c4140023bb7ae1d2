"""A rubric file to begin with: it can be loaded as it is, and says what else there is to say."""

from __future__ import annotations

from critique_loop.rubric.writing import comment, literal
from critique_loop.values import Rubric, TaskKind

_FAILS = {TaskKind.CHART: "draw something", TaskKind.CODE: "do what it was asked for"}
_CODES = {TaskKind.CHART: "run_error = 10, blank_image = 10", TaskKind.CODE: "run_error = 10"}

_HEAD = """\
# What a {kind} has to be. Look at it with: critique-loop rubric check THIS-FILE
name = {name}
description = {description}
"""

_ALONE = """\
# A draft is accepted when it passes all gates, no dimension is unscored, and the weighted mean of
# the scores (0 to 10) reaches the target.
target = 8.0

# What is measured: each finding takes its points off a full 10, and an error keeps the score below
# the pass mark. No model is needed, and none can overrule it.
[[dimensions]]
name = "runs"
question = "Does the program run, and {does}?"
gate = true
pass_mark = 8.0
checks = {{ {codes} }}
"""

_EXTENDED = """\
# All of that rubric, but for what is said here. It has: {names}.
extends = {extends}
# without = [{last}]
# target = {target!r}

# A dimension of a name that is there changes only the keys it gives.
# [[dimensions]]
# name = {first}
# weight = 3.0
"""

_JUDGED = """
# What nothing measures: a model (--critic-model) or a person chooses one of the levels. Until then
# it is unscored, and nothing is accepted. Write levels that two people would choose alike.
[[dimensions]]
name = {name}
question = "Would you show it to a colleague as it is?"
weight = 1.0
pass_mark = 7.0
scored_by = ["model", "person"]
applies_to = [{kind}]

[dimensions.levels]
0 = "it would mislead them"
4 = "they would ask what it means"
7 = "they would understand it"
10 = "they would ask for the next one"
"""


def starter(name: str, kind: TaskKind, *, extends: str = "", parent: Rubric | None = None) -> str:
    """Return the text of a new rubric called ``name`` for tasks of ``kind``.

    ``extends`` is what the file is to say that it builds on, ``parent`` the rubric it means.
    """
    description = f"A {kind.value} that can be used as it is."
    head = _HEAD.format(kind=kind.value, name=literal(name), description=literal(description))
    if parent is None:
        body = _ALONE.format(does=_FAILS[kind], codes=_CODES[kind])
        taken = {"runs"}
    else:
        names = [dimension.name for dimension in parent.dimensions]
        body = _EXTENDED.format(
            names=comment(", ".join(names)).removeprefix("# "),
            extends=literal(extends),
            first=literal(names[0]),
            last=literal(names[-1]),
            target=parent.target,
        )
        taken = {each.casefold() for each in names}
    judged = "usable" if "usable" not in taken else f"usable {len(taken) + 1}"
    return head + body + _JUDGED.format(name=literal(judged), kind=literal(kind.value))
