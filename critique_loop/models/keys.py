"""Where API keys come from: the environment, or a file that only its owner can read.

A key goes to the host it is meant for and to no other: ``OPENAI_API_KEY`` is sent to
api.openai.com, or to the host that ``OPENAI_BASE_URL`` names, as with the openai package itself.
"""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from critique_loop.errors import CallError, DefinitionError

OPENAI_URL = "https://api.openai.com/v1"
_OPENAI_KEY = "OPENAI_API_KEY"
_OPENAI_BASE = "OPENAI_BASE_URL"
_OTHERS = 0o077


def host_of(base_url: str) -> str:
    """Return host and port of a URL, the port only where it is not the scheme's own.

    Raises:
        CallError: it is no http or https URL.
    """
    try:
        parts = urlsplit(base_url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in ("http", "https") or not host:
        raise CallError(
            "the base URL of the model is no http or https URL",
            remedy="Give one like https://api.openai.com/v1 or http://localhost:8000/v1.",
        )
    if parts.username or parts.password:
        raise CallError(
            "the base URL of the model holds a user name or password",
            remedy="Leave it out; keys come from the environment or the keys file.",
        )
    usual = {"http": 80, "https": 443}[parts.scheme]
    return host if port in (None, usual) else f"{host}:{port}"


def keys_path() -> Path:
    """Return where the keys file lies: in the user's configuration folder."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "critique-loop" / "keys.toml"


def find_key(base_url: str, *, variable: str = "", file: Path | None = None) -> str | None:
    """Return the key for a server, None where there is none.

    ``variable`` names the environment variable that holds it. Without, the keys file is asked for
    the host (``"api.example.com" = "..."`` or with ``:port``), then ``OPENAI_API_KEY`` if the host
    is its own.

    Raises:
        CallError: the variable is not set, or others may read the keys file.
        DefinitionError: the keys file is no TOML of texts.
    """
    host = host_of(base_url)
    if variable:
        key = os.environ.get(variable, "")
        if not key:
            raise CallError(
                f"the environment variable {variable} is not set",
                remedy=f"It is to hold the key for {host}: export {variable}=...",
            )
        return _checked(key, variable)
    key = _from_file(file or keys_path()).get(host)
    if key:
        return _checked(key, str(file or keys_path()))
    own = host_of(os.environ.get(_OPENAI_BASE) or OPENAI_URL)
    key = os.environ.get(_OPENAI_KEY, "") if host == own else ""
    return _checked(key, _OPENAI_KEY) if key else None


def _checked(key: str, where: str) -> str:
    if not (key.isascii() and key.isprintable()) or key != key.strip():
        raise CallError(
            f"{where}: the key holds spaces, line breaks or other characters no key has",
            remedy="Copy it once more, without quotes.",
        )
    return key


def _from_file(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            _refuse_readable_by_others(path, os.fstat(file.fileno()))
            document = tomllib.load(file)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CallError(f"{path}: can't be read ({error.strerror})") from error
    except (ValueError, RecursionError):  # also numbers too long, lists too deep
        # The parser's own message would show a part of the file.
        raise DefinitionError(path, "no valid TOML", remedy='Write "host" = "key" lines.') from None
    if not all(isinstance(key, str) for key in document.values()):
        # Which one is not said: a key may stand where the host belongs.
        raise DefinitionError(
            path, "not all values are texts", remedy='Write "host" = "key" lines.'
        )
    return cast("dict[str, str]", document)


def _refuse_readable_by_others(path: Path, status: os.stat_result) -> None:
    if status.st_uid not in (os.geteuid(), 0) or stat.S_IMODE(status.st_mode) & _OTHERS:
        raise CallError(
            f"{path}: others may read this file of keys; it was not read",
            remedy=f"chmod 600 {path}",
        )
