"""Feeds get the care that pages get: charsets, titles, ids that change, addresses as people hand them on."""

from __future__ import annotations

import gzip
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web

from ingest.acquire.opml import read_opml
from ingest.acquire.parse import ParsedFeed, parse_feed, try_parse
from ingest.acquire.poll import bounded
from ingest.acquire.structure import MAX_PARSED, shortened
from ingest.dates import read_date
from ingest.model import Entry, Outcome
from ingest.texts import headline
from ingest.urls import feed_address
from tests.dedup.builders import NOVEL, ORCHARD, OTHER_STORY, RACE, RECIPE, STORY, text
from tests.loopback import loopback, page, rss
from tests.running import ingest, rows

URL = "http://a.example/feed"

TITLES = {
    "ja": "港町のフェリー、濃霧で全便欠航に",
    "ru": "Паром сел на мель у мыса Жёлтый, пассажиров сняли",
    "el": "Το πλοίο προσάραξε έξω από το νησί",
    "ko": "여객선이 등대섬 앞 암초에 걸렸다",
    "zh": "渡轮在灯塔岛外触礁，乘客全部获救",
    "fr": "Le ferry s’est échoué près de l’île, à l’aube",
    "tr": "Feribot adanın açığında karaya oturdu, ölen yok",
}


@pytest.mark.parametrize(
    ("language", "codec", "declared"),
    [
        ("ja", "cp932", "x-sjis"),
        ("ja", "cp932", "Shift_JIS"),
        ("ja", "euc-jp", "x-euc-jp"),
        ("ru", "cp1251", "x-cp1251"),
        ("ru", "koi8-r", "koi8-r"),
        ("ko", "cp949", "ks_c_5601-1987"),
        ("zh", "gb18030", "x-gbk"),
        ("zh", "big5hkscs", "x-x-big5"),
        ("fr", "cp1252", "iso-8859-1"),
        ("tr", "cp1254", "iso-8859-9"),
        ("ru", "utf-8", "windows-1251"),  # declared one and written another
        ("ja", "utf-8", "x-sjis"),
        ("fr", "utf-8", "iso-8859-1"),
    ],
)
@pytest.mark.parametrize("before", [b"", b"\n", b"\r\n\r\n  "])
def test_a_feed_is_read_in_the_charset_that_it_is_in(language: str, codec: str, declared: str, before: bytes) -> None:
    title = TITLES[language]
    if codec == "big5hkscs":
        title = "渡輪在燈塔島外觸礁"
    document = rss([{"title": title, "guid": "1", "link": "http://a.example/1"}]).replace("utf-8", declared, 1)
    for content_type in ("text/xml", f"text/xml; charset={declared}", "application/rss+xml"):
        found = parse_feed(before + document.encode(codec), url="http://a.example/f", content_type=content_type)
        assert found.entries[0].title == title


@pytest.mark.parametrize(("language", "codec"), [("ru", "cp1251"), ("el", "cp1253"), ("fr", "cp1252")])
def test_a_feed_that_calls_itself_utf_8_and_is_none(language: str, codec: str) -> None:
    items = [{"title": TITLES[language], "guid": str(n), "link": f"http://a.example/{n}"} for n in range(4)]
    found = parse_feed(rss(items).encode(codec), url="http://a.example/f", content_type="text/xml; charset=utf-8")
    assert {entry.title for entry in found.entries} == {TITLES[language]}


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("Tom &amp;amp; Jerry", "Tom & Jerry"),
        ("It&amp;#8217;s <b>big</b>", "It’s big"),
        ("&lt;em&gt;Das&lt;/em&gt; Ende&amp;nbsp;&amp;#8211; Kritik", "Das Ende – Kritik"),
        ("Эксперт: &amp;laquo;рост&amp;raquo; <br/>продолжится", "Эксперт: «рост» продолжится"),
        ("株価&amp;yen;100高", "株価¥100高"),
        ("Why 3 < 5 and a <canvas> is no picture", "Why 3 < 5 and a <canvas> is no picture"),
        ("AT&T, R&D and Q&A", "AT&T, R&D and Q&A"),
        ("  two\nlines ", "two lines"),
        ("plain", "plain"),
        (None, None),
    ],
)
def test_a_title_is_read_as_people_read_it(raw: str | None, title: str | None) -> None:
    assert headline(raw) == title
    assert headline(headline(raw)) == title


STORIES = [text(*each) for each in (STORY, OTHER_STORY, NOVEL, RECIPE, ORCHARD, RACE)]


