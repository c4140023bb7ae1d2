"""Inputs on which a mutant may show itself: those of a task's tests, and neighbours of them.

They are made from what the tests and examples hand over, not from the types of the parameters, so
that they stay near what the task is about, and so that this judgement shares nothing with the
checks of the product. A neighbour on which the reference raises anything but a ValueError, or takes
long, asks for what the task does not say, and is left out.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from copy import deepcopy
from typing import cast

from code_task_list import CodeTask
from mutation_calls import Outcome, called, loaded

Arguments = tuple[object, ...]

MOST_TWEAKS = 3
FOREIGN = " aAzé0-9,."
WIDEST = 1_000_000


def inputs(task: CodeTask, *, most: int = 300, seed: int = 0) -> list[Arguments]:
    """Return arguments for the task's function: first those of its tests, then neighbours."""
    given = recorded(task)
    chance = random.Random(f"{seed} {task.task_id}")  # noqa: S311 - a simulation
    function = loaded(task.reference, task.entry_point)
    found = {repr(arguments): arguments for arguments in given}
    for _ in range(20 * most):
        if len(found) >= most:
            break
        arguments = chance.choice(given)
        for _ in range(chance.randint(1, MOST_TWEAKS)):
            arguments = cast("Arguments", tweaked(arguments, chance))
        if repr(arguments) not in found and _is_asked_for(called(function, arguments)):
            found[repr(arguments)] = arguments
    return list(found.values())


def recorded(task: CodeTask) -> list[Arguments]:
    """Return the arguments of every call that the task's tests and examples make."""
    found: dict[str, Arguments] = {}
    function = loaded(task.reference, task.entry_point)

    def record(*arguments: object) -> object:
        found.setdefault(repr(arguments), deepcopy(arguments))
        return function(*arguments)

    names: dict[str, object] = {task.entry_point: record}
    exec(compile(task.tests, "tests", "exec"), names)  # noqa: S102 - our own tests
    return list(found.values())


def _is_asked_for(outcome: Outcome) -> bool:
    return outcome.error in ("", "ValueError")


def tweaked(value: object, chance: random.Random) -> object:
    """Return a value of the same kind that is a little different."""
    if isinstance(value, bool | int | float):
        return _tweaked_number(value, chance)
    if isinstance(value, str):
        return chance.choice(TEXT_TWEAKS)(value, chance)
    if isinstance(value, tuple):
        return tuple(_one_tweaked(list(cast("tuple[object, ...]", value)), chance))
    if isinstance(value, list):
        return chance.choice(LIST_TWEAKS)(cast("list[object]", value), chance)
    if isinstance(value, dict):
        return _tweaked_dict(cast("dict[object, object]", value), chance)
    return value


def _tweaked_number(value: float, chance: random.Random) -> float:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return chance.choice([value + 1, value - 1, -value, 0, min(2 * value, WIDEST), value + 7])
    return chance.choice([value + 0.5, -value, 0.0, value * 3, round(value + 0.005, 3)])


def _one_tweaked(items: list[object], chance: random.Random) -> list[object]:
    if not items:
        return items
    place = chance.randrange(len(items))
    return [*items[:place], tweaked(items[place], chance), *items[place + 1 :]]


def _tweaked_dict(given: dict[object, object], chance: random.Random) -> dict[object, object]:
    if not given:
        return given
    key = chance.choice(list(given))
    others = {name: value for name, value in given.items() if name != key}
    kind = chance.randrange(4)
    if kind == 0:
        return others
    if kind == 1:
        return {tweaked(key, chance): given[key], **others}
    if kind == 2:  # noqa: PLR2004 - the third kind
        return {**given, tweaked(key, chance): deepcopy(given[key])}
    return {**given, key: tweaked(given[key], chance)}


def _cut(text: str, chance: random.Random) -> str:
    place = chance.randrange(len(text) + 1)
    return text[:place] + text[place + 1 :]


def _put_in(text: str, chance: random.Random) -> str:
    place = chance.randrange(len(text) + 1)
    return text[:place] + chance.choice(text + FOREIGN) + text[place:]


def _doubled(text: str, chance: random.Random) -> str:
    begin, end = sorted(chance.choices(range(len(text) + 1), k=2))
    return text[:end] + text[begin:end] + text[end:]


def _exchanged(text: str, chance: random.Random) -> str:
    letters = list(text)
    chance.shuffle(letters)
    return "".join(letters)


def _other_digit(text: str, chance: random.Random) -> str:
    digits = [place for place, letter in enumerate(text) if letter in "0123456789"]
    if not digits:
        return text.swapcase()
    place = chance.choice(digits)
    return text[:place] + str(chance.randrange(10)) + text[place + 1 :]


def _fewer(items: list[object], chance: random.Random) -> list[object]:
    place = chance.randrange(len(items) + 1)
    return items[:place] + items[place + 1 :]


def _more(items: list[object], chance: random.Random) -> list[object]:
    return [*items, deepcopy(chance.choice(items))] if items else items


def _shuffled(items: list[object], chance: random.Random) -> list[object]:
    return chance.sample(items, len(items))


def _more_tweaked(items: list[object], chance: random.Random) -> list[object]:
    return [*items, tweaked(chance.choice(items), chance)] if items else items


TextTweak = Callable[[str, random.Random], str]
ListTweak = Callable[[list[object], random.Random], list[object]]
TEXT_TWEAKS: tuple[TextTweak, ...] = (_cut, _put_in, _doubled, _exchanged, _other_digit)
LIST_TWEAKS: tuple[ListTweak, ...] = (_fewer, _more, _shuffled, _one_tweaked, _more_tweaked)
