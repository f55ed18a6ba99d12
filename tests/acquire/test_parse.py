"""Feed documents → entries: formats, charsets, identity, dates, and everything that is no feed."""

from __future__ import annotations

import csv
import tarfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.acquire.parse import ParseFailure, parse_feed, try_parse
from ingest.errors import ParseError
from ingest.model import DateFlag, Outcome, Precision
from tests.acquire.build import item, rss

URL = "https://news.example/feeds/all.xml"

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>Agentur</title>
<link rel="self" href="https://news.example/atom"/><link rel="hub" href="https://hub.example/"/>
<entry><id>tag:news.example,2026:1</id><title>Überschrift</title><link href="/a/1?utm_source=atom"/>
<author><name>A. Autorin</name></author><author><name>B. Autor</name></author>
<published>2026-03-01T10:00:00+01:00</published><updated>2026-03-01T11:00:00Z</updated>
<summary>kurz</summary><content type="html">&lt;p&gt;lang und länger&lt;/p&gt;</content></entry></feed>"""

RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>RDF</title></channel>
<item rdf:about="https://news.example/r1"><title>R</title><link>https://news.example/r1</link>
<dc:date>2026-03-01</dc:date><dc:creator>C. Reporter</dc:creator></item></rdf:RDF>"""

JSON = """{"version": "https://jsonfeed.org/version/1.1", "title": "J", "language": "en",
"feed_url": "https://news.example/j", "hubs": [{"type": "WebSub", "url": "https://hub.example/"}],
"items": [{"id": 7, "url": "/j/7", "title": "Seven", "content_text": "A < B\\n\\nsecond",
"date_published": "2026-03-01T09:00:00Z", "authors": [{"name": "D"}, {"name": "E"}]}, "junk", {"id": "8"}]}"""

