"""The next page of an article in several pages, where its link is no `rel=next`: a plain "2" or "Next". Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlsplit

PAGE_KEYS = frozenset(
    ("page", "p", "pg", "seite", "pagina", "pag", "strona", "sayfa", "pageno", "page_no", "pagenum", "paged", "part")
)
_BEHIND = r"(?:[/_,-](?:page|seite|pagina|p|pg)[/_,-]?|[/_,-])"
_ENDING = re.compile(r"(?:\.\w{2,5})?/?$")

Address = tuple[str, str, tuple[tuple[str, str], ...]]


def following_page(first: str, links: Iterable[str], number: int) -> str | None:
    """The link to a page of an article by its number: the first page's own URL with that number, and nothing else.

    Args:
        first: URL of the first page.
        links: absolute URLs, of the anchors of any of its pages.
        number: 2 or more.
    """
    host, path, rest = _address(first)
    ending = _ENDING.search(path)
    base, end = (path[: ending.start()], ending.group().rstrip("/")) if ending else (path, "")
    numbered = re.compile(f"{re.escape(base)}(?:{re.escape(end)})?{_BEHIND}{number}(?:{re.escape(end)})?/?$")
    for link in links:
        there_host, there, there_rest = _address(link)
        if there_host != host or there_rest != rest:
            continue
        if there.rstrip("/") == path.rstrip("/"):
            if _number(link) == number:
                return link
        elif numbered.match(there):
            return link
    return None


def _address(url: str) -> Address:
    """A URL without a page's number in its query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", url, ()
    query = parse_qsl(parts.query, keep_blank_values=True)
    return parts.netloc, parts.path, tuple(sorted(pair for pair in query if pair[0].lower() not in PAGE_KEYS))


def _number(url: str) -> int:
    query = parse_qsl(urlsplit(url).query)
    return next((int(value) for name, value in query if name.lower() in PAGE_KEYS and value.isdecimal()), 1)
