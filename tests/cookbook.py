"""The queries and commands of the cookbook that the package carries; run, it writes their outputs on an archive anew.

python -m tests.cookbook ARCHIVE
"""

from __future__ import annotations

import re
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from ingest.model import Page
from ingest.store.database import open_database, transaction
from ingest.store.pages import keep_page, pack_page
from tests.backfill.test_run import archive, article
from tests.dedup.builders import NOVEL, STORY
from tests.dedup.builders import text as body_of
from tests.pipeline.builders import NOW
from tests.running import ingest

_HEADING = re.compile(r"^## (\d+)\. (.+)$")


@dataclass(frozen=True, slots=True)
class Query:
    """A query, with the number of its question and its place below it."""

    question: int
    place: int
    sql: str
    output: list[str]

    @property
    def name(self) -> str:
        """As a table names it: 9, or 9b for the second."""
        return f"{self.question}{'' if self.place == 1 else chr(ord('a') + self.place - 1)}"


def questions() -> dict[int, str]:
    """Number → question."""
    return {int(found[1]): found[2] for line in text().splitlines() if (found := _HEADING.match(line))}


def queries() -> list[Query]:
    """All queries with the outputs shown below them, in their order."""
    outputs = {(question, place): lines for question, place, lines in _blocks("text")}
    return [
        Query(question, place, "\n".join(lines), outputs.get((question, place), []))
        for question, place, lines in _blocks("sql")
    ]


def commands() -> list[tuple[int, str]]:
    """(question, command line) of all commands."""
    return [
        (question, line.removeprefix("$ "))
        for question, _, lines in _blocks("console")
        for line in lines
        if line.startswith("$ ")
    ]


def text() -> str:
    """The cookbook."""
    return files("ingest").joinpath("cookbook.md").read_text(encoding="utf-8")


def _blocks(kind: str) -> list[tuple[int, int, list[str]]]:
    found: list[tuple[int, int, list[str]]] = []
    question, place, inside = 0, 0, False
    for line in text().splitlines():
        if heading := _HEADING.match(line):
            question, place = int(heading[1]), 0
        elif line == f"```{kind}":
            place, inside = place + 1, True
            found.append((question, place, []))
        elif line == "```":
            inside = False
        elif inside:
            found[-1][2].append(line)
    return found


def make_archive(folder: Path) -> Path:
    """The demonstration archive with a few records more: a wire's, a revised one, days, a refused one, a kept page."""
    db = folder / "news.db"
    ingest("demo", "--seconds", "0", "--db", db, cwd=folder, within=120)
    story, url = body_of(*STORY), "https://herald.example/velmar"
    herald = {"url": url, "title": "Landslide", "date": "2026-03-01T09:00:00Z"}
    wire = {"url": "https://afp.com/velmar", "title": "Velmar cut off", "date": "2026-03-01T08:00:00Z"}
    echo = "https://echo.example"
    records = [
        wire | {"text": f"VELMAR (AFP) - {story}", "section": "World", "tags": ["slide"]},
        herald | {"text": f"VELMAR (AFP) - {body_of(*STORY[:9])}"},
        {"url": f"{echo}/velmar", "title": "A town cut off", "date": "2026-03-01", "text": story},
        {"url": f"{echo}/lake", "title": "The lake", "date": "2026-03-02T09:00", "text": body_of(*NOVEL)},
        {"url": f"{echo}/short", "text": "Too short."},
    ]
    ingest("backfill", archive(folder / "a.jsonl", records), "--db", db, cwd=folder, check=3)
    again = [herald | {"title": "Landslide, later", "text": f"VELMAR (AFP) - {story}"}, article(5)]
    ingest("backfill", archive(folder / "b.jsonl", again), "--db", db, cwd=folder)
    with closing(open_database(db)) as connection, transaction(connection):
        page = Page(url=url, final_url=url, status=200, headers={}, body=b"<html>", fetched_at=NOW)
        keep_page(connection, url, pack_page(page), None)
        connection.execute("UPDATE entries SET published_flag = 'zoneless' WHERE id = 1")
    return db


SHOWN = 4  # rows
WIDTH = 110


def write_outputs(db: Path) -> None:
    """Put below every query what it gives on an archive: the names of its columns, and its first rows."""
    made: list[str] = []
    asked: list[str] = []
    old = inside = False
    with closing(sqlite3.connect(db)) as connection:
        for line in text().splitlines():
            if line == "```text":
                old = True
                if made[-1] == "":
                    made.pop()
            if not old:
                made.append(line)
            if inside and line == "```":
                inside = False
                made += ["", "```text", *_output(connection, "\n".join(asked)), "```"]
            elif inside:
                asked.append(line)
            if line == "```sql":
                inside, asked = True, []
            if old and line == "```":
                old = False
    Path(str(files("ingest").joinpath("cookbook.md"))).write_text("\n".join(made) + "\n", encoding="utf-8")


def _output(connection: sqlite3.Connection, sql: str) -> list[str]:
    cursor = connection.execute(sql)
    rows = cursor.fetchall()
    lines = [" ".join(column[0] for column in cursor.description)]
    for row in rows[:SHOWN]:
        line = "  ".join("–" if value is None else str(value) for value in row)
        lines.append(line if len(line) <= WIDTH else line[: WIDTH - 1] + "…")
    if len(rows) > SHOWN:
        lines.append(f"({len(rows) - SHOWN} more)")
    return lines


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        write_outputs(make_archive(Path(scratch)))
