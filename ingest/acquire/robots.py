"""robots.txt (RFC 9309) for pages: may this URL be fetched, and how slowly. One answer a host, kept for a day.

Feeds are not asked about: a publisher offers them to programs.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from protego import Protego
from yarl import URL

from ingest.acquire.http import HttpClient
from ingest.errors import FetchError, NotAskedError
from ingest.model import Outcome
from ingest.settings import KIB

PRODUCT = "ingest"  # the token that robots.txt addresses us by
MAX_ROBOTS_BYTES = 500 * KIB  # RFC 9309 §2.5: parse at least this much
KEEP_S = 86_400.0  # RFC 9309 §2.4: not longer than a day
KEEP_UNREACHABLE_S = 600.0
MAX_HOSTS = 4096
# RFC 9309 §2.3.1.3: "unavailable" means no rules. 429 is the exception: too many requests forbid nothing,
# but ask for a pause, and come back as an unreachable file.
UNREACHABLE_STATUS = 500


@dataclass(frozen=True, slots=True)
class Rules:
    """What a host's robots.txt says.

    Attributes:
        rules: None where it could not be had: then nothing may be fetched for now.
        until: monotonic time at which it is to be had anew.
        problem: why it could not be had.
    """

    rules: Protego | None
    until: float
    problem: FetchError | None = None

    def allows(self, url: str) -> bool:
        """Whether a URL may be fetched."""
        return self.rules is not None and bool(self.rules.can_fetch(url, PRODUCT))

    @property
    def delay(self) -> float:
        """Seconds between two requests that it asks for (`Crawl-delay`, `Request-rate`); 0 for none."""
        if self.rules is None:
            return 0.0
        delay = self.rules.crawl_delay(PRODUCT)
        rate = self.rules.request_rate(PRODUCT)
        return max(float(delay or 0.0), rate.seconds / rate.requests if rate and rate.requests else 0.0)


class Robots:
    """The rules of hosts, fetched once each and shared by all that wait.

    Args:
        client: fetches the files; its own address policy and limits apply.
        clock: monotonic seconds.
    """

    def __init__(self, client: HttpClient, clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._known: OrderedDict[str, Rules] = OrderedDict()
        self._under_way: dict[str, asyncio.Task[Rules]] = {}

    async def rules_for(self, url: str) -> Rules:
        """The rules of a URL's host.

        Raises:
            NotAskedError: where the host cannot, or must not, even be asked for them now.
        """
        origin = str(URL(url).origin())
        known = self._known.get(origin)
        if known is not None and known.until > self._clock():
            self._known.move_to_end(origin)
            return known
        task = self._under_way.get(origin)
        if task is None:
            task = asyncio.create_task(self._fetch(origin))
            self._under_way[origin] = task
            task.add_done_callback(lambda _: self._under_way.pop(origin, None))
        return await asyncio.shield(task)  # one that waits may be cancelled; the others go on

    async def _fetch(self, origin: str) -> Rules:
        now = self._clock()
        try:
            page = await self._client.fetch(
                f"{origin}/robots.txt", max_bytes=MAX_ROBOTS_BYTES, accept="text/plain, */*"
            )
            rules = Rules(parsed(page.body), now + KEEP_S)
        except NotAskedError:
            raise
        except FetchError as error:
            rules = self._without(error, now)
        self._known[origin] = rules
        while len(self._known) > MAX_HOSTS:
            self._known.popitem(last=False)
        return rules

    def _without(self, error: FetchError, now: float) -> Rules:
        if error.outcome is Outcome.TOO_LARGE or (
            error.status is not None and error.status < UNREACHABLE_STATUS and error.status != 429
        ):
            return Rules(parsed(b""), now + KEEP_S)
        if error.outcome in (Outcome.REDIRECT_LOOP, Outcome.BAD_URL, Outcome.BLOCKED_ADDRESS):
            # RFC 9309 §2.3.1.2: after five redirects it may count as unavailable. The page itself will say.
            return Rules(parsed(b""), now + KEEP_UNREACHABLE_S)
        return Rules(None, now + KEEP_UNREACHABLE_S, error)


def parsed(body: bytes) -> Protego:
    """The rules in a robots.txt; an HTML page in its place holds none."""
    return Protego.parse(body.decode("utf-8", "replace"))
