"""The schema as migrations. A contract: columns may be added, never renamed or removed.

Times are UTC text (`ingest.times`). `doc` is one id space over articles and copies: the id of a
stored text, given by `fingerprints`, never reused and never moved.
"""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from ingest.store import searchable
from ingest.store.agencies import write_agencies
from ingest.store.schema_archive import AGENCIES, FETCHED_URLS, PUBLICATIONS, ROWIDS, STANDINGS
from ingest.store.schema_engine import ARCHIVES, DECISIONS, POSTINGS_AND_PAIRS, RUNS
from ingest.store.schema_search import SEARCH, TEASERS
from ingest.store.schema_views import INDEXES, VIEWS

APPLICATION_ID = 0x696E6773  # "ings" in ASCII; shown by file(1)

migrations = Migrations("ingest")


def schema_version() -> int:
    """The number of migrations this code knows; kept in `PRAGMA user_version`."""
    return len(migrations._migrations)


def _run(db: Database, script: str) -> None:
    # executescript() would commit the migration's transaction, so one statement at a time.
    for statement in script.split(";\n\n"):
        if statement.strip():
            db.execute(statement)


@migrations()
def m001_feeds_and_entries(db: Database) -> None:
    """What is polled, what it listed, and where each entry stands."""
    _run(
        db,
        """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;

CREATE TABLE feeds (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    title TEXT,
    site TEXT,
    source TEXT NOT NULL,             -- config | opml | cli
    tags TEXT NOT NULL DEFAULT '[]',  -- JSON list
    status TEXT NOT NULL DEFAULT 'active',  -- active | paused | parked
    reason TEXT,                      -- why it is paused or parked
    added_at TEXT NOT NULL,
    etag TEXT,
    last_modified TEXT,
    body_hash TEXT,
    interval_s REAL,
    next_poll_at TEXT,
    last_polled_at TEXT,
    last_ok_at TEXT,
    last_new_at TEXT,
    last_outcome TEXT,
    last_error TEXT,
    errors INTEGER NOT NULL DEFAULT 0, -- consecutive failed polls
    trouble REAL NOT NULL DEFAULT 0,  -- the same, weighed by how lasting each failure is
    origin TEXT,                      -- the file and line, or the URL, that lists it
    host TEXT,                        -- of its URL: due feeds are taken in turn over hosts
    listed_as TEXT,                   -- the URL in the config or OPML, where the feed has moved since
    validators_for TEXT,              -- hash of what etag and last_modified answer to
    gap_s REAL,                       -- usual time between two new entries
    window INTEGER NOT NULL DEFAULT 0, -- entries that it lists at a time
    last_full_at TEXT,                -- last fetch without validators
    listed BLOB,                      -- 8-byte hashes of the keys listed lately
    moved_to TEXT,                    -- where permanent redirects lead, not yet trusted
    moved_count INTEGER NOT NULL DEFAULT 0,
    moved_since TEXT,
    moved_overlap REAL,
    missed INTEGER NOT NULL DEFAULT 0, -- entries estimated to have come and gone between polls
    failing_since TEXT,
    hints TEXT,                       -- JSON: ttl_s, period_s, skip_hours, skip_days
    hub TEXT,                         -- WebSub
    topic TEXT,
    pushed_until TEXT
);

CREATE INDEX feeds_due ON feeds (next_poll_at, id, host) WHERE status <> 'paused';

CREATE TABLE polls (
    id INTEGER PRIMARY KEY,
    feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    started_at TEXT NOT NULL,
    duration_ms INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    status INTEGER,                   -- HTTP status, if there was an answer
    entries INTEGER NOT NULL DEFAULT 0,
    new INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    missed INTEGER NOT NULL DEFAULT 0, -- estimate
    error TEXT                        -- of a good poll: what was wrong with the document and mended
);

CREATE INDEX polls_feed ON polls (feed_id, started_at);

CREATE INDEX polls_started ON polls (started_at);

CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    feed_id INTEGER REFERENCES feeds (id) ON DELETE SET NULL,
    source TEXT NOT NULL,             -- the feed's URL, or the backfilled file or archive
    position INTEGER,                 -- line or item within a backfilled source
    key TEXT NOT NULL,                -- identity within the source: guid, link or hash
    url TEXT,
    title TEXT,
    author TEXT,
    language TEXT,
    published_at TEXT,
    published_precision TEXT,
    published_flag TEXT,              -- why the feed's date is not to be trusted: missing, future …
    updated_at TEXT,
    content_hash TEXT,                -- of title and text as the feed gives them
    content TEXT,                     -- the feed's own content, kept until the entry is done
    takes INTEGER NOT NULL DEFAULT 0, -- times it was taken up again because the feed changed it
    first_seen_at TEXT NOT NULL,
    outcome TEXT NOT NULL DEFAULT 'pending',
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TEXT,             -- set exactly while the outcome is pending
    finished_at TEXT,
    error TEXT,
    doc INTEGER,                      -- the stored text it led to
    CHECK ((outcome = 'pending') = (next_attempt_at IS NOT NULL))
);

CREATE UNIQUE INDEX entries_of_feed ON entries (feed_id, key) WHERE position IS NULL;

CREATE UNIQUE INDEX entries_of_source ON entries (source, position) WHERE position IS NOT NULL;

CREATE INDEX entries_pending ON entries (next_attempt_at) WHERE outcome = 'pending';

CREATE INDEX entries_outcome ON entries (outcome);

CREATE INDEX entries_finished ON entries (finished_at);

CREATE INDEX entries_url ON entries (url);

CREATE INDEX entries_doc ON entries (doc);

CREATE TABLE subscriptions (             -- WebSub
    feed_id INTEGER PRIMARY KEY REFERENCES feeds (id) ON DELETE CASCADE,
    hub TEXT NOT NULL,
    topic TEXT NOT NULL,
    token TEXT NOT NULL UNIQUE,       -- last part of the callback's URL
    secret TEXT NOT NULL,
    lease_until TEXT,                 -- NULL: not confirmed
    requested_at TEXT,
    requests INTEGER NOT NULL DEFAULT 0, -- since the last confirmation
    last_push_at TEXT,
    pushes INTEGER NOT NULL DEFAULT 0,
    error TEXT
);

CREATE TABLE sightings (
    feed_id INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    first_seen_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    PRIMARY KEY (feed_id, url)
) WITHOUT ROWID;

CREATE INDEX sightings_url ON sightings (url);

CREATE TABLE tombstones (             -- what `ingest prune` has taken out: never to return
    url TEXT PRIMARY KEY,
    pruned_at TEXT NOT NULL,
    reason TEXT NOT NULL              -- age | size | takedown
) WITHOUT ROWID;
""",
    )


