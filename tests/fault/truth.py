"""What must hold whatever was done: invariants, one outcome an entry, stable ids, the rows of an undisturbed run."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from ingest.store.database import open_database
from ingest.store.invariants import broken_invariants
from tests.e2e.test_kill import contents

Contents = list[list[tuple[Any, ...]]]


class Watch:
    """Looks at one database again and again, and remembers which ids it has seen."""

    def __init__(self, db: Path) -> None:
        self._db = db
        self._ids: dict[str, tuple[int, int]] = {}

    def faults(self) -> list[str]:
        """What is wrong now, in words; every id seen before must be the same still, or lead to the same article."""
        if not self._db.exists() or not self._has_schema():
            return []
        with closing(open_database(self._db)) as connection:
            found = [f"{broken.rule}: {broken.count} {broken.samples}" for broken in broken_invariants(connection)]
            now = {
                row["url"]: (row["doc"], row["article_id"])
                for row in connection.execute(
                    "SELECT url, doc, id AS article_id FROM articles UNION ALL SELECT url, doc, article_id FROM copies"
                )
            }
            leads_to = dict(connection.execute("SELECT old_id, article_id FROM redirects").fetchall())
            known = leads_to.keys() | {article_id for _, article_id in now.values()}
        for url, (doc, article_id) in self._ids.items():
            if url not in now:
                found.append(f"lost: {url}")
            elif now[url][0] != doc:
                found.append(f"{url}: its text was {doc}, is {now[url][0]}")
            elif article_id not in known:
                found.append(f"article {article_id} leads nowhere")
        self._ids = now
        return found

    def _has_schema(self) -> bool:
        with closing(sqlite3.connect(f"file:{self._db}?mode=ro", uri=True, timeout=30)) as connection:
            return bool(connection.execute("PRAGMA user_version").fetchone()[0])


def differences(db: Path, undisturbed: Contents, listed: int) -> list[str]:
    """How the rows differ from those of an undisturbed run, in words.

    Args:
        listed: pages that the served feeds list: each has at least one entry, and every entry one outcome.
    """
    found = []
    names = ("articles", "copies", "entries", "fingerprints")
    for name, mine, theirs in zip(names, contents(db), undisturbed, strict=True):
        if mine != theirs:
            odd = set(map(str, mine)) ^ set(map(str, theirs))
            found.append(f"{name}: {len(odd)} rows differ, for example {min(odd)[:300]}")
    with closing(open_database(db, read_only=True)) as connection:
        pages, pending = connection.execute(
            "SELECT count(DISTINCT url), sum(outcome = 'pending') FROM entries"
        ).fetchone()
    if pages != listed or pending:
        found.append(f"{pages} of {listed} listed pages have an entry, {pending} have no outcome")
    return found
