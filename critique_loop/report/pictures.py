"""Pictures as a page can hold them: raster formats that are what they say they are."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass

from critique_loop.values import Execution

_MOST_BYTES = 4_000_000
_MOST_THUMBNAIL_BYTES = 300_000
_MOST_PIXELS = 40_000_000  # what a browser unpacks without trouble
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_SIZE = slice(16, 24)
_PNG_HEAD = 24


@dataclass(frozen=True, slots=True)
class EmbeddedPicture:
    """A picture for a page.

    ``uri`` is its data: URI, "" where it was left out, which ``note`` then explains. ``width`` and
    ``height`` are pixels, 0 where not known. ``thumbnail`` is the URI, or "" where the picture is
    too large to be there twice.
    """

    uri: str = ""
    width: int = 0
    height: int = 0
    note: str = ""
    thumbnail: str = ""


def embedded(execution: Execution) -> EmbeddedPicture:
    """Return the picture that was judged, else the first that can be shown.

    A file counts as what its first bytes say. SVG is a program for a browser and never embedded.
    """
    judged = execution.picture
    candidates = [judged] if judged is not None else [file.data for file in execution.pictures]
    found = [picture for data in candidates if (picture := _picture(data)) is not None]
    return found[0] if found else EmbeddedPicture()


def _picture(data: bytes) -> EmbeddedPicture | None:
    media_type = _media_type(data)
    if not media_type:
        return None
    width, height = _size(data)
    if len(data) > _MOST_BYTES or width * height > _MOST_PIXELS:
        size = f"{len(data):,} bytes" + (f", {width:,} by {height:,} pixels" if width else "")
        return EmbeddedPicture(note=f"the picture is too large for a report ({size})")
    uri = f"data:{media_type};base64,{b64encode(data).decode('ascii')}"
    small = len(data) <= _MOST_THUMBNAIL_BYTES
    return EmbeddedPicture(uri, width, height, thumbnail=uri if small else "")


def _media_type(data: bytes) -> str:
    if data.startswith(_PNG):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return ""


def _size(data: bytes) -> tuple[int, int]:
    """Return width and height as the first bytes tell them, 0 where they don't."""
    if data.startswith(_PNG) and len(data) >= _PNG_HEAD:
        field = data[_PNG_SIZE]
        return int.from_bytes(field[:4], "big"), int.from_bytes(field[4:], "big")
    if data.startswith(b"GIF8"):
        return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    return 0, 0
