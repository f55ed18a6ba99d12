"""The engine's tables since migration 5, a script for each: nodes, the index, pairs, what waits; runs."""

POSTINGS_AND_PAIRS = """
-- A hash of all its sentences; NULL before it is placed anew
ALTER TABLE fingerprints ADD COLUMN text_key INTEGER;

-- The text that stands for it and those near to it
ALTER TABLE fingerprints ADD COLUMN leader INTEGER;

UPDATE fingerprints SET leader = doc;

CREATE INDEX fingerprints_text_key ON fingerprints (text_key);

CREATE INDEX fingerprints_leader ON fingerprints (leader);

DROP TABLE lsh;

DROP TABLE sentences;

CREATE TABLE postings (                    -- band, sentence or shingle → the leaders that have it
    key INTEGER NOT NULL,
    position INTEGER NOT NULL,             -- in an order that hangs on a text's sentences only
    doc INTEGER NOT NULL,
    PRIMARY KEY (key, position, doc)
) WITHOUT ROWID;

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
    PRIMARY KEY (a, b)
) WITHOUT ROWID;

CREATE INDEX pairs_b ON pairs (b);

INSERT OR REPLACE INTO pairs
SELECT min(doc, against), max(doc, against),
       iif(relation IN ('exact', 'near', 'excerpt', 'extended'), 1.0, -1.0),
       iif(relation IN ('exact', 'near', 'excerpt', 'extended'), 'copy', coalesce(relation, 'different')),
       rule, max(doc, against), coalesce(jaccard, 0), coalesce(containment, 0), 0, 0, 1, 0, figures,
       'parameters ' || parameters, decided_at
FROM decisions
WHERE against IS NOT NULL AND doc IN (SELECT doc FROM fingerprints) AND against IN (SELECT doc FROM fingerprints)
ORDER BY id;

DROP TABLE decisions;

CREATE INDEX copies_site ON copies (site);

CREATE TABLE unsettled (                   -- texts to be placed again; empty in a settled archive
    doc INTEGER PRIMARY KEY,
    stale INTEGER NOT NULL                 -- whether its pairs are to be measured anew
);

INSERT INTO unsettled SELECT doc, 1 FROM fingerprints;

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
) WITHOUT ROWID;

CREATE INDEX links_other ON links (other_id);

INSERT OR IGNORE INTO links (article_id, other_id, kind, jaccard, containment, first_seen_at)
SELECT article_id, other_id, kind, jaccard, containment, first_seen_at FROM links_before
WHERE NOT EXISTS (SELECT 1 FROM links_before back
                  WHERE back.article_id = links_before.other_id AND back.other_id = links_before.article_id
                    AND back.article_id < back.other_id)
ORDER BY containment DESC;

DROP TABLE links_before;
"""

RUNS = """
CREATE TABLE parameters (                  -- all that texts, pairs and groups hang on, beside the input
    id INTEGER PRIMARY KEY,
    version TEXT NOT NULL,                 -- of ingest
    fingerprint INTEGER NOT NULL,          -- version of text → fingerprint
    model TEXT NOT NULL,                   -- version of the scorecard
    libraries TEXT NOT NULL,               -- JSON: name → version
    settings TEXT NOT NULL,                -- JSON: of extraction and deduplication
    first_used_at TEXT NOT NULL,
    UNIQUE (version, fingerprint, model, libraries, settings)
);

CREATE TABLE runs (                        -- of commands that write
    id INTEGER PRIMARY KEY,
    command TEXT NOT NULL,                 -- run | poll | backfill | rededup | reextract | split | merge
    parameters INTEGER NOT NULL REFERENCES parameters (id),
    started_at TEXT NOT NULL,
    finished_at TEXT                       -- NULL: under way, or killed
);

CREATE TABLE sources (                     -- files that a backfill has read to their end
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    source TEXT NOT NULL,                  -- as in `entries.source`
    format TEXT NOT NULL,
    bytes INTEGER NOT NULL,                -- on disk
    sha256 TEXT NOT NULL,
    PRIMARY KEY (run, source)
);

-- The run that ended it
ALTER TABLE entries ADD COLUMN run INTEGER;

-- The run that compared them
ALTER TABLE pairs ADD COLUMN run INTEGER;
"""

# What was written down of each decision before migration 5, as a view of what is kept now.
DECISIONS = """
CREATE VIEW decisions AS
SELECT p.b AS doc, p.a AS against,
       coalesce((SELECT id FROM articles WHERE doc = p.b), (SELECT article_id FROM copies WHERE doc = p.b))
           AS article_id,
       p.rule, p.kind AS relation, p.jaccard, p.containment, p.features AS figures, p.model AS parameters,
       p.compared_at AS decided_at
FROM pairs p;
"""

ARCHIVES = """
-- JSON list: the sources that a backfill was given
ALTER TABLE runs ADD COLUMN asked TEXT;

-- What it came with: the first of the runs that were given the same; 0: what stood here before they were told apart
ALTER TABLE fingerprints ADD COLUMN archive INTEGER NOT NULL DEFAULT 0;
"""
