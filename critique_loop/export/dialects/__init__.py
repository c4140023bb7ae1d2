"""Examples as the rows that trainers read: the same facts under each trainer's names."""

from __future__ import annotations

from typing import Protocol

from critique_loop.errors import CallError
from critique_loop.export.dialects.axolotl import Axolotl
from critique_loop.export.dialects.llama_factory import LlamaFactory
from critique_loop.export.dialects.nemo_rl import NemoRl
from critique_loop.export.dialects.openai import OpenAi
from critique_loop.export.dialects.shapes import Row, Shape
from critique_loop.export.dialects.trl import Trl
from critique_loop.values import Example, ExampleKind


class Dialect(Protocol):
    """How one family of trainers wants its rows.

    Without ``has_meta`` a row has no place for where it comes from. ``pictures`` says how they may
    be there: "embed", "beside".
    """

    name: str
    kinds: frozenset[ExampleKind]
    has_meta: bool
    pictures: frozenset[str]

    def shape(self, kind: ExampleKind, *, pictures: bool = False) -> Shape:
        """Return the columns of rows of this kind."""
        ...

    def row(self, example: Example, *, pictures: bool = False) -> Row:
        """Return the row of an example, without pictures and meta."""
        ...


DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect for dialect in (Trl(), OpenAi(), LlamaFactory(), Axolotl(), NemoRl())
}


def dialect_of(name: str, kind: ExampleKind) -> Dialect:
    """Return the dialect called ``name``.

    Raises:
        CallError: there is none, or it has no rows of this kind.
    """
    found = DIALECTS.get(name)
    if found is None:
        known = ", ".join(DIALECTS)
        raise CallError(f"there is no dialect {name!r}", remedy=f"Dialects: {known}.")
    if kind not in found.kinds:
        kinds = ", ".join(sorted(found.kinds))
        raise CallError(
            f"the dialect {name} has no rows of the kind {kind.value}", remedy=f"It has: {kinds}."
        )
    return found
