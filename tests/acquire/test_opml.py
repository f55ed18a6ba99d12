"""OPML in and out."""

from __future__ import annotations

import os
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.acquire.opml import (
    MAX_DEPTH,
    MAX_ELEMENTS,
    MAX_PROBLEMS,
    OpmlFeed,
    read_opml,
    read_regular,
    scan_opml,
    write_opml,
)
from ingest.errors import ConfigError

FILE = b"""<?xml version="1.0"?>
<opml version="2.0"><head><title>Mine</title></head><body>
<outline text="News">
  <outline text="A &amp; B" xmlUrl="http://a.example/f" htmlUrl="http://a.example/"/>
  <outline title="Deep"><outline text="C" XMLURL="https://c.example/f" category="/x/y,z"/></outline>
</outline>
<outline text="A again" xmlUrl="http://a.example/f"><outline text="x"/></outline>
</body></opml>"""


def test_folders_become_tags_and_every_feed_stands_once() -> None:
    one, two = read_opml(FILE, "my.opml")
    assert one == OpmlFeed("http://a.example/f", "A & B", ("News",), "http://a.example/", 4)
    assert two == OpmlFeed("https://c.example/f", "C", ("News", "Deep", "x/y", "z"), None, 5)


def test_what_was_written_is_read_again() -> None:
    feeds = read_opml(FILE, "my.opml")
    again = read_opml(write_opml(feeds).encode(), "again")
    assert [replace(feed, line=0) for feed in again] == [replace(feed, line=0) for feed in feeds]


texts = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(str.strip)


@given(title=texts, tags=st.lists(texts.filter(lambda t: not set(",/") & set(t)), max_size=3, unique_by=str.strip))
def test_any_title_and_tags_survive(title: str, tags: list[str]) -> None:
    feed = OpmlFeed("https://a.example/f?a=1&b=<2>", title.strip(), tuple(tag.strip() for tag in tags))
    (again,) = read_opml(write_opml([feed]).encode(), "again")
    assert (again.url, again.title, again.tags) == (feed.url, feed.title, feed.tags)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "f.opml:1: not well-formed"),
        (b"plain", "f.opml:1: not well-formed"),
        (b"<opml>\n<body>\n</opml>", "f.opml:3: not well-formed"),
        (b"<rss/>", "f.opml:1: <rss> is not <opml>"),
        (b'<!DOCTYPE o [\n<!ENTITY a "b">]><opml/>', "entities"),
        (b'<!DOCTYPE o [<!ENTITY a SYSTEM "file:///etc/passwd">]><opml/>', "entities"),
        (b'<?xml version="1.0" encoding="klingon"?><opml/>', "f.opml:1: cannot be read"),
        (b"<opml>" + b"<outline>" * (MAX_DEPTH + 1) + b"</outline>" * (MAX_DEPTH + 1) + b"</opml>", "nested"),
        (b"<opml>" + b"<outline/>" * MAX_ELEMENTS + b"</opml>", "more than 500000 elements"),
        (b"<opml><body>\n<outline xmlUrl='ftp://a.example/'/></body></opml>", "f.opml:2: xmlUrl: 'ftp://a.example/'"),
    ],
)
def test_a_file_that_is_none_is_named_with_its_line(body: bytes, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_opml(body, "f.opml")
    assert says in str(caught.value)


def test_a_scan_takes_the_good_feeds_and_names_the_others() -> None:
    body = b"<opml><body><outline xmlUrl='x'/>\n<outline xmlUrl='https://a.example/'/></body></opml>"
    feeds, problems = scan_opml(body, "f.opml")
    assert [feed.url for feed in feeds] == ["https://a.example/"]
    assert problems == ["f.opml:1: xmlUrl: 'x' is not an absolute http(s) URL"]


@pytest.mark.parametrize("piece", [b"<outline>", b"<outline text='x'>", b"<a/>", b"<outline a='' b='' c=''/>"])
def test_a_list_costs_no_more_memory_than_what_it_lists(piece: bytes) -> None:
    body = b"<opml>" + piece * ((4 << 20) // len(piece))
    tracemalloc.start()
    with pytest.raises(ConfigError):
        scan_opml(body, "f.opml")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 << 20  # of 31 kB on the wire a tree of 6.3 GB was made


def test_so_many_problems_are_named_and_the_others_counted() -> None:
    body = b"<opml>" + b"<outline xmlUrl='x'/>" * (MAX_PROBLEMS + 7) + b"<outline xmlUrl='http://a.example/'/></opml>"
    feeds, problems = scan_opml(body, "f.opml")
    assert len(feeds) == 1
    assert len(problems) == MAX_PROBLEMS + 1
    assert problems[-1] == "f.opml: 7 more feeds whose URL is none"


def test_nothing_but_a_regular_file_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(OSError, match=r"not a regular file|directory"):
            read_regular(path)
    (tmp_path / "file").write_bytes(FILE)
    assert read_regular(tmp_path / "file") == FILE
    assert read_regular(tmp_path / "file", 10) == FILE[:10]
