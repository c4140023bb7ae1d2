"""What texts have in common, and more texts of that kind.

Plain words are made up. Text with a form (dates, prices, sentences) is imitated: letters become
other letters and digits other digits where the examples show many forms; otherwise only what was
seen serves. No word of a hidden example is ever repeated.
"""

from __future__ import annotations

import random
import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

_PLAIN = re.compile(r"[A-Za-z]*|[A-Za-z ]*")
_LETTERS = re.compile(r"[A-Za-z]+")
_NUMBER = re.compile(r"[0-9]+")
_RUNS = re.compile(r"[A-Za-z]+|[0-9]+|\s+|.", re.DOTALL)
_MADE_UP = 0.6
_FORMS = 4
_MOSTLY = 0.6


@dataclass(frozen=True, slots=True)
class Texts:
    """``pool``: seen and not hidden. ``forms``: to imitate. ``letters``: of plain words, else "".

    ``lengths`` are those of plain words; ``joined``: so many are put together, 0 for one alone.
    """

    pool: tuple[str, ...] = ()
    letters: str = ""
    lengths: tuple[int, int] = (0, 0)
    forms: tuple[str, ...] = ()
    joined: int = 0

    def make(self, rng: random.Random) -> str:
        """Return a text; one that was seen less often than one that is made up."""
        if self.joined:
            single = replace(self, joined=0)
            return " ".join(single.make(rng) for _ in range(self.joined))
        may_invent = bool(self.letters or self.forms)
        if self.pool and not (may_invent and rng.random() < _MADE_UP):
            return rng.choice(self.pool)
        if self.letters:
            few = rng.sample(self.letters, min(len(self.letters), rng.randint(1, 6)))
            return "".join(rng.choice(few) for _ in range(rng.randint(*self.lengths)))
        if self.forms:
            return "".join(_other(run, rng) for run in _RUNS.findall(rng.choice(self.forms)))
        raise LookupError("none was seen that may be shown")


def _other(run: str, rng: random.Random) -> str:
    """Another run of the same kind: letters keep their case, a number its first zero or not."""
    if run.isascii() and run.isalpha():
        return "".join(
            rng.choice(string.ascii_lowercase if letter.islower() else string.ascii_uppercase)
            for letter in run
        )
    if run.isascii() and run.isdigit() and run != "0":
        first = run[0] if run[0] == "0" else rng.choice("123456789")
        return first + "".join(rng.choice(string.digits) for _ in run[1:])
    return run


def learn_texts(values: Sequence[str], visible: Sequence[str]) -> Texts:
    """Return what the texts have in common; those not among the ``visible`` ones are hidden."""
    pool = tuple(dict.fromkeys(visible))
    lengths = [len(value) for value in values]
    different = len(set(values)) * 2 > len(values)
    if all(_PLAIN.fullmatch(value) for value in values):
        # A few names used again and again ("add", "north") are a vocabulary, not any letters; so
        # are the words of sentences where they come again, or where only one sentence was seen.
        sentences = any(" " in value for value in values)
        if not different or (sentences and (len(values) == 1 or not _are_other_words(values))):
            return Texts(pool)
        if len(values) == 1 and lengths[0] > 1:
            lengths.append(2)
        return Texts(pool, _letters("".join(values)), (min(lengths), max(lengths)))
    return Texts(pool, forms=tuple(values) if _are_free(values) else ())


def _letters(used: str) -> str:
    found = set(used)
    classes = (string.ascii_lowercase, string.ascii_uppercase, "  ")
    return "".join(part for part in classes if found & set(part)) or "a"


def _are_free(values: Sequence[str]) -> bool:
    """Whether any text of this kind will do: many forms, and few words that come again."""
    different = set(values)
    forms = {_NUMBER.sub("9", _LETTERS.sub("a", value)) for value in different}
    return len(forms) >= max(_FORMS, _MOSTLY * len(different)) and _are_other_words(values)


def _are_other_words(values: Sequence[str]) -> bool:
    words = Counter(word for value in set(values) for word in set(_LETTERS.findall(value)))
    again = sum(1 for count in words.values() if count > 1)
    return again <= len(words) * (1 - _MOSTLY)
