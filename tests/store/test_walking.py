"""All texts of a value."""

from __future__ import annotations

from dataclasses import replace

from critique_loop.store.walking import Visitor, texts_of, visited
from critique_loop.values import Execution, Started
from tests.store.kept_runs import BODIES, KEY

STARTED, EXECUTION = BODIES[0][1], BODIES[3][1]


class Loud(Visitor):
    def text(self, text: str, *, owner: type, field: str) -> str:
        del owner, field
        return text.upper()


def test_texts_deep_within_are_seen() -> None:
    texts = set(texts_of(STARTED)) | set(texts_of(EXECUTION))

    assert {"/home/ada/my data/people.csv", "Ada Lovelace", "Zoë", "chart.png"} <= texts
    assert any(KEY in text for text in texts)


def test_names_out_of_closed_lists_are_not_seen_and_stay() -> None:
    loud = visited(EXECUTION, Loud())

    assert isinstance(loud, Execution)
    assert isinstance(EXECUTION, Execution)
    assert loud.status is EXECUTION.status
    assert loud.files[0].media_type == "image/png"
    assert loud.files[0].name == "CHART.PNG"
    assert loud.evidence is not None
    assert loud.evidence.facts == {"TICKS": ["ZOË", "M"]}


def test_a_visitor_that_changes_nothing_gives_an_equal_value() -> None:
    for _, body in BODIES:
        assert visited(body, Visitor()) == body


def test_whole_objects_can_be_replaced() -> None:
    class Quiet(Visitor):
        def value(self, value: object, was: object) -> object:
            del was
            return replace(value, settings={}) if isinstance(value, Started) else value

    quiet = visited(STARTED, Quiet())

    assert quiet.settings == {}
