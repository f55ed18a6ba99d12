"""The real seed document, shuffled: the order of sentences does not count."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.running import ingest, rows

SHUFFLES = 40


@pytest.mark.shared
def test_every_shuffled_copy_of_the_seed_document_is_found_with_jaccard_1(shared: Path, tmp_path: Path) -> None:
    seed = shared / "seeds" / "ndtv-afp-us-russia.txt"
    _title, date, _url, *sentences = seed.read_text().splitlines()
    folder = tmp_path / "seeds"
    folder.mkdir()
    (folder / "original.txt").write_text(seed.read_text())
    for number in range(SHUFFLES):
        shuffled = random.Random(number).sample(sentences, len(sentences))
        copy = [f"Another headline {number}", date, f"https://copy{number}.example/story", *shuffled]
        (folder / f"copy{number}.txt").write_text("\n".join(copy))
    db = tmp_path / "a.db"
    ingest("backfill", folder, "--db", db)
    assert rows(db, "SELECT count(*) FROM articles") == [(1,)]
    assert rows(db, "SELECT jaccard, containment, relation, count(*) FROM copies GROUP BY 1, 2, 3") == [
        (1.0, 1.0, "exact", SHUFFLES)
    ]
