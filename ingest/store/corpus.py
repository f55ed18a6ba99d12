"""The database as the engine sees it: reads for `ingest.dedup.corpus.Corpus`, and a bounded cache behind them."""

from __future__ import annotations

import json
import sqlite3
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from ingest.dedup.arrays import Signature
from ingest.dedup.comparable import Comparable
from ingest.dedup.corpus import HOLDERS_READ, MAX_HOLDERS, Corrections, Facts, Pair, Posting, Seat, Text
from ingest.dedup.fingerprint import fingerprint as fingerprint_of
from ingest.dedup.memo import Memo
from ingest.dedup.placement import Placement
from ingest.dedup.verify import Kind
from ingest.model import Fingerprint
from ingest.store import boilerplate
from ingest.store.articles import Publication, places_of
from ingest.store.corrections import all_corrections, latest

MAX_CACHED_TEXTS = 4096  # about 15 kB each
# Of those texts together, about 40 bytes each: live blogs must not take what news does not.
MAX_CACHED_WORDS = 4_000_000
MAX_CACHED_SITES = 2048
LOOKED_UP_AT_ONCE = 500  # keys in one statement

_FACTS = "doc, url, title, site, agency, published_at, published_precision, first_seen_at, word_count"
_ARCHIVE = "(SELECT archive FROM fingerprints f WHERE f.doc = t.doc)"
# Most keys of a new text nobody holds: that is asked first, as it costs one look at the index.
_HELD = "SELECT value FROM json_each(?) WHERE EXISTS (SELECT 1 FROM postings WHERE key = value)"
# Of every key the first holders, by a range of the primary key: what a key has beyond them is never read.
_POSTINGS = f"""
    SELECT p.key, p.position, p.doc FROM json_each(?) k JOIN postings p ON p.key = k.value
    AND p.position <= ifnull(
        (SELECT position FROM postings WHERE key = k.value ORDER BY position, doc LIMIT 1 OFFSET {HOLDERS_READ - 1}),
        9223372036854775807)
"""
_CUTOFFS = f"""
    SELECT value, (SELECT position FROM postings WHERE key = value ORDER BY position, doc LIMIT 1 OFFSET {MAX_HOLDERS})
    FROM json_each(?)
"""
PAIR_COLUMNS = (
    "a, b, score, kind, rule, larger, jaccard, containment, coverage_smaller, coverage_larger, length_ratio, met"
)


class Cache:
    """Texts made ready to be compared, and what sites repeat: the latest used ones.

    Other processes write to the database, too: a text counts as known only if it says what it said.

    Attributes:
        distinct: as `ingest.dedup.corpus.Corpus` says.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything; to be called when a transaction was rolled back: what it wrote may be known here."""
        self.distinct = Memo()
        self._texts: OrderedDict[int, tuple[int, Comparable]] = OrderedDict()  # doc → hash of the text, the text
        self._words = 0
        self._boilerplate: OrderedDict[str, set[int]] = OrderedDict()
        self._boilerplate_changes = 0
        self._corrections: tuple[int, Corrections] = (-1, Corrections())

    def put(self, text: Publication, fingerprint: Fingerprint) -> Comparable:
        """Keep a text."""
        replaced = self._texts.pop(text.doc, None)
        comparable = Comparable(fingerprint)
        self._texts[text.doc] = hash(text.text), comparable
        self._words += len(comparable.words) - (len(replaced[1].words) if replaced else 0)
        while len(self._texts) > MAX_CACHED_TEXTS or (self._words > MAX_CACHED_WORDS and len(self._texts) > 1):
            _, (_, oldest) = self._texts.popitem(last=False)
            self._words -= len(oldest.words)
        return comparable

    def get(self, text: Publication) -> Comparable:
        """A stored text, from the cache or made ready anew."""
        known = self._texts.get(text.doc)
        if known is None or known[0] != hash(text.text):
            return self.put(text, fingerprint_of(text.text))
        self._texts.move_to_end(text.doc)
        return known[1]

    def boilerplate(self, connection: sqlite3.Connection, site: str) -> set[int]:
        """The sentences that a site, or anybody, is known to repeat."""
        known = self._boilerplate.get(site)
        if known is None:
            known = self._boilerplate[site] = {*boilerplate.known(connection, site)}
            if len(self._boilerplate) > MAX_CACHED_SITES:
                self._boilerplate.popitem(last=False)
        self._boilerplate.move_to_end(site)
        return known

    def learn(self, connection: sqlite3.Connection, placement: Placement) -> None:
        """Take in what a placement, just applied, says of boilerplate: the rest is known as before."""
        for site, keys in placement.learned.items():
            self.boilerplate(connection, site).update(keys)
        for site, keys in placement.unlearned.items():
            self.boilerplate(connection, site).difference_update(keys)
        if placement.learned or placement.unlearned:
            self._boilerplate_changes = boilerplate.changes(connection)

    def corrections(self, connection: sqlite3.Connection) -> Corrections:
        """What people said of texts; read anew when somebody, in whatever process, has said more."""
        newest = latest(connection)
        if self._corrections[0] != newest:
            self._corrections = newest, all_corrections(connection)
        return self._corrections[1]

    def catch_up(self, connection: sqlite3.Connection) -> None:
        """Read the boilerplate of sites anew when some was learned or forgotten, in whatever process."""
        changes = boilerplate.changes(connection)
        if changes != self._boilerplate_changes:
            self._boilerplate_changes = changes
            self._boilerplate.clear()


