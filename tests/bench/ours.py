"""The whole command `ingest backfill` as a subprocess, and what it decided, read from its database."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.bench.measure import Run, run

REFUSED_SOME = 3  # exit code: done, some records refused


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a backfill decided.

    Attributes:
        article_of: URL → the article that it resolves to.
        updates, items: pairs of articles joined by a link of kind `update`, or `part_of`, as they stand there.
        outcomes: outcome → entries.
    """

    article_of: dict[str, int]
    updates: frozenset[tuple[int, int]]
    items: frozenset[tuple[int, int]]
    outcomes: dict[str, int]

    def are_one(self, a: str, b: str) -> bool:
        """Whether two URLs resolve to one article."""
        return a in self.article_of and self.article_of.get(a) == self.article_of.get(b)

    def are_versions(self, a: str, b: str) -> bool:
        """Whether two URLs' articles are joined as an update and what it updates, either way."""
        return self._joined(a, b, self.updates)

    def are_item_and_collection(self, a: str, b: str) -> bool:
        """Whether two URLs' articles are joined as an item and what holds it, either way."""
        return self._joined(a, b, self.items)

    def _joined(self, a: str, b: str, links: frozenset[tuple[int, int]]) -> bool:
        pair = self.article_of.get(a, -1), self.article_of.get(b, -1)
        return pair in links or pair[::-1] in links


def backfill(source: Path, db: Path, model: Path | None = None) -> Run:
    """Run `ingest backfill` with built-in settings.

    Args:
        model: another scorecard than the shipped one.

    Raises:
        SystemExit: when it fails; a bench has nothing to say then.
    """
    db.parent.mkdir(parents=True, exist_ok=True)
    # In the database's own folder and without our variables: no config.yaml may steer a measurement.
    env = {key: value for key, value in os.environ.items() if not key.startswith("INGEST_")}
    ingest = Path(sys.executable).with_name("ingest")
    command = [ingest, "backfill", source.absolute(), "--db", db.absolute()]
    if model is not None:
        config = db.with_suffix(".yaml")
        config.write_text(f"feeds: []\ndedup: {{model: {str(model.absolute())!r}}}\n")
        command += ["--config", config]
    done = run(command, env=env, cwd=db.parent)
    if done.returncode not in (0, REFUSED_SOME):
        sys.exit(f"ingest backfill {source} failed ({done.returncode}):\n{done.output[-2000:]}{done.errors[-4000:]}")
    return done


def decisions(db: Path) -> Decisions:
    """Read the decisions of a finished backfill."""
    with closing(sqlite3.connect(f"{db.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        article_of = dict(connection.execute("SELECT url, article_id FROM publications"))
        links = {
            kind: frozenset(connection.execute("SELECT article_id, other_id FROM links WHERE kind = ?", (kind,)))
            for kind in ("update", "part_of")
        }
        outcomes = dict(connection.execute("SELECT outcome, count(*) FROM entries GROUP BY outcome"))
    return Decisions(article_of, links["update"], links["part_of"], outcomes)
