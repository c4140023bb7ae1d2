"""What is to go from copies of traces that are shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from critique_loop.errors import CallError

# A grey pixel: what shows pictures has one to show.
NO_PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a4944415478da6368000000820081da45083b0000000049454e44ae426082"
)
_FLAGS = ("paths", "secrets", "pictures", "values")
_NAMED = ("column", "value")


@dataclass(frozen=True, slots=True)
class Redaction:
    """What is to go.

    ``paths``: absolute paths and home folders. ``secrets``: keys, tokens and passwords, by how they
    look. ``pictures``: what was drawn. ``values``: the values of all columns of all tables.
    ``columns``: those of the columns of these names. ``texts``: these texts, wherever they stand.
    Where values or texts go, pictures do, too: they show them.
    """

    paths: bool = False
    secrets: bool = False
    pictures: bool = False
    values: bool = False
    columns: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    @classmethod
    def of(cls, words: Sequence[str]) -> Redaction:
        """Return what ``words`` ask for: a field's name, ``column=NAME`` or ``value=TEXT``.

        Raises:
            CallError: a word asks for nothing that is known.
        """
        flags: dict[str, bool] = {}
        named: dict[str, list[str]] = {name: [] for name in _NAMED}
        for word in words:
            name, equals, rest = word.partition("=")
            if word in _FLAGS:
                flags[word] = True
            elif name in _NAMED and equals and rest.strip():
                named[name].append(rest)
            else:
                raise CallError(
                    f"{word!r} is nothing that can be redacted",
                    remedy=f"Say {', '.join(_FLAGS)}, column=NAME or value=TEXT.",
                )
        return cls(**flags, columns=tuple(named["column"]), texts=tuple(named["value"]))

    @property
    def hides_pictures(self) -> bool:
        """Whether pictures go: by themselves, or for what they show."""
        return self.pictures or self.of_values

    @property
    def of_values(self) -> bool:
        """Whether anything goes that a picture or a file could show."""
        return self.values or bool(self.columns or self.texts)

    def wants(self, column: str) -> bool:
        """Return whether the values of a column of this name are to go."""
        return self.values or column in self.columns

    def described(self) -> tuple[str, ...]:
        """Return it in words that tell nothing of what went."""
        flags = tuple(name for name in _FLAGS if getattr(self, name))
        columns = tuple(f"column={name}" for name in self.columns)
        texts = (f"{len(self.texts)} literal texts",) if self.texts else ()
        return flags + columns + texts


@dataclass(frozen=True, slots=True)
class RedactionNote:
    """What the settings of a redacted run tell of what was done to it.

    ``what`` are words as ``Redaction.described`` gives them, those of redactions before it first.
    ``rewritten`` are the rounds whose programs no longer run as they did; None: it is not known
    which, so any may be.
    """

    what: tuple[str, ...]
    rewritten: frozenset[int] | None

    @classmethod
    def of(cls, settings: Mapping[str, object]) -> RedactionNote | None:
        """Return the note in ``Started.settings``; None: the run is as it was."""
        if "redacted" not in settings:
            return None
        found = settings["redacted"]
        note = cast("dict[str, object]", found if isinstance(found, dict) else {})
        rounds = note.get("rewritten_rounds")
        numbers = cast("list[object]", rounds) if isinstance(rounds, list) else None
        are_numbers = numbers is not None and all(type(each) is int for each in numbers)
        return cls(
            _words(note),
            frozenset(cast("list[int]", numbers)) if are_numbers else None,
        )

    def rewrote(self, number: int) -> bool:
        """Return whether the program of a round may run otherwise than it did."""
        return self.rewritten is None or number in self.rewritten


def _words(note: object) -> tuple[str, ...]:
    """Return what a note and those before it tell, each word once."""
    told: list[list[object]] = []
    while isinstance(note, dict):
        fields = cast("dict[str, object]", note)
        what = fields.get("what")
        told.append(cast("list[object]", what) if isinstance(what, list) else [])
        note = fields.get("before")
    return tuple(dict.fromkeys(str(word) for words in reversed(told) for word in words))
