"""Inputs that look real and are broken: well-formed seeds of each kind, and structured mutations of them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import yaml
from hypothesis import strategies as st

from ingest.acquire.opml import OpmlFeed, write_opml
from ingest.demo.feeds import render_feed
from ingest.demo.newsroom import Newsroom
from ingest.demo.pages import Item, render_front, render_page
from ingest.demo.sites import SITES
from tests.backfill.test_run import article
from tests.conftest import ROOT

# Where parsers have gone wrong before: entities, encodings, nesting, numbers, dates, control characters.
TOKENS = [
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    "\u202e\u2028\ufffe".encode(),
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"-->",
    b"&#0;",
    b"&#xD800;",
    b"&#99999999999;",
    b"&nosuch;",
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    b"<?xml version='1.0' encoding='utf-16'?>",
    b"<?xml version='1.0' encoding='nonsense'?>",
    b"<meta charset=utf-7>",
    b"<base href='javascript:alert(1)'>",
    b'<script type=\'application/ld+json\'>{"@graph":[[[{"@type":[null]}]]]}</script>',
    b'<script type=\'application/ld+json\'>{"@type":"NewsArticle","headline":{"a":1},"author":[[1]],'
    b'"datePublished":-1e999,"articleBody":7}</script>',
    b"<p>" * 300,
    b"<table><tr><td>" * 120,
    b"</div>" * 50,
    b"[" * 500,
    b'{"a":' * 300,
    b"9" * 5000,
    b"-1e99999",
    b"0000-00-00T99:99:99Z",
    b"Mon, 99 Zzz 99999 99:99:99 +9999",
    b"9999-12-31T23:59:59+14:00",
    b"0001-01-01T00:00:00-14:00",
    b"http://[::1",
    b"http://a:99999999/",
    b"https://user:pw@\xd9\xa1/\0",
    b"//",
    b"\x1f\x8b\x08\x00",
    b"%00%ff%u0000",
    b"\r\n\r\n",
    b"\t",
    b"'",
    b'"',
    b"\\u0000\\ud800",
    b": : [",
    b"!!python/object:os.system x",
    b"&a [*a]",
]
ENCODINGS = ["utf-8", "utf-16", "utf-16-le", "latin-1", "cp1252", "utf-7", "shift_jis"]


@cache
def pages() -> tuple[bytes, ...]:
    """Article pages and front pages of the demo's sites."""
    found = []
    for site in SITES:
        items = _items(site)
        found += [render_page(site, item, items[:4]) for item in items[:4]]
        found.append(render_front(site, items, []))
    return tuple(found)


@cache
def feeds() -> tuple[bytes, ...]:
    """Feeds of the demo's sites, in every format; and a news sitemap."""
    found = [
        render_feed(site, channel, "http://a.example/feed", _items(site)[:6])
        for site in SITES
        for channel in site.channels
    ]
    sitemap = b"""<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
    xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>http://a.example/1</loc><news:news>
    <news:publication><news:name>A</news:name><news:language>en</news:language></news:publication>
    <news:publication_date>2026-03-01T12:00:00Z</news:publication_date><news:title>T</news:title></news:news>
    </url></urlset>"""
    return (*found, sitemap)


@cache
def seeds() -> tuple[bytes, ...]:
    """The seed documents."""
    return tuple(path.read_bytes() for path in sorted((ROOT / "seeds").glob("*.txt")))


@cache
def outlines() -> tuple[bytes, ...]:
    """OPML: the starter list, and one that is written by us."""
    feed = OpmlFeed(url="http://a.example/feed", title="A <&> B", tags=("x", "y"))
    return (
        b"".join((ROOT / "seeds" / "feeds.opml").read_bytes().partition(b"</outline>")[:2]) + b"</body></opml>",
        write_opml([feed] * 3).encode(),
    )


@cache
def addresses() -> tuple[bytes, ...]:
    """URLs with parameters that are trackers, or may be; wrapped ones; addresses of feeds."""
    return tuple(
        url.encode()
        for url in (
            "https://www.a.example:443/world/a-long-name-12?utm_source=x&cid=99&ref=rss&id=7#top",
            "http://m.a.example/read.php?gameId=4011&smid=tw/amp/",
            "https://www.google.com/url?url=https%3A%2F%2Fa.example%2Fs%3Fid%3D1&ct=ga",
            "https://a-example.cdn.ampproject.org/c/s/a.example/x?usqp=m",
            "https://a.example/новости/паром-сел-на-мель?страница=2&page=3",
            "feed://a.example/rss?a=1&b=2",
        )
    )


@cache
def answers() -> tuple[bytes, ...]:
    """What stands around a page: refreshes, cookies, titles, dates."""
    return (
        b"<html><head><meta http-equiv='refresh' content=\"0; url='/next?a=1&amp;b=2'\"></head><body>One moment</body>",
        b"seen=1; Path=/; Domain=.a.example; Expires=Wed, 09 Jun 2100 10:18:14 GMT",
        b"It&amp;#8217;s <b>big</b> &lt;em&gt;news&lt;/em&gt;: page not found",
        b"24 de noviembre de 2026\nMar. 24 nov. 2026 10:00:00 +0100\n3/4/2026\n1772359200",
    )


