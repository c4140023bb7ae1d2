"""Programs in colour."""

from __future__ import annotations

import re
from html import unescape

import pytest

from critique_loop.report.highlighting import highlighted


def text_of(lines: tuple[str, ...]) -> str:
    return unescape(re.sub(r"<[^>]*>", "", "\n".join(lines)))


def test_words_of_the_language_have_colours() -> None:
    [line] = highlighted("def double(x): return 2  # twice\n")

    assert '<span class="k">def</span>' in line
    assert '<span class="f">double</span>' in line
    assert '<span class="m">2</span>' in line
    assert '<span class="c"># twice</span>' in line


@pytest.mark.parametrize(
    "code",
    [
        "x = '</span><script>alert(1)</script>'\n\n# é ü & < >",
        '"""a\nb"""\nif x:\n    y = f"{x!r:>{3}}"',
        "not python at all ((( \x01 \u202e",
        "\n\nx = 1",
        "",
    ],
)
def test_the_text_stays_what_it_was_and_nothing_of_it_is_markup(code: str) -> None:
    lines = highlighted(code)

    visible = code.replace("\x01", "\\x01").replace("\u202e", "\\u202e").rstrip("\n")
    assert text_of(lines) == visible
    assert set(re.findall(r"<[^>]*>", "".join(lines))) <= {
        "</span>",
        *(f'<span class="{name}">' for name in "ckmsfdb"),
    }


def test_a_very_long_program_has_no_colour() -> None:
    lines = highlighted("x = 1\n" * 20_000)

    assert not any("<" in line for line in lines)
