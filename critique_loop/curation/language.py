"""Which language prose is in, by its script and its commonest words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from critique_loop.curation.pipeline import Tally, sifted
from critique_loop.curation.texts import answers_of, prose_of, question_of
from critique_loop.values import Example

_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS: Final = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ko", re.compile(r"[\uac00-\ud7a3]")),
    ("cyrillic", re.compile(r"[\u0400-\u04ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("arabic", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("devanagari", re.compile(r"[\u0900-\u097f]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
)
_STOPWORDS: Final = {
    "en": "the of and to in is that for it with as are this by be or from each was which",
    "de": "der die das und ist nicht ein eine mit den von zu auf für im des dem wird sich als",
    "fr": "le la les des est et une du dans pour que qui sur pas avec au par ce sont plus",
    "es": "el la los las es y una del para que en por con se no como más su al entre",
    "it": "il la di che è e una per con del non della sono gli nel alla dei più come le",
    "pt": "o a os as é e uma do da para que em por com não se dos mais no na",
    "nl": "de het een en van is dat in op te zijn met voor niet aan er om ook bij per",
    "pl": "i w na z jest nie do się to że dla od po jak są przez o za oraz każdy",
}
_SETS: Final = {language: frozenset(words.split()) for language, words in _STOPWORDS.items()}
_FEWEST_LETTERS = 20
_FEWEST_HITS = 3
_OTHER_SCRIPT = 0.3
_MOST = 5_000


def language_of(prose: str) -> str:
    """Return a language ("en"), a script where that says no more ("cyrillic"), "" if unsure."""
    text = prose[:_MOST]
    letters = sum(map(str.isalpha, text))
    if letters < _FEWEST_LETTERS and text.isascii():
        return ""
    for name, script in _SCRIPTS:
        if len(script.findall(text)) > _OTHER_SCRIPT * max(letters, 1):
            return name
    words = Counter(word.lower() for word in _WORD.findall(text))
    hits = {
        language: sum(count for word, count in words.items() if word in known)
        for language, known in _SETS.items()
    }
    (best, most), (_, second) = Counter(hits).most_common(2)
    return best if most >= _FEWEST_HITS and most > second else ""


@dataclass(frozen=True, slots=True)
class Language:
    """Drops an example whose prose is in none of the languages; without languages, nothing.

    Prose is what answers say outside of programs, else the question. What can't be told is kept.
    """

    languages: tuple[str, ...] = ()

    name: ClassVar[str] = "language"
    note: ClassVar[str] = "weak: scripts and common words of eight languages; unsure is kept"

    def run(self, examples: Iterable[Example], tally: Tally) -> Iterator[Example]:
        """Yield what is in one of the languages, or can't be told."""

        def reason(example: Example) -> str:
            if not self.languages:
                return ""
            prose = "\n".join(prose_of(answer) for answer in answers_of(example))
            language = language_of(prose if prose.strip() else question_of(example))
            return "" if language in ("", *self.languages) else f"in {language}"

        return sifted(examples, tally, reason)
