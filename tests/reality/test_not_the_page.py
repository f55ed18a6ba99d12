"""Not the page that was asked for: front pages, sections, logins, errors with status 200; and pages that go on."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import web

from ingest.extract.dead import speaks_of
from ingest.extract.following import following_page
from tests.dedup.builders import LOCAL, NOVEL, ORCHARD, OTHER_STORY, RACE, STORY, text
from tests.loopback import Loopback, loopback, page, paragraphs
from tests.running import ingest, output_json

ARTICLE = text(*STORY)
FRONT = page("The Gazette", text(*NOVEL, *ORCHARD))


def moved(target: str) -> web.Response:
    return web.Response(status=302, headers={"Location": target})


def listed(site: Loopback, titles: dict[str, str]) -> None:
    site.feed(*({"title": title, "guid": path, "link": path} for path, title in titles.items()))


@pytest.mark.parametrize("target", ["/", "/nachrichten", "/login?next=%2Fstory-1", "/cookie-consent", "/news/world/"])
async def test_a_link_that_ends_elsewhere_is_dead(tmp_path: Path, target: str) -> None:
    async with loopback(tmp_path) as site:
        site.answers["/story-about-ferries-1"] = moved(target)
        site.answers[target.partition("?")[0]] = FRONT
        listed(site, {"/story-about-ferries-1": "Halloway fishermen block harbour"})
        await site.poll()
        assert site.rows("SELECT outcome FROM entries") == [("dead_link",)]
        assert site.rows("SELECT count(*) FROM articles") == [(0,)]


async def test_a_link_that_leads_to_its_article_is_alive_wherever_that_stands(tmp_path: Path) -> None:
    async with loopback(tmp_path) as site:
        site.answers["/rss/1277"] = moved("/read")
        site.answers["/read"] = page("Landslide cuts off Velmar", ARTICLE)
        site.answers["/x"] = moved("/world/halloway-fishermen-block-harbour")
        site.answers["/world/halloway-fishermen-block-harbour"] = page("Blockade", text(*OTHER_STORY))
        listed(site, {"/rss/1277": "Landslide cuts off mountain town Velmar", "/x": "Something quite else here"})
        await site.poll()
        assert set(site.outcomes().values()) == {"canonical"}


@pytest.mark.parametrize(
    "head",
    [
        '<meta property="og:type" content="article">',
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Blockade"}</script>',
    ],
)
@pytest.mark.parametrize("target", ["/blockade", "/consent-decree", "/auth-reform"])
async def test_a_page_that_calls_itself_an_article_is_one(tmp_path: Path, head: str, target: str) -> None:
    async with loopback(tmp_path) as site:
        site.answers["/2026/03/our-boats-our-bread"] = moved(target)
        site.answers[target] = page("Blockade", text(*OTHER_STORY), head=head)
        listed(site, {"/2026/03/our-boats-our-bread": "“Nature strikes without warning”"})
        await site.poll()
        assert set(site.outcomes().values()) == {"canonical"}


async def test_what_a_dead_link_shows_is_kept_and_found(tmp_path: Path) -> None:
    async with loopback(tmp_path) as site:
        site.answers["/story-1"] = page("Black box not found", text(*STORY[:4]))
        site.feed({"guid": "g", "link": "/story-1"})  # nothing is known of what it was listed as
        await site.poll()
        assert site.rows("SELECT outcome FROM entries") == [("dead_link",)]
        assert output_json(ingest("search", "Velmar", "--json", "--db", site.db))["count"] == 1


NOTICES = {
    "de": ("Seite nicht gefunden", "Die gewünschte Seite wurde verschoben oder gelöscht. Nutzen Sie die Suche."),
    "ja": ("お探しのページが見つかりません", "お探しのページは移動したか、掲載期間が終了した可能性があります。"),
    "ru": ("Ошибка 404", "Запрошенная страница не найдена или была удалена. Воспользуйтесь поиском по сайту или меню."),
    "ar": ("الصفحة غير موجودة", "الصفحة التي تبحث عنها ربما حذفت أو تغير عنوانها. يرجى استخدام البحث في أعلى الصفحة."),
}  # fmt: skip


@pytest.mark.parametrize("language", NOTICES)
async def test_an_error_with_status_200_is_no_article(tmp_path: Path, language: str) -> None:
    title, notice = NOTICES[language]
    async with loopback(tmp_path) as site:
        body = "\n".join([notice] * 4)
        site.answers["/story-1"] = page(title, body)
        listed(site, {"/story-1": "Halloway fishermen block harbour entrance"})
        await site.poll()
        assert set(site.outcomes().values()) == {"dead_link"}


# In a language that nobody has listed, and with the link on it: told by that it stands behind several links.
def unlisted(path: str) -> str:
    lines = [
        f"Ang hinahanap mong pahina ay wala na rito o inilipat na sa ibang lugar ng aming sityo: {path}",
        "Subukan ang paghahanap sa itaas, o bumalik sa unahan para sa pinakabagong balita ng araw na ito.",
        "Kung sa tingin mo ay may mali, sumulat sa amin at sabihin kung saan mo nakita ang kawing na ito.",
    ]
    return page("Paumanhin", "\n".join(lines))


TITLES = {
    "/balita-0": "Halloway fishermen block harbour entrance",
    "/balita-1": "Velmar landslide closes mountain road",
    "/balita-2": "Herring quota divides ministers",
    "/balita-3": "Scientists study apple harvest losses",
}


@pytest.mark.parametrize("at_once", [True, False])
async def test_the_same_page_behind_several_links_is_none_of_them(tmp_path: Path, at_once: bool) -> None:
    async with loopback(tmp_path) as site:
        for path in TITLES:
            site.answers[path] = unlisted(path)
        some: dict[str, str] = {}
        for path, title in TITLES.items():
            some[path] = title
            if not at_once:
                listed(site, some)
                await site.poll()
        listed(site, TITLES)
        await site.poll()
        assert set(site.outcomes().values()) == {"dead_link"}
        assert site.rows("SELECT count(*) FROM articles") == [(0,)]
        assert site.rows("SELECT count(*) FROM fingerprints") == [(0,)]
        assert output_json(ingest("search", "Paumanhin OR hinahanap", "--json", "--db", site.db))["count"] == 0
        assert output_json(ingest("search", "hinahanap", "--json", "--db", site.db))["count"] == 4, "kept, and found"
        site.answers["/balita-0"] = page("Blockade", text(*OTHER_STORY))
        listed(site, TITLES | {"/balita-0": "Halloway fishermen block harbour, talks begin"})
        await site.poll()
        assert site.rows("SELECT count(*) FROM articles") == [(1,)], "a page that comes back is an article again"


async def test_one_article_listed_twice_by_headlines_of_its_own_stays(tmp_path: Path) -> None:
    async with loopback(tmp_path) as site:
        site.answers["/a-1"] = site.answers["/b-1"] = page("Landslide", ARTICLE)
        listed(
            site, {"/a-1": "“We heard a roar”: a morning remembered", "/b-1": "Nature's fury strikes without warning"}
        )
        await site.poll()
        assert site.rows("SELECT count(*) FROM articles") == site.rows("SELECT count(*) FROM copies") == [(1,)]


@pytest.mark.parametrize(
    ("title", "body", "speaks"),
    [
        ("Landslide cuts off Velmar", ARTICLE, True),
        ("Fishermen block the harbour", ARTICLE, False),
        ("Live", ARTICLE, None),
        (None, ARTICLE, None),
        ("渡轮在灯塔岛外触礁", "一艘渡轮周四在灯塔岛附近触礁。", True),
        ("渡轮在灯塔岛外触礁", "您访问的内容已经被删除，请返回首页。", False),
        ("Паром сел на мель", "Паром с пассажирами сел на мель", True),
    ],
)
def test_whether_a_text_is_about_its_headline(title: str | None, body: str, speaks: bool | None) -> None:
    assert speaks_of(title, body) is speaks


@pytest.mark.parametrize(
    ("first", "second", "is_next"),
    [
        ("/story-7", "/story-7?page=2", True),
        ("/story-7?id=3", "/story-7?id=3&seite=2", True),
        ("/story-7", "/story-7/2/", True),
        ("/story-7.html", "/story-7_2.html", True),
        ("/story-7.html", "/story-7,page-2.html", True),
        ("/2026/03/a-story/", "/2026/03/a-story/page/2", True),
        ("/story/7", "/story/8", False),
        ("/story-1", "/story-2", False),
        ("/story-7", "/story-7?page=3", False),
        ("/story-7?id=3", "/story-7?id=4&page=2", False),
        ("/story-7", "/story-7-2-dead", False),
        ("/story-7", "/other?page=2", False),
    ],
)
def test_a_next_page_differs_by_its_number_alone(first: str, second: str, is_next: bool) -> None:
    base = "https://a.example"
    found = following_page(base + first, [base + "/", base + second], 2)
    assert (found == base + second) is is_next


@pytest.mark.parametrize("name", ["Next", "2", "次のページ", "Дальше »"])
@pytest.mark.parametrize("style", ["{}?page={}", "{}/{}"])
async def test_an_article_in_pages_behind_plain_links_is_read_whole(tmp_path: Path, name: str, style: str) -> None:
    parts = [text(*STORY[:4]), text(*STORY[4:8]), text(*STORY[8:])]
    paths = ["/reports/velmar", *(style.format("/reports/velmar", number) for number in (2, 3))]
    async with loopback(tmp_path) as site:
        for path, body in zip(paths, parts, strict=True):
            others = "".join(f'<a href="{other}">{name}</a>' for other in paths if other != path)
            site.answers[path] = page("Landslide", body, around="{}" + f"<div class='pages'>{others}</div>")
        listed(site, {"/reports/velmar": "Landslide cuts off Velmar"})
        await site.poll()
        assert site.rows("SELECT text FROM articles") == [(ARTICLE,)]


async def test_the_next_article_of_an_endless_page_is_another(tmp_path: Path) -> None:
    async with loopback(tmp_path) as site:
        following = f"<article><h2>Blockade of Halloway</h2>{paragraphs(text(*OTHER_STORY))}</article>"
        third = f"<article><h2>Hill race</h2>{paragraphs(text(*RACE, *LOCAL))}</article>"
        site.answers["/story-1"] = page("Landslide", ARTICLE, around="<main>{}" + following + third + "</main>")
        listed(site, {"/story-1": "Landslide cuts off Velmar"})
        await site.poll()
        assert site.rows("SELECT text FROM articles") == [(ARTICLE,)]
