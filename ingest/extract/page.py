"""A page, or what stands for one, → its document. Pure functions of the page; run in worker processes.

The HTML is parsed once; body, facts and attribution read the same tree and blocks.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from htmldate import find_date
from lxml.html import HtmlElement

from ingest.errors import ExtractError
from ingest.extract.agency import Attribution, agency_of_text
from ingest.extract.blocks import Block, blocks_of, is_picture
from ingest.extract.body import Body, Clues, Reference, choose_body, words_of
from ingest.extract.dates import Moment, date_in, most_credible, parse_moment
from ingest.extract.dead import why_dead
from ingest.extract.embedded import Script, embedded_text, scripts_of
from ingest.extract.endless import drop_next_articles
from ingest.extract.folded import unfold
from ingest.extract.following import following_page
from ingest.extract.html import drop_machinery, drop_surroundings, page_tree, tree_of
from ingest.extract.language import language_of
from ingest.extract.links import canonical_url, is_next_page
from ingest.extract.metadata import Facts, facts_of
from ingest.extract.plain import plain_document
from ingest.extract.teasers import is_summary, is_teaser, without_syndication_line
from ingest.extract.walls import count_words, wall_before
from ingest.model import Document, Outcome, Page, Precision
from ingest.settings import ExtractSettings
from ingest.urls import is_web_url, parts_of, site_of

MAX_PAGES = 10  # of one article; longer ones are slide shows
MAX_CONTEXT_BLOCKS = 12  # above and below the body, where bylines and credits stand
MAX_TEASER_CHARS = 600
# A page that shows less of its article than this share of a text that it carries beside it shows a part of it.
SHOWN_SHARE = 0.6
SHORT_WORDS = 250  # fewer: what the page carries as data is looked at
HARDLY_WORDS = 60  # fewer say nothing of what the article is


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known of a page before it is read: the feed entry, or the backfilled record.

    Attributes:
        url: the page's URL; a `file:` URI where a saved page states none.
        content: the feed's own full content as HTML.
        asked: the link that led to the page, where it was fetched.
        is_own_feed: whether the feed is one of the page's own site: only then its content may stand for the page's.
    """

    url: str
    title: str | None = None
    author: str | None = None
    published_at: datetime | None = None
    published_precision: Precision = Precision.SECOND
    language: str | None = None
    content: str | None = None
    asked: str | None = None
    is_own_feed: bool = True


@dataclass(frozen=True, slots=True)
class Extraction:
    """What came of a page.

    Attributes:
        wanted: URLs of further pages of the article; fetch them and call `extract` again with all of them.
        attribution: the agency with its evidence, where there is one.
        sources: extractors that hold most of the text.
        agreement: how far trafilatura and the layout agree on the body, 0–1.
    """

    document: Document
    wanted: tuple[str, ...] = ()
    attribution: Attribution | None = None
    sources: tuple[str, ...] = ()
    agreement: float = 1.0


def extract(page: Page, hints: Hints, settings: ExtractSettings, further: Sequence[Page] = ()) -> Extraction:
    """The document of a fetched page.

    Args:
        page: the page.
        hints: what the feed says of it.
        settings: limits.
        further: pages that an earlier call wanted, in the order wanted.

    Raises:
        ExtractError: with the outcome that the entry ends in; its `wanted` names a page that may hold what
            this one lacks, its `teaser` what this one shows.
    """
    asked = replace(hints, url=page.final_url or hints.url, asked=hints.url)
    reading = _Reading(page_tree(page), asked, page.fetched_at)
    return _extraction(reading, settings, further)


def document_from_html(body: bytes, hints: Hints, settings: ExtractSettings) -> Document:
    """The document of a saved page; charset and canonical URL as the page states them.

    Raises:
        ExtractError: as `extract`.
    """
    return _extraction(_Reading(tree_of(body), hints, None), settings, ()).document


