"""Names of months in the languages of the world → their numbers. Pure; read when the first one is asked for.

The names are dateparser's, which has them from Unicode CLDR.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

_LANGUAGES = (
    "af", "ar", "az", "be", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi",
    "fil", "fr", "ga", "gl", "gu", "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ka", "kk", "km", "kn", "ky", "lo",
    "lt", "lv", "mk", "ml", "mn", "mr", "ms", "mt", "my", "nb", "ne", "nl", "nn", "pa", "pl", "ps", "pt", "ro", "ru",
    "si", "sk", "sl", "sq", "sr", "sr-Latn", "sv", "sw", "ta", "te", "th", "tr", "uk", "ur", "uz", "vi",
)  # fmt: skip
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip


def month_of(name: str) -> int | None:
    """The month that a name or its abbreviation stands for; None for none, and for one that means two."""
    return _names().get(_plain(name))


@cache
def _names() -> dict[str, int]:
    found: dict[str, set[int]] = {}
    for language in _LANGUAGES:
        info = import_module(f"dateparser.data.date_translation_data.{language}").info
        for number, month in enumerate(_MONTHS, 1):
            for name in info[month]:
                found.setdefault(_plain(name), set()).add(number)
    # "listopad" is October in Croatia and November in Poland: read by nobody who does not know where he is.
    return {name: next(iter(numbers)) for name, numbers in found.items() if len(numbers) == 1 and not name.isdecimal()}


def _plain(name: str) -> str:
    return name.casefold().strip().rstrip(".")
