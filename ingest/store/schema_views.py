"""The views for questions asked daily, as scripts. Those that count read only what the indexes of m009 hold."""

# A text lies within its row, and what stands behind it in the row is reached through it: counts keep to indexes.
INDEXES = """
DROP INDEX articles_site;

DROP INDEX copies_site;

DROP INDEX copies_article;

CREATE INDEX articles_placed
ON articles (site, doc, id, agency, published_at, published_precision, first_seen_at);

CREATE INDEX articles_copied
ON articles (sites, copies, id, doc, site, agency, published_at, published_precision, first_seen_at) WHERE copies > 0;

CREATE INDEX articles_section ON articles (section) WHERE section IS NOT NULL;

CREATE INDEX copies_article
ON copies (article_id, doc, site, agency, relation, published_at, published_precision, first_seen_at);

CREATE INDEX copies_site ON copies (site, doc);

CREATE INDEX copies_section ON copies (section) WHERE section IS NOT NULL;

CREATE INDEX entries_tagged ON entries (doc) WHERE tags IS NOT NULL;

CREATE TABLE judgements (                  -- what people said of pairs when they were asked; nothing follows from it
    id INTEGER PRIMARY KEY,
    doc INTEGER NOT NULL,
    other INTEGER NOT NULL,                -- doc < other
    label TEXT NOT NULL,                   -- copy | update | part_of | different | unsure
    coder TEXT NOT NULL,                   -- whose latest word on a pair counts
    weight REAL NOT NULL,                  -- pairs that it stands for, by the sample it was drawn in
    note TEXT,
    judged_at TEXT NOT NULL
);

CREATE INDEX judgements_pair ON judgements (doc, other, coder);
"""

# A time after the text was seen, or at the epoch itself, is a machine's mistake.
_BELIEVED = """published_at IS NOT NULL AND published_at > '1970-01-02' AND (
                     published_at <= first_seen_at
                     OR published_at <= strftime('%Y-%m-%dT%H:%M:%SZ', first_seen_at, '+1 day'))"""

