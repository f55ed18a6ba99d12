"""Pages of publishers: fetched as robots.txt allows, at its pace, and not kept where they ask that.

The safe client does the fetching; here stands what a publisher may ask of a visitor.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from ingest.acquire.http import ACCEPT_PAGE, HttpClient
from ingest.acquire.robots import KEEP_UNREACHABLE_S, PRODUCT, Robots
from ingest.errors import FetchError
from ingest.model import Outcome, Page
from ingest.settings import FetchSettings

HEAD_BYTES = 128 * 1024  # meta elements stand before this on news pages
_META = re.compile(rb"<meta\b[^<>]{0,500}>", re.IGNORECASE)
_NAME = re.compile(rb"""\bname\s*=\s*["']?([\w-]+)""", re.IGNORECASE)
_CONTENT = re.compile(rb"""\bcontent\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_DIRECTIVE = re.compile(r"\b(noarchive|none)\b", re.IGNORECASE)


class PageFetcher:
    """Fetches pages politely; shares the client's pool and pace with the feeds."""

    def __init__(
        self, client: HttpClient, settings: FetchSettings, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._settings = settings
        self._robots = Robots(client, clock)

    async def fetch(self, url: str, *, asker: str = "a person") -> Page:
        """Get a page.

        Args:
            asker: by whose link; what its pages meet at a host counts against no other's.

        Raises:
            FetchError: BLOCKED_ROBOTS, NOARCHIVE, or the client's own failure for the page or its robots.txt.
        """
        delay = await self._allowed(url) if self._settings.robots else 0.0
        page = await self._client.fetch(
            url,
            max_bytes=self._settings.max_page_bytes,
            accept=ACCEPT_PAGE,
            interval=min(delay, self._settings.max_crawl_delay),
            check=self._check if self._settings.robots else None,
            asker=asker,
            refresh=True,
        )
        if self._settings.noarchive == "skip" and asks_for_no_copy(page):
            raise FetchError(
                Outcome.NOARCHIVE, f"{page.final_url}: asks that no copy be kept (noarchive)", url=page.final_url
            )
        return page

    async def _check(self, url: str) -> None:
        await self._allowed(url)

    async def _allowed(self, url: str) -> float:
        """The pause that the host asks for.

        Raises:
            FetchError: where the URL must not be fetched.
        """
        try:
            rules = await self._robots.rules_for(url)
        except ValueError as error:
            raise FetchError(Outcome.BAD_URL, f"{url[:200]!r}: {error}", url=url) from error
        if rules.problem is not None:
            raise FetchError(
                rules.problem.outcome,
                f"{url}: robots.txt cannot be had, so nothing is fetched from its host (RFC 9309): {rules.problem}",
                url=url,
                status=rules.problem.status,
                retry_after=KEEP_UNREACHABLE_S,
            )
        if not rules.allows(url):
            raise FetchError(Outcome.BLOCKED_ROBOTS, f"{url}: robots.txt asks us not to fetch it", url=url)
        return rules.delay


def asks_for_no_copy(page: Page) -> bool:
    """Whether a page asks, in `X-Robots-Tag` or a robots meta element, that no copy be kept of it."""
    if _applies(page.headers.get("x-robots-tag", "")):
        return True
    for element in _META.findall(page.body[:HEAD_BYTES]):
        name, content = _NAME.search(element), _CONTENT.search(element)
        if name is None or content is None or name[1].lower() not in (b"robots", PRODUCT.encode()):
            continue
        if _DIRECTIVE.search(b"".join(part or b"" for part in content.groups()).decode("latin-1")):
            return True
    return False


def _applies(header: str) -> bool:
    """Whether a header's directives for us hold one of ours: `googlebot: noarchive, ingest: none, noarchive`."""
    agent = ""
    for part in header.split(","):
        name, colon, directive = part.partition(":")
        # `unavailable_after: DATE` is the one directive that has a colon of its own.
        if colon and name.strip().lower() not in ("unavailable_after", "max-snippet", "max-image-preview"):
            agent = name.strip().lower()
        else:
            directive = part
        if agent in ("", PRODUCT) and _DIRECTIVE.search(directive):
            return True
    return False
