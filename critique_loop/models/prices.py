"""What models cost: as the user says, or from the public list of the extra ``prices``."""

from __future__ import annotations

from functools import cache

from critique_loop.values import Price

_FEW, _MANY = 1_000, 1_000_000
_SAME = 1e-9


@cache
def listed_price(model: str, base_url: str) -> Price | None:
    """Return the listed price of a model at the provider that a URL belongs to, or None.

    None where the extra ``prices`` (the package genai-prices, MIT) is not installed, lists no such
    model or provider, or lists a price that depends on the length of the prompt, which a ``Price``
    can't hold. A server on this machine is in no list: say what it costs, if only 0.
    """
    try:
        from genai_prices import Usage, calc_price  # noqa: PLC0415 - an extra, and 0.6 s to import
    except ImportError:
        return None

    def per_million(tokens: int, *, field: str, extra: str = "") -> float:
        counts = {name: tokens for name in (field, extra) if name}
        found = calc_price(Usage(**counts), model, provider_api_url=base_url)
        return float(found.total_price) * 1e6 / tokens

    try:
        prices = [
            (
                per_million(_FEW, field=field, extra=extra),
                per_million(_MANY, field=field, extra=extra),
            )
            for field, extra in (
                ("input_tokens", ""),
                ("output_tokens", ""),
                ("input_tokens", "cache_read_tokens"),
            )
        ]
    except (LookupError, ValueError):
        return None
    if any(abs(few - many) > _SAME for few, many in prices):
        return None
    (new, _), (out, _), (cached, _) = prices
    return Price(input=new, output=out, cached_input=cached)