VIEWS = """
CREATE VIEW moments AS                     -- when each text appeared, as far as that can be believed
    SELECT doc, article_id, site, relation, first_seen_at,
           iif(is_believed, published_at, first_seen_at) AS at,       -- of a day its midnight: `certain` is 0
           is_believed AND published_precision = 'second' AS certain,
           -- What times sort by: a day stands behind all that is known to have happened in it.
           CASE WHEN is_believed AND published_precision = 'second' THEN published_at
                ELSE substr(iif(is_believed, published_at, first_seen_at), 1, 10) || 'T99' END AS sort_at
    FROM (SELECT doc, id AS article_id, site, 'canonical' AS relation, published_at, published_precision,
                 first_seen_at,
                 __BELIEVED__ AS is_believed
          FROM articles
          UNION ALL
          SELECT doc, article_id, site, relation, published_at, published_precision, first_seen_at,
                 __BELIEVED__
          FROM copies);

CREATE VIEW carried AS                     -- the same of articles that have copies: less to read
    SELECT doc, article_id, site, relation,
           is_believed AND published_precision = 'second' AS certain,
           CASE WHEN is_believed AND published_precision = 'second' THEN published_at
                ELSE substr(iif(is_believed, published_at, first_seen_at), 1, 10) || 'T99' END AS sort_at
    FROM (SELECT doc, id AS article_id, site, 'canonical' AS relation, published_at, published_precision,
                 first_seen_at,
                 __BELIEVED__ AS is_believed
          FROM articles WHERE copies > 0
          UNION ALL
          SELECT doc, article_id, site, relation, published_at, published_precision, first_seen_at,
                 __BELIEVED__
          FROM copies);

CREATE VIEW doc_origins AS                 -- whose text each text is, by docs: `origins` with less to read
    WITH
    -- The canonical text's own word is the article's, else that of most copies, of those it is true of in any case:
    -- what a copy with much of its own says of its agency may be said of that.
    counted AS (
        SELECT c.article_id, c.agency, c.doc, count(*) OVER (PARTITION BY c.article_id, c.agency) AS texts
        FROM copies c
        WHERE c.agency IS NOT NULL AND c.relation IN ('exact', 'near', 'excerpt')
          AND (SELECT a.agency FROM articles a WHERE a.id = c.article_id) IS NULL
    ),
    told AS MATERIALIZED (
        SELECT id AS article_id, doc, agency FROM articles WHERE copies > 0 AND agency IS NOT NULL
        UNION ALL
        SELECT article_id, doc, agency FROM (
            SELECT article_id, doc, agency, row_number() OVER (
                PARTITION BY article_id ORDER BY texts DESC, agency, doc
            ) AS place
            FROM counted)
        WHERE place = 1
    ),
    found AS (
        SELECT doc, id AS article_id, site, agency, doc AS evidence_doc, 0 AS inherited
        FROM articles WHERE agency IS NOT NULL
        UNION ALL
        SELECT doc, article_id, site, agency, doc, 0 FROM copies WHERE agency IS NOT NULL
        UNION ALL
        SELECT p.doc, p.id, p.site, told.agency, told.doc, 1
        FROM told JOIN articles p ON p.id = told.article_id WHERE p.agency IS NULL
        UNION ALL
        SELECT p.doc, p.article_id, p.site, told.agency, told.doc, 1
        FROM told JOIN copies p ON p.article_id = told.article_id WHERE p.agency IS NULL
    )
    SELECT f.doc, f.article_id, f.site, f.agency, a.kind,
           f.site IS NOT NULL AND instr(a.domains, '"' || f.site || '"') > 0 AS own_site,
           f.evidence_doc, f.inherited
    FROM found f LEFT JOIN agencies a ON a.code = f.agency;

CREATE VIEW origins AS                     -- whose text each publication has: its own word, else its article's
    SELECT coalesce((SELECT url FROM articles WHERE doc = o.doc), (SELECT url FROM copies WHERE doc = o.doc)) AS url,
           o.doc, o.article_id, o.site, o.agency, o.kind, o.own_site, e.evidence, o.evidence_doc, e.place,
           e.confidence, o.inherited
    FROM doc_origins o JOIN attributions e ON e.doc = o.evidence_doc;

CREATE VIEW spread AS                      -- who carried an article, in which order, how long after the first
    SELECT article_id,
           coalesce((SELECT url FROM articles WHERE doc = s.doc), (SELECT url FROM copies WHERE doc = s.doc)) AS url,
           doc, site, relation, at,
           rank,                           -- 1 for all that may have been first on the earliest known moment
           iif(certain AND first_at NOT LIKE '%T99', unixepoch(at) - unixepoch(first_at),
               CAST(86400 * (julianday(substr(sort_at, 1, 10)) - julianday(substr(first_at, 1, 10))) AS INTEGER))
               AS lag_s,
           certain AND first_at NOT LIKE '%T99' AS lag_certain  -- 0: either end is a day, or when it was seen
    FROM (SELECT *, rank() OVER earliest AS rank, first_value(sort_at) OVER earliest AS first_at
          FROM moments WINDOW earliest AS (PARTITION BY article_id ORDER BY sort_at)) s;

CREATE VIEW most_copied AS                 -- articles that others carry; sort by `copies` or `sites`
    SELECT id AS article_id, url, title, site, copies, sites, published_at, published_precision
    FROM articles WHERE copies > 0;

CREATE VIEW site_wire_share AS             -- how much of a site's output comes from agencies, none of them its own
    SELECT p.site, count(*) AS publications, coalesce(w.wire, 0) AS wire,
           round(1.0 * coalesce(w.wire, 0) / count(*), 4) AS share
    FROM (SELECT site FROM articles UNION ALL SELECT site FROM copies) p
    LEFT JOIN (SELECT site, count(*) AS wire FROM doc_origins
               WHERE kind = 'wire' AND own_site = 0 GROUP BY site) w ON w.site IS p.site
    GROUP BY p.site;

CREATE VIEW agency_reach AS                -- which agency's texts stand on which site
    SELECT agency, kind, site, own_site, count(*) AS publications, count(DISTINCT article_id) AS articles
    FROM doc_origins GROUP BY agency, site;

CREATE VIEW copy_delays AS                 -- how long a site follows: of copies whose both ends are known to the second
    WITH placed AS MATERIALIZED (SELECT site, article_id, certain, sort_at FROM carried),
    firsts AS (SELECT article_id, min(sort_at) AS first_at FROM placed GROUP BY article_id),
    delays AS (
        SELECT c.site, unixepoch(c.sort_at) - unixepoch(f.first_at) AS lag_s
        FROM placed c JOIN firsts f ON f.article_id = c.article_id
        WHERE c.certain AND f.first_at NOT LIKE '%T99' AND c.sort_at > f.first_at
    )
    SELECT site, count(*) AS copies, min(lag_s) AS least_s,
           max(iif(2 * place <= texts + 1, lag_s, NULL)) AS median_s,
           max(iif(10 * place <= 9 * texts + 9, lag_s, NULL)) AS p90_s, max(lag_s) AS most_s
    FROM (SELECT site, lag_s, row_number() OVER (PARTITION BY site ORDER BY lag_s) AS place,
                 count(*) OVER (PARTITION BY site) AS texts
          FROM delays)
    GROUP BY site;

CREATE VIEW original_reporting AS          -- articles that stood on a site first, and are no agency's
    SELECT a.site, a.id AS article_id, a.url, a.title, a.published_at, a.published_precision,
           a.sites - 1 AS carried_by       -- other sites
    FROM articles a
    WHERE a.doc NOT IN (SELECT doc FROM doc_origins WHERE kind <> 'outlet' AND own_site = 0);

CREATE VIEW stories AS                     -- articles of one event, by `update` links
    WITH RECURSIVE joined AS (
        SELECT article_id AS a, other_id AS b FROM links WHERE kind = 'update'
        UNION ALL SELECT other_id, article_id FROM links WHERE kind = 'update'
    ),
    reached (start, article_id) AS (
        SELECT a, a FROM joined UNION SELECT start, b FROM reached JOIN joined ON joined.a = reached.article_id
    ),
    named AS (SELECT article_id, min(start) AS story_id FROM reached GROUP BY article_id)
    SELECT n.story_id, n.article_id, a.url, a.title, a.site, a.copies, a.sites,
           min(coalesce(a.published_at, a.first_seen_at)) OVER (PARTITION BY n.story_id) AS first_at,
           max(coalesce(a.published_at, a.first_seen_at)) OVER (PARTITION BY n.story_id) AS last_at
    FROM named n JOIN articles a ON a.id = n.article_id;

CREATE VIEW independent_sources AS         -- of each event: texts of their own, and the sites that they stood on first
    SELECT story_id, count(*) AS texts, count(DISTINCT site) AS sources, sum(copies) AS copies,
           min(first_at) AS first_at, max(last_at) AS last_at
    FROM stories GROUP BY story_id;

CREATE VIEW versions AS                    -- every text that a publication has had, the current one last
    SELECT doc, url,
           (SELECT count(*) FROM revisions e WHERE e.doc = r.doc AND (e.replaced_at, e.id) <= (r.replaced_at, r.id))
               AS version,
           title, first_seen_at AS from_at, replaced_at AS until_at, word_count, text, 0 AS is_current
    FROM revisions r
    UNION ALL
    SELECT doc, url, 1 + (SELECT count(*) FROM revisions e WHERE e.doc = t.doc), title,
           coalesce((SELECT max(replaced_at) FROM revisions e WHERE e.doc = t.doc), first_seen_at), NULL,
           word_count, text, 1
    FROM articles t
    UNION ALL
    SELECT doc, url, 1 + (SELECT count(*) FROM revisions e WHERE e.doc = t.doc), title,
           coalesce((SELECT max(replaced_at) FROM revisions e WHERE e.doc = t.doc), first_seen_at), NULL,
           word_count, text, 1
    FROM copies t;

CREATE VIEW feed_health AS                 -- how each feed fares, and what comes of its entries
    SELECT f.id AS feed_id, f.url, f.title, f.site, f.status, f.reason, f.last_outcome, f.last_error, f.errors,
           f.failing_since, f.last_polled_at, f.last_ok_at, f.last_new_at, f.gap_s, f.missed,
           count(e.id) AS entries, coalesce(sum(e.outcome = 'canonical'), 0) AS articles,
           coalesce(sum(e.outcome = 'copy'), 0) AS copies, coalesce(sum(e.outcome = 'pending'), 0) AS pending,
           coalesce(sum(e.doc IS NULL AND e.outcome <> 'pending'), 0) AS failed
    FROM feeds f LEFT JOIN entries e ON e.feed_id = f.id AND e.position IS NULL
    GROUP BY f.id;

CREATE VIEW missed_entries AS              -- entries that came and went between two polls, as far as that can be told
    SELECT p.feed_id, f.url, f.site, p.started_at AS noticed_at, p.missed
    FROM polls p JOIN feeds f ON f.id = p.feed_id WHERE p.missed > 0;
""".replace("__BELIEVED__", _BELIEVED)
