"""Texts of traces without what is to go, each as its place in a trace asks for."""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePath

from critique_loop._credentials import without_secrets
from critique_loop.store.fields import FILES, PROGRAMS, has, is_free
from critique_loop.store.known_values import KnownValues, OfTables
from critique_loop.store.literals import PLACEHOLDER, Literals
from critique_loop.store.masking import BLANK, masked_program, within_literals, without_numbers
from critique_loop.store.paths import without_paths
from critique_loop.store.redaction import Redaction
from critique_loop.store.styling import Drawing

_REMEMBERED = 8192
_MOST_REMEMBERED = 4096
_MOST_TABLES = 16
_MOST_TURNS = 5
# A file keeps the end of its name only where that tells nothing but its format.
_SUFFIXES = frozenset(
    {
        ".bmp", ".csv", ".gif", ".html", ".jpeg", ".jpg", ".json", ".jsonl", ".log", ".md", ".pdf",
        ".png", ".py", ".svg", ".tex", ".tif", ".tiff", ".toml", ".tsv", ".txt", ".webp", ".xlsx",
        ".xml", ".yaml", ".yml",
    }
)  # fmt: skip


class Rewording:
    """Says what is to stand for a text of the run that was entered last."""

    def __init__(self, redaction: Redaction, known: KnownValues) -> None:
        """``known`` is what the runs themselves tell of what is to go."""
        self._redaction = redaction
        self._values = known
        self._anywhere = Literals(known.texts)
        self._ends_of = lru_cache(_MOST_TABLES)(self._ends)
        self._of_tables = lru_cache(_MOST_TABLES)(self._literals)
        self._tables = ""
        # Rubrics, names and prompts are the same in many steps.
        self._remembered = lru_cache(_MOST_REMEMBERED)(self._settled)

    def enter(self, run_id: str) -> None:
        """Go on with the texts of this run."""
        self._tables = self._values.of_run.get(run_id, "")

    @property
    def tables(self) -> OfTables:
        """What is to go because of the tables of the run."""
        return self._values.tables.get(self._tables) or OfTables()

    def text(self, text: str, *, owner: type = object, field: str = "") -> str:
        """Return a text of this field without what is to go."""
        if len(text) > _REMEMBERED:
            return self._settled(text, owner, field, self._tables)
        return self._remembered(text, owner, field, self._tables)

    def _settled(self, text: str, owner: type, field: str, tables: str) -> str:
        """Reword until nothing changes any more: what goes may lay bare what stood beside it."""
        for _ in range(_MOST_TURNS):
            found = self._once(text, tables, owner=owner, field=field)
            if found == text:
                break
            text = found
        return text

    def _once(self, text: str, tables: str, *, owner: type, field: str) -> str:
        of = self._values.tables.get(tables) or OfTables()
        is_program = has(PROGRAMS, owner, field)
        if has(FILES, owner, field) and (of.numbers or of.unknown):
            return self._file(text)
        short = self._of_tables(tables)
        found = self._anywhere.replaced(text)
        found = within_literals(found, short.replaced) if is_program else short.replaced(found)
        if self._redaction.secrets:
            found = without_secrets(found, self._secret)
        if self._redaction.paths:
            found = without_paths(found, self._path)
        if is_program and (of.numbers or of.unknown):
            drawing = Drawing(of.ranges, self._ends_of(tables))
            names = of.columns | of.files
            return masked_program(found, names, texts=of.unknown, drawing=drawing)
        if of.ends:
            found = self._ends_of(tables).replaced(found)
        if not found or not is_free(owner, field):
            return found
        if of.unknown:
            return BLANK
        return without_numbers(found) if of.numbers else found

    def _file(self, name: str) -> str:
        """Return the same for the same file, wherever a step names it."""
        suffix = PurePath(name).suffix.lower()
        suffix = suffix if suffix in _SUFFIXES else ""
        if not name or PLACEHOLDER.fullmatch(name.removesuffix(suffix)):
            return name
        return self._values.placeholder(f"file {name}", "file") + suffix

    def _ends(self, tables: str) -> Literals:
        found = self._values.tables.get(tables)
        return Literals(found.ends if found else {})

    def _literals(self, tables: str) -> Literals:
        found = self._values.tables.get(tables)
        return Literals(found.texts if found else {})

    def _secret(self, text: str) -> str:
        return self._values.placeholder(text, "secret")

    def _path(self, text: str) -> str:
        suffix = PurePath(text).suffix
        return self._values.placeholder(text, "path") + (suffix if suffix[1:].isalnum() else "")
