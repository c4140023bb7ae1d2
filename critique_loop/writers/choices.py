"""Reads which values of columns a goal keeps or leaves out."""

from __future__ import annotations

from dataclasses import replace

from critique_loop.writers.cells import Cell
from critique_loop.writers.goal import Goal
from critique_loop.writers.phrases import PHRASES
from critique_loop.writers.request import Filter, either, is_yes_no, quote
from critique_loop.writers.vocabulary import Role

_IS = frozenset({"is", "was", "are", "were", "=", "equals"})


def read_values(goal: Goal) -> None:
    """Account for values of columns: "in Europe", "without Japan", "smokers"."""
    excluding = False
    for at, piece in enumerate(goal.pieces):
        if goal.plays(at, Role.EXCLUDE):
            nearest = goal.after(at)
            excluding = _is_value(goal, nearest)
            if excluding:
                goal.use(at)
        elif at not in goal.used and (piece.cells or _is_value(goal, at)):
            _keep(goal, at, excluded=excluding)
        elif not piece.plays(Role.AND, Role.STOP, Role.IN):
            excluding = False


def _is_value(goal: Goal, at: int) -> bool:
    piece = goal.piece(at)
    if piece is None or at in goal.used:
        return False
    if piece.cells:
        return True
    column = goal.column(at)
    if column is None or not is_yes_no(column):
        return False
    before = goal.before(at)
    if goal.plays(before, Role.BY, Role.COLOUR, Role.VERSUS):
        return False
    plural = piece.text.lower().endswith("s") and not column.name.lower().endswith("s")
    described = goal.plays(at + 1, Role.ENTITY, Role.ROW)
    return plural or described or goal.plays(before, Role.WITH, Role.EXCLUDE)


def _keep(goal: Goal, at: int, *, excluded: bool) -> None:
    name, value = _cell(goal, at)
    _check_meant(goal, at, name)
    column = goal.table.column(name)
    if excluded and len(column.values) == 2 and is_yes_no(column):  # noqa: PLR2004 - yes and no
        value = next(other for other in column.values if other != value)
        excluded = False
    operator = "not in" if excluded else "in"
    same = [f for f in goal.request.filters if f.column == name and f.operator == operator]
    values = {value, *(str(v) for f in same for v in f.values)}
    for old in same:
        goal.request.filters.remove(old)
    ordered = tuple(v for v in column.values if v in values)
    goal.request.filters.append(Filter(name, operator, ordered))
    goal.used.add(at)
    beside = _subject(goal, at)
    named = goal.piece(beside)
    if named and name in named.columns and beside not in goal.used and not _by(goal, beside):
        goal.use(*range(beside, at))


def _subject(goal: Goal, at: int) -> int:
    """Return the index of what stands before the value at ``at``, past "is" or "="."""
    at -= 1
    while goal.text(at).lower() in _IS:
        at -= 1
    return at


def settle_values(goal: Goal) -> None:
    """Let "weather is rain" mean a value, even where "rain" is also said for another column."""
    for at, piece in enumerate(goal.pieces):
        subject = goal.column(_subject(goal, at))
        if subject is None or not piece.columns or goal.text(at - 1).lower() not in _IS:
            continue
        value = next((v for v in subject.values if v.lower() == piece.text.lower()), "")
        if value:
            goal.pieces[at] = replace(piece, columns=(), cells=(Cell(subject.name, value),))


def _check_meant(goal: Goal, at: int, column: str) -> None:
    """Refuse an everyday word that is also a value, as "good", unless its column is beside it."""
    piece = goal.pieces[at]
    beside = [goal.piece(i) for i in (goal.before(at), goal.after(at))]
    named = any(other is not None and column in other.columns for other in beside)
    if piece.cells and piece.text.islower() and (piece.text,) in PHRASES and not named:
        raise goal.refuse(
            f"'{piece.text}' can be a value of {quote(column)}, or just a word.",
            f"Say '{quote(column)[1:-1]} {piece.text}', or leave it out.",
        )


def _by(goal: Goal, at: int) -> bool:
    return goal.plays(goal.before(at), Role.BY, Role.AND)


def _cell(goal: Goal, at: int) -> tuple[str, str]:
    piece = goal.pieces[at]
    if not piece.cells:
        column = goal.table.column(piece.columns[0])
        yes = next(v for v in column.values if v.lower() in {"yes", "true", "y"})
        return column.name, yes
    cells = list(dict.fromkeys(piece.cells))
    beside = {c for i in (at - 1, at + 1) for c in (goal.piece(i) or piece).columns}
    if len(cells) > 1:
        cells = [cell for cell in cells if cell.column in beside] or cells
    if len({(cell.column, cell.value) for cell in cells}) > 1:
        readings = [f"{cell.value} ({quote(cell.column)[1:-1]})" for cell in cells[:4]]
        raise goal.refuse(
            f"'{piece.text}' can mean {either(readings)}.", "Write the value as the table does."
        )
    return cells[0].column, cells[0].value
