"""Pictures in pages."""

from __future__ import annotations

from base64 import b64decode

import pytest

from critique_loop.report.pictures import embedded
from critique_loop.values import Evidence, Execution, ExecutionStatus, OutputFile

HEAD = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


def drawn(*files: OutputFile, judged: str = "") -> Execution:
    return Execution(ExecutionStatus.OK, files=files, evidence=Evidence(picture=judged))


def png(width: int, height: int, *, more: int = 0) -> bytes:
    return HEAD + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08" * more


def test_the_judged_picture_is_embedded_with_its_size() -> None:
    judged = png(640, 480)
    files = (OutputFile("a.png", "image/png", png(1, 1)), OutputFile("b.png", "image/png", judged))

    picture = embedded(drawn(*files, judged="b.png"))

    kind, data = picture.uri.split(";base64,")
    assert kind == "data:image/png"
    assert b64decode(data) == judged
    assert (picture.width, picture.height) == (640, 480)
    assert picture.thumbnail == picture.uri


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a\x02\x00\x03\x00", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
    ],
)
def test_other_raster_formats_are_embedded_by_their_first_bytes(
    data: bytes, media_type: str
) -> None:
    picture = embedded(drawn(OutputFile("chart", "image/png", data)))

    assert picture.uri.startswith(f"data:{media_type};base64,")


@pytest.mark.parametrize(
    "data", [b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", b"<?xml ?><svg/>", b""]
)
def test_what_only_says_that_it_is_a_picture_is_left_out(data: bytes) -> None:
    for media_type in ("image/svg+xml", "image/png"):
        assert embedded(drawn(OutputFile("chart.svg", media_type, data))).uri == ""


@pytest.mark.parametrize("data", [png(60_000, 60_000), png(10, 10, more=5_000_000)])
def test_a_picture_that_is_too_large_is_left_out_and_that_is_said(data: bytes) -> None:
    picture = embedded(drawn(OutputFile("chart.png", "image/png", data)))

    assert picture.uri == ""
    assert "too large" in picture.note


def test_a_large_picture_is_there_only_once() -> None:
    picture = embedded(drawn(OutputFile("chart.png", "image/png", png(10, 10, more=400_000))))

    assert picture.uri
    assert picture.thumbnail == ""
