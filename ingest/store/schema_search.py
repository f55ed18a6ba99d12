"""What waits for the full-text indexes within a transaction, since migration 11. A script."""

# The triggers of sqlite-utils would index a text again each time `copies` is counted up, and at once. FTS5 writes out
# what it has gathered whenever rows do not come in the order of their ids, and at every statement that SQLite may have
# to take back alone (of several rows, or with a trigger). So what changed is only noted here, and `store.searchable`
# brings the indexes up to date once, in order, before the transaction ends: a third of the time. New rows
# `store.articles` notes itself: a trigger would have SQLite keep what it needs to take back each INSERT.
_NOTED = """
CREATE TRIGGER {table}_fts_delete AFTER DELETE ON {table} BEGIN
    INSERT OR IGNORE INTO reindex (source, id, indexed, title, text)
    VALUES ('{table}', old.{key}, 1, old.title, old.text);
END;

CREATE TRIGGER {table}_fts_update AFTER UPDATE OF title, text ON {table} BEGIN
    INSERT OR IGNORE INTO reindex (source, id, indexed, title, text)
    VALUES ('{table}', old.{key}, 1, old.title, old.text);
END;
"""

TEASERS = """
CREATE TABLE dead_pages (                  -- error pages with status 200: the same behind many links of a site
    id INTEGER PRIMARY KEY,
    site TEXT NOT NULL,
    signature BLOB NOT NULL,               -- MinHash, as in fingerprints
    noted_at TEXT NOT NULL
);

CREATE INDEX dead_pages_site ON dead_pages (site);

CREATE TABLE teasers (                     -- beginnings of articles that could not be had; no part of any group
    entry INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
    url TEXT,
    site TEXT,
    title TEXT,
    published_at TEXT,
    first_seen_at TEXT NOT NULL,
    text TEXT NOT NULL
);

CREATE INDEX teasers_url ON teasers (url);
""" + _NOTED.format(table="teasers", key="entry")

SEARCH = (
    """
DROP TRIGGER articles_fts_delete;

DROP TRIGGER articles_fts_update;

DROP TABLE articles_fts;

DROP TABLE reindex;

CREATE TABLE reindex (                     -- rows changed within a transaction; empty between two
    source TEXT NOT NULL,                  -- articles | copies
    id INTEGER NOT NULL,
    indexed INTEGER NOT NULL,              -- whether the full-text index knows the row, by these words:
    title TEXT,
    text TEXT,
    PRIMARY KEY (source, id)
);
"""
    + _NOTED.format(table="articles", key="id")
    + _NOTED.format(table="copies", key="doc")
)
