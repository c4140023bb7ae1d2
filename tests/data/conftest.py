from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

WriteTable = Callable[..., Path]


@pytest.fixture
def write_table(tmp_path: Path) -> WriteTable:
    """Write text (or bytes) to a file and return its path."""

    def write(content: str | bytes, *, name: str = "table.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write
