"""Whether a page that could not be had is worth another attempt, and when. Pure."""

from __future__ import annotations

from ingest.errors import FetchError, NotAskedError
from ingest.model import Outcome
from ingest.settings import ServiceSettings

# These pass by themselves; everything else says something lasting about the page.
PASSING = frozenset(
    {
        Outcome.DNS_ERROR,
        Outcome.CONNECT_ERROR,
        Outcome.TIMEOUT,
        Outcome.RATE_LIMITED,
        Outcome.BAD_ENCODING,
        Outcome.BAD_HTTP,
        Outcome.CHALLENGE,
    }
)
# RFC 9110 §15.5.9 (408), RFC 8470 (425): the client may repeat the request.
PASSING_STATUSES = frozenset({408, 425})

NOT_FOUND = 404
EARLY_S = 3600  # within which a page that a feed lists may still appear
MAX_RETRY_DELAY_S = 86_400  # a page that is wanted tomorrow is asked for tomorrow


def retry_delay(
    error: FetchError, attempts: int, settings: ServiceSettings, *, age: float = float("inf")
) -> float | None:
    """Seconds until the next attempt, or None when this failure is the entry's end.

    Args:
        error: what went wrong this time.
        attempts: attempts before this one.
        settings: `attempts` is the most, `retry_delay` the first delay; it doubles each time.
        age: seconds since the entry was seen first: some feeds list a page before it is there.
    """
    if isinstance(error, NotAskedError):
        return error.retry_after
    if attempts + 1 >= settings.attempts or not (_passes(error) or is_early(error, age)):
        return None
    delay = settings.retry_delay * 2.0**attempts
    if error.retry_after is not None:
        delay = max(delay, error.retry_after)
    return min(delay, MAX_RETRY_DELAY_S)


def is_early(error: FetchError, age: float) -> bool:
    """Whether a page may not be there yet."""
    return error.status == NOT_FOUND and age < EARLY_S


def _passes(error: FetchError) -> bool:
    if error.outcome is Outcome.HTTP_ERROR and error.status is not None:
        return error.status >= 500 or error.status in PASSING_STATUSES
    return error.outcome in PASSING
