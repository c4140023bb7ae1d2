"""Which characters the bytes of a file stand for; what is no text at all is named and refused."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Generator
from dataclasses import dataclass

from critique_loop.data.source import Source
from critique_loop.errors import DataError

BLOCK_BYTES = 1 << 20
MAX_LINE_BLOCKS = 32

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAVE_AS_CSV = "Open it in the program that wrote it and save it as CSV (UTF-8)."
_UNPACK = "Unpack it first and give the file inside."
_CONVERT = "Convert it first, e.g. pandas.read_{0}(...).to_csv('table.csv', index=False)."
_MAGIC = (
    (b"PK\x03\x04", "an Excel workbook or another zip archive", _SAVE_AS_CSV),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", _SAVE_AS_CSV),
    (b"PAR1", "a Parquet file", _CONVERT.format("parquet")),
    (b"ARROW1", "an Arrow (Feather) file", _CONVERT.format("feather")),
    (b"\x89HDF", "an HDF5 file", _CONVERT.format("hdf")),
    (b"SQLite format 3", "an SQLite database", "Export one table of it as CSV."),
    (b"\x1f\x8b", "a gzip archive", _UNPACK),
    (b"BZh", "a bzip2 archive", _UNPACK),
    (b"\xfd7zXZ", "an xz archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", _UNPACK),
    (b"7z\xbc\xaf", "a 7z archive", _UNPACK),
    (b"\x89PNG", "a PNG picture", "Give the table itself, as CSV."),
    (b"\xff\xd8\xff", "a JPEG picture", "Give the table itself, as CSV."),
    (b"GIF8", "a GIF picture", "Give the table itself, as CSV."),
    (b"%PDF", "a PDF document", "Give the table itself, as CSV."),
)
_MARKUP = re.compile(rb"\s*<(!doctype|html|\?xml|table|svg)", re.IGNORECASE)
_JSON = re.compile(rb"\s*(\{\s*[\"}]|\[\s*[\[{])")
_HIGH = re.compile(rb"[\x80-\xff]+")
_C1 = re.compile(rb"[\x80-\x9f]")


@dataclass(frozen=True, slots=True)
class TextFacts:
    """What one pass over the bytes told."""

    encoding: str
    sha256: str


def examine(source: Source) -> TextFacts:
    """Read every byte of ``source``: its hash, and an encoding that all of it obeys.

    A byte order mark decides; else NULs at every second place mean UTF-16; else UTF-8 where all
    bytes obey it; else Windows-1252 or Latin-1, where the bytes look like a Western European text.

    Raises:
        DataError: it is no text, or a text in an encoding that can't be told.
    """
    source.stream.seek(0)
    _refuse_other_formats(source, source.stream.read(4096))
    encoding = _guess(source)
    fault = _decoding_fault(source, encoding)
    if fault and encoding != "utf-8":
        raise DataError(
            source.path,
            f"the text is {encoding} at first, then breaks off: {fault}",
            remedy="The file is damaged or cut short; get it again, saved as UTF-8.",
        )
    if fault:
        encoding = _western(source, fault)
    source.stream.seek(0)
    return TextFacts(encoding, hashlib.file_digest(source.stream, "sha256").hexdigest())


def _blocks(source: Source) -> Generator[bytes]:
    source.stream.seek(0)
    without_line_end = 0
    while block := source.stream.read(BLOCK_BYTES):
        without_line_end = 0 if b"\n" in block or b"\r" in block else without_line_end + 1
        if without_line_end > MAX_LINE_BLOCKS:
            raise DataError(
                source.path,
                f"a line is longer than {MAX_LINE_BLOCKS} MB",
                remedy="A table has one line per row; is this another kind of file?",
            )
        yield block
        source.report(0)


def _guess(source: Source) -> str:
    source.stream.seek(0)
    start = source.stream.read(4096)
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    half = len(start) // 2
    low, high = start[1::2].count(0), start[0::2].count(0)
    if half and low > 0.3 * half and high < 0.05 * half:
        return "utf-16-le"
    if half and high > 0.3 * half and low < 0.05 * half:
        return "utf-16-be"
    return "utf-8"


def _decoding_fault(source: Source, encoding: str) -> str:
    """Decode the whole file; return "" or why and where that fails."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    line = 1
    try:
        for block in _blocks(source):
            text = decoder.decode(block)
            if "\0" in text:
                raise _holds_nul(source, line + text[: text.index("\0")].count("\n"))
            line += text.count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        line += error.object[: error.start].count(b"\n")
        return f"{error.reason} near line {line}"
    return ""


def _holds_nul(source: Source, line: int) -> DataError:
    return DataError(
        source.path,
        f"line {line} holds a NUL character, so this is no text file, or a damaged one",
        remedy="Save the table as CSV (UTF-8), or remove the NUL characters: tr -d '\\000'.",
    )


def _western(source: Source, fault: str) -> str:
    """Tell Windows-1252 from Latin-1.

    In Western European texts letters beyond ASCII stand alone; where most of them touch, the text
    is Cyrillic, Greek, Asian or damaged UTF-8, and reading it as Latin-1 would garble every name.
    """
    alone = touching = 0
    windows = False
    for block in _blocks(source):
        windows = windows or _C1.search(block) is not None
        for run in _HIGH.finditer(block):
            length = run.end() - run.start()
            alone += length == 1
            touching += length if length > 1 else 0
    if touching > alone:
        raise DataError(
            source.path,
            f"the encoding of the text can't be told; it is not UTF-8 ({fault})",
            remedy="Save it as UTF-8, e.g. iconv -f ENCODING -t UTF-8 FILE > table.csv.",
        )
    encoding = "cp1252" if windows else "latin-1"
    return "latin-1" if _decoding_fault(source, encoding) else encoding


def _refuse_other_formats(source: Source, start: bytes) -> None:
    for magic, what, remedy in _MAGIC:
        if start.startswith(magic):
            raise DataError(source.path, f"this is {what}, not a text table", remedy=remedy)
    if _MARKUP.match(start):
        raise DataError(source.path, "this is an HTML or XML document", remedy=_SAVE_AS_CSV)
    if _JSON.match(start):
        raise DataError(
            source.path, "this is JSON, not a text table", remedy=_CONVERT.format("json")
        )
    if not start.strip() and source.size_bytes <= len(start):
        raise DataError(
            source.path,
            "the file holds nothing but blank lines",
            remedy="Give a file with a line of names and a line per row.",
        )
