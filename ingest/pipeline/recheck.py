"""A whole archive held against what its texts give, a few texts at a time: what `ingest doctor --deep` asks for."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.dedup.placement import Standing
from ingest.dedup.recheck import Expected, recheck
from ingest.dedup.scorecard import Scorecard
from ingest.settings import DedupSettings
from ingest.store import articles
from ingest.store.corpus import Cache, SqliteCorpus, count_postings, leaders_after
from ingest.store.database import data_version, reading
from ingest.store.invariants import Broken, broken
from ingest.store.placement import count_unsettled

AT_ONCE = 200  # leaders of one read; writers go on meanwhile
ROUNDED = 1e-5  # figures are kept to six digits

STANDING = "a copy's figures are those of its comparison with the canonical text"
LINKS = "the links of an article are those that its pairs give"
INDEX = "the index holds the keys of stored texts and no others"


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What holding an archive against its texts came to.

    Attributes:
        broken: the rules that do not hold.
        nodes: nodes of near-identical texts that were looked at.
        passed_over: nodes of which nothing can be said, as texts waited to be placed again.
    """

    broken: tuple[Broken, ...]
    nodes: int
    passed_over: int


def recheck_archive(connection: sqlite3.Connection, settings: DedupSettings) -> Rechecked:
    """Find every rule that a settled archive breaks: of nodes, pairs, groups, canonical texts, copies, links, index.

    Reads every text, at a few milliseconds each, and writes nothing; others may write meanwhile.

    Raises:
        StoreError, sqlite3.Error: when the database cannot be read.
    """
    cache, model = Cache(), Scorecard.load(settings.model)
    checked: set[int] = set()
    found: defaultdict[str, list[int]] = defaultdict(list)
    version, passed_over, postings = data_version(connection), 0, 0
    for leaders in _leaders(connection):
        wanted = [leader for leader in leaders if leader not in checked]
        with reading(connection):
            if count_unsettled(connection):
                passed_over += len(wanted)
                continue
            corpus = SqliteCorpus(connection, cache)
            expected = recheck(corpus, wanted, window=settings.window, model=model)
            for rule, docs in _broken(connection, expected):
                found[rule] += docs
        postings += sum(expected.postings[leader] for leader in expected.checked - checked)
        checked |= expected.checked
    rules = [broken(connection, rule, sorted(set(docs))) for rule, docs in found.items() if docs]
    held = count_postings(connection)
    # A count says something only of an archive that stood still.
    if held != postings and not passed_over and version == data_version(connection):
        rules.append(Broken(INDEX, abs(held - postings), (f"{held} rows for {postings} keys",)))
    return Rechecked(tuple(rules), len(checked), passed_over)


def _leaders(connection: sqlite3.Connection) -> Iterator[list[int]]:
    after = 0
    while leaders := leaders_after(connection, after, AT_ONCE):
        yield leaders
        after = leaders[-1]


def _broken(connection: sqlite3.Connection, expected: Expected) -> Iterator[tuple[str, list[int]]]:
    for flaw, docs in expected.flaws.items():
        yield str(flaw), [*docs]
    stored = articles.standings_of(connection, expected.standings)
    yield (
        STANDING,
        [doc for doc, each in expected.standings.items() if doc in stored and not _agree(stored[doc][1], each)],
    )
    yield LINKS, _wrongly_linked(connection, expected)


def _agree(a: Standing, b: Standing) -> bool:
    figures = ((a.jaccard, b.jaccard), (a.containment, b.containment), (a.carried or 0.0, b.carried or 0.0))
    return (a.relation, a.own_words) == (b.relation, b.own_words) and all(abs(x - y) < ROUNDED for x, y in figures)


def _wrongly_linked(connection: sqlite3.Connection, expected: Expected) -> list[int]:
    """The canonical docs of articles with a link that is not what their pairs give, or without one that is."""
    docs = {*expected.linked, *(doc for link in expected.links for doc in (link.canonical, link.other_canonical))}
    articles_of = {doc: article for doc, (article, _) in articles.standings_of(connection, docs).items()}
    canonicals = {article: doc for doc, article in articles_of.items()}
    given = {
        (articles_of.get(link.canonical), articles_of.get(link.other_canonical), link.kind, link.doc, link.other_doc)
        for link in expected.links
    }
    stored = {
        (row["article_id"], row["other_id"], row["kind"], row["doc"], row["other_doc"])
        for row in articles.links_of(connection, [articles_of[doc] for doc in expected.linked if doc in articles_of])
    }
    wrong = {article for link in given ^ stored for article in link[:2] if article is not None}
    return sorted(canonicals[article] for article in wrong if article in canonicals)
