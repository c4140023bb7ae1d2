"""Examples that give a benchmark away: by its task's name, its programs, or its rare words.

Texts that share n-grams are the usual measure (Brown et al. 2020, "Language models are few-shot
learners", appendix C). Programs of one craft share most of theirs, so an n-gram counts only
where it is rare among what is to be curated, and a passage must be there to a good part.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, NamedTuple

from critique_loop.curation.benchmarks import Item, read_benchmark, shapes_in
from critique_loop.curation.pipeline import Tally
from critique_loop.curation.temporary import Seen, Spool
from critique_loop.curation.texts import all_texts, group_of, key, programs_of
from critique_loop.values import Example

_WORD = re.compile(r"\w+")
_FEW_GROUPS = 3
_MOST_GROUPS = 1_000
_FEWEST_GRAMS = 4
_CACHED = 64


@dataclass(frozen=True, slots=True)
class Decontamination:
    """Drops an example that holds a task of the benchmarks in ``files``.

    It holds one if it names it, if a program or function of it has the shape of one of the task's,
    or if it has ``share`` of the rare ``n``-grams of words of one of the task's passages. Rare is
    what stands in no more than ``common`` of the groups of tasks (3 groups are always few).
    """

    files: tuple[Path, ...] = ()
    n: int = 8
    common: float = 0.01
    share: float = 0.3

    name: ClassVar[str] = "decontamination"
    note: ClassVar[str] = "a task told in other words and solved by another program stays"

    def run(self, examples: Iterable[Example], tally: Tally) -> Iterator[Example]:
        """Yield what holds none; reads all examples before the first is yielded."""
        items = [item for path in self.files for item in read_benchmark(path)]
        if not items:
            yield from examples
            return
        index = _Index(items, self.n)
        spool, groups, spread = Spool[_Held](), Seen(), _Spread()
        for example in examples:
            if sure := index.surely(example):
                tally.drop(example, sure.how, sure.item)
                continue
            group = key(group_of(example))
            groups.add(group)
            grams = index.grams_in(example)
            for gram in grams:
                spread.add(gram, group)
            spool.add(_Held(example, grams))
        rare = spread.rare(max(_FEW_GROUPS, int(self.common * len(groups))), index.passages_of)
        for example, grams in spool:
            item = index.held(grams & rare, rare, self.share)
            if item:
                tally.drop(example, "words of a task", item)
            else:
                yield example


class _Found(NamedTuple):
    how: str
    item: str


class _Held(NamedTuple):
    example: Example
    grams: frozenset[int]


class _Index:
    """What benchmarks say, by gram; a passage is a number, and knows its item."""

    def __init__(self, items: Iterable[Item], n: int) -> None:
        self._n = n
        self._items: list[str] = []
        self._sizes: list[frozenset[int]] = []
        self._shapes: dict[int, str] = {}
        names: list[str] = []
        self.passages_of: defaultdict[int, list[int]] = defaultdict(list)
        for item in items:
            names += [item.name] if item.has_telling_name else []
            for code in item.programs:
                self._shapes.update(dict.fromkeys(shapes_in(code), item.name))
            for passage in item.passages:
                self._keep(item.name, frozenset(_grams(passage, n)))
        told = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
        self._named = re.compile(rf"(?<!\w)(?:{told})(?!\w)") if told else None
        self._known_grams = lru_cache(maxsize=_CACHED)(self._grams_of)

    def _keep(self, name: str, grams: frozenset[int]) -> None:
        if grams:
            for gram in grams:
                self.passages_of[gram].append(len(self._items))
            self._items.append(name)
            self._sizes.append(grams)

    def surely(self, example: Example) -> _Found | None:
        """Return the item that an example names or solves, if it does."""
        where = example.provenance
        for text in (where.group, *where.sources, *all_texts(example)):
            if self._named and (found := self._named.search(text)):
                return _Found("names a task", found.group())
        if self._shapes:
            for code in programs_of(example):
                for shape in shapes_in(code):
                    if shape in self._shapes:
                        return _Found("program of a task", self._shapes[shape])
        return None

    def grams_in(self, example: Example) -> frozenset[int]:
        """Return the grams of benchmarks that an example has."""
        return frozenset[int]().union(*map(self._known_grams, all_texts(example)))

    def _grams_of(self, text: str) -> frozenset[int]:
        known = self.passages_of.keys()
        return frozenset(gram for gram in _grams(text, self._n) if gram in known)

    def held(self, grams: frozenset[int], rare: frozenset[int], share: float) -> str:
        """Return the item of a passage that most of is there, "" where there is none."""
        counts = Counter(passage for gram in grams for passage in self.passages_of[gram])
        for passage, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            if count >= max(share * len(self._sizes[passage] & rare), _FEWEST_GRAMS):
                return self._items[passage]
        return ""


@dataclass(slots=True)
class _Spread:
    """In how many groups of tasks each gram of a benchmark stands."""

    groups: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set[int]))

    def add(self, gram: int, group: int) -> None:
        seen = self.groups[gram]
        if len(seen) < _MOST_GROUPS:
            seen.add(group)

    def rare(self, most: int, known: Mapping[int, object]) -> frozenset[int]:
        """Return the grams that stand in no more than ``most`` groups."""
        allowed = min(most, _MOST_GROUPS - 1)
        return frozenset(gram for gram in known if len(self.groups.get(gram, ())) <= allowed)


def _grams(text: str, n: int) -> Iterator[int]:
    """Yield runs of ``n`` words as numbers that hold for this process."""
    words = _WORD.findall(text.lower())
    return map(hash, zip(*(words[start:] for start in range(n)), strict=False))
