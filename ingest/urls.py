"""URLs as identities: one canonical form a page, one registrable domain a site. Pure; no network."""

from __future__ import annotations

import ipaddress
import re
from functools import cache, lru_cache
from urllib.parse import SplitResult, urljoin, urlsplit

from publicsuffixlist import PublicSuffixList

MAX_URL_CHARS = 2048  # longer ones are data, not addresses; the cap Media Cloud uses too
# What no URL holds (RFC 3987 §2.2): controls, which could steer a terminal, and lone surrogates, which are no text.
_NO_URL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@cache
def _suffixes() -> PublicSuffixList:
    # The list comes with the package: no download at run time. Private suffixes (blogspot.com,
    # github.io) are included: each blog there is a site of its own.
    return PublicSuffixList()


@lru_cache(maxsize=65_536)
def site_of_host(host: str) -> str:
    """The registrable domain of a host name, lower case; the host itself for IPs and bare suffixes."""
    name = host.strip("[]").rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return _suffixes().privatesuffix(name) or name


def site_of(url: str) -> str:
    """The registrable domain of a URL's host ('bbc.co.uk'); '' where the URL has no host."""
    host = parts_of(url).hostname
    return site_of_host(host) if host else ""


def parts_of(url: str) -> SplitResult:
    """A URL's parts (RFC 3986 §3), of what stands where one should; all empty where it is none, as with a lone `[`."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")


def joined(base: str, link: str) -> str | None:
    """A link as it is meant where it stands (RFC 3986 §5); None where that makes no URL."""
    try:
        return urljoin(base, link.strip())
    except ValueError:
        return None


def feed_address(text: str) -> str:
    """A feed's URL as people hand it on: without blanks around it, and without the `feed:` that readers put before it.

    Source: https://www.iana.org/assignments/uri-schemes/prov/feed
    """
    stripped = text.strip()
    found = re.match(r"(?i)feed:(?://)?(?=https?:)|feed:(?=//)", stripped)
    if found is None:
        return stripped
    rest = stripped[found.end() :]
    return f"http:{rest}" if rest.startswith("//") else rest


def is_web_url(url: str) -> bool:
    """Whether a URL is absolute http(s), has a host, is of sane length, and holds no control characters."""
    if len(url) > MAX_URL_CHARS or _NO_URL.search(url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