class SqliteCorpus:
    """Implements `ingest.dedup.corpus.Corpus`, within the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection, cache: Cache | None = None) -> None:
        self._connection = connection
        self._cache = cache or Cache()
        self._cache.catch_up(connection)

    @property
    def distinct(self) -> Memo:
        """Which texts are known to be different stories."""
        return self._cache.distinct

    def texts(self, docs: Collection[int]) -> Mapping[int, Text]:
        """The texts among `docs` that are stored, ready to be compared."""
        return {doc: self.text_of(place.publication) for doc, place in places_of(self._connection, docs).items()}

    def text_of(self, publication: Publication) -> Text:
        """A publication as the engine sees it."""
        return Text(facts_of(self._connection, publication), self._cache.get(publication))

    def facts(self, docs: Collection[int]) -> Mapping[int, Facts]:
        """What is known of them beside their texts."""
        found = {}
        for some in _chunks(docs):
            for table in ("articles", "copies"):
                for row in self._rows(
                    f"SELECT {_FACTS}, {_ARCHIVE} FROM {table} t WHERE doc IN (SELECT value FROM json_each(?))", some
                ):
                    found[row[0]] = Facts(*row)
        return found

    def signatures(self, docs: Collection[int]) -> Mapping[int, Signature]:
        """Their MinHash signatures."""
        return {
            doc: np.frombuffer(signature, dtype=np.uint32)
            for some in _chunks(docs)
            for doc, signature in self._rows(
                "SELECT doc, signature FROM fingerprints WHERE doc IN (SELECT value FROM json_each(?))", some
            )
        }

    def postings(self, keys: Collection[int]) -> Mapping[int, Sequence[Posting]]:
        """Key → the first `HOLDERS_READ` leaders that hold it, in their order."""
        found: dict[int, list[Posting]] = {}
        for some in _chunks(keys):
            held = [key for (key,) in self._rows(_HELD, some)]
            for key, position, doc in self._rows(_POSTINGS, held):
                found.setdefault(key, []).append((position, doc))
        for holders in found.values():
            holders.sort()
            del holders[HOLDERS_READ:]
        return found

    def cutoffs(self, keys: Collection[int]) -> Mapping[int, int]:
        """Key → the order of the last of its first leaders, of keys that so many hold."""
        return {
            key: position
            for some in _chunks(keys)
            for key, position in self._rows(_CUTOFFS, some)
            if position is not None
        }

    def all_postings(self, keys: Collection[int]) -> Mapping[int, Sequence[Posting]]:
        """Key → all leaders that hold it, in their order, however many."""
        found: dict[int, list[Posting]] = {}
        for some in _chunks(keys):
            for key, position, doc in self._rows(
                "SELECT key, position, doc FROM postings WHERE key IN (SELECT value FROM json_each(?))"
                " ORDER BY key, position, doc",
                some,
            ):
                found.setdefault(key, []).append((position, doc))
        return found

    def found_by(self, posting: Posting, keys: Collection[int]) -> frozenset[int]:
        """Those of some keys that a text is found by."""
        rows = self._connection.execute(
            "SELECT value FROM json_each(?) JOIN postings p ON p.key = value AND position = ? AND doc = ?",
            (json.dumps(list(keys)), *posting),
        )
        return frozenset(key for (key,) in rows)

    def twins(self, text_keys: Collection[int]) -> Mapping[int, Sequence[int]]:
        """Key of a text → the leaders of exactly these sentences."""
        found: dict[int, list[int]] = {}
        for some in _chunks(text_keys):
            for key, doc in self._rows(
                "SELECT text_key, doc FROM fingerprints"
                " WHERE text_key IN (SELECT value FROM json_each(?)) AND leader = doc",
                some,
            ):
                found.setdefault(key, []).append(doc)
        return found

    def leaders(self, docs: Collection[int]) -> Mapping[int, int]:
        """Doc → the leader of its node."""
        return {
            doc: leader
            for some in _chunks(docs)
            for doc, leader in self._rows(
                "SELECT doc, leader FROM fingerprints"
                " WHERE doc IN (SELECT value FROM json_each(?)) AND leader IS NOT NULL",
                some,
            )
        }

    def members(self, leaders: Collection[int]) -> Mapping[int, Sequence[int]]:
        """Leader → the docs of its node."""
        found: dict[int, list[int]] = {leader: [] for leader in leaders}
        for some in _chunks(leaders):
            for leader, doc in self._rows(
                "SELECT leader, doc FROM fingerprints WHERE leader IN (SELECT value FROM json_each(?))", some
            ):
                found[leader].append(doc)
        return found

    def pairs(self, docs: Collection[int]) -> Sequence[Pair]:
        """The stored pairs that one of these texts is in."""
        found = {}
        for some in _chunks(docs):
            for column in "ab":
                for row in self._rows(
                    f"SELECT {PAIR_COLUMNS} FROM pairs WHERE {column} IN (SELECT value FROM json_each(?))", some
                ):
                    found[row[0], row[1]] = Pair(row[0], row[1], row[2], Kind(row[3]), *row[4:])
        return list(found.values())

    def boilerplate(self, site: str) -> set[int]:
        """The keys of the sentences that a site, or anybody, is known to repeat."""
        return self._cache.boilerplate(self._connection, site)

    def corrections(self) -> Corrections:
        """What people said of texts."""
        return self._cache.corrections(self._connection)

    def canonicals(self, article_ids: Collection[int]) -> Mapping[int, int]:
        """Article → the doc that stands for it."""
        return {
            id: doc
            for some in _chunks(article_ids)
            for id, doc in self._rows("SELECT id, doc FROM articles WHERE id IN (SELECT value FROM json_each(?))", some)
        }

    def seats(self, docs: Collection[int]) -> Mapping[int, Seat]:
        """Where texts stand now."""
        found: dict[int, Seat] = {}
        for some in _chunks(docs):
            for table, column, canonical in (("articles", "id", True), ("copies", "article_id", False)):
                for doc, article in self._rows(
                    f"SELECT doc, {column} FROM {table} WHERE doc IN (SELECT value FROM json_each(?))", some
                ):
                    found[doc] = article, canonical
        return found

    def _rows(self, statement: str, values: Sequence[int]) -> sqlite3.Cursor:
        return self._connection.execute(statement, (json.dumps(values),))


def leaders_after(connection: sqlite3.Connection, doc: int, limit: int) -> list[int]:
    """The next leaders after a doc, in the order of docs."""
    rows = connection.execute(
        "SELECT doc FROM fingerprints WHERE doc > ? AND leader = doc ORDER BY doc LIMIT ?", (doc, limit)
    )
    return [row[0] for row in rows]


def count_postings(connection: sqlite3.Connection) -> int:
    """How many rows the index has."""
    return int(connection.execute("SELECT count(*) FROM postings").fetchone()[0])


def pairs_between(connection: sqlite3.Connection, doc: int, other: int) -> list[sqlite3.Row]:
    """The pair of two texts as it is kept; none or one row."""
    return connection.execute(
        f"SELECT {PAIR_COLUMNS}, features, model, compared_at FROM pairs WHERE a = ? AND b = ?",
        (min(doc, other), max(doc, other)),
    ).fetchall()


def facts_of(connection: sqlite3.Connection, publication: Publication) -> Facts:
    """A publication's facts as the engine sees them."""
    archive = connection.execute("SELECT archive FROM fingerprints WHERE doc = ?", (publication.doc,)).fetchone()
    return Facts(
        doc=publication.doc,
        url=publication.url,
        title=publication.title,
        site=publication.site,
        agency=publication.agency,
        published_at=publication.published_at,
        published_precision=publication.published_precision,
        first_seen_at=publication.first_seen_at,
        word_count=publication.word_count,
        archive=archive[0] if archive else 0,
    )


def _chunks(values: Collection[int]) -> Iterator[list[int]]:
    ordered = list(values)
    for start in range(0, len(ordered), LOOKED_UP_AT_ONCE):
        yield ordered[start : start + LOOKED_UP_AT_ONCE]
