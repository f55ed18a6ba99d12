"""Text in hand is never thrown away because another step failed; a beginning is no article."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from aiohttp import web

from ingest.extract.embedded import Script, embedded_text
from ingest.extract.jsonld import body_of
from ingest.extract.teasers import is_summary, is_teaser, without_syndication_line
from tests.backfill.test_run import archive
from tests.dedup.builders import LOCAL, NOVEL, OTHER_STORY, RECIPE, STORY, text
from tests.loopback import loopback, page, paragraphs
from tests.running import ingest, output_json, rows

RUSSIAN = "\n".join(
    f"Паром номер {n} вышел из порта Заречье утром и вернулся без пассажиров, сообщил капитан Сомов, добавив, что "
    f"ремонт причала {n} займёт ещё несколько недель, а билеты можно вернуть в кассах."
    for n in range(2, 9)
)
JAPANESE = "\n".join(
    f"港町の第{n}埠頭では木曜日の朝からフェリーの欠航が続き、乗客{n * 30}人が別の便に振り替えられた。"
    f"会社は濃霧が晴れ次第、運航を再開すると説明している。"
    for n in range(2, 9)
)
ARTICLE = text(*STORY)
SHELL = "<!doctype html><html><head><title>App</title></head><body><div id='app'></div>{}</body></html>"


@pytest.mark.parametrize("body", [ARTICLE, RUSSIAN, JAPANESE], ids=["latin", "cyrillic", "japanese"])
@pytest.mark.parametrize(
    "answer",
    [
        SHELL.format("<noscript>Please enable JavaScript to run this app.</noscript>"),
        web.Response(body=b"%PDF-1.5 x", headers={"Content-Type": "application/pdf"}),
        web.Response(body=b"\x00\x00\x00 ftyp", headers={"Content-Type": "video/mp4"}),
        web.Response(status=410, text="gone"),
        page("Members only", "Log in to read this article. It is for subscribers.\nAlready a member? Sign in."),
        page("Episode 12", "Our weekly talk about small harbours and the people who keep them open."),
    ],
    ids=["shell", "pdf", "video", "gone", "login", "note"],
)
async def test_a_feeds_full_text_stands_in_for_its_page(tmp_path: Path, body: str, answer: str | web.Response) -> None:
    async with loopback(tmp_path) as site:
        site.answers["/story-11"] = answer
        site.feed({"title": "T", "guid": "g", "link": "/story-11", "content": paragraphs(body)})
        await site.poll()
        assert site.rows("SELECT url, text FROM articles") == [(site.url("/story-11"), body)]
        assert site.rows("SELECT outcome FROM entries") == [("canonical",)]
        ((provenance,),) = site.rows("SELECT provenance FROM articles")
        assert json.loads(provenance)["text"] == "feed"


async def test_a_page_that_says_more_than_its_feed_stays(tmp_path: Path) -> None:
    async with loopback(tmp_path) as site:
        site.answers["/story-11"] = page("T", ARTICLE)
        site.feed({"title": "T", "guid": "g", "link": "/story-11", "content": paragraphs(text(*STORY[:7]))})
        await site.poll()
        assert site.rows("SELECT text FROM articles") == [(ARTICLE,)]


def blocks(body: str) -> list[dict[str, object]]:
    return [{"kind": "paragraph", "attributes": {"html": f"<p>{line}</p>"}} for line in body.splitlines()]


def spans(body: str) -> list[dict[str, object]]:
    return [
        {"_type": "block", "children": [{"_type": "span", "text": part} for part in re.split(r"(?<=, )", line)]}
        for line in body.splitlines()
    ]


OTHERS = [{"title": f"Other {n}", "teaser": line} for n, line in enumerate((*OTHER_STORY, *NOVEL))]
STATES = {
    "preloaded": "<script>window.__PRELOADED_STATE__ = {};</script>",
    "apollo": "<script>window.__APOLLO_STATE__={};window.x=1;</script>",
    "json": '<script type="application/json" id="page-data">{}</script>',
    "nuxt": "<script>(function(){{window.__NUXT__=({})}})()</script>",
    "parsed": "<script>var data = JSON.parse({});</script>",
}


@pytest.mark.parametrize("body", [ARTICLE, RUSSIAN, JAPANESE], ids=["latin", "cyrillic", "japanese"])
@pytest.mark.parametrize("form", STATES)
async def test_a_text_that_a_page_carries_as_data_is_read(tmp_path: Path, form: str, body: str) -> None:
    state: dict[str, object] = {
        "Article:7": {"__typename": "Article", "body": blocks(body), "related": OTHERS},
        "menu": [{"label": "News", "url": "/news"}] * 20,
        "legal": "By using this site you accept the terms of service that are set out below.",
    }
    source = json.dumps(state, ensure_ascii=False)
    if form == "parsed":
        source = json.dumps(source)
    async with loopback(tmp_path) as site:
        site.answers["/story-11"] = SHELL.format(STATES[form].format(source))
        site.feed({"title": "T", "guid": "g", "link": "/story-11"})
        await site.poll()
        assert site.rows("SELECT text FROM articles") == [(body,)]
        ((provenance,),) = site.rows("SELECT provenance FROM articles")
        assert json.loads(provenance)["text"] == "page data"


def test_of_several_articles_in_a_pages_data_one_is_taken() -> None:
    state = {"articles": [{"body": blocks(text(*RECIPE))}, {"body": blocks(ARTICLE)}, {"body": blocks(text(*LOCAL))}]}
    assert embedded_text([Script("application/json", json.dumps(state))]) == ARTICLE


def test_blocks_with_spans_are_one_text() -> None:
    assert embedded_text([Script("application/json", json.dumps({"content": spans(ARTICLE)}))]) == ARTICLE


@pytest.mark.parametrize(
    "source", ["x = {", "a=[1,2,3]" * 5000, "f({" * 3000, '{"a":' * 2000, "var t = " + json.dumps({"a": "{b;c;}" * 99})]
)
def test_scripts_that_hold_no_text_give_none(source: str) -> None:
    assert embedded_text([Script("", source)]) is None


LIVE = {
    "@type": "LiveBlogPosting",
    "headline": "Storm",
    "liveBlogUpdate": [
        {"@type": "BlogPosting", "headline": f"Hour {n}", "articleBody": line} for n, line in enumerate(STORY)
    ],
}


async def test_a_live_blogs_updates_are_read(tmp_path: Path) -> None:
    async with loopback(tmp_path) as site:
        site.answers["/live-7"] = SHELL.format(f'<script type="application/ld+json">{json.dumps(LIVE)}</script>')
        site.feed({"title": "Storm", "guid": "g", "link": "/live-7"})
        await site.poll()
        ((body,),) = site.rows("SELECT text FROM articles")
        assert all(line in body for line in STORY)


FOLDS = {
    "details": "<details><summary>Read on</summary>{}</details>",
    "class": '<div class="article-more is-hidden">{}</div>',
    "visibility": '<section style="color:red; visibility: hidden">{}</section>',
    "height": '<div style="overflow:hidden;height:0px">{}</div>',
    "nested": '<div><div hidden><div class="text">{}</div></div></div>',
    "noscript": "<noscript>{}</noscript>",
}


@pytest.mark.parametrize("body", [ARTICLE, RUSSIAN, JAPANESE], ids=["latin", "cyrillic", "japanese"])
@pytest.mark.parametrize("form", FOLDS)
async def test_the_rest_behind_a_fold_is_read(tmp_path: Path, form: str, body: str) -> None:
    lines = body.splitlines()
    async with loopback(tmp_path) as site:
        rest = FOLDS[form].format(paragraphs("\n".join(lines[2:])))
        site.answers["/story-11"] = page("T", "\n".join(lines[:2])).replace("</article>", rest + "</article>")
        site.feed({"title": "T", "guid": "g", "link": "/story-11"})
        await site.poll()
        assert site.rows("SELECT text FROM articles") == [(body,)]


@pytest.mark.parametrize(
    "hidden",
    [
        f'<div class="comments" hidden>{paragraphs(text(*OTHER_STORY))}</div>',
        f'<div id="newsletter-modal" style="display:none">{paragraphs(text(*LOCAL))}</div>',
        f"<aside><div hidden>{paragraphs(text(*NOVEL))}</div></aside>",
        '<div class="sign-in-group hidden"><p>To go on reading our reports from all the harbours of the coast, create '
        "an account or sign in to continue reading, and tell us where to send your letters, your weekly puzzle and "
        "the paper's own guide to the islands in summer.</p></div>",
        '<div style="display:none"><p>Your address has been written down, and a letter is on its way.</p></div>',
        f'<div class="print-version" style="display:none">{paragraphs(ARTICLE)}</div>',
    ],
    ids=["comments", "newsletter", "aside", "offer", "sent", "twin"],
)
async def test_what_is_hidden_and_no_rest_stays_hidden(tmp_path: Path, hidden: str) -> None:
    async with loopback(tmp_path) as site:
        site.answers["/story-11"] = page("T", ARTICLE).replace("</article>", hidden + "</article>")
        site.feed({"title": "T", "guid": "g", "link": "/story-11"})
        await site.poll()
        assert site.rows("SELECT text FROM articles") == [(ARTICLE,)]


LEAD = (
    "The mountain town of Velmar was cut off on Monday after a landslide buried the only road through the valley, and"
)
TEASERS = [
    f"{LEAD} crews with dogs […]",
    f"{LEAD} crews with dogs [...]\nThe post Landslide appeared first on The Courier.",
    f"{LEAD} crews searched four barns.\nWeiterlesen …",
    f"{LEAD} crews searched four barns.\nЧитать далее",
    f"{JAPANESE.splitlines()[0]}\n続きを読む",
    f"{RUSSIAN.splitlines()[0][:80]}…",
    f"{LEAD} crews searched four barns until nightfall. Continue reading →",
]


@pytest.mark.parametrize("teaser", TEASERS)
def test_a_beginning_is_known_by_its_end(teaser: str) -> None:
    assert is_teaser(without_syndication_line(teaser))
    assert is_summary(without_syndication_line(teaser))


@pytest.mark.parametrize(
    "whole",
    [
        f"{ARTICLE}\nThe post Landslide appeared first on The Courier.",
        f"{ARTICLE}\nRead more",
        f"{ARTICLE}\n“We will see …”",
        JAPANESE,
        RUSSIAN,
    ],
)
def test_an_article_that_ends_so_is_one(whole: str) -> None:
    assert not is_teaser(without_syndication_line(whole))
    assert not is_summary(without_syndication_line(whole))


@pytest.mark.parametrize("teaser", TEASERS)
async def test_a_teaser_is_kept_and_found_and_is_no_article(tmp_path: Path, teaser: str) -> None:
    async with loopback(tmp_path) as site:
        site.answers["/story-11"] = web.Response(status=403, text="no")
        site.answers["/story-12"] = page("Landslide", teaser)
        for path in ("/story-11", "/story-12"):
            site.feed(
                {"title": path, "guid": "g", "link": path, "description": paragraphs(teaser)}, path=f"/feed{path}"
            )
        await site.poll("/feed/story-11", "/feed/story-12")
        assert site.rows("SELECT count(*) FROM articles") == [(0,)]
        assert site.outcomes()["/story-11"] == "http_error"
        assert site.outcomes()["/story-12"] in ("teaser", "too_short")
        word = "Velmar" if "Velmar" in teaser else "Паром" if "Паром" in teaser else "埠頭"
        found = output_json(ingest("search", word, "--json", "--db", site.db))
        assert {(each["relation"], each["article_id"]) for each in found["found"]} == {("teaser", None)}
        assert len(found["found"]) == 2
        ingest("prune", "--url", site.url("/story-11"), "--db", site.db)
        assert site.rows("SELECT url FROM teasers") == [(site.url("/story-12"),)]
        assert "every invariant" in ingest("doctor", "--deep", "--db", site.db, cwd=tmp_path).stdout


async def test_what_a_paywalled_page_shows_is_kept_until_the_article_can_be_had(tmp_path: Path) -> None:
    paid = '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false}</script>'
    async with loopback(tmp_path) as site:
        site.answers["/story-11"] = page("Landslide", text(*STORY[:2]), head=paid)
        item = {"title": "Landslide", "guid": "g", "link": "/story-11"}
        site.feed(item | {"description": "one"})
        await site.poll()
        assert site.outcomes() == {"Landslide": "paywall"}
        assert site.rows("SELECT text FROM teasers") == [(text(*STORY[:2]),)]
        assert site.rows("SELECT count(*) FROM fingerprints") == [(0,)]
        site.answers["/story-11"] = page("Landslide", ARTICLE)
        site.feed(item | {"description": "two"})
        await site.poll()
        assert site.outcomes() == {"Landslide": "canonical"}
        assert site.rows("SELECT count(*) FROM teasers") == [(0,)]
        assert site.rows("SELECT count(*) FROM teasers_fts WHERE teasers_fts MATCH 'Velmar'") == [(0,)]


def test_a_backfilled_teaser_is_kept_too(tmp_path: Path) -> None:
    db = tmp_path / "a.db"
    record = {"url": "https://paper.example/story-11", "html": page("Landslide", TEASERS[0] + " " + TEASERS[0])}
    told = output_json(ingest("backfill", archive(tmp_path / "a.jsonl", [record]), "--db", db, "--json", check=3))
    assert told["outcomes"] == {"teaser": 1}
    ((url, body),) = rows(db, "SELECT url, text FROM teasers")
    assert (url, "Velmar" in body) == (record["url"], True)
    archive(tmp_path / "a.jsonl", [record | {"html": page("Landslide", ARTICLE)}])
    ingest("backfill", tmp_path / "a.jsonl", "--db", db)
    assert rows(db, "SELECT count(*) FROM teasers") == [(0,)]


@pytest.mark.parametrize("body", [ARTICLE, RUSSIAN, JAPANESE], ids=["latin", "cyrillic", "japanese"])
@pytest.mark.parametrize("between", [" ", "\n", "\n\n"])
def test_a_body_that_data_holds_twice_is_read_once(body: str, between: str) -> None:
    assert body_of(body + between + body) == body_of(body)


def test_a_refrain_is_no_second_copy() -> None:
    poem = f"{ARTICLE}\n{ARTICLE[:200]}\n{text(*LOCAL)}"
    assert body_of(poem) == poem
