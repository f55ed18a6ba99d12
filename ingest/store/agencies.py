"""The table `agencies`: what the package knows of them, for queries."""

from __future__ import annotations

import json
import sqlite3

from ingest.agencies.table import load_sources


def write_agencies(connection: sqlite3.Connection) -> None:
    """Bring the table in line with this version's list (inside the caller's transaction)."""
    rows = [(row.code, row.name, str(row.kind), row.country, json.dumps(row.domains)) for row in load_sources().rows]
    stored = connection.execute("SELECT code, name, kind, country, domains FROM agencies ORDER BY code").fetchall()
    if [tuple(row) for row in stored] != sorted(rows):
        connection.execute("DELETE FROM agencies")
        connection.executemany("INSERT INTO agencies (code, name, kind, country, domains) VALUES (?, ?, ?, ?, ?)", rows)
