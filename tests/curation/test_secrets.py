"""Secrets: found by their looks, and what only looks like one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from critique_loop.curation.secrets import Secrets, secrets_in
from critique_loop.values import Message, Step
from tests.curation.conftest import CHART, curated, example

LETTERS = "aB3dE5gH7jK9mN1pQ2sT4vW6yZ8bC0eF1hJ3lM5nP7rS9uV2xY4aD6fG8iL0kO1q"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("AKIA" + "Q3XJ5T7B2M9K4W6D", "AWS access key"),
        (f"aws_secret_access_key = '{LETTERS[:40]}'", "AWS secret key"),
        (f"AccountKey={(LETTERS * 2)[:86]}==", "Azure storage key"),
        (f"ghp_{LETTERS[:36]}", "GitHub token"),
        (f"github_pat_{LETTERS[:30]}", "GitHub token"),
        (f"glpat-{LETTERS[:20]}", "GitLab token"),
        (f"AIza{LETTERS[:35]}", "Google API key"),
        (f"hf_{LETTERS[:34]}", "Hugging Face token"),
        (f"eyJ{LETTERS[:20]}.eyJ{LETTERS[:20]}.{LETTERS[:30]}", "JSON web token"),
        ("key-" + "3a96ae29bd6fd4c373" + "0123456789abcd", "Mailgun key"),
        (f"npm_{LETTERS[:36]}", "npm token"),
        ("-----BEGIN RSA PRIVATE KEY-----", "private key"),
        ("-----BEGIN PRIVATE KEY-----", "private key"),
        (f"pypi-AgE{LETTERS[:60]}", "PyPI token"),
        (f"SG.{LETTERS[:22]}.{LETTERS[:43]}", "SendGrid key"),
        (f"sk-{LETTERS[:48]}", "provider's key"),
        (f"sk-proj-{LETTERS[:48]}", "provider's key"),
        ("xoxb-" + "1234567890-abcdefghij", "Slack token"),
        (f"https://hooks.slack.com/services/T01234567/B01234567/{LETTERS[:24]}", "Slack webhook"),
        (f"sk_live_{LETTERS[:24]}", "Stripe key"),
        (f"123456789:AA{LETTERS[:33]}", "Telegram bot token"),
        ("AC" + "0123456789abcdef" * 2, "Twilio key"),
        ("postgres://ada:l0velace!@db.internal/x", "password in a URL"),
        ("DB_PASSWORD = 'Tr0ub4dor&3'", "password or key in an assignment"),
        ('at["api_key"] = "a8f5f167f44f4964e6c998dee827"', "password or key in an assignment"),
    ],
)  # fmt: skip
def test_a_secret_is_found(text: str, kind: str) -> None:
    assert kind in secrets_in(f"x = 1\n{text}\n")


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
