"""Pages made to break an extractor: each ends in its text or a named outcome, and everything else goes on.

Run with -s for the table of time and memory.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ingest.errors import ExtractError
from ingest.extract.page import Hints, extract
from ingest.extract.pool import WorkerPool
from ingest.model import Outcome, Page
from ingest.settings import MIB, ExtractSettings
from tests.extract.tasks import double, extract_measured

DEADLINE_S = 6.0
MEMORY = 768 * MIB
KILL_S = 2.0  # from the deadline to the report
WAIT_S = 240
# A fresh worker has about 150 MiB: interpreter, libraries, models.
PEAK = MEMORY + 256 * MIB

SURVIVED = (Outcome.WORKER_TIMEOUT, Outcome.WORKER_CRASHED)  # the pool's answer, where the extractor had none

PARAGRAPH = "<p>" + "The council met on Monday and agreed a plan for the harbour wall. " * 3 + "</p>"
ARTICLE = PARAGRAPH * 6
HINTS = Hints("https://paper.example/2026/03/a")


def html(body: str, head: str = "") -> bytes:
    return f"<html><head>{head}</head><body>{body}</body></html>".encode()


def json_ld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


HOSTILE = {
    "100,000 nested divs": html("<div>" * 100_000 + ARTICLE),
    "100,000 nested spans": html("<p>" + "<span>" * 100_000 + ARTICLE),
    "100,000 unclosed bolds": html("<b><p>" * 100_000 + ARTICLE),
    "20,000 nested tables": html("<table><tr><td>" * 20_000 + ARTICLE),
    "a 20 MB line of words": html(ARTICLE + "<p>" + "word " * 4_000_000),
    "a 20 MB line without a space": html(ARTICLE + "<p>" + "a" * 20_000_000),
    "a 5 MB class": html('<div class="' + "x-" * 2_500_000 + '">' + ARTICLE),
    "a 5 MB id": html('<div id="' + "Ab" * 2_500_000 + '">' + ARTICLE),
    "a 5 MB meta element": html(ARTICLE, '<meta property="article:published_time" content="' + "2" * 5_000_000 + '">'),
    "100,000 attributes": html("<div " + " ".join(f"a{number}=1" for number in range(100_000)) + ">" + ARTICLE),
    "impossible dates": html(
        ARTICLE + '<time datetime="-1">31 February 3024</time>',
        '<meta name="date" content="0000-00-00"><meta property="article:published_time" content="99999-99-99T99:99Z">'
        + json_ld('{"@type": "NewsArticle", "datePublished": "+292277026596-12-04T15:30:08Z", "dateModified": 1e400}'),
    ),
    "an unknown charset": html(ARTICLE, '<meta charset="utf-42">') + b"\xff\xfe\xfd" * 1000,
    "a charset that is a compressor": html(ARTICLE, '<meta charset="zlib">'),
    "JSON-LD 100,000 deep": html(ARTICLE, json_ld("[" * 100_000 + "]" * 100_000)),
    "2 MB of broken JSON-LD": html(ARTICLE, json_ld('{"a":"' + '\\\\"x' * 400_000)),
    "200,000 paragraphs": html("<p>The man on the road to the town said so again and again.</p>" * 200_000),
    "300,000 links": html(ARTICLE + "<a href='/x'>link text</a> " * 300_000),
    "500,000 line breaks": html("<p>" + "a<br>" * 500_000 + "</p>" + ARTICLE),
    "2,000,000 entities": html(ARTICLE + "<p>" + "&lt;" * 2_000_000),
    "a title of 300,000 dashes": html(ARTICLE, "<title>" + " - " * 300_000 + "</title>"),
    "500,000 open brackets": html("<p>" + "(AP " * 500_000 + "</p>" + ARTICLE),
    "a comment without an end": html(ARTICLE + "<!--" + "x" * 5_000_000),
    "a million NULs": html("\x00" * 1_000_000 + ARTICLE),
    "a broken gzip": b"\x1f\x8b" + b"\x00" * 100,
}


def page(body: bytes) -> Page:
    url = "https://paper.example/2026/03/a"
    return Page(url, url, 200, {"content-type": "text/html"}, body, datetime(2026, 3, 1, tzinfo=UTC))


@pytest.mark.timeout(600)
def test_hostile_pages_end_named_in_time_and_memory_while_the_rest_goes_on() -> None:
    settings = ExtractSettings(workers=2, deadline=DEADLINE_S, memory=MEMORY)
    pool = WorkerPool(settings)
    try:
        hostile = {name: pool.submit(extract_measured, page(body), settings) for name, body in HOSTILE.items()}
        good = [pool.submit(extract_measured, page(html(ARTICLE)), settings) for _ in range(20)]
        report = []
        for name, future in hostile.items():
            try:
                outcome, seconds, peak = future.result(WAIT_S)
            except ExtractError as error:
                outcome, seconds, peak = str(error.outcome), DEADLINE_S, 0
            report.append((name, outcome, seconds, peak))
        assert all(future.result(WAIT_S)[0] == "text" for future in good)
    finally:
        pool.close()
    for name, outcome, seconds, peak in report:
        print(f"{name:34} {outcome:16} {seconds:6.2f} s {peak / MIB:7.0f} MiB")
    assert all(seconds <= DEADLINE_S + KILL_S for _, _, seconds, _ in report)
    assert all(peak <= PEAK for _, _, _, peak in report)
    # Most of them are dealt with, not merely survived.
    survived = [name for name, outcome, _, _ in report if outcome in SURVIVED]
    assert len(survived) <= len(HOSTILE) // 2, survived


def test_a_page_that_needs_more_memory_than_allowed_is_named_and_its_worker_goes_on() -> None:
    settings = ExtractSettings(workers=1, deadline=20, memory=64 * MIB)
    pool = WorkerPool(settings)
    try:
        with pytest.raises(ExtractError) as caught:
            pool.submit(extract, page(HOSTILE["200,000 paragraphs"]), HINTS, settings).result(WAIT_S)
        # libxml2 reports a refused allocation as an error of the page where it can.
        assert caught.value.outcome in (Outcome.WORKER_CRASHED, Outcome.EXTRACT_FAILED)
        assert pool.submit(double, 4).result(WAIT_S) == 8
        assert pool.submit(extract_measured, page(html(ARTICLE)), settings).result(WAIT_S)[0] == "text"
    finally:
        pool.close()
