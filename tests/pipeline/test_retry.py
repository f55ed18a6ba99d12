from __future__ import annotations

import pytest

from ingest.errors import FetchError
from ingest.model import Outcome
from ingest.pipeline.retry import MAX_RETRY_DELAY_S, retry_delay
from ingest.settings import ServiceSettings

SETTINGS = ServiceSettings(attempts=5, retry_delay=900)


def error(outcome: Outcome, status: int | None = None, retry_after: float | None = None) -> FetchError:
    return FetchError(outcome, "x", url="http://a.example/", status=status, retry_after=retry_after)


@pytest.mark.parametrize(
    ("failure", "attempts", "delay"),
    [
        (error(Outcome.TIMEOUT), 0, 900),
        (error(Outcome.TIMEOUT), 2, 3600),
        (error(Outcome.TIMEOUT), 4, None),
        (error(Outcome.HTTP_ERROR, 503), 0, 900),
        (error(Outcome.HTTP_ERROR, 404), 0, None),
        (error(Outcome.HTTP_ERROR, 408), 0, 900),
        (error(Outcome.RATE_LIMITED, 429, retry_after=5000), 0, 5000),
        (error(Outcome.RATE_LIMITED, 429, retry_after=1), 0, 900),
        (error(Outcome.RATE_LIMITED, 429, retry_after=1e12), 0, MAX_RETRY_DELAY_S),
        (error(Outcome.BLOCKED_ADDRESS), 0, None),
        (error(Outcome.GONE, 410), 0, None),
    ],
)
def test_when_a_page_is_asked_for_again(failure: FetchError, attempts: int, delay: float | None) -> None:
    assert retry_delay(failure, attempts, SETTINGS) == delay
