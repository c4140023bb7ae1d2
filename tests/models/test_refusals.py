from __future__ import annotations

import json
import time
from email.utils import formatdate

import pytest

from critique_loop.errors import ModelErrorKind
from critique_loop.models.redaction import Redactor
from critique_loop.models.refusals import RefusedError, refused, retry_after_s

Kind = ModelErrorKind


def of(status: int, body: object, **headers: str) -> RefusedError:
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return refused(status, headers, data, Redactor("sk-planted-0123456789"))


def error(message: str, code: str | None = None, kind: str | None = None) -> object:
    return {"error": {"message": message, "code": code, "type": kind}}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, error("no"), Kind.AUTH),
        (400, error("API key not valid. Please pass a valid API key."), Kind.AUTH),
        (403, error("no"), Kind.PERMISSION),
        (402, error("Insufficient Balance"), Kind.QUOTA),
        (429, error("x", code="insufficient_quota"), Kind.QUOTA),
        (429, error("You exceeded your current quota"), Kind.QUOTA),
        (429, error("slow down"), Kind.RATE_LIMIT),
        (404, error("The model `m` does not exist"), Kind.NO_MODEL),
        (404, "<html><body>Not Found</body></html>", Kind.NO_MODEL),
        (400, error("x", code="model_not_found"), Kind.NO_MODEL),
        (503, "", Kind.OVERLOADED),
        (529, error("Overloaded", kind="overloaded_error"), Kind.OVERLOADED),
        (500, "<html><h1>500</h1></html>", Kind.SERVER),
        (502, "Bad Gateway", Kind.SERVER),
        (408, error("timeout"), Kind.SERVER),
        (413, "too large", Kind.CONTEXT_OVERFLOW),
        (400, error("x", code="context_length_exceeded"), Kind.CONTEXT_OVERFLOW),
        (400, error("prompt is too long: 210000 tokens"), Kind.CONTEXT_OVERFLOW),
        (500, error("the request exceeds the available context size."), Kind.CONTEXT_OVERFLOW),
        (400, error("x", code="content_filter"), Kind.CONTENT_FILTER),
        (400, error("Unsupported parameter: 'seed'"), Kind.UNSUPPORTED),
        (422, {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs"}]}, Kind.UNSUPPORTED),
        (500, error("Invalid parameter: 'image_url' is not supported"), Kind.UNSUPPORTED),
        (307, "", Kind.PROTOCOL),
        (200, error("x", code="rate_limit_exceeded"), Kind.RATE_LIMIT),
        (200, {"error": {"code": 503, "message": "x"}}, Kind.OVERLOADED),
        (200, {"error": "something broke"}, Kind.SERVER),
    ],
)
def test_what_a_server_says_tells_the_kind(status: int, body: object, kind: Kind) -> None:
    assert of(status, body).kind is kind


def test_the_message_says_what_the_server_said_and_what_to_do() -> None:
    found = of(404, error("The model `big` does not exist", code="model_not_found"))

    assert "The model `big` does not exist" in str(found)
    assert "base URL" in found.remedy
    assert (found.status, found.code) == (404, "model_not_found")


@pytest.mark.parametrize(
    "body",
    [
        error("Incorrect API key provided: sk-planted-0123456789."),
        error("x", code="sk-planted-0123456789"),
        "<html>Bearer sk-planted-0123456789</html>",
        {"error": "sk-planted-0123456789"},
        {"error": {"message": "x", "param": "sk-planted-0123456789"}},
        {"error": {"message": " " * 3_990 + "sk-planted-0123456789"}},
        " " * 7_990 + "sk-planted-0123456789",
        {"detail": [{"loc": ["body", "n"], "msg": "sk-planted-0123456789"}]},
    ],
)
def test_the_key_stays_out_wherever_the_server_repeats_it(body: object) -> None:
    found = of(401, body)

    assert "planted" not in f"{found} {vars(found)}"


def test_a_message_is_one_printable_line_of_bounded_length() -> None:
    found = of(500, error("\x1b[31mred\x1b[0m\n\r\x00" + "x" * 10_000))

    assert "\\x1b[31mred" in found.problem
    assert found.problem.isprintable()
    assert len(found.problem) < 400


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"error": {"message": "m", "param": "seed"}}, ("seed",)),
        ({"error": {"message": "m", "param": "None"}}, ()),
        ({"detail": [{"loc": ["body", "seed"]}, {"loc": ["body", "n"]}]}, ("seed", "n")),
        ({"message": {"detail": [{"loc": ["body", "seed"]}]}}, ("seed",)),
    ],
)
def test_the_refused_parameters_are_read_from_their_own_field(
    body: object, named: tuple[str, ...]
) -> None:
    assert of(422, body).parameters == named


def test_only_a_gateway_that_gave_up_waiting_may_have_cost_something() -> None:
    free = [of(status, "").is_free for status in (400, 429, 500, 502, 503)]

    assert all(free)
    assert not of(504, "").is_free


@pytest.mark.parametrize("body", ["", "null", "[]", "[" * 50_000, '"x"', "\ud800", "{}", "\x00"])
def test_no_body_is_too_strange(body: str) -> None:
    found = refused(500, {}, body.encode(errors="surrogatepass"), Redactor())

    assert found.kind is Kind.SERVER


def test_a_body_that_is_nearly_json_is_read_as_text() -> None:
    found = refused(500, {}, b'{"error": {"message": "\xff"}}', Redactor())

    assert "error" in found.text


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"Retry-After-Ms": "250", "Retry-After": "9"}, 0.25),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_the_wait_is_read_in_seconds_and_milliseconds(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after_s(headers) == seconds


def test_the_wait_is_read_from_a_date_by_the_clock_of_the_server() -> None:
    wrong_clock = time.time() - 7200
    headers = {
        "Date": formatdate(wrong_clock, usegmt=True),
        "Retry-After": formatdate(wrong_clock + 20, usegmt=True),
    }

    assert retry_after_s(headers) == pytest.approx(20, abs=1)


def test_a_date_without_a_clock_is_taken_by_ours() -> None:
    headers = {"Retry-After": formatdate(time.time() + 20, usegmt=True)}

    assert retry_after_s(headers) == pytest.approx(20, abs=2)
