"""From page to document: bodies, walls, further pages, URLs, languages, attribution."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ingest.errors import ExtractError
from ingest.extract.language import language_of
from ingest.extract.page import Hints, document_from_feed, document_from_html, extract, feed_text
from ingest.model import Document, Outcome, Precision
from ingest.settings import ExtractSettings
from tests.extract.pages import BODY, SENTENCES, URL, html, json_ld, page

SETTINGS = ExtractSettings()
TEXT = "\n".join(SENTENCES)


def document(text: str, hints: Hints | None = None, url: str = URL) -> Document:
    return extract(page(text, url), hints or Hints(url), SETTINGS).document


def outcome_of(text: str) -> ExtractError:
    with pytest.raises(ExtractError) as caught:
        document(text)
    return caught.value


@pytest.mark.parametrize(
    "furniture",
    [
        "<aside><p>Another story that readers of this one also read, told in a full sentence.</p></aside>",
        '<div class="newsletter-signup"><p>Sign up for the morning letter and never miss a story.</p></div>',
        '<div class="related-stories"><p>Storm took three boats from their moorings in the night.</p></div>',
        "<figure><img src=a.jpg><figcaption>The wall after the gale, seen from the lighthouse.</figcaption></figure>",
        '<p><a href="/b">Storm takes three boats from their moorings</a></p>',
        "<p>Read more: <a href='/b'>Storm takes three boats</a></p>",
        "<p>The wall in January. Photo: Ann Lee/NTB</p>",
        '<section id="comments"><p>I have said for years that it would not stand, and nobody listened.</p></section>',
        "<script>var text = 'The wall is a wall is a wall is a wall is a wall is a wall.';</script>",
        '<p style="display: none">You have read all your free articles of this month, dear reader of ours.</p>',
    ],
)
def test_what_is_not_the_article_stays_out(furniture: str) -> None:
    half = len(SENTENCES) // 2
    body = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES[:half])
    rest = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES[half:])
    assert document(html(body + furniture + rest)).text == TEXT


def test_the_title_is_not_repeated_and_the_standfirst_is_kept() -> None:
    standfirst = "The town spends four million euros on sixty metres."
    body = f'<h1>Harbour wall to be rebuilt</h1><p class="standfirst">{standfirst}</p>{BODY}'
    assert document(html(body, "<title>Harbour wall to be rebuilt</title>")).text == f"{standfirst}\n{TEXT}"


def test_bodies_parted_by_advertisements_are_whole() -> None:
    parts = [f'<div class="content"><p>{s}</p></div><div class="ad">Advertisement</div>' for s in SENTENCES]
    assert document(html("".join(parts))).text == TEXT


def test_another_article_below_stays_out() -> None:
    other = "".join(f"<p>{s.replace('wall', 'bridge')}</p>" for s in SENTENCES)
    text = f"<html><body><article><h1>Wall</h1>{BODY}</article><article><h1>Bridge</h1>{other}</article></body></html>"
    assert "bridge" not in document(text).text


def test_line_breaks_make_paragraphs_where_a_page_has_no_others() -> None:
    text = document(html("<div>" + "<br><br>".join(SENTENCES) + "</div>")).text
    assert text.split("\n") == list(SENTENCES)


@pytest.mark.parametrize(
    ("head", "shown", "why"),
    [
        (json_ld(isAccessibleForFree=False), 3, "not free"),
        (json_ld(isAccessibleForFree="False"), 3, "not free"),
        (json_ld(wordCount=900), 3, "of 900 announced"),
        ("", 3, "notice"),
    ],
)
def test_a_teaser_before_a_paywall_is_named_and_kept(head: str, shown: int, why: str) -> None:
    body = "".join(f"<p>{s}</p>" for s in SENTENCES[:shown])
    notice = "" if head else '<div class="offer"><p>Already a subscriber? Log in to read.</p></div>'
    error = outcome_of(html(body + notice, head))
    assert error.outcome is Outcome.PAYWALL
    assert why in str(error)
    assert SENTENCES[0] in error.teaser


def test_a_whole_article_that_calls_itself_paid_is_an_article() -> None:
    assert document(html(BODY * 2, json_ld(isAccessibleForFree=False))).text.startswith(TEXT)


def test_a_consent_wall_is_named() -> None:
    text = "<p>We value your privacy. We and our partners store information on your device.</p><p>Accept</p>"
    assert outcome_of(html(text)).outcome is Outcome.CONSENT_WALL


def test_short_and_empty_pages_are_named() -> None:
    assert outcome_of(html(f"<p>{SENTENCES[0]}</p>")).outcome is Outcome.TOO_SHORT
    assert outcome_of(html("<div></div>")).outcome is Outcome.EMPTY_BODY


def test_a_short_page_names_its_amp_variant() -> None:
    head = '<link rel="amphtml" href="https://paper.example/amp/harbour-wall">'
    error = outcome_of(html(f"<p>{SENTENCES[0]}</p>", head))
    assert error.wanted == ("https://paper.example/amp/harbour-wall",)
    amp = page(html(), error.wanted[0])
    whole = extract(page(html(f"<p>{SENTENCES[0]}</p>", head)), Hints(URL), SETTINGS, [amp])
    assert whole.document.text == TEXT


@pytest.mark.parametrize("stray", ["&#2;", "&#27;[2J", "\ufffe"])
def test_one_stray_character_does_not_cost_the_body(stray: str) -> None:
    whole = html(BODY)
    found = document(whole.replace(SENTENCES[1], f"{stray}{SENTENCES[1]}"))
    assert len(found.text) == pytest.approx(len(document(whole).text), abs=10)


def test_further_pages_are_wanted_and_joined_without_repetition() -> None:
    first = page(html("".join(f"<p>{s}</p>" for s in SENTENCES[:4]), f'<link rel="next" href="{URL}?page=2">'))
    got = extract(first, Hints(URL), SETTINGS)
    assert got.wanted == (f"{URL}?page=2",)
    second = page(html("".join(f"<p>{s}</p>" for s in SENTENCES[3:])), got.wanted[0])
    whole = extract(first, Hints(URL), SETTINGS, [second])
    assert whole.document.text == TEXT
    assert whole.document.url == URL
    assert whole.wanted == ()


@pytest.mark.parametrize("link", ["https://paper.example/2026/03/another-story", "https://other.example/x?page=2", "/"])
def test_a_link_to_the_next_article_is_not_followed(link: str) -> None:
    assert extract(page(html(head=f'<link rel="next" href="{link}">')), Hints(URL), SETTINGS).wanted == ()


@pytest.mark.parametrize(
    ("stated", "believed"),
    [
        ("https://paper.example/harbour-wall-123", True),
        ("https://www.paper.example/2026/03/harbour-wall", True),
        ("https://other.example/harbour-wall", False),
        ("https://paper.example/", False),
        ("https://paper.example/2026/", False),
        ("javascript:alert(1)", False),
        ("https://[broken", False),
    ],
)
def test_a_canonical_url_is_believed_where_it_can_be_true(stated: str, believed: bool) -> None:
    found = document(html(head=f'<link rel="canonical" href="{stated}">')).url
    assert found == (stated if believed else URL)


def test_a_saved_page_is_known_by_the_url_it_states() -> None:
    text = html(head=f'<link rel="canonical" href="{URL}">').encode()
    assert document_from_html(text, Hints("file:///archive/a.html"), SETTINGS).url == URL
    nameless = document_from_html(html().encode(), Hints("file:///archive/a.html"), SETTINGS)
    assert nameless.url == "file:///archive/a.html"


def test_the_page_tells_the_time_before_the_feed_and_exact_before_rough() -> None:
    feed = Hints(URL, published_at=datetime(2026, 3, 1, 9, tzinfo=UTC))
    exact = document(html(head=json_ld(datePublished="2026-03-01T10:00:00+02:00")), feed)
    assert (exact.published_at, exact.published_precision) == (datetime(2026, 3, 1, 8, tzinfo=UTC), Precision.SECOND)
    rough = document(html(head=json_ld(datePublished="2026-03-01")), feed)
    assert (rough.published_at, rough.provenance["published_at"]) == (feed.published_at, "feed")
    guessed = document(html(BODY + "<p class='date'>Published on March 1, 2026</p>"))
    assert (guessed.published_at, guessed.published_precision) == (datetime(2026, 3, 1, tzinfo=UTC), Precision.DAY)


def test_the_agency_is_found_in_the_byline_above_the_body() -> None:
    found = extract(page(html(f"<h1>Wall</h1><div>By ANN LEE Associated Press</div>{BODY}")), Hints(URL), SETTINGS)
    assert found.document.agency == "ap"
    assert found.attribution is not None
    assert found.document.evidence is not None
    assert "ANN LEE" in found.document.evidence.words


def test_a_feeds_own_content_stands_in_for_its_page() -> None:
    found = document_from_feed(Hints(URL, title="Wall", content=BODY, language="en-GB"), SETTINGS)
    assert (found.text, found.title, found.language) == (TEXT, "Wall", "en")
    with pytest.raises(ExtractError) as caught:
        document_from_feed(Hints(URL, content="<p>The wall is rebuilt.</p>"), SETTINGS)
    assert caught.value.outcome is Outcome.TOO_SHORT


def test_feed_content_without_markup_keeps_its_lines() -> None:
    assert feed_text("One &amp; two.\n\n  Three. ") == "One & two.\nThree."
    assert feed_text(None) == feed_text("  ") == ""


@pytest.mark.parametrize(
    ("text", "declared", "language"),
    [
        (TEXT, ["en-GB"], "en"),
        (TEXT, ["de"], "en"),
        (TEXT, [None], "en"),
        ("Der Gemeinderat hat am Montag beschlossen, die Hafenmauer vor dem Winter zu erneuern.", ["en"], "de"),
        ("Kommunestyret vedtok mandag å bygge opp igjen havnemuren før vinteren kommer.", ["nb"], "nb"),
        ("", ["fr"], "fr"),
    ],
)
def test_a_declared_language_counts_unless_the_text_contradicts(
    text: str, declared: list[str | None], language: str
) -> None:
    assert language_of(text, declared) == language
