"""What a text of a chart claims: columns, rows, an aggregate. The critic's own reading of a goal.

It shares nothing with any writer, so that a goal which a writer misreads is not misread twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from goal_filters import number_filters
from goal_values import RowFilter, value_filters
from goal_words import ColumnMention, Word, column_mentions, word_set, words
from table_keys import is_years
from table_reading import SourceTable

_AGGREGATES = {
    "mean": "mean",
    "average": "mean",
    "averages": "mean",
    "averaged": "mean",
    "avg": "mean",
    "sum": "sum",
    "summed": "sum",
    "total": "sum",
    "totals": "sum",
    "median": "median",
    "medians": "median",
    "count": "count",
    "counts": "count",
    "frequency": "count",
    "maximum": "max",
    "max": "max",
    "minimum": "min",
    "min": "min",
}
_EXTREMES = {"highest": "max", "lowest": "min", "largest": "max", "smallest": "min"}
_GROUPING = word_set("by per each every")
# Words of a quantity that is computed further, and words that also just tell a story.
_DERIVED = word_set(
    "rate rates percent percentage proportion ratio cumulative running rolling moving index "
    "indexed normalized normalised log difference differences gap adjusted weighted estimated "
    "predicted forecast variance deviation correlation correlate percentile quartile density "
    "probability fraction daily weekly hourly standardized standardised times interpolated "
    "smoothed smooth binned bins bin bands groups band bucket buckets"
)
_NARRATIVE = word_set(
    "share shares change changes growth relative trend range spread increase decrease decline"
)
_POOLING = word_set("averaged average mean summed sum added totalled total pooled taken")
_PART = word_set(
    "top bottom largest biggest smallest selected some sample sampled few main major leading "
    "most least first last latest only highest lowest best worst busiest common excerpt "
    "recent fewest random subset earliest oldest newest"
)
_NO_SUPERLATIVES = word_set("interest harvest forest request invest northwest southwest midwest")
_SHORTEST = 5
_CALENDAR = word_set("year month week quarter day hour weekday decade")
_TOP = word_set("top bottom first last largest biggest smallest highest lowest most best worst")
_COUNTING = "one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905 -- read as a row
_NUMERALS = {
    **{word: value for value, word in enumerate(_COUNTING, 1)},
    "fifteen": 15,
    "twenty": 20,
}
_WHOLE = re.compile(r"\d{1,3}")


@dataclass(frozen=True, slots=True, eq=False)
class Claims:
    """What one text claims.

    ``columns`` in the order of the words. ``aggregates`` without double. ``top`` is the number of
    groups asked for ("top 5"), 0 where none is. ``part``: the text asks for less than all.
    ``derived``: it speaks of a quantity that is computed further (a rate); ``narrative``: of one
    that may be (a growth). ``loose``: it holds a number that could not be placed. ``counted`` are
    columns whose name says what is counted ("number of tips"), ``pooled`` those whose groups are
    taken together ("averaged over the years", "all sources together").
    """

    text: str = ""
    columns: tuple[ColumnMention, ...] = ()
    filters: tuple[RowFilter, ...] = ()
    aggregates: tuple[str, ...] = ()
    top: int = 0
    part: bool = False
    derived: bool = False
    narrative: bool = False
    loose: bool = False
    counted: tuple[str, ...] = ()
    pooled: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """The columns that are clearly named."""
        return tuple(dict.fromkeys(m.column for m in self.columns if m.clear))

    @property
    def hinted(self) -> tuple[str, ...]:
        """All columns that may be meant."""
        return tuple(dict.fromkeys(mention.column for mention in self.columns))


def read_claims(text: str, table: SourceTable) -> Claims:
    """Read a goal, title or label against a table."""
    said = words(text)[:400]
    if not said:
        return Claims(text)
    names = [*(column.name for column in table.columns), *table.skipped]
    columns = [m for m in column_mentions(said, names) if not _topic(m, said, table)]
    used = {at for m in columns if m.clear for at in range(m.start, m.end)}
    values, valued = value_filters(said, table, used)
    top_at, top = _top(said, used)
    ranges, loose = number_filters(said, table, columns, used | valued | top_at)
    free = [(at, w) for at, w in enumerate(said) if at not in used and at not in valued]
    free_words = {word.low for _, word in free}
    counted = tuple(_counted(said, columns))
    return Claims(
        text=text,
        columns=tuple(m for m in columns if m.clear or m.start not in valued),
        filters=(*values, *ranges),
        aggregates=tuple(dict.fromkeys(_aggregates(said, used | valued, columns))),
        top=top,
        part=bool(free_words & _PART),
        derived=bool(free_words & _DERIVED) or "%" in text or _per(said, columns, table),
        narrative=bool(free_words & _NARRATIVE),
        loose=loose,
        counted=counted,
        pooled=tuple(_pooled(said, columns)),
    )


def _topic(mention: ColumnMention, said: Sequence[Word], table: SourceTable) -> bool:
    """Whether a column's name is here only the table's: "in the Seattle weather data"."""
    after = {word.low for word in said[mention.end : mention.end + 1]}
    before = {word.low for word in said[max(0, mention.start - 1) : mention.start]}
    titled = mention.column.casefold() == table.name.rsplit(".", 1)[0].casefold()
    about = bool(after & {"data", "dataset", "table", "csv", "file", "records"})
    over_time = before == {"over"} and mention.column.casefold() == "time"
    return about or over_time or (titled and not before & {"by", "per", "each", "every"})


def _superlative(word: str) -> bool:
    """Whether a word looks like heaviest, longest, oldest."""
    return len(word) > _SHORTEST and word.endswith("est") and word not in _NO_SUPERLATIVES


def _top(said: Sequence[Word], used: set[int]) -> tuple[set[int], int]:
    """The number in "top 5" or "the five largest", and where it stands."""
    for at, word in enumerate(said):
        number = _NUMERALS.get(word.low) or (int(word.low) if _WHOLE.fullmatch(word.low) else 0)
        if not number or at in used:
            continue
        around = {w.low for w in (*said[max(0, at - 1) : at], *said[at + 1 : at + 6])}
        if around & _TOP or any(_superlative(low) for low in around):
            return {at}, number
    return set(), 0


def _counted(said: Sequence[Word], columns: Sequence[ColumnMention]) -> Iterator[str]:
    """Columns whose name only says what is counted: "number of tips"."""
    openings = {("number", "of"), ("count", "of"), ("counts", "of"), ("how", "many")}
    for mention in columns:
        before = [word.low for word in said[max(0, mention.start - 3) : mention.start]]
        if {tuple(before[:2]), tuple(before[-2:])} & openings:
            yield mention.column


def _pooled(said: Sequence[Word], columns: Sequence[ColumnMention]) -> Iterator[str]:
    for mention in columns:
        before = [word.low for word in said[max(0, mention.start - 4) : mention.start]]
        linked = [word for word in before if word not in {"the", "of"}]
        across = bool(linked) and linked[-1] in {"all", "across", "regardless", "irrespective"}
        if across or (linked[-1:] == ["over"] and bool(set(linked) & _POOLING)):
            yield mention.column


def _aggregates(
    said: Sequence[Word], used: set[int], columns: Sequence[ColumnMention]
) -> Iterator[str]:
    starts = {mention.start: mention for mention in columns}
    named = [_aggregate_at(said, at, used, starts) for at in range(len(said))]
    others = [name for name in named if name and name != "count"]
    for name in named:
        # In "the average number of guests" and "total number of cars" one word says what is done.
        if name == "count" and "mean" in others:
            continue
        if name == "sum" and "count" in named and "number" in {word.low for word in said}:
            continue
        if name:
            yield name


def _aggregate_at(
    said: Sequence[Word], at: int, used: set[int], starts: dict[int, ColumnMention]
) -> str:
    word, after = said[at].low, said[at + 1].low if at + 1 < len(said) else ""
    if at in used:
        return ""
    if (word, after) in {("number", "of"), ("how", "many")}:
        third = said[at + 2].low if at + 2 < len(said) else ""
        return "nunique" if third in {"different", "distinct", "unique"} else "count"
    if word in _EXTREMES:
        mention = starts.get(at + 1)
        follows = mention and mention.end < len(said) and said[mention.end].low in _GROUPING
        claims = bool(follows and not ({w.low for w in said} & {"top", "which", "sorted", "with"}))
        return _EXTREMES[word] if claims else ""
    if word == "standard" and after == "deviation":
        return "std"
    return _AGGREGATES.get(word, "")


def _per(said: Sequence[Word], columns: Sequence[ColumnMention], table: SourceTable) -> bool:
    """Whether "per" divides rather than groups: "tip per guest", "weight per cylinder"."""
    starts = {mention.start: mention for mention in columns}
    ends = {mention.end: mention for mention in columns}
    inside = {at for mention in columns for at in range(mention.start, mention.end)}
    for at, word in enumerate(said):
        if word.low != "per" or at in inside or at + 1 >= len(said):
            continue
        before, after = ends.get(at), starts.get(at + 1)
        if after is None and said[at + 1].low not in _CALENDAR:
            return True
        if before and after and _measured(before, table) and _measured(after, table):
            return True
    return False


def _measured(mention: ColumnMention, table: SourceTable) -> bool:
    """Whether a column of numbers other than years is meant."""
    column = table.column(mention.column)
    return column is not None and column.numeric and not is_years(column)
