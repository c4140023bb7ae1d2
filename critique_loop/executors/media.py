"""What kind of file some bytes are, by the bytes alone: a draft chooses its file names."""

from __future__ import annotations

# First bytes of each format, from https://www.iana.org/assignments/media-types and the formats' own
# specifications.
_FIRST_BYTES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
)
_LOOKED_AT = 4096


def media_type(data: bytes) -> str:
    """Return the media type of ``data``: a known format, text, or any bytes."""
    for first, kind in _FIRST_BYTES:
        if data.startswith(first):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    beginning = data[:_LOOKED_AT]
    if not _is_text(beginning, whole=len(data) <= _LOOKED_AT):
        return "application/octet-stream"
    markup = beginning.lstrip()
    if markup.startswith(b"<svg") or (markup.startswith(b"<?xml") and b"<svg" in markup):
        return "image/svg+xml"
    return "text/plain"


def _is_text(beginning: bytes, *, whole: bool) -> bool:
    if b"\0" in beginning:
        return False
    try:
        beginning.decode("utf-8")
    except UnicodeDecodeError as problem:
        # A cut may have split the last character, of four bytes at most.
        return not whole and problem.start >= len(beginning) - 3
    return True
