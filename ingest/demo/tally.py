"""What has happened so far, counted from the daemon's events. Holds values; draws and decides nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

UNCHANGED = "not_modified"
CANONICAL = "canonical"


@dataclass(frozen=True, slots=True)
class PageDone:
    """One page that has reached its outcome.

    Attributes:
        site: the site's name.
        outcome: as the daemon names it.
        relation: of its text to its article's, "" where no text was stored.
        of_title: headline of the article it belongs to; "" for the first text of an article.
        error: why no text was stored.
    """

    url: str
    title: str
    site: str
    outcome: str
    relation: str = ""
    of_title: str = ""
    error: str = ""


@dataclass(slots=True)
class Tally:
    """Counts over the events of one run.

    Attributes:
        sites: address → name.
        pages: URL → what became of it, in the order of events.
        polls: outcome → number of polls.
        articles: id → headline of every article that a page led to, the canonical text's.
        troubles: what else failed in the daemon → how often.
    """

    sites: Mapping[str, str]
    pages: dict[str, PageDone] = field(default_factory=dict)
    polls: Counter[str] = field(default_factory=Counter)
    articles: dict[int, str] = field(default_factory=dict)
    troubles: Counter[str] = field(default_factory=Counter)

    def take(self, event: str, fields: Mapping[str, object]) -> PageDone | None:
        """Count an event; returns the page if one has reached its outcome."""
        if event == "feed_polled":
            self.polls[str(fields["outcome"])] += 1
        elif event == "entry_done":
            return self._page(fields)
        elif event.endswith("_failed"):
            self.troubles[f"{event}: {fields.get('error')}"] += 1
        return None

    @property
    def copies(self) -> int:
        """How many pages carry the text of an article that another page carries, too."""
        return sum(bool(page.of_title) for page in self.pages.values())

    def _page(self, fields: Mapping[str, object]) -> PageDone:
        article, title = fields.get("article"), str(fields.get("title") or "")
        of_title = ""
        if isinstance(article, int):
            of_title = self.articles.get(article, "")
            if fields["relation"] == CANONICAL or not of_title:
                self.articles[article] = title
        site = str(fields.get("site") or "")
        page = PageDone(
            url=str(fields["url"]),
            title=title,
            site=self.sites.get(site, site),
            outcome=str(fields["outcome"]),
            relation=str(fields.get("relation") or ""),
            of_title=of_title,
            error=str(fields.get("error") or ""),
        )
        self.pages[page.url] = page
        return page
