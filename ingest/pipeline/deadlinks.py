"""The same page behind many different links of a site: told by that, in whatever language it is.

A site's error page comes with status 200, and says the same for every link that is gone. What stands under two links
that were listed with different titles, and speaks of neither, is the page of neither: both texts are taken back (kept
as teasers are, and found), and the page is known from then on. Inside the caller's transaction.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from ingest.extract.dead import NOTICE_WORDS, speaks_of
from ingest.model import Document, Fingerprint, Outcome
from ingest.pipeline.match import Stored
from ingest.pipeline.place import place
from ingest.settings import DedupSettings
from ingest.store import articles
from ingest.store.corpus import Cache
from ingest.store.deadpages import add_dead_page, dead_pages, entries_of, retract
from ingest.times import to_text

SAME_EVERYWHERE = "the same page stands behind links that were listed with other titles"
SAME_PAGE = 0.7  # estimated Jaccard of two answers of one error page, which may name the link or the time
# Links that a page has to stand behind: an article may be listed twice, by headlines that it does not take up.
LINKS = 2
LINKS_OF_LONG = 4


@dataclass(frozen=True, slots=True)
class Link:
    """A link as its feed listed it, and what it led to."""

    title: str | None
    document: Document
    fingerprint: Fingerprint

    @property
    def is_doubtful(self) -> bool:
        """Whether what stands there says nothing of what the link was listed as."""
        return speaks_of(self.title, self.document.text) is False


def is_known_dead(connection: sqlite3.Connection, link: Link) -> bool:
    """Whether a link leads to a page that others of its site led to."""
    if not link.is_doubtful:
        return False
    signature = np.frombuffer(link.fingerprint.signature, dtype=np.uint32)
    return any(
        np.count_nonzero(np.frombuffer(known, dtype=np.uint32) == signature) >= SAME_PAGE * len(signature)
        for known in dead_pages(connection, link.document.site or "")
        if len(known) == len(link.fingerprint.signature)
    )


def take_back(
    connection: sqlite3.Connection, link: Link, stored: Stored, settings: DedupSettings, cache: Cache, now: datetime
) -> bool:
    """Take back what is the same page under links with other titles; whether the text just stored is among it."""
    if not link.is_doubtful:
        return False
    site = link.document.site
    others = []
    for text in articles.texts_of(connection, stored.article_id):
        publication = text.publication
        if text.doc == stored.doc or publication.site != site:
            continue
        titles = {title for title in entries_of(connection, text.doc) if title}
        if titles and link.title not in titles and all(speaks_of(title, publication.text) is False for title in titles):
            others.append(text.doc)
    if len(others) + 1 < (LINKS if link.fingerprint.word_count < NOTICE_WORDS else LINKS_OF_LONG):
        return False
    stamp = to_text(now)
    add_dead_page(connection, site or "", link.fingerprint.signature, stamp)
    docs = [stored.doc, *others]
    retract(connection, docs, Outcome.DEAD_LINK, SAME_EVERYWHERE, stamp)
    place(connection, settings, stamp, cache, withdrawn=docs)
    return True
