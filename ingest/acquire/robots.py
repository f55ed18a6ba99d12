"""robots.txt (RFC 9309) for pages: may this URL be fetched, and how slowly. One answer a host, kept for a day.

Feeds are not asked about: a publisher offers them to programs. What is kept of a file is the text that concerns us,
read anew for each page: parsed, it takes up to sixty times the room, and a feed may link to thousands of hosts.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from protego import Protego
from yarl import URL

from ingest.acquire.http import HttpClient
from ingest.errors import FetchError, NotAskedError
from ingest.model import Outcome
from ingest.settings import KIB, MIB

T = TypeVar("T")

PRODUCT = "ingest"  # the token that robots.txt addresses us by
MAX_ROBOTS_BYTES = 500 * KIB  # RFC 9309 §2.5: parse at least this much
KEEP_S = 86_400.0  # RFC 9309 §2.4: not longer than a day
KEEP_UNREACHABLE_S = 600.0
MAX_KEPT_BYTES = 32 * MIB  # of all texts; the usual one has 1 kB for us
HOST_BYTES = 500  # that a host takes beside its text
# Reading as much takes some 10 ms; more of it is done beside the event loop, one text at a time.
LONG_BYTES = 16 * KIB
# RFC 9309 §2.3.1.3: "unavailable" means no rules. 429 is the exception: too many requests forbid nothing,
# but ask for a pause, and come back as an unreachable file.
UNREACHABLE_STATUS = 500


@dataclass(frozen=True, slots=True)
class Rules:
    """What a host's robots.txt says.

    Attributes:
        rules: None where it could not be had: then nothing may be fetched for now.
        problem: why it could not be had.
    """

    rules: Protego | None
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


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is kept of a host: the text that concerns us, or why there is none; `until` in monotonic seconds."""

    text: bytes
    until: float
    problem: FetchError | None = None

    @property
    def size(self) -> int:
        return len(self.text) + HOST_BYTES


class Robots:
    """The rules of hosts, fetched once each and shared by all that wait.

    Args:
        client: fetches the files; its own address policy and limits apply.
        clock: monotonic seconds.
    """

    def __init__(self, client: HttpClient, clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._known: OrderedDict[str, _Kept] = OrderedDict()
        self._size = 0
        self._under_way: dict[str, asyncio.Task[_Kept]] = {}
        self._reading = asyncio.Semaphore(1)

    async def rules_for(self, url: str) -> Rules:
        """The rules of a URL's host.

        Raises:
            NotAskedError: where the host cannot, or must not, even be asked for them now.
        """
        kept = await self._kept(str(URL(url).origin()))
        if kept.problem is not None:
            return Rules(None, kept.problem)
        return Rules(await self._beside(_read, kept.text))

    async def _kept(self, origin: str) -> _Kept:
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

    async def _fetch(self, origin: str) -> _Kept:
        now = self._clock()
        try:
            page = await self._client.fetch(
                f"{origin}/robots.txt", max_bytes=MAX_ROBOTS_BYTES, accept="text/plain, */*", asker="robots.txt"
            )
            kept = _Kept(await self._beside(of_us, page.body), now + KEEP_S)
        except NotAskedError:
            raise
        except FetchError as error:
            kept = _without(error, now)
        self._keep(origin, kept)
        return kept

    def _keep(self, origin: str, kept: _Kept) -> None:
        before = self._known.pop(origin, None)
        self._known[origin] = kept
        self._size += kept.size - (before.size if before else 0)
        while self._size > MAX_KEPT_BYTES:
            _, gone = self._known.popitem(last=False)
            self._size -= gone.size

    async def _beside(self, read: Callable[[bytes], T], text: bytes) -> T:
        if len(text) <= LONG_BYTES:
            return read(text)
        async with self._reading:
            return await asyncio.to_thread(read, text)


def _without(error: FetchError, now: float) -> _Kept:
    if error.outcome is Outcome.TOO_LARGE or (
        error.status is not None and error.status < UNREACHABLE_STATUS and error.status != 429
    ):
        return _Kept(b"", now + KEEP_S)
    if error.outcome in (Outcome.REDIRECT_LOOP, Outcome.BAD_URL, Outcome.BLOCKED_ADDRESS):
        # RFC 9309 §2.3.1.2: after five redirects it may count as unavailable. The page itself will say.
        return _Kept(b"", now + KEEP_UNREACHABLE_S)
    return _Kept(b"", now + KEEP_UNREACHABLE_S, error)


def parsed(body: bytes) -> Protego:
    """The rules in a robots.txt that concern us, and its sitemaps; an HTML page in its place holds none."""
    return _read(of_us(body))


def _read(text: bytes) -> Protego:
    return Protego.parse(text.decode("utf-8", "replace"))


# As Protego reads them: with or without a colon, and misspelt.
_AGENT = re.compile(r"user[-\s]*agent\b\s*:?\s*(.*)", re.IGNORECASE)
# Lines that belong to no group, and end none.
_SITE_WIDE = re.compile(r"(?:site-?maps?|host)\b", re.IGNORECASE)


def of_us(body: bytes) -> bytes:
    """A robots.txt without the groups of other agents: every rule of a group counts once for each of its agents.

    Ours is the group that names us, else the one of `*` (RFC 9309 §2.2.1).
    """
    lines = [bare for line in body.decode("utf-8", "replace").splitlines() if (bare := line.partition("#")[0].strip())]
    named = {agent for line in lines if (agent := _agent(line)) is not None}
    ours = max((agent for agent in named if agent and PRODUCT.startswith(agent)), key=len, default="*")
    kept: list[str] = []
    among_agents = concerned = False
    for line in lines:
        agent = _agent(line)
        if agent is not None:
            concerned = agent == ours or (among_agents and concerned)
            among_agents = True
        elif _SITE_WIDE.match(line):
            kept.append(line)
        else:
            if concerned and among_agents:
                kept.append("user-agent: *")
            among_agents = False
            if concerned:
                kept.append(line)
    return "\n".join(kept).encode()


def _agent(line: str) -> str | None:
    """Whom a line addresses, without wildcards; `*` for everybody, '' for nobody, None where it is no such line."""
    found = _AGENT.match(line)
    if found is None:
        return None
    agent = found[1].lower()
    return agent.replace("*", "").strip() or agent[:1]
