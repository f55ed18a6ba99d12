"""`ingest feeds …` as a person and a program use it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ingest.cli import ingest
from tests.acquire.build import item, rss
from tests.acquire.server import Reply, Server, serving
from tests.running import ingest as run_command
from tests.running import output_json

SENTENCES = (
    "The council met on Monday",
    "Farmers asked for more water",
    "Nobody knew the reason",
    "A bridge was closed",
)
PAGE = "<html><body><article><h1>Story</h1>" + "".join(
    f"<p>{sentence} and the {word} went on for the rest of the long afternoon in the old town.</p>"
    for sentence in SENTENCES
    for word in ("talks", "works", "music")
)
JANUARY, FEBRUARY = (f"<pubDate>Thu, 01 {month} 2026 09:00:00 GMT</pubDate>" for month in ("Jan", "Feb"))


@pytest.fixture(scope="module")
def site() -> Iterator[Server]:
    """A site with two feeds, served from a thread: the commands run event loops of their own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    home = "".join(f"<link rel=alternate type=application/rss+xml href=/{name}.rss>" for name in ("news", "sport"))
    replies = {
        "/": Reply(f"<html><head>{home}</head></html>"),
        "/single": Reply("<html><link rel=alternate type=application/rss+xml href=/news.rss></html>"),
        "/none": Reply("<html></html>"),
        "/news.rss": Reply(rss([item(1, link="/story"), item(2)], channel="<ttl>60</ttl>"), headers={"ETag": '"1"'}),
        "/sport.rss": Reply(rss([item(3)])),
        "/oldest-first.rss": Reply(rss([item(4, extra=JANUARY), item(5, link="/story", extra=FEBRUARY), item(6)])),
        "/story": Reply(f"{PAGE}</article></body></html>", headers={"Content-Type": "text/html"}),
    }
    context = serving(replies)
    server = asyncio.run_coroutine_threadsafe(context.__aenter__(), loop).result(10)
    yield server
    asyncio.run_coroutine_threadsafe(context.__aexit__(None, None, None), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


class Desk:
    """Runs commands over one database and config."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "config.yaml"
        self.config.write_text(
            'fetch: {allow_networks: ["127.0.0.0/8"], host_interval: 0, per_host: 16, connect_timeout: 2s}\n'
        )
        self.db = folder / "feeds.db"

    def __call__(self, *args: str, code: int = 0) -> Result:
        command = ["feeds", *args, "--db", str(self.db), "--config", str(self.config)]
        done = CliRunner().invoke(ingest, command, catch_exceptions=True)
        assert done.exit_code == code, (done.output, done.exception)
        return done

    def listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self("list", "--json").stdout)
        return found


@pytest.fixture
def feeds(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_feed_is_added_once(feeds: Desk, site: Server) -> None:
    assert "added" in feeds("add", site.url("/news.rss"), "--tag", "x").output
    assert "known" in feeds("add", site.url("/news.rss")).output
    assert [(feed["url"], feed["tags"]) for feed in feeds.listed()] == [(site.url("/news.rss"), ["x"])]


def test_a_site_with_one_feed_is_added_by_its_address(feeds: Desk, site: Server) -> None:
    feeds("add", site.url("/single"))
    assert feeds.listed()[0]["url"] == site.url("/news.rss")


def test_a_site_with_several_feeds_shows_the_choice(feeds: Desk, site: Server) -> None:
    shown = feeds("add", site.url("/"), code=3).output
    assert site.url("/news.rss") in shown
    assert site.url("/sport.rss") in shown
    assert "--all" in shown
    choice = json.loads(feeds("add", site.url("/"), "--json", code=3).stdout)[0]["choice"]
    assert [feed["entries"] for feed in choice] == [2, 1]
    feeds("add", site.url("/"), "--all")
    assert len(feeds.listed()) == 2


def test_a_site_without_feeds_is_refused_and_one_that_is_down_added_with_a_warning(feeds: Desk, site: Server) -> None:
    assert "no feed found" in feeds("add", site.url("/none"), code=3).output
    assert "could not be looked at" in feeds("add", "http://127.0.0.1:1/feed").output
    feeds("add", site.url("/none"), "--no-check")
    assert len(feeds.listed()) == 2


def test_bad_urls_are_refused_and_the_others_added(feeds: Desk, site: Server) -> None:
    assert "ftp://x" in feeds("add", "ftp://x", site.url("/news.rss"), code=3).output
    assert len(feeds.listed()) == 1


def test_discover_lists_the_feeds_of_a_site(feeds: Desk, site: Server) -> None:
    assert site.url("/sport.rss") in feeds("discover", site.url("/")).output
    assert len(json.loads(feeds("discover", site.url("/"), "--json").stdout)) == 2
    feeds("discover", site.url("/none"), code=1)
    assert not feeds.db.exists()


def test_test_shows_what_would_happen_and_stores_nothing(feeds: Desk, site: Server) -> None:
    report = json.loads(feeds("test", site.url("/news.rss"), "--json").stdout)
    assert (report["outcome"], len(report["entries"]), report["validators"]["etag"]) == ("ok", 2, '"1"')
    assert report["page"]["outcome"] == "extracted"
    assert report["page"]["words"] > 40
    shown = feeds("test", site.url("/news.rss")).output
    assert "entries     2" in shown
    assert "The council met on Monday" in shown
    assert not feeds.db.exists()
    assert "not_a_feed" in feeds("test", site.url("/none"), code=1).output
    assert "bad_url" in feeds("test", "ftp://x", code=1).output


def test_test_takes_the_newest_entry_wherever_it_stands(feeds: Desk, site: Server) -> None:
    report = json.loads(feeds("test", site.url("/oldest-first.rss"), "--json").stdout)
    assert [entry["title"] for entry in report["entries"]] == ["Story 5", "Story 4", "Story 6"]
    assert report["page"]["url"] == site.url("/story")


def test_opml_goes_in_and_out(feeds: Desk, tmp_path: Path) -> None:
    file = tmp_path / "in.opml"
    file.write_text(
        "<opml><body><outline text='World'><outline text='A' xmlUrl='https://a.example/f'/>\n"
        "<outline text='B' xmlUrl='nonsense'/></outline></body></opml>"
    )
    refused = feeds("import", str(file), code=3).output
    assert "added https://a.example/f" in refused
    assert f"{file}:2: xmlUrl: 'nonsense'" in refused
    out = tmp_path / "out.opml"
    feeds("export", "-o", str(out))
    assert "https://a.example/f" in out.read_text()
    assert feeds("export").stdout == out.read_text()
    feeds("remove", "https://a.example/f")
    assert "added" in feeds("import", str(out)).output
    assert feeds.listed()[0]["tags"] == ["World"]


def test_feeds_are_paused_resumed_refreshed_and_removed(feeds: Desk) -> None:
    feeds("add", "--no-check", "https://a.example/f", "https://b.example/f")
    feeds("pause", "1", "--reason", "too loud")
    assert feeds.listed()[0]["reason"] == "too loud"
    assert "1 feed due" in feeds("refresh").output
    assert "is paused" in str(feeds("refresh", "1", code=1).exception)
    feeds("resume", "1", "https://b.example/f")
    assert "2 feeds due" in feeds("refresh").output
    assert "no such feed" in feeds("remove", "1", "77", code=3).output
    assert [feed["id"] for feed in feeds.listed()] == [2]


def test_what_was_done_to_feeds_is_told_to_programs_too(feeds: Desk) -> None:
    feeds("add", "--no-check", "https://a.example/f")
    done = {"url": "https://a.example/f", "result": "paused"}
    assert json.loads(feeds("pause", "1", "--json").stdout) == [done]
    assert json.loads(feeds("resume", "1", "--json").stdout) == [done | {"result": "resumed"}]
    assert json.loads(feeds("refresh", "--json").stdout) == {"due": 1}
    removed, refused = json.loads(feeds("remove", "1", "77", "--json", code=3).stdout)
    assert removed == done | {"result": "removed"}
    assert (refused["url"], refused["result"]) == ("77", "refused")
    assert "no such feed" in refused["error"]


def test_the_table_shows_state_and_trouble_of_every_feed(feeds: Desk) -> None:
    assert "No feeds" in feeds("add", "--no-check", "https://a.example/f").output or feeds.db.exists()
    feeds("pause", "1", "--reason", "[too] loud")
    shown = feeds("list").output
    assert "paused" in shown
    assert "[too] loud" in shown
    assert "https://a.example/f" in shown


def test_a_feed_that_is_paused_or_parked_is_shown_so_whatever_went_wrong_before(feeds: Desk) -> None:
    feeds("add", "--no-check", "https://a.example/f", "https://b.example/f", "https://c.example/f")
    with closing(sqlite3.connect(feeds.db)) as connection, connection:
        connection.execute("UPDATE feeds SET errors = 3, last_outcome = 'dns_error', next_poll_at = '2031-01-02T03'")
        connection.execute("UPDATE feeds SET status = 'parked' WHERE id = 2")
    feeds("pause", "1")
    paused, parked, active = (
        next(line for line in feeds("list").output.splitlines() if line.split()[:1] == [number]) for number in "123"
    )
    assert ("paused" in paused, "2031" in paused) == (True, False), "no poll will come"
    assert ("parked" in parked, "2031" in parked) == (True, True), "it is tried now and then"
    assert "dns_error ×3" in active


def test_status_counts_no_paused_feed_as_troubled(feeds: Desk) -> None:
    feeds("add", "--no-check", "https://a.example/f", "https://b.example/f")
    with closing(sqlite3.connect(feeds.db)) as connection, connection:
        connection.execute("UPDATE feeds SET errors = 3, last_outcome = 'dns_error'")
    feeds("pause", "1")
    report = output_json(run_command("status", "--db", feeds.db, "--json"))
    assert [feed["id"] for feed in report["feeds"]["troubled"]] == [2]


def test_a_feed_of_the_config_is_removed_there(feeds: Desk) -> None:
    feeds.config.write_text("feeds: [https://a.example/f]\n")
    from ingest.config import load_config
    from ingest.store.database import open_database
    from ingest.store.feeds import sync_feeds
    from tests.store.test_feeds import NOW

    connection = open_database(feeds.db)
    sync_feeds(connection, load_config(feeds.config), [], NOW)
    connection.close()
    assert "config.yaml:1" in feeds("remove", "1", code=3).output