def document_from_feed(hints: Hints, settings: ExtractSettings) -> Document:
    """The document of the feed's own full content, for an entry whose page cannot be had.

    Raises:
        ExtractError: `empty_body`, `too_short` or `teaser` when the feed gives no whole text.
    """
    text = feed_text(hints.content)
    if not text:
        raise ExtractError(Outcome.EMPTY_BODY, "the feed gives no content of its own")
    _check_length(text, settings)
    if is_summary(text := without_syndication_line(text)):
        raise ExtractError(Outcome.TEASER, f"the feed gives the beginning only: {text[-80:]!r}", teaser=text)
    url = hints.url
    attribution = agency_of_text(text, author=hints.author, site=site_of(url))
    document = Document(
        url=url,
        text=text,
        title=hints.title,
        site=site_of(url) or None,
        author=hints.author,
        agency=attribution.code if attribution else None,
        evidence=attribution.as_evidence if attribution else None,
        language=language_of(text, (hints.language,)),
        published_at=hints.published_at,
        published_precision=hints.published_precision,
        provenance={"text": "feed"},
    )
    return plain_document(document)


def feed_text(content: str | None) -> str:
    """A feed's HTML content as text, paragraphs separated by newlines; '' where there is none."""
    if not content or not content.strip():
        return ""
    if "<" not in content:
        return "\n".join(line for raw in html.unescape(content).splitlines() if (line := " ".join(raw.split())))
    tree = tree_of(f"<html><body><div>{content}</div></body></html>".encode("utf-8", "replace"), "utf-8")
    return "\n".join(block.text for block in blocks_of(tree))


