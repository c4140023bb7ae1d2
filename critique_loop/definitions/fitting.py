"""Put a prompt together from sections, within a number of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from critique_loop.definitions.fences import Fence, harmless

_LETTERS_A_TOKEN = 2
_LETTERS = b"abcdefghijklmnopqrstuvwxyz \n"
_FRAME_TOKENS = 50  # heading and tags of a section
_GAP = "\n[...]\n"


def estimated_tokens(text: str) -> int:
    """Return a number of tokens that ``text`` hardly goes over, whatever the tokenizer.

    Counted are two small letters or blanks a token (usual are four), and every capital, digit, sign
    and byte beyond ASCII as one (what a byte-level tokenizer falls back to). For programs, tables
    and prose that is 1.2 to 3 times what OpenAI's vocabularies make of them.
    """
    data = text.encode("utf-8", "replace")
    others = len(data.translate(None, _LETTERS))  # bytes of other characters are no ASCII
    return -(-(len(data) - others) // _LETTERS_A_TOKEN) + others


@dataclass(frozen=True, slots=True)
class Form:
    """One length a section may have, and what is lost with it ("" for nothing)."""

    text: str
    lost: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a prompt: its heading, and its forms, the longest first.

    ``rank`` says who gets room first (0 is always there, in its longest form). A section takes no
    more than ``share`` of the room there was in the beginning. One that is not ``trusted`` is
    fenced. A section without forms, or whose longest is blank, is left out.
    """

    title: str
    forms: tuple[Form, ...]
    rank: int = 1
    share: float = 1.0
    trusted: bool = False


@dataclass(frozen=True, slots=True)
class Fitted:
    """A prompt, and what it had no room for."""

    text: str
    cut: tuple[str, ...] = ()


def fitted(sections: Sequence[Section], *, tokens: int) -> Fitted:
    """Return the sections in their order, each in the longest form that there is room for."""
    wanted = [section for section in sections if section.forms and section.forms[0].text.strip()]
    room = tokens
    chosen: dict[int, Form] = {}
    cut: dict[int, str] = {}
    for place, section in sorted(enumerate(wanted), key=lambda pair: pair[1].rank):
        most = room if section.rank == 0 else min(room, int(tokens * section.share))
        form = _longest(section, most)
        if form is None:
            cut[place] = f"{section.title}: all of it"
            continue
        room -= _cost(form)
        chosen[place] = form
        if form.lost:
            cut[place] = f"{section.title}: {form.lost}"
    parts = [(wanted[place], chosen[place]) for place in sorted(chosen)]
    return Fitted(_laid_out(parts), tuple(cut[place] for place in sorted(cut)))


def _longest(section: Section, most: int) -> Form | None:
    if section.rank == 0:
        return section.forms[0]
    return next((form for form in section.forms if _cost(form) <= most), None)


def _cost(form: Form) -> int:
    return estimated_tokens(harmless(form.text)) + _FRAME_TOKENS


def _laid_out(parts: Sequence[tuple[Section, Form]]) -> str:
    texts = [harmless(form.text).strip("\n") for _, form in parts]
    fence = Fence([t for t, (section, _) in zip(texts, parts, strict=True) if not section.trusted])
    told = (
        f"## {section.title}\n{text if section.trusted else fence.around(text)}"
        for text, (section, _) in zip(texts, parts, strict=True)
    )
    return "\n\n".join(told)


def ends_of(text: str, sizes: Sequence[int], *, what: str = "characters") -> tuple[Form, ...]:
    """Return ``text``, and shorter forms: a quarter of each size from its start, the rest its end.

    The end of an output says how a program failed.
    """
    forms = [Form(text)] if len(text) <= max(sizes) else []
    for size in sizes:
        if len(text) > size:
            head = size // 4
            shown = text[:head] + _GAP + text[len(text) - (size - head) :]
            forms.append(Form(shown, f"{len(text) - size} of {len(text)} {what}"))
    return tuple(forms)
