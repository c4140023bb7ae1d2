"""Secrets: found by their looks, and what only looks like one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from critique_loop import _credentials as credentials
from critique_loop.curation.secrets import Secrets, secrets_in
from critique_loop.values import Message, Step
from tests.curation.conftest import CHART, curated, example
from tests.known_secrets import SECRETS

LETTERS = "aB3dE5gH7jK9mN1pQ2sT4vW6yZ8bC0eF1hJ3lM5nP7rS9uV2xY4aD6fG8iL0kO1q"


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_found(kind: str) -> None:
    rows = [example("x = 1", where="clean"), example(f"x = 1\n{SECRETS[kind]}\n", where="secret")]

    done = curated(Secrets(), rows)

    assert done.kept == ["clean"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("AKIA" + "Q3XJ5T7B2M9K4W6D", "AWS access key"),
        (f"ghp_{LETTERS[:36]}", "GitHub token"),
        (f"sk-proj-{LETTERS[:48]}", "model key"),
        ("postgres://ada:l0velace!@db.internal/x", "password in an address"),
        ("DB_PASSWORD = 'Tr0ub4dor&3'", "named secret"),
    ],
)  # fmt: skip
def test_the_kind_of_a_secret_is_told(text: str, kind: str) -> None:
    assert secrets_in(f"x = 1\n{text}\n") == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "password = os.environ['DB_PASSWORD']",
        "api_key = 'your-api-key-here-1'",
        "api_key = 'xxxxxxxxxxxx1'",
        "secret = 'password'",
        "API_KEY=<your key here 1>",
        "key = 'country_name_2021'",
        "postgres://user:$PASSWORD@db/x",
        "postgres://user:password@db/x",
        "https://example.org:8080/path@2x.png",
        "sort(key=lambda row: row['token_count'])",
        "the sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "sk-learn is called scikit-learn-intelex-something-else",
        "risk-adjusted-returns-by-sector-and-by-country",
        "-----BEGIN PUBLIC KEY-----",
        "uuid 123e4567-e89b-12d3-a456-426614174000",
        'colors = {"pass": "#2ca02c", "fail": "#d62728"}',
        "a basic characterization of sales, token representations-based",
        "SORT_KEY=country_name",
        "the class sk-toggleable__content-arrow",
        "größe = 'ключ-от-квартиры'",
        "",
        CHART,
    ],
)
def test_what_only_looks_like_a_secret_is_none(text: str) -> None:
    assert secrets_in(text) == []


def test_every_text_of_a_row_is_searched() -> None:
    secret = f"ghp_{LETTERS[:36]}"
    clean = example("x = 1", where="clean")
    said = (Message("user", f"token: {secret}"),)
    rows = [
        clean,
        replace(clean, prompt=said),
        replace(clean, rejected=secret),
        replace(clean, context=secret),
        replace(clean, rejected_code=f"t = '{secret}'"),
        replace(clean, steps=(Step(said, "answer", right=True),)),
        replace(clean, steps=(Step((), secret, right=True),)),
        replace(clean, verifier={"tests": [{"source": f"# {secret}"}]}),
    ]

    done = curated(Secrets(), rows)

    assert done.kept == ["clean"]
    assert done.why == {"GitHub token": 7}
    assert "by pattern" in done.tally.note


@pytest.mark.parametrize(
    "text",
    [
        'password:\n    "hunter22x!"',
        'secret =\n  "aB3$aB3$aB3$"',
        '"password"\n: "hunter22x!"',
        "password: str\n= 'hunter22x!'",
        "password =>\n\n  'hunter22x!'",
        "settings:\n  secret:\n    'hunter22x!'",
        f"api_key:\n  {LETTERS[:24]}",
        f"_authToken =\n{LETTERS[:12]}",
        f"Authorization: Bearer\n  {LETTERS[:24]}",
    ],
)
def test_a_value_on_the_line_below_its_name_is_found_as_redaction_finds_it(text: str) -> None:
    rows = [example("x = 1", where="clean"), example(f"x = 1\n{text}\ny = 2", where="secret")]

    done = curated(Secrets(), rows)

    assert list(credentials.secrets_in(text))
    assert done.kept == ["clean"]


@pytest.mark.parametrize(
    "part",
    [
        "eyJ-",
        "sk-a-",
        "sk-1-",
        "a://b:",
        "password='",
        "key=",
        "hf_a-",
        "aws key ",
        "SK",
        "a1",
        "é1",
    ],
)
def test_a_huge_line_is_searched_quickly(part: str) -> None:
    assert secrets_in("://" + part * 20_000 + f" ghp_{LETTERS[:36]}")
