"""Spans as a receiver of OTLP gets them."""

from __future__ import annotations

import json

import pytest

from critique_loop.telemetry import sending
from critique_loop.values import Event, EventKind, Resumed
from tests.telemetry.conftest import Receiver, attributes

CLIENT = 3
ERROR = 2
ROOT = "invoke_workflow critique_loop"


def send(events: list[Event], receiver: Receiver, *, content: bool = False) -> None:
    with sending(receiver.url, content=content) as spans:
        for event in events:
            spans.on_event(event)


def test_a_run_is_one_trace_whose_root_is_the_workflow(
    events: list[Event], receiver: Receiver
) -> None:
    send(events, receiver)

    root = receiver.one(ROOT)
    told = attributes(root)
    assert {span.trace_id for span in receiver.spans} == {root.trace_id}
    assert root.parent_span_id == b""
    assert (root.start_time_unix_nano, root.end_time_unix_nano) == (
        1_699_999_999_500_000_000,
        1_700_000_011_000_000_000,
    )
    assert told["openinference.span.kind"] == "CHAIN"
    assert told["gen_ai.conversation.id"] == "abc123"
    assert told["critique_loop.stopped_because"] == "accepted"
    assert told["critique_loop.best_round"] == 2
    assert receiver.resources[0]["service.name"] == "critique-loop"


def test_each_step_is_a_span_below_the_root_that_lasts_as_long_as_the_step(
    events: list[Event], receiver: Receiver
) -> None:
    send(events, receiver)

    root = receiver.one(ROOT)
    steps = [span for span in receiver.spans if span.parent_span_id == root.span_id]
    assert sorted(span.name for span in steps) == sorted(
        [
            *("invoke_agent writer", "execute_tool sandbox.run"),
            *("invoke_agent critic", "invoke_agent user_proxy"),
        ]
        * 2
    )
    assert {s.end_time_unix_nano - s.start_time_unix_nano for s in steps} == {500_000_000}
    rounds = [attributes(span)["critique_loop.round"] for span in steps]
    assert sorted(rounds) == [1] * 4 + [2] * 4


def test_calls_hang_below_the_step_that_made_them(events: list[Event], receiver: Receiver) -> None:
    send(events, receiver)

    asked, refused = receiver.one("chat small"), receiver.one("chat big")
    writers = {span.span_id for span in receiver.named("invoke_agent writer")}
    critics = {span.span_id for span in receiver.named("invoke_agent critic")}
    told = attributes(asked)
    assert asked.kind == CLIENT
    assert asked.parent_span_id in writers
    assert refused.parent_span_id in critics
    assert told["gen_ai.operation.name"] == "chat"
    assert (told["gen_ai.usage.input_tokens"], told["gen_ai.usage.output_tokens"]) == (120, 45)
    assert told["gen_ai.usage.cache_read.input_tokens"] == 20
    assert told["gen_ai.response.finish_reasons"] == ["stop"]
    assert told["critique_loop.cost_usd"] == 0.002
    assert attributes(refused)["error.type"] == "rate_limit"
    assert refused.status.code == ERROR


def test_a_program_that_failed_is_an_error_of_the_tool(
    events: list[Event], receiver: Receiver
) -> None:
    send(events, receiver)

    failed, good = receiver.named("execute_tool sandbox.run")
    assert attributes(failed)["error.type"] == "error"
    assert failed.status.code == ERROR
    assert "error.type" not in attributes(good)
    assert good.status.code != ERROR


def test_each_dimension_is_an_evaluation_of_its_critique(
    events: list[Event], receiver: Receiver
) -> None:
    send(events, receiver)

    first, second = receiver.named("invoke_agent critic")
    told = [
        (
            e.name,
            attributes(e)["gen_ai.evaluation.name"],
            attributes(e)["gen_ai.evaluation.score.label"],
        )
        for e in (*first.events, *second.events)
    ]
    assert told == [
        ("gen_ai.evaluation.result", "bugs", "fail"),
        ("gen_ai.evaluation.result", "bugs", "pass"),
        ("gen_ai.evaluation.result", "type", "unscored"),
    ]
    assert attributes(first.events[0])["gen_ai.evaluation.score.value"] == 0.0
    assert "gen_ai.evaluation.score.value" not in attributes(second.events[1])
    assert attributes(second)["critique_loop.findings"] == ["long_title"]


def test_what_was_said_and_written_stays_here_unless_it_is_asked_for(
    events: list[Event], receiver: Receiver
) -> None:
    send(events, receiver)

    everything = str(receiver.spans)
    for text in ("mean Horsepower", "secret goal", "print(1)", "Traceback", "mend line 3"):
        assert text not in everything


def test_with_content_messages_are_json_parts_and_pictures_their_size(
    events: list[Event], receiver: Receiver
) -> None:
    send(events, receiver, content=True)

    told = attributes(receiver.one("chat small"))
    said = json.loads(told["gen_ai.input.messages"])
    (answer,) = json.loads(told["gen_ai.output.messages"])
    assert attributes(receiver.one(ROOT))["input.value"] == "mean Horsepower by Origin"
    assert [message["role"] for message in said] == ["system", "user"]
    assert said[1]["parts"] == [
        {"type": "text", "content": "secret goal"},
        {"type": "text", "content": "[picture: image/png, 4 bytes]"},
    ]
    assert answer["parts"] == [
        {"type": "reasoning", "content": "hm"},
        {"type": "text", "content": "print(1)"},
    ]
    assert attributes(receiver.named("execute_tool sandbox.run")[1])["output.value"] == "\\ud800"


def test_a_run_that_was_killed_and_went_on_is_two_roots_in_one_trace(
    events: list[Event], receiver: Receiver
) -> None:
    resumed = Event("abc123", 50, EventKind.RESUMED, 0, 1_700_000_100.0, 0.0, Resumed("1.1"))

    send([*events[:4], resumed, *events[7:]], receiver)

    killed, went_on = receiver.named(ROOT)
    assert killed.trace_id == went_on.trace_id
    assert killed.span_id != went_on.span_id
    assert killed.status.code == ERROR
    assert attributes(went_on)["critique_loop.resumed"] is True
    assert receiver.named("invoke_agent user_proxy")[0].parent_span_id == went_on.span_id


def test_a_run_without_an_end_is_sent_as_far_as_it_came(
    events: list[Event], receiver: Receiver
) -> None:
    send(events[:5], receiver)

    root, call = receiver.one(ROOT), receiver.one("chat big")
    assert attributes(root)["critique_loop.stopped_because"] == "no end"
    assert call.parent_span_id == root.span_id


def test_runs_side_by_side_are_kept_apart(events: list[Event], receiver: Receiver) -> None:
    both = [event for pair in zip(events, _of("other", events), strict=True) for event in pair]

    send(both, receiver)

    assert len({span.trace_id for span in receiver.spans}) == 2
    assert len(receiver.spans) == 2 * (1 + 8 + 2)


def _of(run_id: str, events: list[Event]) -> list[Event]:
    return [Event(run_id, e.seq, e.kind, e.round, e.at, e.seconds, e.body) for e in events]


@pytest.mark.parametrize("first", [1, 5])
def test_a_run_that_is_told_from_its_middle_is_left_out(
    events: list[Event], receiver: Receiver, first: int
) -> None:
    send(events[first:], receiver)

    assert receiver.spans == []
