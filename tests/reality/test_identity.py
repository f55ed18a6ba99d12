"""One identity, one rule: which page is which article, told by names of parameters, claims and texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.backfill.test_run import archive, article
from tests.dedup.builders import NOVEL, ORCHARD, OTHER_STORY, RACE, RECIPE, STORY, text
from tests.loopback import loopback, page, paragraphs
from tests.running import ingest, output_json, rows

TEXTS = [text(*each) for each in (STORY, OTHER_STORY, NOVEL, RECIPE, ORCHARD, RACE)]
PUBLISHED = "SELECT url FROM publications ORDER BY doc"


@pytest.mark.parametrize("name", ["uid", "session", "source_id", "keyword", "campaign_id", "aff_id", "ga_id", "mc"])
async def test_an_id_named_like_a_tracker_stays(tmp_path: Path, name: str) -> None:
    async with loopback(tmp_path) as site:
        paths = [f"/read.asp?{name}={100 + n}&utm_source=rss" for n in range(3)]
        for path, body in zip(paths, TEXTS, strict=False):
            site.answers[path.partition("&")[0]] = page(path, body)
        site.feed(*({"title": path, "guid": path, "link": path} for path in paths))
        await site.poll()
        assert [url for (url,) in site.rows(PUBLISHED)] == [
            site.url(path.partition("&")[0]) for path in sorted(paths, reverse=True)
        ] or len(site.rows(PUBLISHED)) == 3
        assert site.rows("SELECT count(*) FROM revisions") == [(0,)]
        assert site.rows("SELECT count(*) FROM publications WHERE url LIKE '%utm%'") == [(0,)]


@pytest.mark.parametrize(
    "head",
    [
        '<link rel="canonical" href="{base}/news/story-of-the-day-2026">',  # it could be an article's
        '<link rel="canonical" href="{base}/read/1001">',
        '<meta property="og:url" content="{base}/2026/ticker.html?id=12">',
        '<link rel="canonical" href="{base}/новости/паром-сел-на-мель">',
        '<link rel="canonical" href="{base}/index.jsp">',
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
async def test_what_several_texts_call_themselves_is_none_of_theirs(tmp_path: Path, head: str, at_once: bool) -> None:
    async with loopback(tmp_path) as site:
        items = []
        for number, body in enumerate(TEXTS):
            path = f"/lesen/{2000 + number}"
            site.answers[path] = page(path, body, head=head.format(base=site.base))
            items.append({"title": path, "guid": path, "link": path})
            if not at_once:
                site.feed(*items)
                await site.poll()
        site.feed(*items)
        await site.poll()
        assert {url for (url,) in site.rows(PUBLISHED)} == {site.url(f"/lesen/{2000 + n}") for n in range(6)}
        assert site.rows("SELECT count(*) FROM revisions") == [(0,)]
        if "jsp" not in head:
            (doubts,) = site.rows("SELECT count(*) FROM entries WHERE error LIKE '%calls itself%'")[0]
            assert doubts == 5
        assert "links and index are what" in ingest("doctor", "--deep", "--db", site.db, cwd=tmp_path).stdout


async def test_a_true_claim_makes_two_links_one_publication(tmp_path: Path) -> None:
    async with loopback(tmp_path) as site:
        head = f'<link rel="canonical" href="{site.url("/world/landslide-cuts-off-velmar")}">'
        for path in ("/world/landslide-cuts-off-velmar", "/print/8812", "/app/view?item=8812"):
            site.answers[path] = page("Landslide", TEXTS[0], head=head)
        site.feed(*({"title": path, "guid": path, "link": path} for path in site.answers if path != "/feed"))
        await site.poll()
        assert site.rows(PUBLISHED) == [(site.url("/world/landslide-cuts-off-velmar"),)]
        assert sorted(site.outcomes().values()) == ["canonical", "same_url", "same_url"]


async def test_entries_without_a_link_are_texts_of_their_own(tmp_path: Path) -> None:
    async with loopback(tmp_path) as site:

        def listed(bodies: list[str]) -> list[dict[str, str]]:
            return [
                {"title": f"T{n}", "guid": f"urn:x:{n}", "content": paragraphs(body)} for n, body in enumerate(bodies)
            ]

        site.feed(*listed(TEXTS[:3]), path="/feed")
        site.feed(*listed(TEXTS[3:6]), path="/other")
        await site.poll("/feed", "/other")
        assert site.rows("SELECT count(DISTINCT url), count(*) FROM articles") == [(6, 6)]
        assert all(
            url.startswith((site.url("/feed#entry="), site.url("/other#entry="))) for (url,) in site.rows(PUBLISHED)
        )
        site.feed(*listed([text(*STORY[:-1], "The road is open again."), *TEXTS[1:3]]), path="/feed")
        await site.poll("/feed", "/other")
        assert site.rows("SELECT count(*) FROM articles") == [(6,)]
        assert site.rows("SELECT count(*) FROM revisions") == [(1,)]


async def test_a_link_that_is_no_page_loses_no_text(tmp_path: Path) -> None:
    links = ("magnet:?xt=1", "javascript:void(0)", "about:blank")
    async with loopback(tmp_path) as site:
        site.feed(
            *(
                {"title": str(n), "guid": str(n), "link": link, "content": paragraphs(TEXTS[n])}
                for n, link in enumerate(links)
            )
        )
        await site.poll()
        assert site.outcomes() == {"0": "canonical", "1": "canonical", "2": "canonical"}


async def test_a_column_of_every_day_at_one_url_keeps_every_day(tmp_path: Path) -> None:
    async with loopback(tmp_path) as site:
        for day, body in enumerate(TEXTS[:3]):
            site.answers["/horoscope"] = page("Your stars today", body)
            site.feed({"title": f"Stars of day {day}", "guid": f"stars-{day}", "link": "/horoscope"})
            await site.poll()
        assert site.rows("SELECT count(*) FROM revisions") == [(0,)]
        texts = {body for (body,) in site.rows("SELECT text FROM articles")}
        assert len(texts) == 3
        assert [url.removeprefix(site.base) for (url,) in site.rows(PUBLISHED)] == [
            "/horoscope", "/horoscope#text-2", "/horoscope#text-3",
        ]  # fmt: skip
        assert site.rows("SELECT count(*) FROM entries WHERE error LIKE '%another text stands at%'") == [(2,)]
        # The one that stands there now is corrected: it is the third that is revised, and the others are left alone.
        corrected = page("Your stars today", TEXTS[2].replace("winter number 4", "winter number 14"))
        site.answers["/horoscope"] = corrected
        site.feed({"title": "Stars of day 2, corrected", "guid": "stars-2", "link": "/horoscope"})
        await site.poll()
        assert site.rows("SELECT url FROM revisions") == [(site.url("/horoscope#text-3"),)]
        assert site.rows("SELECT count(*) FROM articles") == [(3,)]


def test_variants_of_a_url_in_an_archive_are_one_publication(tmp_path: Path) -> None:
    body = article(1)
    urls = [
        "https://www.paper.example/world/ferry-aground-1812",
        "http://paper.example/world/ferry-aground-1812/",
        "https://m.paper.example/world/ferry-aground-1812?utm_campaign=x#top",
        "https://PAPER.example:443/world/ferry-aground-1812?fbclid=7",
        "https://amp.paper.example/world/ferry-aground-1812/amp",
    ]
    other = article(2, "http://www.paper.example/world/ferry-aground-1812") | {"text": article(2)["text"]}
    db = tmp_path / "a.db"
    lines = [{**body, "url": url} for url in urls]
    told = output_json(ingest("backfill", archive(tmp_path / "a.jsonl", [*lines, other]), "--db", db, "--json"))
    assert told["outcomes"] == {"canonical": 2, "same_url": 4}
    assert rows(db, PUBLISHED) == [(urls[0],), (other["url"],)], "another text under a variant is another publication"
    again = output_json(ingest("backfill", archive(tmp_path / "b.jsonl", lines[::-1]), "--db", db, "--json"))
    assert again["outcomes"] == {"same_url": 5}
    for name in urls[1:]:
        assert str(rows(db, "SELECT id FROM articles")[0][0]) in ingest("show", name, "--db", db).stdout
    ingest("prune", "--url", urls[2], "--db", db)
    assert rows(db, PUBLISHED) == [], "a takedown holds for every variant"
    back = output_json(ingest("backfill", archive(tmp_path / "c.jsonl", lines[:2]), "--db", db, "--json", check=3))
    assert back["outcomes"] == {"pruned": 2}


def test_records_that_share_a_url_and_nothing_else_are_all_kept(tmp_path: Path) -> None:
    lines = [article(number, "https://paper.example/live") for number in range(4)]
    db = tmp_path / "a.db"
    source = archive(tmp_path / "a.jsonl", lines)
    told = output_json(ingest("backfill", source, "--db", db, "--json"))
    assert told["outcomes"] == {"canonical": 4}
    assert {body for (body,) in rows(db, "SELECT text FROM articles")} == {line["text"] for line in lines}
    assert output_json(ingest("backfill", archive(tmp_path / "b.jsonl", lines[::-1]), "--db", db, "--json"))[
        "outcomes"
    ] == {"same_url": 4}


@pytest.mark.parametrize(
    "change",
    [
        ("2.5 million", "25 million"),
        ("2.5 million", "-2.5 million"),
        ("2.5 million crowns", "2.5 million euros"),
        ("320 residents", "32 residents"),
        ("on Monday", "on Tuesday"),
        ("shelter, food", "shelter; food"),
    ],
)
def test_a_correction_is_a_revision_however_small(tmp_path: Path, change: tuple[str, str]) -> None:
    record = {"url": "https://paper.example/velmar-landslide-1", "title": "Landslide", "text": text(*STORY)}
    source, db = tmp_path / "a.jsonl", tmp_path / "a.db"
    ingest("backfill", archive(source, [record]), "--db", db)
    corrected = record | {"text": record["text"].replace(*change)}
    assert corrected != record
    archive(source, [corrected])
    assert output_json(ingest("backfill", source, "--db", db, "--json"))["outcomes"] == {"revision": 1}
    assert rows(db, "SELECT text FROM articles") == [(corrected["text"],)]
    assert rows(db, "SELECT text FROM revisions") == [(record["text"],)]


def test_a_corrected_headline_is_a_revision_and_reordered_sentences_are_none(tmp_path: Path) -> None:
    record = {"url": "https://paper.example/velmar-landslide-1", "title": "Landslide kills 3", "text": text(*STORY)}
    source, db = tmp_path / "a.jsonl", tmp_path / "a.db"
    ingest("backfill", archive(source, [record]), "--db", db)
    archive(source, [record | {"text": text(*reversed(STORY))}])
    assert output_json(ingest("backfill", source, "--db", db, "--json"))["outcomes"] == {"same_url": 1}
    archive(source, [record | {"title": "Landslide kills nobody"}])
    assert output_json(ingest("backfill", source, "--db", db, "--json"))["outcomes"] == {"revision": 1}
    assert rows(db, "SELECT title FROM articles UNION ALL SELECT title FROM revisions") == [
        ("Landslide kills nobody",), ("Landslide kills 3",),
    ]  # fmt: skip


async def test_facts_that_changed_are_updated_without_a_revision(tmp_path: Path) -> None:
    def with_facts(author: str, section: str) -> str:
        head = f'<meta name="author" content="{author}"><meta property="article:section" content="{section}">'
        return page("Landslide", text(*STORY), head=head)

    async with loopback(tmp_path) as site:
        site.answers["/velmar-landslide-77"] = with_facts("Ann Arbor", "World")
        item = {"title": "Landslide", "guid": "g", "link": "/velmar-landslide-77"}
        site.feed(item | {"description": "one"})
        await site.poll()
        site.answers["/velmar-landslide-77"] = with_facts("Ben Nevis", "Region")
        site.feed(item | {"description": "two"})
        await site.poll()
        assert site.rows("SELECT author, section FROM articles") == [("Ben Nevis", "Region")]
        assert site.rows("SELECT count(*) FROM revisions") == [(0,)]
        assert site.outcomes() == {"Landslide": "canonical"}


async def test_a_feed_speaks_for_its_own_site_only(tmp_path: Path) -> None:
    """Planted: a text of its own under a page of another site that is not there yet."""
    async with loopback(tmp_path) as site:
        there = site.base.replace("127.0.0.1", "127.0.0.2")
        page_there = f"{there}/world/landslide-at-velmar-1"
        site.feed(
            {"title": "Landslide", "guid": "g", "link": page_there, "content": paragraphs(TEXTS[1])}, path="/planted"
        )
        await site.poll("/planted")
        ((url, host),) = site.rows("SELECT url, site FROM articles")
        assert url.startswith(site.url("/planted#entry="))
        assert host == "127.0.0.1"
        site.answers["/world/landslide-at-velmar-1"] = page("Landslide", TEXTS[0])
        site.feed({"title": "Landslide", "guid": "h", "link": page_there}, path="/honest")
        await site.poll("/planted", "/honest")
        assert (page_there, TEXTS[0]) in site.rows("SELECT url, text FROM articles")
        assert site.rows("SELECT outcome FROM entries WHERE key = 'h'") == [("canonical",)]


async def test_a_feed_puts_no_text_into_a_page_of_another_site(tmp_path: Path) -> None:
    async with loopback(tmp_path) as site:
        there = site.base.replace("127.0.0.1", "127.0.0.2")
        short = text(*STORY[:5])
        site.answers["/world/landslide-1"] = page("Landslide", short)
        planted = paragraphs(text(*STORY[:5], *OTHER_STORY, *NOVEL))
        for path, link in (("/planted", f"{there}/world/landslide-1"), ("/own", site.url("/world/landslide-1"))):
            site.feed({"title": "Landslide", "guid": path, "link": link, "content": planted}, path=path)
        await site.poll("/planted", "/own")
        texts = dict(site.rows("SELECT url, text FROM publications p JOIN (SELECT doc AS d, text FROM articles"
                               " UNION ALL SELECT doc, text FROM copies) ON d = p.doc"))  # fmt: skip
        assert texts[f"{there}/world/landslide-1"] == short
        assert texts[site.url("/world/landslide-1")] != short, "its own site's feed may say more than its page"