class _Reading:
    """One page read: its facts, blocks and body."""

    def __init__(self, tree: HtmlElement, hints: Hints, fetched_at: datetime | None) -> None:
        self.hints = hints
        self.facts: Facts = facts_of(tree, hints.url, feed_title=hints.title, not_after=fetched_at)
        self.published, self.published_source = _published(tree, self.facts, hints, fetched_at)
        self.scripts: list[Script] = scripts_of(tree)
        drop_next_articles(tree, self.facts.titles)
        unfold(tree)
        drop_machinery(tree)
        self.blocks: list[Block] = blocks_of(tree)
        clues = Clues(
            titles=self.facts.titles,
            descriptions=self.facts.descriptions,
            article_body=self.facts.article_body,
            feed_content=feed_text(hints.content),
        )
        drop_surroundings(tree)
        self.body: Body = choose_body(tree, self.blocks, clues, hints.url)

    def context(self) -> list[str]:
        """Lines just above and below the body, where bylines and credits stand."""
        inside = set(self.body.text.split("\n"))
        places = [at for at, block in enumerate(self.blocks) if block.text in inside]
        if not places:
            return []
        above = self.blocks[max(0, places[0] - MAX_CONTEXT_BLOCKS) : places[0]]
        below = self.blocks[places[-1] + 1 : places[-1] + 1 + MAX_CONTEXT_BLOCKS // 2]
        return [block.text for block in (*above, *below) if not is_picture(block)]


def _extraction(reading: _Reading, settings: ExtractSettings, further: Sequence[Page]) -> Extraction:
    hints, facts = reading.hints, reading.facts
    others = [_Reading(page_tree(page), replace(hints, url=page.final_url), page.fetched_at) for page in further]
    asked = reading.hints.asked
    if asked and (
        why := why_dead(asked, hints.url, hints.title, facts.own_titles, reading.body.text, is_article=facts.is_article)
    ):
        raise ExtractError(Outcome.DEAD_LINK, why, teaser=reading.body.text)
    shown = _joined([reading.body.text, *(other.body.text for other in others)])
    text, origin = _best_text(reading, shown)
    _check_walls(reading, text, others)
    try:
        _check_length(text, settings)
    except ExtractError as error:
        if facts.amp_url and not further:
            raise ExtractError(error.outcome, str(error), wanted=(facts.amp_url,)) from None
        raise
    url = canonical_url(facts.url, hints.url)
    authors = facts.authors or ((hints.author,) if hints.author else ())
    attribution = agency_of_text(
        text,
        author="; ".join(authors),
        site=site_of(url),
        credits=facts.credits,
        publisher=facts.publisher,
        context=reading.context(),
    )
    published = reading.published
    if is_teaser(text := without_syndication_line(text)):
        raise ExtractError(Outcome.TEASER, f"the page shows the beginning only: {text[-80:]!r}", teaser=text)
    provenance = {"text": origin or "+".join(reading.body.sources), **facts.provenance}
    if published and reading.published_source:
        provenance["published_at"] = reading.published_source
    if not facts.authors and authors:
        provenance["author"] = "feed"
    own = canonical_url(None, hints.url)
    document = Document(
        url=url,
        text=text,
        title=facts.title or hints.title,
        site=site_of(url) or None,
        author="; ".join(authors) or None,
        agency=attribution.code if attribution else None,
        evidence=attribution.as_evidence if attribution else None,
        language=language_of(text, (*facts.languages, hints.language)),
        published_at=published[0] if published else None,
        published_precision=published[1] if published else Precision.SECOND,
        modified_at=facts.modified[0] if facts.modified else None,
        section=facts.section,
        image=facts.image,
        provenance=provenance,
        fetched_url=own if own != url and is_web_url(own) else None,
    )
    wanted = _wanted([reading, *others], further)
    return Extraction(plain_document(document), wanted, attribution, reading.body.sources, reading.body.agreement)


def _best_text(reading: _Reading, shown: str) -> tuple[str, str | None]:
    """The text that a page shows, or one that it, or its feed, carries beside it and that is much longer; its origin.

    A longer one counts where it holds what is shown, or where hardly anything is.
    """
    words = count_words(shown)
    feed = without_syndication_line(feed_text(reading.hints.content))
    others = {
        "json-ld": reading.facts.article_body or "",
        "feed": "" if is_summary(feed) or not reading.hints.is_own_feed else feed,
    }
    if words < SHORT_WORDS:
        others["page data"] = embedded_text(reading.scripts) or ""
    origin = max(others, key=lambda name: count_words(others[name]))
    longest = others[origin]
    if words >= SHOWN_SHARE * count_words(longest):
        return shown, None
    reference = Reference(longest)
    lines = [words_of(line) for line in shown.split("\n")]
    held = sum(len(line) for line in lines if reference.covers(line))
    if words < HARDLY_WORDS or 2 * held >= sum(map(len, lines)):
        return longest, origin
    return shown, None


def _joined(texts: Sequence[str]) -> str:
    """The text of several pages; what a later page repeats of an earlier one stands once."""
    lines = [line for text in texts for line in text.split("\n") if line.strip()]
    return "\n".join(lines if len(texts) == 1 else dict.fromkeys(lines))


def _wanted(readings: Sequence[_Reading], further: Sequence[Page]) -> tuple[str, ...]:
    """The URLs wanted so far and the next page of the last one."""
    got = tuple(page.url for page in further)
    last = readings[-1]
    first = readings[0].hints.url
    seen = {reading.hints.url for reading in readings} | set(got)
    following = last.facts.next_url
    if following is None or not is_next_page(following, first):
        links = (link for reading in readings for link in reading.facts.page_links)
        following = following_page(first, links, len(readings) + 1)
    if following is None or following in seen or len(readings) >= MAX_PAGES:
        return ()
    return (*got, following)


def _check_walls(reading: _Reading, text: str, others: Sequence[_Reading]) -> None:
    wall = wall_before(reading.facts, text, [block.text for block in reading.blocks])
    if wall is None:
        return
    outcome, why = wall
    wanted = (reading.facts.amp_url,) if reading.facts.amp_url and not others else ()
    raise ExtractError(outcome, f"{why}; shown: {text[:MAX_TEASER_CHARS]!r}", wanted=wanted, teaser=text)


def _check_length(text: str, settings: ExtractSettings) -> None:
    words = count_words(text)
    if words < settings.min_words:
        raise ExtractError(
            Outcome.TOO_SHORT if words else Outcome.EMPTY_BODY,
            f"only {words} words of text (extract.min_words: {settings.min_words})",
            teaser=text,
        )


def _published(
    tree: HtmlElement, facts: Facts, hints: Hints, fetched_at: datetime | None
) -> tuple[Moment | None, str | None]:
    """The publication time and its source: of what page, feed and URL say the most credible, else a guess."""
    feed = (hints.published_at, hints.published_precision) if hints.published_at else None
    said = {"page": facts.published, "feed": feed, "url": date_in(hints.url, fetched_at)}
    if found := most_credible({source: moment for source, moment in said.items() if moment is not None}):
        source, moment = found
        return moment, None if source == "page" else source
    latest = (fetched_at or datetime.max.replace(tzinfo=UTC)).strftime("%Y-%m-%d")
    guess = find_date(tree, url=_datable(hints.url), original_date=True, max_date=latest)
    return parse_moment(guess, fetched_at), "htmldate"


def _datable(url: str) -> str | None:
    return url if parts_of(url).scheme in ("http", "https") else None
