"""Times as text: everything stored is UTC `YYYY-MM-DDTHH:MM:SSZ`, which sorts as it reads."""

from __future__ import annotations

from datetime import UTC, datetime

TEXT_FORMAT = "YYYY-MM-DDTHH:MM:SSZ"


class TimeError(ValueError):
    """Stored text that is no time of the form in which times are stored."""


def to_text(moment: datetime) -> str:
    """An aware datetime as stored text; fractions of a second are cut.

    Raises:
        ValueError: if the datetime has no zone: guessing one is the caller's decision.
    """
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone cannot be stored: {moment!r}")
    utc = moment.astimezone(UTC)
    # Not strftime: a tenth of its time, and "%Y" does not pad years below 1000 on every platform.
    return f"{utc.year:04d}-{utc.month:02d}-{utc.day:02d}T{utc.hour:02d}:{utc.minute:02d}:{utc.second:02d}Z"


def from_text(text: str) -> datetime:
    """Stored text as an aware UTC datetime.

    Raises:
        TimeError: if the text is not of the stored form.
    """
    # fromisoformat takes a fiftieth of strptime's time, but other forms too.
    if len(text) != len(TEXT_FORMAT) or text[4::3] != TEXT_FORMAT[4::3]:
        raise TimeError(f"{text[:200]!r} is not of the form {TEXT_FORMAT}")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise TimeError(f"{text!r}: {error}") from error


def optional_text(moment: datetime | None) -> str | None:
    """`to_text`, with None for None."""
    return None if moment is None else to_text(moment)


def optional_time(text: str | None) -> datetime | None:
    """`from_text`, with None for None."""
    return None if text is None else from_text(text)
