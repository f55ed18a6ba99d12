"""Items → the bytes of a feed in RSS 2.0, Atom or JSON Feed. Pure: the same items give the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from email.utils import format_datetime
from xml.etree import ElementTree

from ingest.demo.pages import Item, body_html
from ingest.demo.sites import Channel, FeedKind, Site

ATOM = "http://www.w3.org/2005/Atom"
DC = "http://purl.org/dc/elements/1.1/"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

CONTENT_TYPES = {
    FeedKind.RSS: "application/rss+xml",
    FeedKind.ATOM: "application/atom+xml",
    FeedKind.JSON: "application/feed+json",
}

ElementTree.register_namespace("atom", ATOM)
ElementTree.register_namespace("dc", DC)


def render_feed(site: Site, channel: Channel, url: str, items: Sequence[Item]) -> bytes:
    """A feed as its server sends it.

    Args:
        site: who publishes.
        channel: which of the site's feeds.
        url: the feed's own absolute URL.
        items: what it lists, the newest first.
    """
    return _RENDERERS[channel.kind](site, channel, url, items)


def _rss(site: Site, channel: Channel, url: str, items: Sequence[Item]) -> bytes:
    root = ElementTree.Element("rss", {"version": "2.0"})
    head = ElementTree.SubElement(root, "channel")
    # No <ttl>: it would ask readers to come once an hour, and this newsroom's morning lasts twenty seconds.
    _add(head, "title", site.name)
    _add(head, "link", url)
    _add(head, "description", f"Stories of {site.name}")
    _add(head, "language", channel.language)
    ElementTree.SubElement(head, f"{{{ATOM}}}link", {"rel": "self", "href": url, "type": CONTENT_TYPES[FeedKind.RSS]})
    for item in items:
        element = ElementTree.SubElement(head, "item")
        _add(element, "title", item.publication.title)
        _add(element, "link", item.url)
        _add(element, "guid", item.url)
        _add(element, "pubDate", format_datetime(item.published_at))
        _add(element, f"{{{DC}}}creator", item.publication.byline or site.name)
        _add(element, "description", body_html(site, item.publication) if channel.full_text else item.teaser)
    return _xml(root)


def _atom(site: Site, channel: Channel, url: str, items: Sequence[Item]) -> bytes:
    root = ElementTree.Element(f"{{{ATOM}}}feed", {XML_LANG: channel.language})
    _add(root, f"{{{ATOM}}}id", url)
    _add(root, f"{{{ATOM}}}title", site.name)
    if items:
        _add(root, f"{{{ATOM}}}updated", items[0].listed_at.isoformat(timespec="seconds"))
    ElementTree.SubElement(root, f"{{{ATOM}}}link", {"rel": "self", "href": url})
    for item in items:
        element = ElementTree.SubElement(root, f"{{{ATOM}}}entry")
        _add(element, f"{{{ATOM}}}id", f"tag:{site.id}.example,2026:{item.publication.story}")
        _add(element, f"{{{ATOM}}}title", item.publication.title)
        ElementTree.SubElement(element, f"{{{ATOM}}}link", {"rel": "alternate", "type": "text/html", "href": item.url})
        _add(element, f"{{{ATOM}}}published", item.published_at.isoformat(timespec="seconds"))
        _add(element, f"{{{ATOM}}}updated", item.published_at.isoformat(timespec="seconds"))
        _add(
            ElementTree.SubElement(element, f"{{{ATOM}}}author"),
            f"{{{ATOM}}}name",
            item.publication.byline or site.name,
        )
        _add(element, f"{{{ATOM}}}summary", item.teaser)
        if channel.full_text:
            content = _add(element, f"{{{ATOM}}}content", body_html(site, item.publication))
            content.set("type", "html")
    return _xml(root)


def _json(site: Site, channel: Channel, url: str, items: Sequence[Item]) -> bytes:
    value = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": site.name,
        "feed_url": url,
        "language": channel.language,
        "items": [
            {
                "id": f"{site.id}/{item.publication.story}",
                "url": item.url,
                "title": item.publication.title,
                "summary": item.teaser,
                "date_published": item.published_at.isoformat(timespec="seconds"),
                "authors": [{"name": item.publication.byline or site.name}],
                **({"content_html": body_html(site, item.publication)} if channel.full_text else {}),
            }
            for item in items
        ],
    }
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


_RENDERERS: dict[FeedKind, Callable[[Site, Channel, str, Sequence[Item]], bytes]] = {
    FeedKind.RSS: _rss,
    FeedKind.ATOM: _atom,
    FeedKind.JSON: _json,
}


def _add(parent: ElementTree.Element, tag: str, text: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, tag)
    element.text = text
    return element


def _xml(root: ElementTree.Element) -> bytes:
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))
