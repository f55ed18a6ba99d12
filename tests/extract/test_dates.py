"""Of what page, feed and URL say of a publication's time the most credible is believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ingest.extract.dates import Moment, date_in, most_credible
from ingest.model import Precision

AT = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)
EXACT: Moment = (AT, Precision.SECOND)
DAY: Moment = (datetime(2026, 11, 24, tzinfo=UTC), Precision.DAY)
LATER: Moment = (AT + timedelta(hours=5), Precision.SECOND)
WRONG: Moment = (datetime(2015, 1, 1, 9, tzinfo=UTC), Precision.SECOND)


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ({"page": EXACT, "feed": LATER}, "page"),
        ({"page": DAY, "feed": LATER}, "feed"),
        ({"page": WRONG, "feed": LATER}, "page"),  # one word against another
        ({"page": WRONG, "feed": LATER, "url": DAY}, "feed"),  # a template's date
        ({"page": EXACT, "feed": WRONG, "url": DAY}, "page"),
        ({"page": WRONG, "url": DAY}, "page"),
        ({"feed": EXACT, "url": DAY}, "feed"),
        ({"page": DAY, "url": DAY}, "page"),
        ({"url": DAY}, "url"),
    ],
)
def test_what_agrees_is_believed(said: dict[str, Moment], source: str) -> None:
    assert most_credible(said) == (source, said[source])


def test_where_nothing_is_said_nothing_is_believed() -> None:
    assert most_credible({}) is None


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://a.example/2026/11/24/story.html", 24),
        ("https://a.example/news/20261124/story", 24),
        ("https://a.example/story-2026-11-24.html", 24),
        ("https://a.example/2026/13/24/story.html", None),
        ("https://a.example/id/120261124", None),
        ("https://a.example/2026/11/story.html", None),
        ("https://a.example/?d=2026-11-24", None),
        ("https://a.example/2027/11/24/story.html", None),  # after it was fetched
    ],
)
def test_a_path_may_state_its_day(url: str, day: int | None) -> None:
    found = date_in(url, AT)
    assert (found and found[0].day) == day
    assert found is None or found[1] is Precision.DAY
