"""What the demo's database holds at the end, beside what the newsroom knows. Reads only; prints nothing."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ingest.dedup.comparable import Comparable
from ingest.dedup.fingerprint import fingerprint
from ingest.dedup.verify import Kind, verify
from ingest.demo.stories import LookAlike
from ingest.store.articles import Placed, canonicals_of, copies_of


@dataclass(frozen=True, slots=True)
class Group:
    """An article: its canonical text and the copies of it."""

    canonical: Placed
    copies: tuple[Placed, ...]

    @property
    def urls(self) -> tuple[str, ...]:
        """The pages of all its texts, the canonical one's first."""
        return (self.canonical.publication.url, *(copy.publication.url for copy in self.copies))


@dataclass(frozen=True, slots=True)
class Apart:
    """Two articles that resemble each other and are not one text.

    Attributes:
        why: what the newsroom says about the two.
        kind, rule: what the engine says, and by which rule.
        shared: share of the shorter text's word 5-grams that stand in the longer one, too.
    """

    title: str
    other_title: str
    why: str
    kind: Kind
    rule: str
    shared: float


def read_groups(connection: sqlite3.Connection, article_ids: Iterable[int]) -> list[Group]:
    """The articles among these ids with their copies, the most copied first."""
    groups = [
        Group(canonical, tuple(copies_of(connection, article_id)))
        for article_id, canonical in canonicals_of(connection, article_ids).items()
    ]
    return sorted(groups, key=lambda group: (-len(group.copies), group.canonical.article_id))


def misplaced(groups: Sequence[Group], truth: Mapping[str, str]) -> list[str]:
    """What differs from the newsroom's own books, a sentence each; nothing where all is right.

    Args:
        truth: URL of every page → its story.
    """
    held = [sorted({truth[url] for url in group.urls if url in truth}) for group in groups]
    times = Counter(story for stories in held for story in stories)
    stored = {url for group in groups for url in group.urls}
    return [
        *(f"one article holds {len(stories)} stories: {', '.join(stories)}" for stories in held if len(stories) > 1),
        *(f"{story} is spread over {number} articles" for story, number in times.items() if number > 1),
        *(f"{url} ({story}) was not stored" for url, story in truth.items() if url not in stored),
        *(f"{url} is no page of the newsroom" for url in sorted(stored - truth.keys())),
    ]


def look_alikes(groups: Sequence[Group], pairs: Iterable[LookAlike], truth: Mapping[str, str]) -> list[Apart]:
    """The pairs of stories that the newsroom names, compared anew; pairs that were not both stored are left out."""
    articles = {
        truth[url]: group.canonical.publication for group in reversed(groups) for url in group.urls if url in truth
    }
    found = []
    for pair in pairs:
        if pair.story not in articles or pair.other not in articles:
            continue
        a, b = articles[pair.story], articles[pair.other]
        verdict = verify(Comparable(fingerprint(a.text)), Comparable(fingerprint(b.text)))
        found.append(
            Apart(a.title or a.url, b.title or b.url, pair.why, verdict.kind, verdict.rule, verdict.containment)
        )
    return found
