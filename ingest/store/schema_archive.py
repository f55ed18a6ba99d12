"""What researchers read, since migration 7: copies' figures, agencies, and the views over publications. Scripts."""

STANDINGS = """
-- Share of the canonical text's words that it tells; NULL before it is placed anew
ALTER TABLE copies ADD COLUMN carried REAL;

-- Words that the canonical text does not have
ALTER TABLE copies ADD COLUMN own_words INTEGER;

INSERT OR IGNORE INTO unsettled SELECT doc, 1 FROM copies;
"""

# The views that follow read `publications`; a view that is replaced takes none of them along.
PUBLICATIONS = """
ALTER TABLE articles ADD COLUMN section TEXT;

ALTER TABLE articles ADD COLUMN image TEXT;

ALTER TABLE articles ADD COLUMN modified_at TEXT;

-- JSON: fact → where it was found
ALTER TABLE articles ADD COLUMN provenance TEXT;

ALTER TABLE copies ADD COLUMN section TEXT;

ALTER TABLE copies ADD COLUMN image TEXT;

ALTER TABLE copies ADD COLUMN modified_at TEXT;

ALTER TABLE copies ADD COLUMN provenance TEXT;

-- JSON list: the feed's categories, or the record's keywords
ALTER TABLE entries ADD COLUMN tags TEXT;

-- JSON: whatever else the feed says of it in plain words
ALTER TABLE entries ADD COLUMN extra TEXT;

DROP VIEW origins;

DROP VIEW publications;

CREATE VIEW publications AS                -- every URL that a text is stored of
    SELECT url, doc, id AS article_id, site,
           substr(url, instr(url, '://') + 3, instr(substr(url, instr(url, '://') + 3) || '/', '/') - 1) AS host,
           title, author, language, agency, published_at, published_precision, first_seen_at,
           'canonical' AS relation, word_count, 1.0 AS jaccard, 1.0 AS containment, 1.0 AS carried, 0 AS own_words,
           section, image, modified_at
    FROM articles
    UNION ALL
    SELECT url, doc, article_id, site,
           substr(url, instr(url, '://') + 3, instr(substr(url, instr(url, '://') + 3) || '/', '/') - 1),
           title, author, language, agency, published_at, published_precision, first_seen_at,
           relation, word_count, jaccard, containment, carried, own_words, section, image, modified_at
    FROM copies;
"""

AGENCIES = """
CREATE TABLE agencies (                    -- what this version of ingest knows of them
    code TEXT PRIMARY KEY,                 -- as in `agency`
    name TEXT NOT NULL,
    kind TEXT NOT NULL,                    -- wire | outlet | press_release
    country TEXT NOT NULL,                 -- ISO 3166-1
    domains TEXT NOT NULL                  -- JSON list: its own sites
);

ALTER TABLE attributions RENAME TO attributions_before;

CREATE TABLE attributions (                -- what speaks for a text's own agency
    doc INTEGER PRIMARY KEY,
    agency TEXT NOT NULL,
    place TEXT NOT NULL,                   -- dateline | byline | credit | copyright … | source: the record names it
    confidence REAL NOT NULL,              -- 0 to 1
    evidence TEXT NOT NULL                 -- the words that stand there
);

INSERT INTO attributions (doc, agency, place, confidence, evidence)
WITH found AS (
    SELECT *, evidence LIKE '%_ 0.__: %' OR evidence LIKE '%_ 1.00: %' AS is_full FROM attributions_before
)
SELECT doc, agency,
       iif(is_full, substr(evidence, 1, instr(evidence, ' ') - 1), 'source'),
       iif(is_full, CAST(substr(evidence, instr(evidence, ' ') + 1, 4) AS REAL), 1.0),
       iif(is_full, substr(evidence, instr(evidence, ': ') + 2), agency)
FROM found;

DROP TABLE attributions_before;

-- What a text inherited from its copies was never its own
UPDATE articles SET agency = (SELECT t.agency FROM attributions t WHERE t.doc = articles.doc);

UPDATE copies SET agency = (SELECT t.agency FROM attributions t WHERE t.doc = copies.doc);
"""

