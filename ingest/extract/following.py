"""The next page of an article in several pages, where its link is no `rel=next`: a plain "2" or "Next". Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl

from ingest.urls import parts_of

PAGE_KEYS = frozenset(
    ("page", "p", "pg", "seite", "pagina", "pag", "strona", "sayfa", "pageno", "page_no", "pagenum", "paged", "part")
)
_BEHIND = r"(?:[/_,-](?:page|seite|pagina|p|pg)[/_,-]?|[/_,-])"
_ENDING = re.compile(r"(?:\.\w{2,5})?/?$")

Address = tuple[str, str, tuple[tuple[str, str], ...], int]


def following_page(first: str, links: Iterable[str], number: int) -> str | None:
    """The link to a page of an article by its number: the first page's own URL with that number, and nothing else.

    Args:
        first: URL of the first page.
        links: absolute URLs, of the anchors of any of its pages.
        number: 2 or more.
    """
    host, path, rest, _ = _address(first)
    ending = _ENDING.search(path)
    base, end = (path[: ending.start()], ending.group().rstrip("/")) if ending else (path, "")
    numbered = re.compile(f"{re.escape(base)}(?:{re.escape(end)})?{_BEHIND}{number}(?:{re.escape(end)})?/?$")
    for link in links:
        there_host, there, there_rest, there_number = _address(link)
        if there_host != host or there_rest != rest:
            continue
        if there.rstrip("/") == path.rstrip("/"):
            if there_number == number:
                return link
        elif numbered.match(there):
            return link
    return None


def _address(url: str) -> Address:
    """Host, path and query of a URL without a page's number, and that number; 1 where it has none."""
    parts = parts_of(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    rest = tuple(sorted(pair for pair in query if pair[0].lower() not in PAGE_KEYS))
    numbers = (value for name, value in query if name.lower() in PAGE_KEYS)
    number = next((int(value) for value in numbers if re.fullmatch(r"\d{1,3}", value)), 1)
    return parts.netloc, parts.path, rest, number
