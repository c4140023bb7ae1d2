"""What may be said about an export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypedDict

from critique_loop.curation.defaults import Curation
from critique_loop.curation.pipeline import CurationStep
from critique_loop.curation.splitting import Shares
from critique_loop.errors import CallError, OptionError
from critique_loop.export.pipeline import Watch
from critique_loop.export.selecting import Selection

FORMATS = {"jsonl": ".jsonl", "parquet": ".parquet"}
PICTURES = ("none", "embed", "beside")
PROMPTS = ("rendered", "told")


class ExportOptions(TypedDict, total=False):
    """What may be said about an export besides kind, dialect and place.

    ``runs`` are ids or how they begin (default: all). ``selection`` says which of them and of their
    drafts. ``file_format`` is "jsonl" or "parquet" (default: by the name of the file). ``prompts``
    is "rendered" (as the writer is asked) or "told" (what a model was really told, where that is
    known). ``pictures`` is "none", "embed" or "beside", for what critics see. ``agent`` is the
    definition of the writer that is to be trained. ``trust`` opens agent files that runs from
    elsewhere name. ``scores`` name rescorings, by whose scores rows are judged. ``steps`` are those
    of ``curation``. ``shares`` splits by group; None writes one file. ``seed`` is that of the
    order. ``max_tokens`` drops what is longer, by ``tokenizer`` (a tokenizer.json) or else
    estimated. ``licences`` are those of tables and tasks. ``force`` writes over files. ``watch`` is
    told how far it is.
    """

    runs: Sequence[str]
    selection: Selection
    file_format: str
    prompts: str
    pictures: str
    agent: str
    trust: bool
    scores: Sequence[str]
    steps: Sequence[CurationStep]
    shares: Shares | None
    seed: int
    max_tokens: int | None
    tokenizer: Path | None
    max_length_ratio: float
    licences: Sequence[str]
    force: bool
    watch: Watch


def refuse_unknown(options: Mapping[str, object]) -> None:
    """Refuse what is no option of an export, and say where it belongs.

    Raises:
        OptionError: there is such a thing.
    """
    within = {
        "curate": "steps=Curation().steps()",
        **{name: f"steps=Curation({name}=...).steps()" for name in _fields(Curation)},
        **{name: f"shares=Shares({name}=...)" for name in _fields(Shares)},
        **{name: f"selection=Selection({name}=...)" for name in _fields(Selection)},
    }
    OptionError.refuse(options, ExportOptions.__annotations__, within)


def _fields(kind: type[Curation | Shares | Selection]) -> list[str]:
    return [each.name for each in fields(kind)]


@dataclass(frozen=True, slots=True)
class Place:
    """The files of an export: one for each part, a card as text and as JSON.

    In a folder they have the names that loaders look for.
    """

    out: Path
    suffix: str
    is_folder: bool

    @classmethod
    def of(cls, out: Path, file_format: str) -> Place:
        """Return the place: ``out`` is a file if its name ends like one, else a folder.

        Raises:
            CallError: the format is unknown, or not that of the file's name.
        """
        if file_format and file_format not in FORMATS:
            known = ", ".join(FORMATS)
            raise CallError(f"there is no format {file_format!r}", remedy=f"Formats: {known}.")
        suffix = FORMATS.get(file_format, "")
        if out.suffix in ("", ".") or out.is_dir():
            return cls(out, suffix or FORMATS["jsonl"], is_folder=True)
        if suffix and out.suffix != suffix:
            raise CallError(
                f"{out}: its name does not end in {suffix}", remedy="Change one of the two."
            )
        if out.suffix not in FORMATS.values():
            known = " or ".join(FORMATS.values())
            raise CallError(f"{out}: what is to be in it?", remedy=f"Let its name end in {known}.")
        return cls(out, out.suffix, is_folder=False)

    def data(self, part: str) -> Path:
        """Return the file of a part; "" is that of all rows."""
        if self.is_folder:
            return self.out / f"{part or 'train'}{self.suffix}"
        return self.out.with_name(f"{self.out.stem}.{part}{self.suffix}") if part else self.out

    @property
    def folder(self) -> Path:
        """The folder of all files."""
        return self.out if self.is_folder else self.out.parent

    def beside(self, name: str) -> Path:
        """Return a file of the export that is no data."""
        return self.out / name if self.is_folder else self.out.with_name(f"{self.out.stem}.{name}")
