from __future__ import annotations

import pytest

from critique_loop.executors.media import media_type


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x89PNG\r\n\x1a\nrest", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"%PDF-1.7", "application/pdf"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"  <svg xmlns='x'/>", "image/svg+xml"),
        (b"<?xml version='1.0'?>\n<!DOCTYPE svg>\n<svg/>", "image/svg+xml"),
        (b"<?xml version='1.0'?><html/>", "text/plain"),
        (b"a,b\n1,2\n", "text/plain"),
        (b"", "text/plain"),
        ("é".encode() * 5000, "text/plain"),
        (b"x" + "é".encode() * 5000, "text/plain"),
        (b"\xff\xfe\xfd" * 3000, "application/octet-stream"),
        (b"ab\xff", "application/octet-stream"),
        (b"a\0b", "application/octet-stream"),
    ],
)
def test_the_bytes_tell_what_a_file_is(data: bytes, kind: str) -> None:
    assert media_type(data) == kind