FETCHED_URLS = """
-- The URL that answered, where the page names another as its own
ALTER TABLE articles ADD COLUMN fetched_url TEXT;

ALTER TABLE copies ADD COLUMN fetched_url TEXT;

CREATE TABLE disputed (                    -- URLs that pages with several texts call themselves: none is believed
    url TEXT PRIMARY KEY,
    noted_at TEXT NOT NULL
);
"""

# DuckDB's reader of SQLite cannot count tables without a rowid; these are small, or public.
ROWIDS = """
ALTER TABLE links RENAME TO links_before;

DROP INDEX links_other;

CREATE TABLE links (
    article_id INTEGER NOT NULL REFERENCES articles (id),  -- the later or larger one
    other_id INTEGER NOT NULL REFERENCES articles (id),    -- the earlier one, or the item
    kind TEXT NOT NULL,                    -- update | part_of
    doc INTEGER,                           -- the text of either article that tells; NULL before it is placed anew
    other_doc INTEGER,
    jaccard REAL NOT NULL,
    containment REAL NOT NULL,
    first_seen_at TEXT NOT NULL,
    PRIMARY KEY (article_id, other_id)
);

INSERT INTO links (article_id, other_id, kind, doc, other_doc, jaccard, containment, first_seen_at)
SELECT article_id, other_id, kind, doc, other_doc, jaccard, containment, first_seen_at FROM links_before;

CREATE INDEX links_other ON links (other_id);

DROP TABLE links_before;

ALTER TABLE pairs RENAME TO pairs_before;

DROP INDEX pairs_b;

CREATE TABLE pairs (                       -- two texts that were compared; a < b
    a INTEGER NOT NULL,
    b INTEGER NOT NULL,
    score REAL NOT NULL,                   -- log-odds that they are one text
    kind TEXT NOT NULL,                    -- copy | update | part_of | different
    rule TEXT NOT NULL,                    -- what weighed most, in a word
    larger INTEGER NOT NULL,               -- the doc of the one with more words
    jaccard REAL NOT NULL,
    containment REAL NOT NULL,
    coverage_smaller REAL NOT NULL,        -- share of its words that the larger one tells
    coverage_larger REAL NOT NULL,
    length_ratio REAL NOT NULL,
    met INTEGER NOT NULL,                  -- whether the index leads from one to the other
    features TEXT,                         -- JSON: everything that was measured
    model TEXT NOT NULL,
    compared_at TEXT NOT NULL,
    run INTEGER,                           -- that compared them
    PRIMARY KEY (a, b)
);

INSERT INTO pairs (a, b, score, kind, rule, larger, jaccard, containment, coverage_smaller, coverage_larger,
                   length_ratio, met, features, model, compared_at, run)
SELECT a, b, score, kind, rule, larger, jaccard, containment, coverage_smaller, coverage_larger,
       length_ratio, met, features, model, compared_at, run FROM pairs_before;

CREATE INDEX pairs_b ON pairs (b);

DROP TABLE pairs_before;

ALTER TABLE tombstones RENAME TO tombstones_before;

CREATE TABLE tombstones (                  -- what `ingest prune` has taken out: never to return
    url TEXT PRIMARY KEY,
    pruned_at TEXT NOT NULL,
    reason TEXT NOT NULL                   -- age | size | takedown
);

INSERT INTO tombstones (url, pruned_at, reason) SELECT url, pruned_at, reason FROM tombstones_before;

DROP TABLE tombstones_before;

ALTER TABLE meta RENAME TO meta_before;

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT);

INSERT INTO meta (key, value) SELECT key, value FROM meta_before;

DROP TABLE meta_before;
"""