@migrations()
def m002_articles(db: Database) -> None:
    """Canonical articles, their copies, and what is known about both."""
    _run(
        db,
        """
CREATE TABLE articles (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- names the group; stable for ever
    doc INTEGER NOT NULL UNIQUE,           -- the text that is canonical now
    url TEXT NOT NULL,
    title TEXT,
    site TEXT,
    author TEXT,
    agency TEXT,
    language TEXT,
    published_at TEXT,
    published_precision TEXT,
    first_seen_at TEXT NOT NULL,
    text TEXT NOT NULL,
    word_count INTEGER NOT NULL,
    copies INTEGER NOT NULL DEFAULT 0,     -- rows in `copies`
    sites INTEGER NOT NULL DEFAULT 1       -- distinct sites, the canonical one's included
);

CREATE UNIQUE INDEX articles_url ON articles (url);

CREATE INDEX articles_published ON articles (published_at);

CREATE INDEX articles_site ON articles (site);

CREATE INDEX articles_seen ON articles (first_seen_at);

CREATE TABLE copies (
    doc INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES articles (id),
    url TEXT NOT NULL,
    title TEXT,
    site TEXT,
    author TEXT,
    agency TEXT,
    language TEXT,
    published_at TEXT,
    published_precision TEXT,
    first_seen_at TEXT NOT NULL,
    text TEXT NOT NULL,
    word_count INTEGER NOT NULL,
    jaccard REAL NOT NULL,                 -- against the current canonical text
    containment REAL NOT NULL,             -- of the smaller of both in the larger
    relation TEXT NOT NULL                 -- exact | near | excerpt | extended | adapted
);

CREATE UNIQUE INDEX copies_url ON copies (url);

CREATE INDEX copies_article ON copies (article_id);

CREATE INDEX copies_seen ON copies (first_seen_at);

CREATE VIEW publications AS
    SELECT url, id AS article_id, site, title, published_at, first_seen_at, 'canonical' AS relation
    FROM articles
    UNION ALL
    SELECT url, article_id, site, title, published_at, first_seen_at, relation
    FROM copies;

CREATE TABLE attributions (                -- what speaks for a text's agency, in its own words
    doc INTEGER PRIMARY KEY,
    agency TEXT NOT NULL,
    evidence TEXT NOT NULL                 -- place, confidence and words: dateline 0.97: GENEVA (AFP) -
);

CREATE VIEW origins AS                     -- every publication of an attributed article inherits its agency
    SELECT p.url, p.article_id, p.site, told.agency, t.evidence, t.doc AS told_by_doc
    FROM (
        SELECT a.id, a.agency, (
            SELECT own.doc FROM attributions own
            WHERE own.agency = a.agency
              AND (own.doc = a.doc OR own.doc IN (SELECT c.doc FROM copies c WHERE c.article_id = a.id))
            LIMIT 1
        ) AS doc
        FROM articles a WHERE a.agency IS NOT NULL
    ) told
    JOIN publications p ON p.article_id = told.id
    LEFT JOIN attributions t ON t.doc = told.doc;

CREATE TABLE redirects (
    old_id INTEGER PRIMARY KEY,            -- an article that was merged into another
    article_id INTEGER NOT NULL REFERENCES articles (id)
);

CREATE TABLE links (
    article_id INTEGER NOT NULL REFERENCES articles (id),  -- the later or larger one
    other_id INTEGER NOT NULL REFERENCES articles (id),    -- the earlier one, or the item
    kind TEXT NOT NULL,                    -- update | part_of
    jaccard REAL NOT NULL,
    containment REAL NOT NULL,
    first_seen_at TEXT NOT NULL,
    PRIMARY KEY (article_id, other_id, kind)
) WITHOUT ROWID;

CREATE INDEX links_other ON links (other_id);

CREATE TABLE revisions (
    id INTEGER PRIMARY KEY,
    doc INTEGER NOT NULL,                  -- the text's id; its newest text stands in articles or copies
    url TEXT NOT NULL,
    title TEXT,
    published_at TEXT,
    first_seen_at TEXT NOT NULL,
    replaced_at TEXT NOT NULL,
    text TEXT NOT NULL,
    word_count INTEGER NOT NULL
);

CREATE INDEX revisions_doc ON revisions (doc);

CREATE TABLE pages (                       -- raw pages, kept where the settings say so
    url TEXT PRIMARY KEY,                  -- of the text that was made of it
    fetched_url TEXT NOT NULL,             -- the one that answered
    content_type TEXT NOT NULL,
    fetched_at TEXT NOT NULL,
    size INTEGER NOT NULL,                 -- bytes, compressed
    file TEXT,                             -- its name in the folder of pages
    body BLOB                              -- zstd, where it is not a file
);

CREATE INDEX pages_fetched ON pages (fetched_at);
""",
    )
    db.table("articles").enable_fts(["title", "text"], tokenize="unicode61 remove_diacritics 2")
    for option, value in (("automerge", 16), ("crisismerge", 64)):
        db.execute("INSERT INTO articles_fts (articles_fts, rank) VALUES (?, ?)", (option, value))
    # What changed is only noted: migration 11 tells why.
    _run(
        db,
        """
CREATE TABLE reindex (                     -- articles changed within a transaction; empty between two
    id INTEGER PRIMARY KEY,
    indexed INTEGER NOT NULL,              -- whether the full-text index knows the article, by these words:
    title TEXT,
    text TEXT
);

CREATE TRIGGER articles_fts_delete AFTER DELETE ON articles BEGIN
    INSERT INTO reindex (id, indexed, title, text)
    SELECT old.id, 1, old.title, old.text WHERE old.id NOT IN (SELECT id FROM reindex);
END;

CREATE TRIGGER articles_fts_update AFTER UPDATE OF title, text ON articles BEGIN
    INSERT INTO reindex (id, indexed, title, text)
    SELECT old.id, 1, old.title, old.text WHERE old.id NOT IN (SELECT id FROM reindex);
END;
""",
    )


