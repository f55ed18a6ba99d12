"""The two indexes of candidates in SQLite: LSH buckets and rare sentences. All SQL on `lsh` and `sentences`.

Both hold a key once an article: a copy adds only what its article does not have yet. So a story on two
hundred sites costs one row a key, and a key's number of rows says in how many articles it stands.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ingest.dedup.parameters import BANDING
from ingest.dedup.passages import MAX_PASSAGES, passages_of
from ingest.model import Fingerprint

# A full bucket gives up the oldest text of the site that has most there: copies come within days, templates would
# fill it for ever, and no site can crowd out what others published.
MAX_BUCKET = 64
# A sentence in more articles than this tells nothing about any of them.
MAX_RARE = 24
MAX_CANDIDATES = 64  # verified at most for one text, those sharing most keys first
# Numbers of placeholders: few distinct statements, so SQLite reuses them.
_STEPS = (8, 16, 24, 32, 40, 48, 64, 96, 128, 256, MAX_PASSAGES)

_SITES = """
SELECT doc, site FROM articles WHERE doc IN (SELECT value FROM json_each(:docs)) UNION ALL
SELECT doc, site FROM copies WHERE doc IN (SELECT value FROM json_each(:docs))
"""
_BUCKETS = f"SELECT bucket, doc FROM lsh WHERE bucket IN ({', '.join('?' * BANDING.bands)})"
_SENTENCES = {step: f"SELECT key, doc FROM sentences WHERE key IN ({', '.join('?' * step)})" for step in _STEPS}
# One statement for all keys of a text takes half the time of one for each.
_ADD = {
    (table, step): (
        f"WITH k (key) AS (VALUES {', '.join(['(?)'] * step)}) INSERT OR IGNORE INTO {table} SELECT key, ? FROM k"
    )
    for table in ("lsh", "sentences")
    for step in _STEPS
}


# A candidate is worth reading if so many of the 128 MinHash values agree: of a text that is a tenth of the
# other's 12 do on average, and fewer than 3 once in 2,000; of a stranger none or one. It does not count how many
# keys are shared: that depends on what the candidate's article was indexed by before it.
FEWEST_EQUAL = 3


@dataclass(frozen=True, slots=True)
class Keys:
    """What a text is found by."""

    buckets: tuple[int, ...]
    sentences: tuple[int, ...]


@dataclass(slots=True)
class Found:
    """Which stored texts share keys with a text.

    Attributes:
        hits: doc → number of shared keys.
        buckets, sentences: key → the docs that hold it.
    """

    hits: Counter[int] = field(default_factory=Counter)
    buckets: dict[int, list[int]] = field(default_factory=dict)
    sentences: dict[int, list[int]] = field(default_factory=dict)

    def docs(self) -> list[int]:
        """The candidates, those sharing most first, older ones first among equals."""
        return [doc for doc, _ in sorted(self.hits.items(), key=lambda item: (-item[1], item[0]))[:MAX_CANDIDATES]]

    def repeated(self, fewest: int) -> dict[int, list[int]]:
        """The sentences that at least so many texts have, with those texts."""
        return {key: docs for key, docs in self.sentences.items() if len(docs) >= fewest}


def keys_of(fingerprint: Fingerprint, aside: Collection[int] = ()) -> Keys:
    """The keys of a text, sentences in `aside` (boilerplate) left out."""
    buckets = np.frombuffer(fingerprint.bands, dtype=np.int64).tolist()
    sentences = np.frombuffer(fingerprint.sentences, dtype=np.int64)
    kept = [key not in aside for key in sentences.tolist()] if aside else []
    if all(kept):
        return Keys(tuple(buckets), tuple(np.frombuffer(fingerprint.passages, dtype=np.int64).tolist()))
    mask = np.array(kept, dtype=np.bool_)
    counts = np.frombuffer(fingerprint.counts, dtype=np.uint32)
    shingles = np.frombuffer(fingerprint.shingles, dtype=np.uint32)
    passages = passages_of(sentences[mask], counts[mask], shingles[np.repeat(mask, counts)])
    return Keys(tuple(buckets), tuple(passages.tolist()))


def find(connection: sqlite3.Connection, keys: Keys) -> Found:
    """Every stored text that shares a bucket or a rare sentence."""
    found = Found()
    hits: list[int] = []
    for bucket, doc in connection.execute(_BUCKETS, keys.buckets):
        found.buckets.setdefault(bucket, []).append(doc)
        hits.append(doc)
    if keys.sentences:
        filled = _filled(keys.sentences)
        for key, doc in connection.execute(_SENTENCES[len(filled)], filled):
            found.sentences.setdefault(key, []).append(doc)
        for docs in found.sentences.values():
            if len(docs) < MAX_RARE:
                hits += docs
    if hits:
        found.hits.update(hits)
    return found


def likely(
    connection: sqlite3.Connection,
    signature: NDArray[np.uint32],
    found: Found,
    counted: NDArray[np.bool_] | None = None,
) -> list[int]:
    """The candidates that are worth reading, those sharing most keys first.

    A doc that is indexed without a fingerprint is none: such rows are damage, which `doctor --deep` names.

    Args:
        counted: which values of the signature count; all where None.
    """
    docs = found.docs()
    rows = connection.execute(
        "SELECT doc, signature FROM fingerprints WHERE doc IN (SELECT value FROM json_each(?))",
        (json.dumps(docs),),
    ).fetchall()
    if not rows:
        return []
    values = np.frombuffer(b"".join(row[1] for row in rows), dtype=np.uint32).reshape(len(rows), -1)
    same = values == signature
    if counted is not None:
        same &= counted
    equal = same.sum(axis=1).tolist()
    worth = {row[0] for row, count in zip(rows, equal, strict=True) if count >= FEWEST_EQUAL}
    return [doc for doc in docs if doc in worth]


def agree(first: NDArray[np.uint32], second: NDArray[np.uint32]) -> bool:
    """Whether two texts are worth comparing, by their signatures."""
    return int(np.count_nonzero(first == second)) >= FEWEST_EQUAL


def add(connection: sqlite3.Connection, doc: int, keys: Keys, found: Found, article: Collection[int] = ()) -> None:
    """Index a text, except by what its article is indexed by already.

    Args:
        found: what `find` gave for the same keys.
        article: the docs of the text's own article.
    """
    own = set(article)
    if found.buckets:
        buckets = [key for key in keys.buckets if own.isdisjoint(found.buckets.get(key, ()))]
        full = {key: docs for key, docs in found.buckets.items() if len(docs) >= MAX_BUCKET and own.isdisjoint(docs)}
        connection.executemany("DELETE FROM lsh WHERE bucket = ? AND doc = ?", _crowding(connection, full))
    else:
        buckets = list(keys.buckets)
    sentences: Sequence[int] = keys.sentences
    if found.sentences:
        sentences = [key for key in sentences if _worth_adding(found.sentences.get(key), own)]
    for table, chosen in (("lsh", buckets), ("sentences", sentences)):
        if chosen:
            filled = _filled(chosen)
            connection.execute(_ADD[table, len(filled)], (*filled, doc))


def remove(connection: sqlite3.Connection, doc: int, fingerprint: Fingerprint) -> None:
    """Take a text out of both indexes, whatever was set aside of it when it was indexed.

    Any shingle may have been in the sample of what was left.
    """
    buckets = np.frombuffer(fingerprint.bands, dtype=np.int64).tolist()
    sentences = np.frombuffer(fingerprint.sentences, dtype=np.int64).tolist()
    shingles = np.frombuffer(fingerprint.shingles, dtype=np.uint32).tolist()
    for table, key, keys in (("lsh", "bucket", buckets), ("sentences", "key", {*sentences, *shingles})):
        connection.execute(
            f"DELETE FROM {table} WHERE doc = ? AND {key} IN (SELECT value FROM json_each(?))",
            (doc, json.dumps(list(keys))),
        )


def replace_sentences(connection: sqlite3.Connection, doc: int, before: Keys, now: Keys) -> None:
    """Take out what a text is no longer indexed by, a sentence of it having turned out to be boilerplate."""
    stale = set(before.sentences).difference(now.sentences)
    connection.executemany("DELETE FROM sentences WHERE key = ? AND doc = ?", [(key, doc) for key in stale])


def add_signature(connection: sqlite3.Connection, fingerprint: Fingerprint) -> int:
    """Store a signature; returns the new text's `doc`."""
    cursor = connection.execute(
        "INSERT INTO fingerprints (signature, parameters) VALUES (?, ?)",
        (fingerprint.signature, fingerprint.parameters),
    )
    assert cursor.lastrowid is not None  # noqa: S101 - an INSERT that did not raise has one
    return cursor.lastrowid


