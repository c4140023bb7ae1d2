"""Where a model's server is, and whether that is this machine."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from critique_loop.errors import CallError
from critique_loop.models.keys import OPENAI_URL, host_of


@dataclass(frozen=True, slots=True)
class Address:
    """A server's base URL, its host (with the port where it is not the usual one)."""

    base_url: str
    host: str
    is_loopback: bool

    @classmethod
    def of(cls, base_url: str | None, *, local_only: bool, has_key: bool) -> Address:
        """Check a base URL, None: OpenAI's own.

        Raises:
            CallError: it is no plain http or https URL, is not on this machine though it has to be,
                or needs a key and there is none.
        """
        url = OPENAI_URL if base_url is None else base_url.strip()
        odd = [sign for sign in url if sign in "?#\\" or not sign.isprintable() or sign == " "]
        if odd:
            raise CallError(
                f"the base URL of the model holds {odd[0]!r}",
                remedy="Give it without query or fragment, e.g. http://localhost:8000/v1.",
            )
        host = host_of(url)
        is_loopback = _is_loopback(urlsplit(url).hostname or "")
        if local_only and not is_loopback:
            raise CallError(
                f"{host} is not this machine, and only this machine is allowed",
                remedy="Give the base URL of a server on localhost, or allow other hosts.",
            )
        if not is_loopback and not has_key:
            raise CallError(
                f"there is no API key for {host}",
                remedy="Set the environment variable that holds it, or add it to the keys file.",
            )
        return cls(url, host, is_loopback)


def _is_loopback(host: str) -> bool:
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:  # a name: whatever it resolves to now, it may be elsewhere later
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