NEWSMAP = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>https://news.example/old</loc><news:news><news:publication><news:name>Daily</news:name>
<news:language>fr</news:language></news:publication><news:publication_date>2026-03-01T08:00:00Z</news:publication_date>
<news:title>Vieux</news:title></news:news></url>
<url><loc>https://news.example/new?utm_medium=x</loc><news:news><news:publication_date>2026-03-01T09:00:00Z
</news:publication_date><news:title>Neuf</news:title></news:news></url></urlset>"""


def test_atom_is_read_with_its_facts() -> None:
    feed = parse_feed(ATOM.encode(), url=URL)
    (entry,) = feed.entries
    assert (feed.version, feed.title, feed.language) == ("atom10", "Agentur", "de")
    assert feed.links["hub"] == "https://hub.example/"
    assert feed.links["self"] == "https://news.example/atom"
    assert entry.key == "tag:news.example,2026:1"
    assert entry.url == "https://news.example/a/1"
    assert entry.author == "A. Autorin; B. Autor"
    assert entry.published_at == datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    assert entry.updated_at == datetime(2026, 3, 1, 11, 0, tzinfo=UTC)
    assert entry.content == "<p>lang und länger</p>"
    assert entry.summary == "kurz"


def test_rss_1_is_read() -> None:
    (entry,) = parse_feed(RDF.encode(), url=URL).entries
    assert (entry.url, entry.author) == ("https://news.example/r1", "C. Reporter")
    assert (entry.published_at, entry.published_precision) == (datetime(2026, 3, 1, tzinfo=UTC), Precision.DAY)


def test_json_feed_is_read_and_items_that_are_none_are_named() -> None:
    feed = parse_feed(JSON.encode(), url=URL)
    first, second = feed.entries
    assert (feed.version, feed.links["hub"]) == ("json", "https://hub.example/")
    assert (first.key, first.url, first.author) == ("7", "https://news.example/j/7", "D; E")
    assert first.content == "<p>A &lt; B</p><p>second</p>"
    assert (second.key, second.url) == ("8", None)
    assert feed.problems == ("item 2 is no object",)


def test_a_news_sitemap_is_a_feed() -> None:
    feed = parse_feed(NEWSMAP.encode(), url=URL)
    assert (feed.version, feed.title, feed.language) == ("news-sitemap", "Daily", "fr")
    assert [entry.url for entry in feed.entries] == ["https://news.example/new", "https://news.example/old"]


@pytest.mark.parametrize(
    "body",
    [
        b"<urlset><url><loc>https://a.example/</loc></url></urlset>",
        b"<sitemapindex><sitemap><loc>https://a.example/s.xml</loc></sitemap></sitemapindex>",
        b'<!DOCTYPE urlset [<!ENTITY a "b">]><urlset><url><loc>&a;</loc></url></urlset>',
    ],
)
def test_a_sitemap_without_news_is_none(body: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        parse_feed(body, url=URL)
    assert caught.value.outcome is Outcome.NOT_A_FEED


@pytest.mark.parametrize(
    ("encoding", "declared", "content_type"),
    [
        ("utf-8", "", ""),
        ("utf-8-sig", "", ""),
        ("utf-16", "", ""),
        ("iso-8859-1", "iso-8859-1", ""),
        ("windows-1252", "windows-1252", "text/xml"),
        ("utf-8", "iso-8859-1", "application/xml; charset=utf-8"),
        ("iso-8859-1", "utf-8", "application/xml; charset=iso-8859-1"),
        ("iso-8859-1", "utf-8", ""),  # a lie: the bytes are no UTF-8
    ],
)
def test_the_charset_is_found(encoding: str, declared: str, content_type: str) -> None:
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else '<?xml version="1.0"?>'
    body = (head + rss([item(1, title="Zürich: café")]).decode()).encode(encoding)
    assert parse_feed(body, url=URL, content_type=content_type).entries[0].title == "Zürich: café"


@pytest.mark.parametrize(
    ("body", "outcome", "says"),
    [
        (b"", Outcome.EMPTY_BODY, "empty"),
        (b"\xef\xbb\xbf  \n", Outcome.EMPTY_BODY, "empty"),
        (b"<!DOCTYPE html><html></html>", Outcome.NOT_A_FEED, "HTML page"),
        (b"<html><body>x", Outcome.NOT_A_FEED, "HTML page"),
        (b"{}", Outcome.NOT_A_FEED, "not a JSON Feed"),
        (b'{"items": ', Outcome.NOT_A_FEED, "broken JSON"),
        (b"[" * 200_000, Outcome.NOT_A_FEED, "broken JSON"),
        (b"plain text", Outcome.NOT_A_FEED, "not a feed"),
        (b"/etc/passwd", Outcome.NOT_A_FEED, "not a feed"),
        (b"\xff\xfe\x00\x01" * 50, Outcome.NOT_A_FEED, "feed"),
    ],
)
def test_what_is_no_feed_is_named(body: bytes, outcome: Outcome, says: str) -> None:
    with pytest.raises(ParseError, match=says) as caught:
        parse_feed(body, url=URL)
    assert caught.value.outcome is outcome
    assert try_parse(body, URL, "") == ParseFailure(outcome, str(caught.value))


def test_a_file_named_in_the_body_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    path.write_bytes(rss([item(1)]))
    with pytest.raises(ParseError):
        parse_feed(str(path).encode(), url=URL)


def test_broken_xml_gives_what_can_be_read_and_says_so() -> None:
    feed = parse_feed(rss([item(1), item(2)]).replace(b"</channel></rss>", b"<item><title>cut & off"), url=URL)
    assert len(feed.entries) >= 2
    assert any("not well-formed" in problem for problem in feed.problems)


def test_two_entries_with_one_guid_are_both_kept_whatever_their_order() -> None:
    one, two = item("x", link="/a"), item("x", link="/b")
    keys = {entry.url: entry.key for entry in parse_feed(rss([one, two]), url=URL).entries}
    turned = {entry.url: entry.key for entry in parse_feed(rss([two, one]), url=URL).entries}
    assert len(set(keys.values())) == 2
    assert keys == turned
    assert "2 entries share the GUID" in parse_feed(rss([one, two]), url=URL).problems[0]


def test_one_guid_and_one_link_but_other_titles_or_texts_are_two_entries() -> None:
    a, b, c = (f"<item><guid>g</guid><title>{t}</title><description>{d}</description></item>" for t, d in
               (("A", "1"), ("B", "1"), ("B", "2")))  # fmt: skip
    assert len({entry.key for entry in parse_feed(rss([a, b, c]), url=URL).entries}) == 3


def test_an_entry_listed_twice_keeps_its_key() -> None:
    feed = parse_feed(rss([item(1), item(2), item(1)]), url=URL)
    assert [entry.key for entry in feed.entries] == ["id-1", "id-2", "id-1"]
    assert "listed 2 times" in feed.problems[0]


def test_without_guid_the_link_is_the_key_and_without_link_a_hash() -> None:
    linked = "<item><title>A</title><link>https://a.example/1?utm_source=x</link></item>"
    bare = "<item><title>B</title><description>text</description></item>"
    first, second = parse_feed(rss([linked, bare]), url=URL).entries
    assert first.key == "https://a.example/1"
    assert second.key.startswith("hash:")
    assert second.url is None


def test_a_guid_is_not_changed_by_where_the_feed_lies() -> None:
    body = rss(["<item><guid>story-1</guid><title>x</title></item>"])
    assert parse_feed(body, url="https://a.example/f").entries[0].key == "story-1"


def test_the_pages_own_link_beats_the_redirecting_one() -> None:
    entry = "<item><link>https://feeds.example/~r/1</link><feedburner:origLink>https://a.example/1</feedburner:origLink></item>"
    body = rss([entry]).replace(b"<rss ", b"<rss xmlns:feedburner='http://rssnamespace.org/feedburner/ext/1.0' ")
    assert parse_feed(body, url=URL).entries[0].url == "https://a.example/1"


@pytest.mark.parametrize(
    ("raw", "moment", "flag"),
    [
        ("Sun, 01 Mar 2026 10:00:00 GMT", datetime(2026, 3, 1, 10, tzinfo=UTC), None),
        ("Sun, 01 Mar 2026 10:00:00 EST", datetime(2026, 3, 1, 15, tzinfo=UTC), None),
        ("2026-03-01T10:00:00+05:30", datetime(2026, 3, 1, 4, 30, tzinfo=UTC), None),
        ("Sun, 01 Mar 2026 10:00:00", datetime(2026, 3, 1, 10, tzinfo=UTC), DateFlag.ZONELESS),
        ("2026-03-01T10:00:00", datetime(2026, 3, 1, 10, tzinfo=UTC), DateFlag.ZONELESS),
        ("2026/03/01 10:00:00 GMT", datetime(2026, 3, 1, 10, tzinfo=UTC), None),
        ("3/4/2026", None, DateFlag.UNREADABLE),
        ("gestern Abend", None, DateFlag.UNREADABLE),
        ("", None, DateFlag.MISSING),
    ],
)
def test_dates_are_read_in_utc_and_flagged(raw: str, moment: datetime | None, flag: DateFlag | None) -> None:
    (entry,) = parse_feed(rss([item(1, extra=f"<pubDate>{raw}</pubDate>")]), url=URL).entries
    assert (entry.published_at, entry.published_flag) == (moment, flag)


def test_text_that_cannot_be_stored_is_cleaned() -> None:
    body = b'{"version": "https://jsonfeed.org/version/1", "items": [{"id": "a\\u0000b", "title": "x\\ud800y"}]}'
    (entry,) = parse_feed(body, url=URL).entries
    entry.key.encode()
    assert "\0" not in entry.key
    assert entry.title == "x?y"


def test_a_feed_says_when_it_wants_to_be_polled() -> None:
    channel = (
        "<ttl>90</ttl><sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>"
        "<skipHours><hour>0</hour><hour>24</hour><hour>3</hour></skipHours><skipDays><day>Sunday</day></skipDays>"
    )
    hints = parse_feed(rss([item(1)], channel=channel), url=URL).hints
    assert (hints.ttl_s, hints.period_s) == (5400, 1800)
    assert (hints.skip_hours, hints.skip_days) == ({0, 3}, {6})


def test_hints_that_forbid_every_hour_are_a_mistake() -> None:
    hours = "".join(f"<hour>{hour}</hour>" for hour in range(24))
    days = "".join(f"<day>{day}day</day>" for day in ("Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun"))
    channel = f"<skipHours>{hours}</skipHours><skipDays>{days}</skipDays>"
    hints = parse_feed(rss([item(1)], channel=channel), url=URL).hints
    assert not hints.skip_hours
    assert not hints.skip_days


@pytest.mark.shared
def test_every_file_of_five_projects_parses_to_its_count_or_a_named_outcome(shared: Path) -> None:
    with (shared / "data" / "feeds.csv").open(newline="") as file:
        rows = {row["path"]: row for row in csv.DictReader(file)}
    table: Counter[tuple[str, str]] = Counter()
    wrong = []
    with tarfile.open(shared / "data" / "feeds.tar.gz") as archive:
        for member in archive:
            if not member.isfile():
                continue
            path = member.name.removeprefix("./")
            file = archive.extractfile(member)
            assert file is not None
            row = rows.pop(path)
            found = try_parse(file.read(), URL, "")
            kind = row["version"].split(":")[0]
            kind = kind if kind in ("error", "unknown", "other-json", "bozo") else "feed"
            outcome = str(found.outcome) if isinstance(found, ParseFailure) else "ok"
            table[kind, outcome] += 1
            count = 0 if isinstance(found, ParseFailure) else len(found.entries)
            if row["entries"] and kind in ("feed", "bozo") and count != int(row["entries"]):
                wrong.append(f"{path}: {count} entries, not {row['entries']}")
    print(*(f"{kind:12} {outcome:12} {count:6}" for (kind, outcome), count in sorted(table.items())), sep="\n")
    assert not wrong
    assert not rows, "files of the list that the archive does not hold"
    assert {outcome for _, outcome in table} <= {"ok", "not_a_feed", "broken_feed", "empty_body"}
