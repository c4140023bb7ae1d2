"""Texts as they read."""

from __future__ import annotations

import pytest

from critique_loop.store.folding import Folded


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("plain text", "plain text"),
        ("M&uuml;ller &amp; S&#246;hne &#x5a;", "Müller & Söhne Z"),
        ("&amp;#39;", "'"),
        (r"\u00fc\u0026\/\"", 'ü&/"'),
        (r"\\u00fc", "ü"),
        (r"\ud83d\ude00 \U0001f600", "😀 😀"),
        (r"\x5aurich M\xc3\xbcller M\xfcller", "Zurich Müller Müller"),
        ("M%C3%BCller%2520x", "Müller x"),
        ("\uff3a\uff55\uff52\uff49\uff43\uff48 Zoe\u0308 ﬁ", "Zurich Zoë fi"),
        ("New\n   # York\tCity\u00a0now", "New York City now"),
        (r"New\nYork", "New York"),
        ("Zu\u00adri\u200bch\ufeff", "Zurich"),
        ("Z\0u\0r\0", "Zur"),
        (r"\U99999999 &zzz; %zz", "\ufffd &zzz; %zz"),
    ],
)
def test_a_text_is_folded_to_what_it_reads(written: str, read: str) -> None:
    assert Folded(written).text == read


@pytest.mark.parametrize(
    ("written", "part", "stood"),
    [
        ("a &#x5a;urich b", "Zurich", "&#x5a;urich"),
        ("a Zu\u200brich\u200b b", "Zurich", "Zu\u200brich"),
        ("&lt;\u200bNew\n\n  York&gt;", "New York", "New\n\n  York"),
        ("x=&amp;amp;Co;", "&", "&amp;amp;"),
        ("x%20M%C3%BCller%2FGraz/z", "Müller/Graz", "M%C3%BCller%2FGraz"),
        ("no change Zurich", "Zurich", "Zurich"),
    ],
)
def test_a_part_is_found_where_it_stood(written: str, part: str, stood: str) -> None:
    folded = Folded(written)

    place = folded.text.index(part)
    start, end = folded.span(place, place + len(part))

    assert written[start:end] == stood


def test_a_text_that_reads_as_it_is_written_is_not_changed() -> None:
    assert not Folded("a b").is_changed
    assert Folded("a  b").is_changed
