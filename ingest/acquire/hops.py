"""What leads from one hop of a fetch to the next beside a redirect: cookies, and refreshes. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http.cookies import CookieError, SimpleCookie

from ingest.urls import joined, parts_of, site_of_host

MAX_COOKIES = 20  # of one fetch
MAX_COOKIE_CHARS = 4096  # of one of them (RFC 6265 §6.1)
REFRESH_S = 10.0  # a page that stays for longer is meant to be read
REFRESH_BYTES = 64 * 1024  # what sends on says no more than that
SAYS_NOTHING_CHARS = 200  # of text beside the refresh

_REFRESH = re.compile(
    r"""^\s*(\d{1,4}(?:\.\d*)?)\s*[;,]?\s*(?:url\s*=\s*)?["']?\s*([^"'\s>][^"'>]*?)\s*["']?\s*$""", re.IGNORECASE
)
_META = re.compile(r"<meta\b[^<>]{0,2000}>", re.IGNORECASE)
_IS_REFRESH = re.compile(r"""http-equiv\s*=\s*["']?\s*refresh\b""", re.IGNORECASE)
_CONTENT = re.compile(r"""\bcontent\s*=\s*(?:"([^"]{0,1500})"|'([^']{0,1500})'|([^\s>]{1,1500}))""", re.IGNORECASE)
_UNREAD = re.compile(r"(?is)<(script|style|head|title)\b.*?(?:</\1\s*>|$)|<!--.*?(?:-->|$)|<[^<>]{0,2000}>")


class Cookies:
    """The cookies of one fetch, kept as long as it lasts: some servers give one and ask for it at the same URL."""

    def __init__(self) -> None:
        self._kept: dict[
            tuple[str, str], str
        ] = {}  # (domain, with a dot before it where its hosts get it; name) → value

    def take(self, host: str, lines: Iterable[str]) -> bool:
        """Take in an answer's `Set-Cookie` lines; whether there is something that was not known."""
        before = dict(self._kept)
        for line in lines:
            if len(line) > MAX_COOKIE_CHARS:
                continue
            try:
                parsed = SimpleCookie(line)
            except CookieError:
                continue
            for name, morsel in parsed.items():
                if len(self._kept) < MAX_COOKIES:
                    self._kept[_domain(host, morsel["domain"]), name] = morsel.coded_value
        return self._kept != before

    def header(self, host: str) -> str | None:
        """The `Cookie` header for a host; None where it has none."""
        own = [
            f"{name}={value}"
            for (domain, name), value in self._kept.items()
            if domain == host or (domain.startswith(".") and f".{host}".endswith(domain))
        ]
        return "; ".join(own) or None


def _domain(host: str, asked: str) -> str:
    domain = asked.strip().lstrip(".").lower()
    # A cookie for a whole site only, never for all of a suffix (RFC 6265 §5.3, step 5).
    within = domain and f".{host}".endswith(f".{domain}") and site_of_host(domain) == site_of_host(host)
    return f".{domain}" if within and domain != host.rpartition(".")[2] else host


def refresh_of(headers: Mapping[str, str], body: bytes) -> str | None:
    """Where an answer sends its reader at once, by the `Refresh` header or a page that says nothing else.

    Source: https://html.spec.whatwg.org/#shared-declarative-refresh-steps
    """
    if target := _target(headers.get("refresh", "")):
        return target
    if len(body) > REFRESH_BYTES:
        return None
    source = body.decode("latin-1")
    stated = next((element for element in _META.findall(source) if _IS_REFRESH.search(element)), None)
    content = _CONTENT.search(stated) if stated else None
    if content is None or len(" ".join(_UNREAD.sub(" ", source).split())) > SAYS_NOTHING_CHARS:
        return None
    return _target(next((part for part in content.groups() if part), ""))


def _target(stated: str) -> str | None:
    found = _REFRESH.match(stated.replace("&amp;", "&"))
    if found is None or float(found[1]) > REFRESH_S:
        return None
    target = joined("http://a.invalid/", found[2])  # what leads nowhere is no reason to lose the page
    return found[2] if target and parts_of(target).scheme in ("http", "https") else None
