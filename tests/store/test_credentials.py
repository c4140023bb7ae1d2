"""Secrets recognised by how they look; none of these was ever anybody's."""

from __future__ import annotations

import pytest

from critique_loop.store.credentials import secrets_in, without_secrets

LETTERS = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC2dF4gH6jK8m"
HEX = "0123456789abcdef" * 2
SECRETS = {
    "AWS access key": "AKIA" + "IOSFODNN7EXAMPLE",
    "AWS secret key": f'aws_secret_access_key = "{LETTERS}"',
    "GitHub token": "ghp_" + LETTERS[:36],
    "fine-grained GitHub token": "github_pat_" + LETTERS[:30],
    "GitLab token": "glpat-" + LETTERS[:20],
    "OpenAI key": "sk-" + LETTERS,
    "OpenAI project key": "sk-proj-" + LETTERS,
    "Anthropic key": "sk-ant-api03-" + LETTERS,
    "Hugging Face token": "hf_" + LETTERS[:34],
    "Slack token": "xoxb-" + "123456789012-abcdefABCDEF",
    "Slack webhook": "https://hooks.slack.com/services/" + "T00000000/B00000000/" + LETTERS[:24],
    "Google key": "AIza" + LETTERS[:35],
    "Stripe key": "sk_live_" + LETTERS[:24],
    "Twilio key": "SK" + HEX,
    "SendGrid key": f"SG.{LETTERS[:22]}.{LETTERS}",
    "Mailchimp key": f"{HEX}-us12",
    "npm token": "npm_" + LETTERS[:36],
    "PyPI token": "pypi-" + LETTERS + LETTERS,
    "Telegram token": "123456789:" + LETTERS[:35],
    "Discord token": f"M{LETTERS[:23]}.{LETTERS[:6]}.{LETTERS[:30]}",
    "JSON web token": f"eyJhbGciOiJIUzI1NiJ9.{LETTERS}.{LETTERS}",
    "private key": f"-----BEGIN RSA PRIVATE KEY-----\n{LETTERS}\n-----END RSA PRIVATE KEY-----",
    "cut private key": f"-----BEGIN OPENSSH PRIVATE KEY-----\n{LETTERS}",
    "Azure key": f"AccountName=x;AccountKey={LETTERS}{LETTERS}==;EndpointSuffix=y",
    "Azure signature": "https://x.blob.core.windows.net/c?sv=1&sig=" + LETTERS,
    "connection string": "postgresql://ada:" + "pa55w0rd!@db.example:5432/sales",
    "connection string without a user": "redis://:" + "pa55w0rd@cache:6379/0",
    "bearer token": "Authorization: Bearer " + LETTERS,
    "basic authorization": "authorization: basic " + LETTERS[:24],
    "password in a program": 'password = "' + 'correct-horse"',
    "API key in JSON": '{"api_key": "' + LETTERS + '"}',
    "API key in JSON within a text": '{\\"api_key\\": \\"' + LETTERS + '\\"}',
    "environment": "export DB_PASSWORD=" + "correct-horse",
}
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
    assert "correct-horse" not in left


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text: str) -> None:
    assert list(secrets_in(text)) == []


def test_only_the_password_of_an_address_goes() -> None:
    left = without_secrets("postgresql://ada:hunter2@db/sales", lambda _: "redacted_secret_1")

    assert left == "postgresql://ada:redacted_secret_1@db/sales"


def test_hostile_texts_take_no_long_time() -> None:
    hostile = (
        "-----BEGIN PRIVATE KEY-----" * 2000,
        "aws" * 20_000,
        "awskey" * 10_000,
        "://a:" * 20_000,
        "eyJ" + "a." * 20_000,
    )

    found = [len(list(secrets_in(text))) for text in hostile]

    assert found[0] >= 1
