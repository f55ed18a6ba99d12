"""A publication → the HTML page of the site that carries it. Pure: templates from the package, no clock."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from html import escape
from importlib import resources
from string import Template

from ingest.demo.sites import WIRE, Site
from ingest.demo.stories import Publication

MAX_SLUG_CHARS = 60
TEASER_PARAGRAPHS = 1


@dataclass(frozen=True, slots=True)
class Item:
    """A publication with its place: what pages link to and feeds list.

    Attributes:
        url: absolute URL of its page.
        published_at: the date printed on it.
        listed_at: when the site listed it; never earlier than `published_at`.
    """

    publication: Publication
    url: str
    published_at: datetime
    listed_at: datetime

    @property
    def teaser(self) -> str:
        """The first sentences, as feeds and page descriptions give them."""
        return " ".join(self.publication.paragraphs[:TEASER_PARAGRAPHS])


def slug_of(title: str) -> str:
    """A title as part of a path: ASCII letters and digits, joined by hyphens."""
    plain = unicodedata.normalize("NFKD", title.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MAX_SLUG_CHARS].rstrip("-")


def render_page(site: Site, item: Item, related: Sequence[Item]) -> bytes:
    """The page of an article, in the site's own markup and encoding.

    Args:
        site: whose template, small print and paragraph markup to use.
        item: what to print.
        related: other items of the site, linked beside the story.
    """
    publication = item.publication
    text = _template(site.id).substitute(
        lang=publication.language,
        site=escape(site.name),
        title=escape(publication.title),
        byline=escape(publication.byline),
        iso=item.published_at.isoformat(timespec="seconds"),
        human=item.published_at.strftime(site.date),
        dek=escape(item.teaser),
        url=escape(item.url),
        jsonld=_json_ld(site, item),
        body=body_html(site, publication),
        credit=escape(site.credit) if publication.wire else "",
        related=_links(related),
    )
    return text.encode(site.encoding, "xmlcharrefreplace")


def render_front(site: Site, items: Sequence[Item], feeds: Sequence[tuple[str, str]]) -> bytes:
    """The front page of a site: what it has published so far, and its feeds (content type, URL)."""
    text = _template("front").substitute(
        lang=site.channels[0].language,
        site=escape(site.name),
        alternate="\n".join(f'<link rel="alternate" type="{kind}" href="{escape(url)}">' for kind, url in feeds),
        related=_links(items),
    )
    return text.encode()


def body_html(site: Site, publication: Publication) -> str:
    """The paragraphs in the site's markup."""
    return "\n".join(site.paragraph.format(escape(text, quote=False)) for text in publication.paragraphs)


def _links(items: Sequence[Item]) -> str:
    return "\n".join(f'<li><a href="{escape(item.url)}">{escape(item.publication.title)}</a></li>' for item in items)


def _json_ld(site: Site, item: Item) -> str:
    value = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": item.publication.title,
        "url": item.url,
        "datePublished": item.published_at.isoformat(timespec="seconds"),
        "inLanguage": item.publication.language,
        "author": {
            "@type": "Organization" if site.id == WIRE else "Person",
            "name": item.publication.byline or site.name,
        },
        "publisher": {"@type": "Organization", "name": site.name},
    }
    # "</" inside a script element would end it.
    return json.dumps(value, ensure_ascii=False).replace("</", "<\\/")


@cache
def _template(name: str) -> Template:
    return Template((resources.files("ingest.demo") / "pages" / f"{name}.html").read_text("utf-8"))