@pytest.mark.parametrize("size", [2, 3, 4, 6])
async def test_ids_and_links_that_change_at_each_poll_are_the_same_entries(tmp_path: Path, size: int) -> None:
    async with loopback(tmp_path) as site:
        for poll in range(4):
            items = []
            for number, body in enumerate(STORIES[:size]):
                path = f"/story-{number}?sid={poll}{number}"
                site.answers[path] = page(f"Story {number}", body)
                items.append(
                    {"title": f"Story {number}", "guid": f"{poll}.{number}", "link": path, "description": body[:90]}
                )
            site.feed(*items)
            await site.poll()
        assert site.rows("SELECT count(*) FROM entries") == [(size,)]
        assert site.rows("SELECT count(*) FROM publications") == [(size,)]
        assert sum(path.startswith("/story") for path in site.asked) == size


async def test_the_same_page_under_a_new_id_is_fetched_when_something_changed(tmp_path: Path) -> None:
    async with loopback(tmp_path) as site:
        site.answers["/story-7"] = page("Landslide", text(*STORY))
        item = {"title": "Landslide", "link": "/story-7", "pubDate": "Sun, 01 Mar 2026 10:00:00 GMT"}
        site.feed(item | {"guid": "one"})
        await site.poll()
        site.feed(item | {"guid": "two"})
        await site.poll()
        assert site.asked.count("/story-7") == 1, "nothing is new but its id"
        site.answers["/story-7"] = page("Landslide", text(*STORY, "The road is open again since noon."))
        for guid, changed in (
            ("three", {"pubDate": "Sun, 01 Mar 2026 15:00:00 GMT"}),
            ("four", {"title": "Landslide: road is open"}),
            ("five", {"link": "/story-7#update"}),
        ):
            site.feed(item | changed | {"guid": guid})
            await site.poll()
        assert site.asked.count("/story-7") == 3
        assert site.rows("SELECT count(*) FROM articles") == [(1,)]
        assert site.rows("SELECT count(*) FROM revisions") == [(1,)]


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("feed://a.example/rss", "http://a.example/rss"),
        ("feed:https://a.example/rss", "https://a.example/rss"),
        ("FEED:http://a.example/rss", "http://a.example/rss"),
        ("feed://https://a.example/rss", "https://a.example/rss"),
        ("  https://a.example/rss\n", "https://a.example/rss"),
        ("https://a.example/feed:x", "https://a.example/feed:x"),
    ],
)
def test_a_feeds_address_as_people_hand_it_on(given: str, url: str) -> None:
    assert feed_address(given) == url


@pytest.mark.parametrize("before", [b"", b"\n\n", b" \t"])
def test_an_opml_file_as_programs_write_it(before: bytes) -> None:
    body = b"""<?xml version="1.0"?><opml version="2.0"><body><outline text="R&D" xmlUrl="feed://a.example/f?a=1&b=2"/>
      <outline text="B &amp; C" xmlUrl=" https://b.example/f?x=1&amp;y=2 "/></body></opml>"""
    found = read_opml(before + body, "a.opml")
    assert [(feed.url, feed.title) for feed in found] == [
        ("http://a.example/f?a=1&b=2", "R&D"),
        ("https://b.example/f?x=1&y=2", "B & C"),
    ]


