"""Secrets recognised by how they look; none of these was ever anybody's."""

from __future__ import annotations

import time

import pytest

from critique_loop._credentials import KINDS, is_stand_in, secrets_in, without_secrets
from tests.known_secrets import LETTERS, SECRETS

HARMLESS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "https://example.org/a/b?page=2",
    'api_key = os.environ["OPENAI_API_KEY"]',
    "key=lambda row: row.total",
    'password = ""',
    "token = next(tokens)",
    "sk-learn and sk-image are packages",
    "the bearer of this token may pass",
    "ratio = a://b",
    "postgresql://db.example:5432/sales",
    "password=redacted_secret_1",
    "df.sort_values(key=str)",
    "2026-01-01 12:00:00",
    "task_id: 0b1946ac92492d2347c6235b4d2611184",
    "-----BEGIN PUBLIC KEY-----",
    '{"passengers": "Passengers(thousands)", "passed": "80.5-100"}',
    "secretary = 'Ms-Smith-1'",
    "connect(user=user, password=password)",
    "connect(host, password=db_password2, user=u)",
    "password=config2.password",
    "password=load_secret2(path)",
    "password=PASSWORDS[2]",
    'f"password={word22}"',
    "if password == expected2:",
    "password: str = field2",
    "password: 8-16 letters or digits",
    "PWD=/home/ada/data2",
    "pwd=C:/data/2026",
    "password=********1",
)


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_found_wherever_it_stands(kind: str) -> None:
    secret = SECRETS[kind]

    for text in (secret, f"see {secret} there", f"x = '{secret}'\nprint(x)"):
        assert list(secrets_in(text)), text


@pytest.mark.parametrize("kind", SECRETS)
def test_what_is_left_holds_no_secret(kind: str) -> None:
    left = without_secrets(f"before {SECRETS[kind]} after", lambda _: "redacted_secret_1")

    assert list(secrets_in(left)) == []
    assert left.startswith("before ")
    assert LETTERS[:20] not in left
    assert "pa55w0rd" not in left
    assert "55>w0rd" not in left
    assert "4dor&3" not in left
    assert "cdefgh" not in left
    assert "correct-horse" not in left
    assert "hunter2" not in left


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text: str) -> None:
    assert list(secrets_in(text)) == []


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("password=hunter2butlonger\n", "password=X\n"),
        ("host=db, Passwd: s3cret!word, user=ada", "host=db, Passwd: X, user=ada"),
        ("?user=ada&pwd=hunter22&x=1", "?user=ada&pwd=X&x=1"),
        ('print("password=hunter2")', 'print("password=X")'),
        ("DB_PWD = 12345678", "DB_PWD = X"),
    ],
)
def test_a_short_password_is_found_without_quotes(text: str, left: str) -> None:
    assert without_secrets(text, lambda _: "X") == left


def test_only_the_password_of_an_address_goes() -> None:
    left = without_secrets("postgresql://ada:hunter2@db/sales", lambda _: "redacted_secret_1")

    assert left == "postgresql://ada:redacted_secret_1@db/sales"


def test_the_examples_are_of_every_kind() -> None:
    found = {secret.kind for text in SECRETS.values() for secret in secrets_in(text)}

    assert found == set(KINDS)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("your-api-key-here-1", "named secret"),
        ("country_name", "secret in an environment"),
        ("load_key(path)", "secret in an environment"),
        ("#2ca02c", "named secret"),
        ("$PASSWORD", "password in an address"),
        ("characterization", "bearer token"),
        ("toggleable__content-arrow", "model key"),
    ],
)
def test_what_stands_in_for_a_secret_is_known(value: str, kind: str) -> None:
    assert is_stand_in(value, kind)


def test_a_key_that_shows_what_it_is_stands_in_for_nothing() -> None:
    assert not is_stand_in("ghp_" + "example-example", "GitHub token")


HOSTILE = (
    "-----BEGIN PRIVATE KEY-----",
    "aws",
    "awskey",
    "://a:",
    "eyJ-",
    "eyJa.",
    "sk-a-",
    "password=",
    "password=1",
    "secret='\\\\",
    "-",
    "A_KEY=",
    "pwd=a",
    "pwd:1",
    "pwd_",
)


@pytest.mark.parametrize("part", HOSTILE)
def test_a_hostile_text_takes_no_long_time(part: str) -> None:
    text = "eyJ" + part * (100_000 // len(part)) + "."
    began = time.process_time()

    list(secrets_in(text))

    assert time.process_time() - began < 2.0