@migrations()
def m003_dedup(db: Database) -> None:
    """The engine's own tables: signatures, bands, evidence, and a person's corrections."""
    _run(
        db,
        """
CREATE TABLE fingerprints (
    doc INTEGER PRIMARY KEY AUTOINCREMENT,
    signature BLOB NOT NULL,
    parameters INTEGER NOT NULL            -- version of the parameters that made it
);

CREATE TABLE lsh (bucket INTEGER, doc INTEGER, PRIMARY KEY (bucket, doc)) WITHOUT ROWID;

CREATE TABLE sentences (key INTEGER, doc INTEGER, PRIMARY KEY (key, doc)) WITHOUT ROWID;

CREATE TABLE boilerplate (                 -- sentences that a site repeats over distinct articles
    site TEXT,
    key INTEGER,
    learned_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    PRIMARY KEY (site, key)
) WITHOUT ROWID;

CREATE TABLE decisions (
    id INTEGER PRIMARY KEY,
    doc INTEGER NOT NULL,                  -- the text that was decided on
    against INTEGER,                       -- the text it was compared with; NULL: no candidate
    article_id INTEGER NOT NULL,
    rule TEXT NOT NULL,
    relation TEXT,                         -- a relation, a link's kind, or `different`
    jaccard REAL,
    containment REAL,
    figures TEXT,                          -- JSON: every feature that the rule looked at
    parameters INTEGER NOT NULL,
    decided_at TEXT NOT NULL
);

CREATE INDEX decisions_doc ON decisions (doc);

CREATE TABLE corrections (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,                    -- split | merge
    doc INTEGER NOT NULL,
    other INTEGER NOT NULL,
    made_at TEXT NOT NULL,
    note TEXT
);

CREATE INDEX corrections_doc ON corrections (doc);

CREATE TABLE rededup (                     -- where texts stood before the re-run under way
    doc INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL
);
""",
    )


