"""The demo's judgement of itself, and the figures that its table shows."""

from __future__ import annotations

import pytest

from ingest.dedup.placement import Standing
from ingest.demo.ending import Group, look_alikes, misplaced
from ingest.demo.stories import LookAlike
from ingest.demo.tally import Tally
from ingest.model import Relation
from ingest.store.articles import Placed, Publication

TRUTH = {"http://a/1": "ferry", "http://b/1": "ferry", "http://a/2": "chess"}


def placed(url: str, *, article: int = 1, words: int = 100, text: str = "A text.") -> Placed:
    publication = Publication(
        doc=1,
        url=url,
        title=url,
        site="a",
        author=None,
        agency=None,
        language="en",
        published_at=None,
        published_precision=None,
        first_seen_at="2026-03-01T12:00:00Z",
        text=text,
        word_count=words,
    )
    return Placed(publication, article, Standing(Relation.NEAR))


def group(url: str, *copies: str) -> Group:
    return Group(placed(url), tuple(map(placed, copies)))


def test_groups_that_equal_the_stories_are_right() -> None:
    assert misplaced([group("http://b/1", "http://a/1"), group("http://a/2")], TRUTH) == []


@pytest.mark.parametrize(
    ("groups", "problem"),
    [
        ([group("http://a/1", "http://b/1", "http://a/2")], "one article holds 2 stories: chess, ferry"),
        ([group("http://a/1"), group("http://b/1"), group("http://a/2")], "ferry is spread over 2 articles"),
        ([group("http://a/1", "http://b/1")], "http://a/2 (chess) was not stored"),
        (
            [group("http://a/1", "http://b/1"), group("http://a/2", "http://c/9")],
            "http://c/9 is no page of the newsroom",
        ),
    ],
)
def test_what_is_wrong_is_named(groups: list[Group], problem: str) -> None:
    assert misplaced(groups, TRUTH) == [problem]


def test_look_alikes_are_compared_anew_and_missing_ones_left_out() -> None:
    pairs = [LookAlike("chess", "ferry", "another game"), LookAlike("chess", "nowhere", "never stored")]
    [pair] = look_alikes([group("http://a/1", "http://b/1"), group("http://a/2")], pairs, TRUTH)
    assert (pair.title, pair.other_title, pair.why) == ("http://a/2", "http://a/1", "another game")


def test_a_text_that_takes_over_counts_as_the_same_article() -> None:
    tally = Tally({"127.0.0.1": "The Paper"})
    event = {"site": "127.0.0.1", "article": 7, "jaccard": 1.0, "containment": 1.0}
    first = {**event, "url": "http://b/1", "title": "Copy", "outcome": "canonical", "relation": "canonical"}
    later = {**event, "url": "http://a/1", "title": "Original", "outcome": "canonical", "relation": "canonical"}
    tally.take("entry_done", first)
    page = tally.take("entry_done", later)
    assert page is not None
    assert (page.site, page.of_title) == ("The Paper", "Copy")
    assert (len(tally.articles), tally.copies) == (1, 1)
    assert tally.articles[7] == "Original"


def test_polls_and_troubles_are_counted() -> None:
    tally = Tally({})
    for outcome in ("ok", "not_modified", "not_modified"):
        assert tally.take("feed_polled", {"outcome": outcome}) is None
    tally.take("work_failed", {"error": "disk full"})
    assert tally.polls == {"ok": 1, "not_modified": 2}
    assert tally.troubles == {"work_failed: disk full": 1}
