"""Paths recognised by how they look."""

from __future__ import annotations

import pytest

from critique_loop.store.paths import looks_like_path, without_paths


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("/home/ada/x.csv", "P"),
        ('open("/home/ada/x.csv")', 'open("P")'),
        ('File "/srv/app/x.py", line 3', 'File "P", line 3'),
        ("file:///home/ada/x.csv", "P"),
        ("~/notes/x.txt and ~ada/y", "P and P"),
        ("C:\\Users\\ada\\x.csv", "P"),
        ('"C:\\\\Users\\\\ada\\\\x.csv"', '"P"'),
        ("D:/shop/x.csv", "P"),
        ("\\\\server\\share\\x.csv", "P"),
        ("PATH=/home/ada/bin:/opt/x/bin", "PATH=P:P"),
        ("/Users/ada", "P"),
    ],
)
def test_a_path_goes(text: str, left: str) -> None:
    assert without_paths(text, lambda _: "P") == left


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/a/b/c",
        "a/b/c and 1/2/3",
        "image/png",
        "total / count / 2",
        "<b>x</b></i>",
        "/usr/lib/python3.11/json/decoder.py",
        "/sandbox/server.py",
        "/data/cars.csv",
        "and/or",
        "kg/m**2",
        "s3://bucket/key/x",
    ],
)
def test_what_is_no_path_of_somebody_stays(text: str) -> None:
    assert without_paths(text, lambda _: "P") == text


def test_a_path_with_a_blank_does_not_look_like_one() -> None:
    assert looks_like_path("/home/ada/data")
    assert not looks_like_path("/home/ada/my data")
