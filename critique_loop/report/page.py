"""Templates, style and script made into one HTML file that asks nobody for anything.

The one module that speaks to Jinja. What may run is named by its hash in the file's own
Content-Security-Policy (https://www.w3.org/TR/CSP3/), so nothing else does.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

from critique_loop._version import __version__
from critique_loop.report import wording
from critique_loop.report.texts import one_line, shown

if TYPE_CHECKING:
    from jinja2 import Environment

GENERATOR = "critique-loop"
"""What the generator's meta tag of every report begins with."""

_UNSAFE_IN_SCRIPT = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def make_page(template: str, *, title: str, **values: object) -> str:
    """Return the page that ``template`` makes of ``values``, with style and script inside."""
    style, script = _asset("style.css"), _asset("script.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src {_hash(style)}; "
        f"script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )
    frame = {"title": title, "style": style, "script": script, "policy": policy}
    made = (
        _environment()
        .get_template(template)
        .render(frame=frame, generator=f"{GENERATOR} {__version__}", **values)
    )
    return made.encode("utf-8", "backslashreplace").decode("utf-8")


def make_fragment(template: str, **values: object) -> str:
    """Return the piece of a page that ``template`` makes of ``values``."""
    return _environment().get_template(template).render(**values)


def as_json(value: object) -> str:
    """Return plain JSON types as JSON that ends no element it stands in."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.translate(_UNSAFE_IN_SCRIPT)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{b64encode(digest).decode('ascii')}'"


def _line(text: str, most: int) -> str:
    return one_line(text, most=most)


@cache
def _asset(name: str) -> str:
    place = files("critique_loop.report").joinpath("templates", name)
    return place.read_text(encoding="utf-8").replace("\r\n", "\n")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # noqa: PLC0415 - 60 ms
    from markupsafe import Markup  # noqa: PLC0415 - as Jinja

    def visible(value: object) -> object:
        return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    def json_inside(value: object) -> Markup:
        return Markup(as_json(value))  # noqa: S704 - escaped for where it stands

    environment = Environment(
        loader=FunctionLoader(_asset),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: Mapping[str, Callable[..., object]] = {
        "mark": wording.mark,
        "share": wording.share,
        "change": wording.change,
        "seconds": wording.seconds,
        "money": wording.money,
        "moment": wording.moment,
        "size": wording.size,
        "end": wording.end,
        "short_end": wording.short_end,
        "line": _line,
        "json": json_inside,
        "as_is": Markup,
    }
    environment.filters.update(cast("Mapping[str, Any]", filters))
    cast("dict[str, object]", environment.globals)["count"] = wording.count
    return environment
