"""A goal while it is read: its pieces, which of them are accounted for, and what they asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from critique_loop.errors import WriterGaveUp
from critique_loop.values import Column, Table
from critique_loop.writers.request import Request, either, is_measure, is_time, quote, refusal
from critique_loop.writers.segments import Piece
from critique_loop.writers.vocabulary import Role

PASSIVE = (Role.STOP, Role.SOFT, Role.ENTITY, Role.APART)


@dataclass(slots=True)
class Goal:
    """The pieces of one goal sentence about one table, and the request read from them so far."""

    table: Table
    pieces: list[Piece]
    request: Request = field(default_factory=Request)
    used: set[int] = field(default_factory=set[int])

    def piece(self, at: int) -> Piece | None:
        """Return the piece at an index, None outside the goal."""
        return self.pieces[at] if 0 <= at < len(self.pieces) else None

    def plays(self, at: int, *roles: Role) -> bool:
        """Whether there is an unused piece at ``at`` that can play one of ``roles``."""
        piece = self.piece(at)
        return piece is not None and at not in self.used and piece.plays(*roles)

    def column(self, at: int) -> Column | None:
        """Return the column that the unused piece at ``at`` names, if it does."""
        piece = self.piece(at)
        if piece is None or at in self.used or not piece.columns:
            return None
        return self.table.column(piece.columns[0])

    def before(self, at: int) -> int:
        """Return the index of the nearest piece before ``at`` that is not a stop word."""
        at -= 1
        while at >= 0 and self._passive(at):
            at -= 1
        return at

    def after(self, at: int) -> int:
        """Return the index of the nearest piece after ``at`` that is not a stop word."""
        at += 1
        while at < len(self.pieces) and self._passive(at):
            at += 1
        return at

    def _passive(self, at: int) -> bool:
        return all(role in PASSIVE for role, _ in self.pieces[at].meanings) and not (
            self.pieces[at].columns or self.pieces[at].cells
        )

    def use(self, *indexes: int) -> None:
        """Mark pieces as accounted for, and remember how the goal called their columns."""
        for at in indexes:
            self.used.add(at)
            for column in self.pieces[at].columns[:1]:
                self.request.wording.setdefault(column, self.pieces[at].text)

    def text(self, at: int) -> str:
        """Return the words of the piece at ``at``, "" outside the goal."""
        piece = self.piece(at)
        return piece.text if piece else ""

    def refuse(self, problem: str, remedy: str = "") -> WriterGaveUp:
        """Return the refusal of this goal."""
        return refusal(problem, self.table, remedy)

    def measure(self, at: int) -> Column | None:
        """Return the column of numbers that the piece at ``at`` names, if it does."""
        column = self.column(at)
        return column if column is not None and is_measure(column) else None

    def time_column(self) -> Column:
        """Return the column that holds the time.

        Raises:
            WriterGaveUp: there is none, or more than one.
        """
        times = [column for column in self.table.columns if is_time(column)]
        named = {name for piece in self.pieces for name in piece.columns}
        chosen = [column for column in times if column.name in named] or times
        if len(chosen) == 1:
            return chosen[0]
        if not chosen:
            raise self.refuse("The goal speaks of time, and no column holds dates or years.")
        names = [column.name for column in chosen]
        raise self.refuse(
            f"The goal speaks of time, which can mean {either(names)}.",
            f"Say which one, e.g. 'by {quote(names[0])[1:-1]}'.",
        )
