"""Functions for worker processes to run in the tests of the pool."""

from __future__ import annotations

import os
import signal
import time

from ingest.errors import ExtractError, FetchError
from ingest.extract.page import Hints, extract
from ingest.model import Outcome, Page
from ingest.settings import ExtractSettings


def double(number: int) -> int:
    return 2 * number


def pid() -> int:
    return os.getpid()


def die() -> None:
    os._exit(3)


def hang() -> None:
    time.sleep(600)


def refuse() -> None:
    raise ExtractError(Outcome.PAYWALL, "members only")


def fail_oddly() -> None:
    raise FetchError(Outcome.TIMEOUT, "its constructor takes more than pickle gives it", url="https://a.example/")


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def eat_memory(size: int) -> int:
    return len(bytearray(size))


def signal_own_parent_group(number: int) -> int:
    os.kill(os.getpid(), number)
    time.sleep(0.2)
    return number


def preloaded() -> bool:
    import sys

    return "trafilatura" in sys.modules and "ingest.extract.page" in sys.modules


def extract_measured(page: Page, settings: ExtractSettings) -> tuple[str, float, int]:
    """Outcome (or "text"), seconds, and peak resident bytes of this process after extracting a page."""
    import resource

    started = time.monotonic()
    try:
        extract(page, Hints(page.url), settings)
        outcome = "text"
    except ExtractError as error:
        outcome = str(error.outcome)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return outcome, time.monotonic() - started, peak
