"""The stories are the news that the demo promises."""

from __future__ import annotations

import pytest

from ingest.demo.sites import SITES, WIRE
from ingest.demo.stories import Story, load_stories

STORIES = load_stories()
BRIEF_WORDS = 100


def words(story: Story) -> int:
    return sum(len(paragraph.split()) for paragraph in story.publications[0].paragraphs)


def test_there_are_twelve_stories_or_more_and_most_are_carried_by_several_sites() -> None:
    carried = [story for story in STORIES if 2 <= len(story.publications) <= 6]
    assert len(STORIES) >= 12
    assert len(carried) > len(STORIES) / 2


def test_the_stories_come_in_two_languages() -> None:
    assert {publication.language for story in STORIES for publication in story.publications} == {"en", "de"}


def test_there_is_one_brief_and_everything_else_is_of_a_wire_storys_length() -> None:
    lengths = sorted(words(story) for story in STORIES)
    assert lengths[0] < BRIEF_WORDS
    assert all(200 <= length <= 450 for length in lengths[1:])


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.id)
def test_a_story_is_carried_by_known_sites_at_most_once_each(story: Story) -> None:
    sites = [publication.site for publication in story.publications]
    assert len(set(sites)) == len(sites)
    assert set(sites) <= {site.id for site in SITES}
    if len(sites) > 1:
        assert sites[0] == WIRE, "the agency is first with its own story"


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.id)
def test_a_look_alike_names_a_story_that_exists(story: Story) -> None:
    assert {pair.other for pair in story.unlike} <= {other.id for other in STORIES}


def test_clients_change_headlines_trim_reorder_and_add() -> None:
    headlines = trims = reorders = additions = 0
    for story in STORIES:
        whole = story.publications[0]
        for copy in story.publications[1:]:
            kept = [whole.paragraphs.index(part) for part in copy.paragraphs if part in whole.paragraphs]
            headlines += copy.title != whole.title
            trims += len(kept) < len(whole.paragraphs)
            reorders += kept != sorted(kept)
            additions += any(len(part.split()) > 20 and part not in whole.paragraphs for part in copy.paragraphs)
    assert min(headlines, trims, reorders, additions) >= 4
