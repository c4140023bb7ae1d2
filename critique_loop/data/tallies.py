"""What the parts of a column add up to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from critique_loop.data import times
from critique_loop.data.frames import Piece, moments
from critique_loop.data.numerals import Notation
from critique_loop.values import Column, ColumnKind

MAX_VALUES = 100_000
MAX_CHARACTERS = 8 << 20
MAX_VALUES_OF_TABLE = 1_000_000
_FEW_VALUES = 30
_LONG_TEXT = 80


@dataclass(slots=True)
class Room:
    """How many more different values all columns of a table together may keep."""

    values: int = MAX_VALUES_OF_TABLE


@dataclass(slots=True)
class NumberTally:
    """The finite numbers of a column."""

    whole: bool = True
    lowest: float | None = None
    highest: float | None = None
    different: set[float] = field(default_factory=set[float])
    complete: bool = True

    def add(self, piece: Piece, room: Room) -> None:
        """Take in the numbers of a part."""
        if piece.lowest is None or piece.highest is None:
            return
        self.whole &= piece.whole
        self.lowest = piece.lowest if self.lowest is None else min(self.lowest, piece.lowest)
        self.highest = piece.highest if self.highest is None else max(self.highest, piece.highest)
        if not self.complete:
            return
        before = len(self.different)
        self.different.update(piece.numbers)
        room.values -= len(self.different) - before
        self.complete = len(self.different) <= MAX_VALUES and room.values >= 0


@dataclass(slots=True)
class TextTally:
    """The texts of a column; ``values`` in the order of first appearance."""

    values: dict[str, None] = field(default_factory=dict[str, None])
    characters: int = 0
    complete: bool = True
    notation: Notation = field(default_factory=Notation)
    readings: list[times.Reading] | None = None

    def add(self, texts: Sequence[str], room: Room) -> None:
        """Take in the different texts of a part."""
        self.notation.observe(texts)
        self._read_times(texts)
        if self.complete:
            self._keep(texts, room)

    def _read_times(self, texts: Sequence[str]) -> None:
        readings = list(times.candidates(texts[0])) if self.readings is None else self.readings
        self.readings = []
        for reading in readings:
            parsed = moments(texts, reading.time_format)
            if parsed is not None:
                reading.add(parsed)
                self.readings.append(reading)

    def _keep(self, texts: Iterable[str], room: Room) -> None:
        for text in texts:
            if text in self.values:
                continue
            self.characters += len(text)
            room.values -= 1
            full = len(self.values) >= MAX_VALUES or self.characters > MAX_CHARACTERS
            if full or room.values < 0:
                self.complete = False
                return
            self.values[text] = None

    def kind(self, present: int) -> ColumnKind:
        """Tell categories from free text; ``present`` rows have a value.

        Categories are short, and there are few of them or each stands for two rows on average.
        """
        count = len(self.values)
        short = self.characters <= _LONG_TEXT * count
        few = count <= _FEW_VALUES or 2 * count <= present
        return ColumnKind.CATEGORY if self.complete and short and few else ColumnKind.TEXT


@dataclass(slots=True)
class ColumnTally:
    """One column, part after part."""

    name: str
    room: Room
    reads: set[str] = field(default_factory=set[str])
    missing: int = 0
    infinite: int = 0
    numbers: NumberTally = field(default_factory=NumberTally)
    texts: TextTally = field(default_factory=TextTally)

    def add(self, piece: Piece) -> None:
        """Take in the next part of the column."""
        self.missing += piece.missing
        self.infinite += piece.infinite
        if piece.reads == "empty":
            return
        self.reads.add(piece.reads)
        if piece.reads == "number":
            self.numbers.add(piece, self.room)
        elif piece.texts:
            self.texts.add(piece.texts, self.room)

    @property
    def is_text(self) -> bool:
        """Whether pandas reads the column as text throughout."""
        return self.reads == {"text"}

    @property
    def is_fraction(self) -> bool:
        """Whether pandas reads the column as numbers, some of them not whole."""
        return self.reads == {"number"} and not self.numbers.whole

    def column(self, rows: int, *, day_first: bool) -> Column:
        """Return the profile of the column, all ``rows`` of the file being tallied."""
        if not self.reads:
            return Column(self.name, ColumnKind.EMPTY, missing=self.missing)
        if self.reads == {"number"}:
            return self._number_column()
        if self.reads == {"boolean"}:
            return self._valued_column(ColumnKind.BOOLEAN)
        if not self.is_text:
            return self._mixed_column()
        readings = self.texts.readings or ()
        reading = times.chosen(readings, name=self.name, day_first=day_first)
        if reading is not None:
            return self._time_column(reading)
        return self._valued_column(self.texts.kind(rows - self.missing))

    def _number_column(self) -> Column:
        numbers = self.numbers
        if self._holds_compact_dates():
            reading = times.Reading(times.COMPACT)
            reading.add([times.compact_moment(number) for number in numbers.different])
            return self._time_column(reading, whole_numbers=True)
        ends = numbers.lowest, numbers.highest
        is_year = numbers.whole and times.names_a_year(self.name) and times.are_years(*ends)
        return Column(
            self.name,
            ColumnKind.NUMBER,
            missing=self.missing,
            infinite=self.infinite,
            distinct=len(numbers.different),
            whole_numbers=numbers.whole and numbers.lowest is not None,
            minimum=numbers.lowest,
            maximum=numbers.highest,
            values_complete=numbers.complete,
            time_step="year" if is_year else "",
        )

    def _holds_compact_dates(self) -> bool:
        """Whole numbers like 20060131 in every row of a column named so.

        A missing row would turn all into floats, which no date format parses.
        """
        numbers = self.numbers
        unbroken = numbers.whole and numbers.complete and not self.missing and not self.infinite
        named = unbroken and times.names_a_date(self.name)
        return named and all(map(times.is_compact_date, numbers.different))

    def _time_column(self, reading: times.Reading, *, whole_numbers: bool = False) -> Column:
        first, last = reading.texts()
        return Column(
            self.name,
            ColumnKind.TIME,
            missing=self.missing,
            distinct=len(reading.earliest),
            whole_numbers=whole_numbers,
            minimum=first,
            maximum=last,
            values_complete=reading.count_complete,
            time_format=reading.format_needed,
            time_step=times.step(reading.earliest),
        )

    def _valued_column(self, kind: ColumnKind) -> Column:
        return Column(
            self.name,
            kind,
            missing=self.missing,
            distinct=len(self.texts.values),
            values=tuple(self.texts.values),
            values_complete=self.texts.complete,
        )

    def _mixed_column(self) -> Column:
        """Profile a column that pandas reads now as this and now as that, or as nothing simple.

        It does so in files of many rows, part by part: a 5 is a number here and a text there. No
        comparison finds all of them, so no values are named.
        """
        return Column(
            self.name,
            ColumnKind.TEXT,
            missing=self.missing,
            infinite=self.infinite,
            distinct=len(self.texts.values) + len(self.numbers.different),
            values_complete=False,
        )
