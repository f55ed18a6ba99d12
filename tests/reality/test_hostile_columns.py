"""No column of any table holds what could steer a terminal, whatever a feed, a page, a list or a server says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from aiohttp import web

from tests.dedup.builders import ORCHARD, OTHER_STORY, RECIPE, STORY, text
from tests.loopback import Loopback, loopback, paragraphs
from tests.running import ingest, rows

# An escape sequence, a C1 control, a bidi override, a line separator; XML has no ESC, but references and CDATA in JSON.
EVIL = "\x1b[2J\x9b31m\u202e\u2066\u2028"
XML_EVIL = "\x9b31m\u202e\u2066\u2028&#x9b;"
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
LINES = {
    ("articles", "text"),
    ("documents", "text"),
    ("entries", "content"),
    ("revisions", "text"),
    ("teasers", "text"),
}


def json_feed(site: Loopback) -> str:
    return json.dumps(
        {
            "version": f"https://jsonfeed.org/version/1.1{EVIL}",
            "title": f"Feed{EVIL}",
            "language": f"en{EVIL}",
            "hubs": [{"type": "WebSub", "url": f"http://hub.example/{EVIL}"}],
            "items": [
                {
                    "id": f"id-1{EVIL}",
                    "url": site.url("/story-11"),
                    "external_url": f"http://x.example/{EVIL}",
                    "title": f"T{EVIL}",
                    "content_html": paragraphs(text(*STORY)).replace("</p>", f"{EVIL}</p>"),
                    "summary": f"S{EVIL}",
                    "date_published": f"2026-03-02T10:00:00Z{EVIL}",
                    "date_modified": "2026-03-02T11:00:00Z",
                    "language": f"en{EVIL}",
                    "authors": [{"name": f"A{EVIL}", "url": f"http://a.example/{EVIL}"}],
                    "tags": [f"tag{EVIL}", EVIL],
                    "image": f"http://i.example/{EVIL}",
                },
                {"id": f"only{EVIL}", "title": f"T{EVIL}", "content_text": text(*RECIPE) + EVIL},
            ],
        }
    )


def xml_feed(site: Loopback) -> str:
    return f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en{XML_EVIL}" xmlns:media="http://search.yahoo.com/mrss/">
<title type="html">F&lt;b&gt;{XML_EVIL}&lt;/b&gt;</title><link rel="hub" href="http://hub.example/{XML_EVIL}"/>
<entry><id>urn:{XML_EVIL}1</id><title type="html">&lt;script&gt;x&lt;/script&gt;T{XML_EVIL}</title>
<link href="{site.url("/other-story-21")}?a={XML_EVIL}" title="{XML_EVIL}"/><author><name>A{XML_EVIL}</name>
<email>{XML_EVIL}</email></author><category term="c{XML_EVIL}" scheme="{XML_EVIL}" label="{XML_EVIL}"/>
<published>2026-03-02T10:00:00Z{XML_EVIL}</published><summary>S{XML_EVIL}</summary><rights>R{XML_EVIL}</rights>
<source><title>W{XML_EVIL}</title><link href="http://w.example/{XML_EVIL}"/></source>
<media:content url="http://m.example/{XML_EVIL}" type="{XML_EVIL}"><media:credit>C{XML_EVIL}</media:credit>
</media:content></entry><entry><id>{XML_EVIL}</id><title>{XML_EVIL}</title></entry></feed>"""


def hostile_page(body: str) -> web.Response:
    said = f"{EVIL}&#27;[2J&#155;"
    data = {
        "@type": "NewsArticle",
        "headline": f"H{EVIL}",
        "author": {"name": f"A{EVIL}"},
        "articleSection": f"S{EVIL}",
        "datePublished": f"2026-03-02T10:00:00Z{EVIL}",
        "image": f"http://i.example/{EVIL}",
        "inLanguage": f"en{EVIL}",
        "publisher": {"name": f"P{EVIL}"},
        "creditText": EVIL,
    }
    head = f"<title>T{said}</title><meta name='author' content='A{said}'>"
    head += f"<script type='application/ld+json'>{json.dumps(data)}</script>"
    article = f"<article><h1>T{said}</h1>{paragraphs(body)}<p>{said}</p></article>"
    html = f"<html lang='en{said}'><head>{head}</head><body>{article}</body></html>"
    return web.Response(body=html.encode("utf-8", "replace"), headers={"Content-Type": "text/html; charset=utf-8"})


def steering(db: Path) -> list[str]:
    """Every `table.column` that holds what could steer a terminal, with an example."""
    found = []
    for (table,) in rows(db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%fts%'"):
        for _, column, kind, *_ in rows(db, f'PRAGMA table_info("{table}")'):
            if kind.upper() not in ("TEXT", ""):
                continue
            for (value,) in rows(db, f'SELECT "{column}" FROM "{table}" WHERE typeof("{column}") = \'text\''):
                # In a text the order of reading may turn: it is shown alone.
                steers = CONTROLS if (table, column) in LINES else STEERING
                if steers.search(value):
                    found.append(f"{table}.{column}: {value[:80]!r}")
                    break
                if (table, column) not in LINES and "\n" in value and table not in ("sqlite_master",):
                    found.append(f"{table}.{column}: a line end: {value[:80]!r}")
                    break
    return found


@pytest.mark.parametrize("form", ["json", "xml"])
async def test_no_column_of_any_table_steers_a_terminal(tmp_path: Path, form: str) -> None:
    async with loopback(tmp_path) as site:
        site.answers["/story-11"] = hostile_page(text(*STORY))
        site.answers["/other-story-21"] = hostile_page(text(*OTHER_STORY))
        kind = "application/feed+json" if form == "json" else "application/atom+xml"
        body = json_feed(site) if form == "json" else xml_feed(site)
        site.answers["/feed"] = web.Response(
            body=body.encode(), headers={"Content-Type": kind, "ETag": '"\x9b31m"', "Last-Modified": "\x9b31m"}
        )
        site.answers["/broken"] = web.Response(
            body=f"<rss><channel><item>{XML_EVIL}".encode(), headers={"Content-Type": f"text/{'x' * 9}"}
        )
        site.answers["/elsewhere"] = web.Response(status=302, headers={"Location": "http://\x9b31m.example/\x9b"})
        await site.poll("/feed", "/broken", "/elsewhere")
        ((count,),) = site.rows("SELECT count(*) FROM entries")
        assert count >= 2
        assert site.rows("SELECT count(*) FROM articles") >= [(1,)]
        assert steering(site.db) == []


def test_no_column_of_a_backfill_steers_a_terminal(tmp_path: Path) -> None:
    facts = ("title", "author", "site", "language", "section", "published_at", "agency", "id")
    record: dict[str, object] = dict.fromkeys(facts, f"x{EVIL}")
    record |= {"url": "http://a.example/2026/orchard-1", "text": text(*ORCHARD) + EVIL, "tags": [EVIL]}
    record["image"] = f"http://i.example/{EVIL}"
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps(record) + "\n" + json.dumps({"url": EVIL, "text": EVIL}) + "\nno json" + EVIL + "\n")
    ingest("backfill", source, "--db", tmp_path / "a.db", check=3)
    assert steering(tmp_path / "a.db") == []