@cache
def sentences() -> tuple[bytes, ...]:
    """Texts in scripts that spaces tell little of, and teasers."""
    return tuple(
        text.encode()
        for text in (
            "周四清晨，一艘载有312人的渡轮在灯塔岛外触礁，A股开盘走低。 เรือข้ามฟากเกยหินโสโครก ผู้โดยสารทุกคนปลอดภัย",
            "목요일 아침 여객선이 등대섬 앞 암초에 걸렸고 اصطدمت العبّارة بالصخور وأنقذ خفر السواحل",
            "המעבורת עלתה על שרטון ליד הנמל, Το πλοίο προσάραξε έξω από το νησί, ещё один паром",
            '"coast guard" resc* ferry OR (reef title:x NEAR',
            "The mountain town was cut off on Monday […]\nThe post Landslide appeared first on The Courier.",
        )
    )


@cache
def states() -> tuple[bytes, ...]:
    """Scripts that carry an article as data."""
    body = [{"type": "p", "children": [{"text": line}]} for line in article(1)["text"].splitlines()]
    state = json.dumps({"article": {"body": body, "title": "T"}, "related": [{"title": "x", "text": "y" * 60}] * 9})
    live = {"@type": "LiveBlogPosting", "liveBlogUpdate": [{"headline": "x", "articleBody": article(2)["text"]}]}
    return (
        f"window.__STATE__ = {state};".encode(),
        f"var x = JSON.parse({json.dumps(state)}); f([1, 2, {{}}])".encode(),
        state.encode(),
        json.dumps(live).encode(),
    )


def _items(site: Any) -> list[Item]:
    newsroom = Newsroom(datetime(2026, 3, 1, 12, tzinfo=UTC))
    return newsroom._place(site, "http://a.example", 1000)


def mutated(originals: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """One of the originals with up to eight mutations."""
    return st.builds(_mutate, st.sampled_from(originals), st.lists(MUTATIONS, min_size=0, max_size=8))


_AT = st.integers(0, 2**20)
MUTATIONS = st.one_of(
    st.tuples(st.just("insert"), _AT, st.sampled_from(TOKENS)),
    st.tuples(st.just("insert"), _AT, st.binary(min_size=1, max_size=12)),
    st.tuples(st.just("replace"), _AT, st.sampled_from(TOKENS)),
    st.tuples(st.just("delete"), _AT, st.integers(1, 400)),
    st.tuples(st.just("repeat"), _AT, st.integers(1, 400)),
    st.tuples(st.just("flip"), _AT, st.integers(0, 255)),
    st.tuples(st.just("truncate"), _AT, st.none()),
    st.tuples(st.just("swap"), _AT, _AT),
    st.tuples(st.just("encode"), st.sampled_from(ENCODINGS), st.none()),
    st.tuples(st.just("gzip"), st.integers(0, 1), st.none()),
)


def _mutate(body: bytes, mutations: Sequence[tuple[str, Any, Any]]) -> bytes:
    for kind, where, what in mutations:
        at = where % (len(body) + 1) if isinstance(where, int) else 0
        if kind == "insert":
            body = body[:at] + what + body[at:]
        elif kind == "replace":
            body = body[:at] + what + body[at + len(what) :]
        elif kind == "delete":
            body = body[:at] + body[at + what :]
        elif kind == "repeat":
            body = body[: at + what] + body[at : at + what] * 3 + body[at + what :]
        elif kind == "flip" and at < len(body):
            body = body[:at] + bytes([body[at] ^ what]) + body[at + 1 :]
        elif kind == "truncate":
            body = body[:at]
        elif kind == "swap":
            other = what % (len(body) + 1)
            first, second = sorted((at, other))
            body = body[second:] + body[first:second] + body[:first]
        elif kind == "encode":
            body = body.decode("utf-8", "replace").encode(where, "replace")
        elif kind == "gzip" and where:
            body = gzip.compress(body)
    return body


SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=40),
    st.sampled_from([token.decode("utf-8", "replace") for token in TOKENS]),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=8,
)


def json_lines() -> st.SearchStrategy[bytes]:
    """Records of a backfill, some keys with values of any kind, as lines; sometimes mutated as bytes too."""
    html = [page.decode("utf-8", "replace") for page in pages()[:6]]
    good = [{**article(n), "date": "20260301", "author": "A", "language": "en"} for n in range(4)]
    good += [{"url": f"http://a.example/{n}", "html": text} for n, text in enumerate(html)]
    keys = ["url", "title", "text", "html", "date", "published", "site", "author", "language", "agency", "x"]
    changes = st.dictionaries(st.sampled_from(keys), VALUES, max_size=3)
    record = st.builds(lambda base, change: {**base, **change}, st.sampled_from(good), changes)
    lines = st.builds(
        lambda records: "\n".join(json.dumps(each) for each in records).encode("utf-8", "surrogatepass"),
        st.lists(record, min_size=1, max_size=2),
    )
    return st.one_of(lines, st.builds(_mutate, lines, st.lists(MUTATIONS, min_size=1, max_size=4)))


def configs() -> st.SearchStrategy[bytes]:
    """Settings files: real sections, some keys with values of any kind; sometimes mutated as bytes too."""
    good = yaml.safe_load((ROOT / "config.yaml").read_text())
    good["feeds"] = good["feeds"][:2]
    sections = sorted(good)

    def change(section: str, key: int, value: Any, whole: bool) -> bytes:
        changed = dict(good)
        inner = changed[section]
        if whole or not isinstance(inner, dict) or not inner:
            changed[section] = value
        else:
            names = sorted(inner)
            changed[section] = {**inner, names[key % len(names)]: value}
        return yaml.safe_dump(changed, allow_unicode=True).encode("utf-8", "surrogatepass")

    made = st.builds(change, st.sampled_from(sections), st.integers(0, 50), VALUES, st.booleans())
    raw = mutated([(ROOT / "config.yaml").read_bytes()])
    return st.one_of(made, raw, st.builds(_mutate, made, st.lists(MUTATIONS, min_size=1, max_size=4)))
