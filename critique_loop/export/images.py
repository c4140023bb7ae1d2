"""Pictures of rows: within them, or in files beside them that are named by their hash."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from critique_loop.export.files import Files, Written
from critique_loop.values import Picture

FOLDER = "images"
_MAGIC = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg"}


def media_of(data: bytes) -> str:
    """Return "png", "jpeg" or "webp" by a picture's first bytes, "" for anything else."""
    for magic, name in _MAGIC.items():
        if data.startswith(magic):
            return name
    return "webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else ""


def data_uri(picture: Picture) -> str:
    """Return a picture as a text; what is no picture that trainers read has no media type."""
    name = media_of(picture.data)
    media = f"image/{name}" if name else "application/octet-stream"
    return f"data:{media};base64,{base64.b64encode(picture.data).decode()}"


@dataclass(slots=True)
class Images:
    """What stands for a picture in a row. ``how`` is "embed" or "beside"."""

    how: str
    is_parquet: bool
    folder: Path
    files: Files
    written: dict[str, Written] = field(default_factory=dict[str, Written])

    def cell(self, picture: Picture) -> object:
        """Return what stands in the row, and write the file where there is to be one."""
        if self.how == "beside":
            return self._beside(picture.data)
        if self.is_parquet:  # as datasets' Image feature holds it
            name = media_of(picture.data)
            return {"bytes": picture.data, "path": f"{_name(picture.data)}.{name}"}
        return data_uri(picture)

    def _beside(self, data: bytes) -> str:
        suffix = media_of(data)
        name = f"{FOLDER}/{_name(data)}.{suffix}" if suffix else ""
        path = self.folder / name
        if name and name not in self.written and not path.exists():
            sha256 = hashlib.sha256(data).hexdigest()
            self.files.scratch(path).write_bytes(data)
            self.written[name] = Written(path, len(data), sha256, part=FOLDER)
        return name


def _name(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
