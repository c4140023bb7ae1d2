from __future__ import annotations

import http.client
import itertools
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from critique_loop.testing import FaultServer
from critique_loop.testing.fault_server_acts import (
    Break,
    Plan,
    Respond,
    Say,
    Silence,
    TooMany,
    Vanish,
    always,
    in_turn,
    refusing,
    sometimes,
)
from critique_loop.values import Usage

SCHEMA = {
    "type": "object",
    "properties": {"mark": {"type": "integer", "enum": [0, 5, 10]}, "why": {"type": "string"}},
}
HELLO = [{"role": "user", "content": "hello"}]


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as entered:
        yield entered


def ask(server: FaultServer, plan: Plan, **fields: object) -> tuple[int, Any]:
    """Send one request without any client library; return status and content."""
    return send(server, json.dumps({"model": server.play(plan), "messages": HELLO} | fields))


def send(server: FaultServer, content: str, key: str = "sk-none") -> tuple[int, Any]:
    connection = http.client.HTTPConnection(server.base_url[7:-3], timeout=5)
    try:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
        connection.request("POST", "/v1/chat/completions", content, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        plain = answer.headers["Content-Type"] == "application/json"
        return answer.status, json.loads(text) if plain else text
    finally:
        connection.close()


def test_a_request_without_a_fault_gets_a_completion_that_counts_its_tokens(
    server: FaultServer,
) -> None:
    status, answer = ask(server, always(Say()))

    assert status == 200
    assert answer["choices"][0]["message"]["content"].startswith("```python\nprint('chart ")
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert answer["usage"]["prompt_tokens"] == 6
    assert server.billed == Usage(6, answer["usage"]["completion_tokens"])


def test_equal_seeds_give_equal_texts_and_no_seed_gives_others(server: FaultServer) -> None:
    def text(**fields: object) -> str:
        return ask(server, always(Say()), **fields)[1]["choices"][0]["message"]["content"]

    assert text(seed=1) == text(seed=1)
    assert text(seed=1) != text(seed=2)
    assert text() != text()


def test_several_choices_and_probabilities_are_given_where_they_are_asked_for(
    server: FaultServer,
) -> None:
    _, answer = ask(server, always(Say()), n=3, logprobs=True, top_logprobs=2)

    texts = [choice["message"]["content"] for choice in answer["choices"]]
    told = answer["choices"][0]["logprobs"]["content"]
    assert len(set(texts)) == 3
    assert "".join(token["token"] for token in told) == texts[0]
    assert all(len(token["top_logprobs"]) == 2 for token in told)


@pytest.mark.parametrize(
    "fields",
    [
        {"response_format": {"type": "json_schema", "json_schema": {"schema": SCHEMA}}},
        {"messages": [{"role": "user", "content": f"As JSON like {json.dumps(SCHEMA)}, please"}]},
        {
            "response_format": {"type": "json_object"},
            "messages": [{"role": "user", "content": json.dumps({"schema": SCHEMA})}],
        },
    ],
)
def test_an_answer_fits_the_schema_however_it_is_told(
    server: FaultServer, fields: dict[str, object]
) -> None:
    _, answer = ask(server, always(Say()), **fields)

    data = json.loads(answer["choices"][0]["message"]["content"])
    assert data["mark"] == 5
    assert isinstance(data["why"], str)


def test_a_tool_that_must_be_called_is_called(server: FaultServer) -> None:
    tool = {"type": "function", "function": {"name": "judge", "parameters": SCHEMA}}
    chosen = {"type": "function", "function": {"name": "judge"}}

    _, answer = ask(server, always(Say()), tools=[tool], tool_choice=chosen)

    message = answer["choices"][0]["message"]
    assert message["content"] is None
    assert message["tool_calls"][0]["function"]["name"] == "judge"
    assert json.loads(message["tool_calls"][0]["function"]["arguments"])["mark"] == 5


def test_pictures_are_counted_unless_they_are_ignored(server: FaultServer) -> None:
    parts = [
        {"type": "text", "text": "hello"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
    ]
    seen = [{"role": "user", "content": parts}]
    blind = Say(ignoring=frozenset({"image"}))

    counted = [
        ask(server, always(act), messages=seen)[1]["usage"]["prompt_tokens"]
        for act in (Say(), blind)
    ]

    assert counted == [6 + 258, 6]


def test_an_answer_ends_where_the_most_tokens_are_reached(server: FaultServer) -> None:
    _, answer = ask(server, always(Say()), max_tokens=3)

    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"]["completion_tokens"] == 3


def test_a_stream_adds_up_to_the_same_answer(server: FaultServer) -> None:
    whole = ask(server, always(Say()), seed=1)[1]

    _, stream = ask(
        server, always(Say()), seed=1, stream=True, stream_options={"include_usage": True}
    )

    lines = [line[6:] for line in stream.split("\n\n") if line]
    steps = [json.loads(line) for line in lines[:-1]]
    pieces = [s["choices"][0]["delta"].get("content", "") for s in steps if s["choices"]]
    assert lines[-1] == "[DONE]"
    assert "".join(pieces) == whole["choices"][0]["message"]["content"]
    assert steps[-1]["usage"] == whole["usage"]


def test_a_plan_is_followed_request_by_request(server: FaultServer) -> None:
    plan = in_turn(TooMany(1), Respond(503, {"error": {"message": "busy"}}))
    name = server.play(plan)
    content = json.dumps({"model": name, "messages": HELLO})

    statuses = [send(server, content)[0] for _ in range(4)]

    assert statuses == [429, 503, 200, 200]
    assert [r.number for r in server.requests(name)] == [1, 2, 3, 4]
    assert server.billed.input_tokens == 12


def test_a_share_of_requests_fails_the_same_way_with_the_same_seed() -> None:
    def statuses(in_a_row: int | None) -> list[int]:
        plan = sometimes(0.4, [TooMany(1)], seed=1, in_a_row=in_a_row)
        with FaultServer({"fixed": plan}) as other:
            content = json.dumps({"model": "fixed", "messages": HELLO})
            return [send(other, content)[0] for _ in range(50)]

    first, limited = statuses(None), statuses(1)

    assert first == statuses(None)
    assert 10 <= first.count(429) <= 30
    assert (429, 429) in itertools.pairwise(first)
    assert (429, 429) not in itertools.pairwise(limited)


def test_requests_are_refused_as_long_as_they_have_a_field(server: FaultServer) -> None:
    plan = refusing({"seed": Respond(422, {"detail": "no seed"})})

    assert ask(server, plan, seed=1) == (422, {"detail": "no seed"})
    assert ask(server, plan)[0] == 200


def test_a_model_that_nobody_named_and_a_body_that_is_none_are_refused(
    server: FaultServer,
) -> None:
    statuses = [send(server, content)[0] for content in ('{"model": "other"}', "{", "[]")]

    assert statuses == [404, 400, 400]


def test_the_key_is_checked_and_echoed_everywhere_if_wanted() -> None:
    with FaultServer(key="sk-planted", echoes_key=True) as server:
        content = json.dumps({"model": server.play(always(Say())), "messages": HELLO})

        right, wrong = (send(server, content, key) for key in ("sk-planted", "sk-other"))

    assert "sk-planted" in right[1]["choices"][0]["message"]["content"]
    assert (wrong[0], "sk-other" in wrong[1]["error"]["message"]) == (401, True)


def test_a_connection_is_cut_reset_or_closed() -> None:
    with FaultServer() as server:
        errors: list[type[Exception]] = []
        for act in (Break("cut"), Vanish(reset=True), Vanish()):
            with pytest.raises((http.client.HTTPException, OSError)) as caught:
                ask(server, always(act))
            errors.append(caught.type)

    assert errors == [
        http.client.IncompleteRead,
        ConnectionResetError,
        http.client.RemoteDisconnected,
    ]


def test_a_client_that_hangs_up_is_noticed(server: FaultServer) -> None:
    name = server.play(always(Silence()))
    content = json.dumps({"model": name, "messages": HELLO}).encode()
    with socket.create_connection(("127.0.0.1", int(server.base_url[17:-3]))) as connection:
        head = f"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: {len(content)}\r\n\r\n"
        connection.sendall(head.encode() + content)
        eventually(lambda: server.in_flight == 1)

    eventually(lambda: server.in_flight == 0 and server.open_connections == 0)
    assert server.requests(name)[0].disconnected


def test_requests_at_once_are_counted() -> None:
    with FaultServer(latency_s=0.3) as server:
        threads = [threading.Thread(target=ask, args=(server, always(Say()))) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert server.peak_in_flight == 5
        assert max(r.in_flight for r in server.requests()) == 5
        eventually(lambda: server.in_flight == 0)


def test_the_models_are_listed(server: FaultServer) -> None:
    name = server.play(always(Say()))
    connection = http.client.HTTPConnection(server.base_url[7:-3], timeout=5)
    connection.request("GET", "/v1/models")

    listed = json.loads(connection.getresponse().read())

    connection.close()
    assert [model["id"] for model in listed["data"]] == [name]


def test_leaving_ends_what_hangs() -> None:
    began = time.monotonic()
    with FaultServer() as server:
        hanging = threading.Thread(target=_swallow, args=(server,))
        hanging.start()
        eventually(lambda: server.in_flight == 1)
    hanging.join(5)

    assert not hanging.is_alive()
    assert time.monotonic() - began < 4


def test_importing_the_stand_ins_does_not_import_the_server() -> None:
    program = (
        "import sys, critique_loop.testing as t; print('critique_loop.testing.faults' in "
        "sys.modules, 'critique_loop.testing.fault_server' in sys.modules); t.FaultServer; t.FAULTS"
    )

    result = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert result.stdout == "False False\n"


def _swallow(server: FaultServer) -> None:
    with pytest.raises((http.client.HTTPException, OSError)):
        ask(server, always(Silence()))


def eventually(condition: Any) -> None:  # noqa: ANN401 - a callable of nothing
    until = time.monotonic() + 3
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    assert condition()
