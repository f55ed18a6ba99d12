"""Which field of a foreign record says what: by the names that archives use, or as the user maps them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

# Field → the names by which others call it, the most telling first. Sources: the documented output of news-please,
# newspaper4k, trafilatura, Fundus, Media Cloud, GDELT, Common Crawl's news tools, and schema.org.
NAMES: Mapping[str, tuple[str, ...]] = {
    "url": ("url", "link", "uri", "canonical_url", "page_url", "article_url", "web_url", "webUrl",
            "requested_url", "target_uri", "WARC-Target-URI", "permalink", "href", "@id"),
    "text": ("text", "maintext", "content", "body", "articleBody", "article_text", "article_body", "full_text",
             "fulltext", "plain_text", "plaintext", "cleaned_text", "text_content", "body_text", "bodyText",
             "content_text", "raw_text", "story", "article"),
    "html": ("html", "raw_html", "body_html", "content_html", "html_content", "article_html", "cleaned_html"),
    "title": ("title", "headline", "article_title", "webTitle", "og_title", "title_page", "name"),
    "published": ("published", "date", "published_at", "publishedAt", "date_publish", "publish_date",
                  "publishing_date", "publication_date", "published_date", "datePublished", "date_published",
                  "pub_date", "pubDate", "pubdate", "webPublicationDate", "seendate", "timestamp", "datetime",
                  "time", "created_at", "created"),
    "site": ("site", "source_domain", "domain", "hostname", "source-hostname", "media_url", "publisher", "outlet",
             "source"),
    "author": ("author", "authors", "byline", "creator", "writer"),
    "language": ("language", "lang", "language_code", "inLanguage"),
    "agency": ("agency", "news_agency", "wire"),
    "section": ("section", "articleSection", "sectionName", "news_desk"),
    "tags": ("tags", "keywords", "categories", "topics"),
}  # fmt: skip

# What tells a layout: fields that no other has.
LAYOUTS: tuple[tuple[str, frozenset[str]], ...] = (
    ("news-please", frozenset(("maintext", "date_publish"))),
    ("newspaper", frozenset(("publish_date", "meta_description"))),
    ("trafilatura", frozenset(("source-hostname", "raw_text"))),
    ("Fundus", frozenset(("publishing_date", "plaintext"))),
    ("schema.org", frozenset(("articleBody",))),
    ("Media Cloud", frozenset(("media_url", "indexed_date"))),
)
SHOWN_KEYS = 12


def value_of(
    record: Mapping[str, Any], field: str, mapping: Mapping[str, str], fits: Callable[[Any], bool] = bool
) -> Any:
    """What a record says in a field; None where it says nothing.

    Args:
        mapping: field → name in the record, where the user gave one; `a.b` is `b` within `a`.
        fits: whether a value can be the field's: several names may stand for other things.
    """
    if field in mapping:
        return _within(record, mapping[field])
    own = record.get(field)  # a field that is ours by name is told where it is not what it should be
    return own if own else next((value for name in NAMES[field] if fits(value := record.get(name))), own)


def layout_of(record: Mapping[str, Any], mapping: Mapping[str, str]) -> str | None:
    """What a record's fields were taken for, in words; None where they are ours by name."""
    used = {
        field: name
        for field, names in NAMES.items()
        if (
            name := mapping.get(field) or next((name for name in names if record.get(name) not in (None, "", [])), None)
        )
    }
    foreign = ", ".join(f"{field}={name}" for field, name in used.items() if name not in (field, "date"))
    if not foreign:
        return None
    known = next((name for name, keys in LAYOUTS if keys <= record.keys()), None)
    return f"{known} ({foreign})" if known else foreign


def keys_of(record: Mapping[str, Any]) -> str:
    """A record's names, for a message."""
    names = list(map(str, record))
    more = f" and {len(names) - SHOWN_KEYS} more" if len(names) > SHOWN_KEYS else ""
    return ", ".join(name[:40] for name in names[:SHOWN_KEYS]) + more


def _within(record: Any, path: str) -> Any:
    if isinstance(record, Mapping) and path in record:
        return record[path]
    for name in path.split("."):
        if isinstance(record, list) and record:
            record = record[0]
        if not isinstance(record, Mapping):
            return None
        record = record.get(name)
    return record
