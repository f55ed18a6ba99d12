"""URLs that a page states of itself: which are believed, which lead to more of the same article. Pure."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from ingest.addresses import page_url, tells_page, variants
from ingest.extract.following import PAGE_KEYS
from ingest.urls import is_web_url, joined, parts_of, site_of

# What may stand behind an article's path without making it another article.
_VARIANT = re.compile(r"^/?(?:amp|amp\.html|print|index\.html?|full|page/\d{1,2}|\d{1,2}|p\d{1,2})/?$", re.IGNORECASE)
_PAGE_NUMBER = re.compile(r"(?:[/_,.-](?:page|seite|pagina|p|s)?[/_-]?\d{1,2})?(?=(?:\.\w{2,5})?/?$)", re.IGNORECASE)
_PAGE_KEYS = PAGE_KEYS | {"start", "offset"}


def canonical_url(stated: str | None, asked: str) -> str:
    """The URL that names a publication: the page's own statement where it can be true, else the URL asked.

    It is believed on the same site only, and where it can be that of one article: never for a front page, a section, a
    script without its parameters, or a folder above the page's own path. Those are templates' mistakes, the same on
    every page. What is left may be one still: storing holds it against the texts.
    """
    own = page_url(asked)
    if not stated:
        return own
    candidate = page_url(joined(asked, stated) or "")
    if not is_web_url(candidate):
        return own
    if not is_web_url(asked) or candidate in variants(own):
        return candidate
    if site_of(candidate) != site_of(asked) or not tells_page(candidate) or _is_above(candidate, asked):
        return own
    return candidate


def is_next_page(candidate: str, current: str) -> bool:
    """Whether a `rel=next` link leads to the next page of the same article, not to the next article."""
    here, there = parts_of(current), parts_of(candidate)
    if here.netloc != there.netloc or _is_front(candidate):
        return False
    return _without_page(here.path) == _without_page(there.path) and _other_keys(here.query) == _other_keys(there.query)


def _is_front(url: str) -> bool:
    parts = parts_of(url)
    return parts.path in ("", "/", "/index.html", "/index.php") and not parts.query


def _is_above(candidate: str, asked: str) -> bool:
    above, path = parts_of(candidate).path.rstrip("/"), parts_of(asked).path
    rest = path.removeprefix(above)
    return rest != path and rest.strip("/") != "" and rest.startswith("/") and not _VARIANT.match(rest)


def _without_page(path: str) -> str:
    return _PAGE_NUMBER.sub("", path.rstrip("/"), count=1)


def _other_keys(query: str) -> list[tuple[str, str]]:
    return sorted((key, value) for key, value in parse_qsl(query) if key.lower() not in _PAGE_KEYS)
