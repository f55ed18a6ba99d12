"""What feeds say of an entry beside its text, link and times: categories, and whatever is plain words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ingest.acquire.identity import clean
from ingest.texts import one_line

MAX_TAGS = 50
MAX_TAG_CHARS = 200
MAX_EXTRA = 30
MAX_EXTRA_CHARS = 500

# Of feedparser's names those that have a column of their own, or are a mere form of what has.
_READ = frozenset(
    [
        "id",
        "guidislink",
        "title",
        "title_detail",
        "link",
        "links",
        "author",
        "authors",
        "author_detail",
        "published",
        "published_parsed",
        "updated",
        "updated_parsed",
        "created",
        "created_parsed",
        "content",
        "summary",
        "summary_detail",
        "tags",
        "feedburner_origlink",
        "pheedo_origlink",
        "description",
        "language",
        "base",
    ]
)


def tags_of(listed: Iterable[object]) -> tuple[str, ...]:
    """Distinct categories, each on one line."""
    tags = (one_line(clean(tag), MAX_TAG_CHARS) for tag in listed if isinstance(tag, str))
    return tuple(dict.fromkeys(tag for tag in tags if tag))[:MAX_TAGS]


def extra_of(item: Any) -> dict[str, str]:
    """Whatever else is said of an entry in plain words: sections, sources, places, counts of comments.

    Args:
        item: feedparser's entry.
    """
    found: dict[str, str] = {}
    for name in sorted(set(dict.keys(item)) - _READ):
        value = dict.get(item, name)
        if isinstance(value, str) and (line := one_line(clean(value), MAX_EXTRA_CHARS)):
            found[str(name)[:MAX_TAG_CHARS]] = line
        if len(found) == MAX_EXTRA:
            break
    return found