def set_signature(connection: sqlite3.Connection, doc: int, fingerprint: Fingerprint) -> None:
    """Replace the signature of a text that was revised or fingerprinted anew."""
    connection.execute(
        "UPDATE fingerprints SET signature = ?, parameters = ? WHERE doc = ?",
        (fingerprint.signature, fingerprint.parameters, doc),
    )


def _crowding(connection: sqlite3.Connection, full: dict[int, list[int]]) -> list[tuple[int, int]]:
    """Of each full bucket the oldest text of the site that has most there; the site with the oldest among equals."""
    if not full:
        return []
    docs = {doc for holders in full.values() for doc in holders}
    site_of: dict[int, str | None] = dict(connection.execute(_SITES, {"docs": json.dumps(list(docs))}).fetchall())
    crowding = []
    for bucket, holders in full.items():
        texts = Counter(site_of.get(doc) for doc in sorted(holders))  # in this order, as the first of equals is taken
        site, _ = texts.most_common(1)[0]
        crowding.append((bucket, min(doc for doc in holders if site_of.get(doc) == site)))
    return crowding


def _worth_adding(holders: Sequence[int] | None, own: set[int]) -> bool:
    if holders is None:
        return True
    return len(holders) < MAX_RARE and own.isdisjoint(holders)


def _filled(keys: Sequence[int]) -> Sequence[int]:
    """Keys repeated up to a number of placeholders that there is a statement for."""
    step = next(step for step in _STEPS if step >= len(keys))
    return (*keys, *[keys[-1]] * (step - len(keys)))