@migrations()
def m004_entries_in_turn(db: Database) -> None:
    """What waits, feed by feed: one feed's backlog is not read to find another's first entry."""
    _run(
        db,
        """
CREATE INDEX entries_in_turn ON entries (feed_id, next_attempt_at)
WHERE outcome = 'pending' AND position IS NULL;
""",
    )


@migrations()
def m005_postings_and_pairs(db: Database) -> None:
    """The engine rebuilt: nodes and their leaders, one index, every pair with its score, what waits to be placed."""
    _run(db, POSTINGS_AND_PAIRS)


@migrations()
def m006_runs(db: Database) -> None:
    """Which version, settings and sources made what."""
    _run(db, RUNS)


@migrations()
def m007_standings(db: Database) -> None:
    """What each copy carries of its canonical text, and what it has of its own."""
    _run(db, STANDINGS)


@migrations()
def m008_agencies(db: Database) -> None:
    """A text's agency is its own; what it inherits is computed, with the evidence."""
    _run(db, PUBLICATIONS + AGENCIES)
    write_agencies(db.conn)


@migrations()
def m009_rowids(db: Database) -> None:
    """Public tables that any reader of SQLite can count."""
    _run(db, ROWIDS)


@migrations()
def m010_views(db: Database) -> None:
    """The questions asked daily, each a view."""
    _run(db, INDEXES + VIEWS)


@migrations()
def m011_search(db: Database) -> None:
    """Copies are searched too, and words within words: those of scripts without spaces, compounds, stems."""
    _run(db, SEARCH)
    searchable.create(db.conn, ("articles", "copies"))
    searchable.rebuild(db.conn, ("articles", "copies"))


@migrations()
def m012_archives(db: Database) -> None:
    """Which archive a text came with: of equal times that of a later one does not take over."""
    _run(db, ARCHIVES)


@migrations()
def m013_fetched_urls(db: Database) -> None:
    """Under which URL a page was had that calls itself by another."""
    _run(db, FETCHED_URLS)


@migrations()
def m014_teasers(db: Database) -> None:
    """What there is of articles that could not be had."""
    _run(db, TEASERS)
    searchable.create(db.conn, ("teasers",))


@migrations()
def m015_decisions(db: Database) -> None:
    """The old name of what stands in `pairs`, for queries that ask for it."""
    _run(db, DECISIONS)
