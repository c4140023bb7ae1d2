from __future__ import annotations

import pytest

from critique_loop.errors import CallError
from critique_loop.models.address import Address


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000/v1",
        "http://LOCALHOST./v1",
        "http://127.0.0.1/v1",
        "http://127.9.9.9:1/v1",
        "http://[::1]:8000/v1",
        "http://[::ffff:127.0.0.1]/v1",
    ],
)
def test_this_machine_needs_no_key_and_is_local(url: str) -> None:
    address = Address.of(url, local_only=True, has_key=False)

    assert address.is_loopback


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1",
        "http://192.168.0.1/v1",
        "http://0.0.0.0/v1",
        "http://[::]/v1",
        "http://[::ffff:10.0.0.1]/v1",
        "http://localhost.example.com/v1",
        "http://127.0.0.1.example.com/v1",
        "http://2130706433/v1",
    ],
)
def test_no_other_host_passes_for_this_machine(url: str) -> None:
    with pytest.raises(CallError, match="is not this machine"):
        Address.of(url, local_only=True, has_key=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1@example.com/v1",
        "http://127.0.0.1\\@example.com/v1",
        "http://127.0.0.1#@example.com/v1",
        "http://127.0.0.1/v1?key=x",
        "http://127.0.0.1/\nv1",
        "ftp://127.0.0.1/v1",
        "127.0.0.1:8000",
        "",
    ],
)
def test_an_address_that_could_be_read_in_two_ways_is_refused(url: str) -> None:
    with pytest.raises(CallError):
        Address.of(url, local_only=True, has_key=True)


def test_another_host_needs_a_key_and_the_error_says_what_to_do() -> None:
    with pytest.raises(CallError, match=r"no API key for api\.openai\.com") as raised:
        Address.of(None, local_only=False, has_key=False)

    assert "environment variable" in raised.value.remedy


def test_the_host_has_its_port_where_it_is_not_the_usual_one() -> None:
    hosts = [
        Address.of(url, local_only=False, has_key=True).host
        for url in ("https://api.example.com/v1", "http://localhost:8000/v1")
    ]

    assert hosts == ["api.example.com", "localhost:8000"]
