"""The option that trusts whoever made a run that came from elsewhere."""

from __future__ import annotations

from typing import TypedDict

from critique_loop.cli.options import option


class TrustOptions(TypedDict):
    """What the option gives."""

    trust: bool


trust_option = option(
    "--trust",
    is_flag=True,
    help="Of a run that came from elsewhere: use the servers, keys, models, files that it names.",
)
