"""What `ingest show` tells of an article."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta

from ingest.model import Precision
from ingest.store.view import article_view
from tests.dedup.builders import STORY, text
from tests.pipeline.builders import FIRST, document, store


def test_what_is_known_to_the_day_stands_behind_what_happened_in_it(db: sqlite3.Connection) -> None:
    day = {"published_at": FIRST.replace(hour=0), "published_precision": Precision.DAY}
    store(
        db,
        document("first", text(*STORY), hours=1),
        document("later", text(*STORY[:9]), hours=5),
        replace(document("someday", text(*STORY[:10])), **day),
        replace(document("next", text(*STORY[:8])), published_at=FIRST + timedelta(days=1)),
    )
    timeline = article_view(db, 1)["timeline"]
    assert [(each["at"], each["url"].rsplit("/", 1)[1]) for each in timeline] == [
        ("2026-03-01T09:00:00Z", "first"),
        ("2026-03-01T13:00:00Z", "later"),
        ("2026-03-01", "someday"),
        ("2026-03-02T08:00:00Z", "next"),
    ]
    assert timeline[1]["carried"] < 1
