"""What words of a goal mean when they name no column and no value."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a stretch of a goal does."""

    COLUMN = "column"
    VALUE = "value"
    NUMBER = "number"
    ENTITY = "entity"
    AGGREGATE = "aggregate"
    COUNT = "count"
    SUPERLATIVE = "superlative"
    TOP = "top"
    UNIT = "unit"
    OVER_TIME = "over time"
    MONTH = "month"
    MARK = "mark"
    RELATION = "relation"
    DISTRIBUTION = "distribution"
    BY = "by"
    VERSUS = "versus"
    COLOUR = "colour"
    WHICH = "which"
    HOW = "how"
    VERB = "verb"
    AND = "and"
    COMPARE = "compare"
    YEARS = "years"
    BETWEEN = "between"
    FROM = "from"
    TO = "to"
    IN = "in"
    WITH = "with"
    EXCLUDE = "exclude"
    MORE = "or more"
    POOL = "together"
    APART = "apart"
    STOP = "stop"
    ROW = "row"
    SOFT = "soft"
    REFUSED = "refused"
    UNKNOWN = "unknown"


Phrase = tuple[str, ...]
Meaning = tuple[Role, str]

FUNCTION_WORDS: Final = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "to",
        "and",
        "or",
        "is",
        "are",
        "was",
        "were",
        "do",
        "does",
        "did",
        "has",
        "have",
        "had",
        "be",
        "been",
        "being",
        "it",
        "its",
        "they",
        "their",
        "them",
        "that",
        "these",
        "those",
        "there",
        "what",
        "how",
        "which",
        "who",
        "where",
        "when",
        "can",
        "could",
        "would",
        "you",
        "your",
        "i",
        "we",
        "me",
        "my",
        "us",
        "want",
        "like",
        "let",
        "please",
        "by",
        "for",
        "from",
        "in",
        "on",
        "at",
        "with",
        "as",
        "into",
        "than",
        "not",
        "no",
    ]
)
"""Words that never name a column unless they are quoted."""

CONNECTORS: Final = frozenset({"of", "in", "the", "per", "and", "for", "a"})
"""Words that may stand inside the name of a column as people write it."""

UNIT_WORDS: Final = {
    "lbs": "lbs", "lb": "lb", "kg": "kg", "grams": "g", "km": "km", "cm": "cm", "mm": "mm",
    "usd": "USD", "eur": "EUR", "gbp": "GBP", "dollars": "USD", "euros": "EUR", "pct": "%",
    "percent": "%", "mph": "mph", "kmh": "km/h", "kwh": "kWh", "mwh": "MWh", "gwh": "GWh",
    "sec": "s", "secs": "s", "seconds": "s", "ms": "ms", "minutes": "min", "mins": "min",
    "hours": "h", "hrs": "h", "celsius": "°C", "fahrenheit": "°F", "inches": "in", "feet": "ft",
    "miles": "mi", "meters": "m", "metres": "m", "litres": "l", "liters": "l",
}  # fmt: skip
"""Last words of column names that say the unit, and how the unit is written."""

ADDITIVE: Final = frozenset(
    [
        "population",
        "pop",
        "sales",
        "revenue",
        "turnover",
        "profit",
        "quantity",
        "qty",
        "amount",
        "count",
        "counts",
        "total",
        "units",
        "rainfall",
        "precipitation",
        "rain",
        "snowfall",
        "generation",
        "production",
        "output",
        "exports",
        "imports",
        "budget",
        "spend",
        "spending",
        "cost",
        "costs",
        "income",
        "expenses",
        "orders",
        "visits",
        "visitors",
        "passengers",
        "deaths",
        "births",
        "cases",
        "votes",
        "jobs",
        "employees",
        "tonnage",
        "volume",
        "attendance",
        "emissions",
    ]
)
"""Names of quantities that add up, so that leaving the aggregate out is ambiguous."""

STOCKS: Final = frozenset(
    [
        "population",
        "pop",
        "employment",
        "jobs",
        "employees",
        "inventory",
        "balance",
        "debt",
        "stock",
    ]
)
"""Names of quantities that are levels at a time: adding them up over time means nothing."""

SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "max": ("maximum", "highest"), "min": ("minimum", "lowest"),
    "avg": ("average", "mean"), "mean": ("average", "avg"), "average": ("mean", "avg"),
    "sex": ("gender",), "gender": ("sex",), "precipitation": ("rain", "rainfall", "precip"),
    "miles per gallon": ("fuel economy", "fuel efficiency", "gas mileage", "mileage"),
    "mpg": ("miles per gallon", "fuel economy", "fuel efficiency"),
    "horsepower": ("hp",), "size": ("party size", "group size"), "wind": ("wind speed",),
    "symbol": ("stock", "ticker", "company"), "lat": ("latitude",), "species": ("flower type",),
    "lon": ("longitude",), "lng": ("longitude",), "num": ("number",), "no": ("number",),
    "dept": ("department",), "yr": ("year",), "wt": ("weight",), "ht": ("height",),
    "net generation": ("electricity generation", "power generation", "generation"),
    "state": ("us state",), "weather": ("weather type", "weather condition", "kind of weather"),
}  # fmt: skip
"""Words of column names and what people say instead."""

ENTITY_SYNONYMS: Final = {"employment": ("job",)}
"""Words of file names and what people say instead of them; they are not counted."""

VALUE_SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    "female": ("woman", "women", "females", "girls"), "male": ("man", "men", "males", "boys"),
    "f": ("woman", "women", "female", "females"), "m": ("man", "men", "male", "males"),
    "usa": ("us", "america", "american", "united states", "united states of america"),
    "united states": ("usa", "us", "america"), "united kingdom": ("uk", "britain"),
    "aapl": ("apple",), "goog": ("google",), "amzn": ("amazon",), "msft": ("microsoft",),
    "europe": ("european",), "sat": ("saturday",), "sun": ("sunday",),
    "mon": ("monday",), "tue": ("tuesday",), "wed": ("wednesday",), "thu": ("thursday",),
    "thur": ("thursday",), "fri": ("friday",), "renewables": ("renewable", "renewable energy"),
}  # fmt: skip
"""Values of columns and what people say instead."""

NUMBER_WORDS: Final = {
    word: float(number)
    for number, word in enumerate(
        [
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ],
        start=1,
    )
}
SCALE_WORDS: Final = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9}
MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