def test_a_feed_is_added_by_whatever_address(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    ingest("feeds", "add", "--no-check", "feed://a.example/rss", " https://b.example/rss ", "--db", db, cwd=tmp_path)
    assert rows(db, "SELECT url FROM feeds ORDER BY id") == [("http://a.example/rss",), ("https://b.example/rss",)]


@pytest.mark.parametrize(
    ("dates", "days"),
    [
        (("03/04/2026 10:00 GMT", "25/03/2026 09:00 GMT"), ("2026-04-03", "2026-03-25")),
        (("03/04/2026 10:00 GMT", "03/25/2026 09:00 GMT"), ("2026-03-04", "2026-03-25")),
        (("4-3-2026", "28-2-2026", "5-3-2026"), ("2026-03-04", "2026-02-28", "2026-03-05")),
        (("03/04/2026", "05/04/2026"), (None, None)),  # nothing tells
        (("03/04/2026", "25/03/2026", "03/25/2026"), (None, "2026-03-25", "2026-03-25")),  # both ways
    ],
)
def test_which_comes_first_day_or_month_is_a_feeds_habit(dates: tuple[str, ...], days: tuple[str | None, ...]) -> None:
    items = [
        {"title": str(n), "guid": str(n), "link": f"http://a.example/{n}", "pubDate": date}
        for n, date in enumerate(dates)
    ]
    entries = parse_feed(rss(items).encode(), url="http://a.example/f").entries
    assert tuple(entry.published_at and str(entry.published_at.date()) for entry in entries) == days


@pytest.mark.parametrize(
    ("stated", "moment"),
    [
        ("24 de noviembre de 2026", "2026-11-24 00:00"),
        ("mar. 24 nov. 2026 10:00:00 +0100", "2026-11-24 09:00"),
        ("Вт, 24 ноя 2026 10:00:00 +0300", "2026-11-24 07:00"),
        ("24. Oktober 2026, 18:30 Uhr", "2026-10-24 18:30"),
        ("الثلاثاء 24 نوفمبر 2026 18:30", "2026-11-24 18:30"),
        ("24 สิงหาคม 2569", "2026-08-24 00:00"),
        ("24 नवंबर 2026", "2026-11-24 00:00"),
        ("24 août 2026 à 18h30", "2026-08-24 18:30"),
        ("noviembre 24, 2026", "2026-11-24 00:00"),
        ("24 listopad 2026", None),  # October in Zagreb, November in Warsaw
        ("32 noviembre 2026", None),
        ("hace 3 horas, 2026", None),
        ("24 xxxx 2026", None),
    ],
)
def test_a_month_by_its_name_in_other_languages(stated: str, moment: str | None) -> None:
    found = read_date(stated)
    assert (found and f"{found.moment:%Y-%m-%d %H:%M}") == moment


def dated(count: int, *, oldest_first: bool) -> tuple[Entry, ...]:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    entries = [Entry(str(n), f"http://a.example/{n}", published_at=start + timedelta(hours=n)) for n in range(count)]
    return tuple(entries if oldest_first else reversed(entries))


@pytest.mark.parametrize("oldest_first", [True, False])
def test_of_a_list_that_is_too_long_the_newest_are_taken(oldest_first: bool) -> None:
    listed = dated(50, oldest_first=oldest_first)
    taken, problems = bounded(listed, 20)
    assert {entry.key for entry in taken} == {str(n) for n in range(30, 50)}
    assert taken == tuple(entry for entry in listed if entry in taken), "in the order of the list"
    assert "the newest 20 are taken" in problems[0]
    undated = tuple(replace(entry, published_at=None) for entry in listed)
    assert bounded(undated, 20)[0] == undated[:20]


async def test_a_file_that_lies_packed_on_its_server_is_unpacked(tmp_path: Path) -> None:
    async with loopback(tmp_path) as site:
        listed = rss([{"title": "T", "guid": "g", "link": site.url("/story-1")}])
        site.answers["/feed"] = web.Response(body=gzip.compress(listed.encode()), headers={"Content-Type": "text/xml"})
        packed = gzip.compress(page("T", STORIES[0]).encode())
        site.answers["/story-1"] = web.Response(body=packed, headers={"Content-Type": "text/html"})
        await site.poll()
        assert site.outcomes() == {"T": "canonical"}
        site.answers["/story-2"] = web.Response(
            body=gzip.compress(b"<p>" + b" " * 60_000_000), content_type="text/html"
        )
        site.answers["/story-3"] = web.Response(body=packed[:-40], content_type="text/html")
        site.feed({"title": "bomb", "guid": "2", "link": "/story-2"}, {"title": "cut", "guid": "3", "link": "/story-3"})
        await site.poll()
        assert site.outcomes() == {"T": "canonical", "bomb": "too_large", "cut": "not_html"}


def atom(title: str, kind: str) -> bytes:
    entry = f'<id>1</id><title type="{kind}">{title}</title><link href="http://a.example/1"/>'
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>f</title><id>x</id><entry>{entry}</entry></feed>'.encode()


@pytest.mark.parametrize(
    ("title", "kind", "read"),
    [
        (
            "&lt;script&gt;alert(1)&lt;/script&gt;Storm &lt;b&gt;hits&lt;/b&gt; &amp;amp; runs",
            "html",
            "Storm hits & runs",
        ),
        ("&lt;img src=x onerror=alert(1)&gt;渡轮触礁", "html", "渡轮触礁"),
        ("&lt;style&gt;p{}&lt;/style&gt;&lt;!-- x --&gt;Шторм&amp;nbsp;пришёл", "html", "Шторм пришёл"),
        ('<div xmlns="http://www.w3.org/1999/xhtml">Big <i>day</i></div>', "xhtml", "Big day"),
        ("About the &lt;canvas&gt; tag", "text", "About the <canvas> tag"),
    ],
)
def test_an_atom_title_is_what_its_type_says(title: str, kind: str, read: str) -> None:
    assert parse_feed(atom(title, kind), url="http://a.example/f").entries[0].title == read


BROKEN = {
    "cut in its first item": b"<rss version='2.0'><channel><title>T</title><item><title>A",
    "cut before any": b"<rss version='2.0'><channel><title>T</ti",
    "a bare bracket": b"<rss version='2.0'><channel><item <title",
    "atom": b"<feed xmlns='http://www.w3.org/2005/Atom'><title>T",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_feed_of_which_nothing_can_be_read_is_not_ok(name: str) -> None:
    answer = try_parse(BROKEN[name], URL, "")
    assert answer.entries if isinstance(answer, ParsedFeed) else answer.outcome is Outcome.BROKEN_FEED


def test_an_empty_feed_with_a_flaw_is_an_empty_feed() -> None:
    for body in (b"<rss version='2.0'><channel><title>A & B</title></channel></rss>", rss([]).encode()):
        assert parse_feed(body, url=URL).entries == ()


ATOM_LINKS = {
    "a type with parameters": "<link rel='alternate' type='text/html; charset=utf-8' href='{}'/>",
    "the registry's URI": "<link rel='http://www.iana.org/assignments/relation/alternate' href='{}'/>",
    "a lone other relation": "<link rel='canonical' href='{}'/><link rel='enclosure' href='/a.mp3' type='audio/mpeg'/>",
    "no relation": "<link type='text/html;level=1' href='{}'/>",
    "xhtml": "<link rel='self' href='/api/1'/><link rel='ALTERNATE' type='application/xhtml+xml; q=1' href='{}'/>",
}


@pytest.mark.parametrize("form", ATOM_LINKS)
def test_an_atom_entry_has_the_page_that_its_links_name(form: str) -> None:
    link = ATOM_LINKS[form].format("/2026/ferry-story-11")
    body = f"<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>x:1</id><title>T</title>{link}</entry></feed>"
    (entry,) = parse_feed(body.encode(), url="http://a.example/atom").entries
    assert entry.url == "http://a.example/2026/ferry-story-11"


@pytest.mark.parametrize(
    "before", [b"<!-- <urlset> and <html> -->", b"<?x <urlset ?>", b"<!DOCTYPE rss>\n<!-- <sitemapindex> -->\n"]
)
def test_what_a_document_is_its_root_tells_not_the_words_before_it(before: bytes) -> None:
    body = (
        before
        + rss([{"title": "<urlset> is a word here", "link": "http://a.example/2026/ferry-1"}])
        .encode()
        .split(b"?>", 1)[1]
    )
    assert [entry.url for entry in parse_feed(body, url=URL).entries] == ["http://a.example/2026/ferry-1"]


def many(count: int) -> list[dict[str, str]]:
    """Dated items, the oldest first."""
    first = datetime(2020, 1, 1, tzinfo=UTC)
    return [
        {"title": f"T{n}", "guid": f"g{n}", "pubDate": format_datetime(first + timedelta(minutes=n))}
        for n in range(count)
    ]


def test_of_a_feed_of_a_hundred_thousand_entries_the_newest_are_read_in_time() -> None:
    started = time.monotonic()
    parsed = parse_feed(rss(many(100_000)).encode(), url=URL)
    assert time.monotonic() - started < 60  # feedparser takes minutes
    assert {entry.title for entry in parsed.entries} == {f"T{n}" for n in range(100_000 - MAX_PARSED, 100_000)}
    assert "holds 100000 entries" in "; ".join(parsed.problems)


@pytest.mark.parametrize("order", [1, -1], ids=["oldest first", "newest first"])
def test_of_a_long_feed_the_newest_are_read_in_its_own_order(order: int) -> None:
    body, listed = shortened(rss(many(500)[::order]).encode(), 50)
    assert listed == 500
    titles = [entry.title for entry in parse_feed(body, url=URL).entries]
    assert titles == [f"T{n}" for n in range(450, 500)][::order]


def test_a_long_feed_without_dates_is_read_from_its_beginning() -> None:
    body, listed = shortened(rss([{"title": f"T{n} </item", "guid": f"g{n}"} for n in range(50)]).encode(), 7)
    assert listed == 50
    assert [entry.title for entry in parse_feed(body, url=URL).entries] == [f"T{n} </item" for n in range(7)]
