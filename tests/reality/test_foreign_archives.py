"""Foreign archives as they are: JSON Lines under other names, pages as programs save them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from ingest.backfill.sources.layouts import layout_of
from tests.backfill.test_run import archive
from tests.dedup.builders import NOVEL, OTHER_STORY, RECIPE, STORY, text
from tests.loopback import page, paragraphs
from tests.running import ingest, output_json, rows

ARTICLE = text(*STORY)
URL = "https://www.paper.example/world/velmar-landslide-1"

RECORDS: dict[str, dict[str, Any]] = {
    "news-please": {
        "url": URL, "maintext": ARTICLE, "title": "Landslide", "date_publish": "2026-03-01 10:00:00",
        "source_domain": "www.paper.example", "authors": ["Ann Arbor", "Ben Nevis"], "language": "en",
        "description": "A town was cut off.", "filename": "x.json",
    },
    "newspaper": {
        "url": URL, "text": ARTICLE, "title": "Landslide", "publish_date": "2026-03-01T10:00:00+00:00",
        "authors": ["Ann Arbor", "Ben Nevis"], "meta_description": "x", "source_url": "https://www.paper.example",
    },
    "trafilatura": {
        "source": URL, "url": URL, "source-hostname": "The Paper", "hostname": "paper.example", "raw_text": ARTICLE,
        "title": "Landslide", "date": "2026-03-01", "author": "Ann Arbor; Ben Nevis", "language": "en",
    },
    "schema.org": {
        "@type": "NewsArticle", "@id": URL, "headline": "Landslide", "articleBody": ARTICLE, "inLanguage": "en",
        "datePublished": "2026-03-01T10:00:00Z", "author": [{"name": "Ann Arbor"}, {"name": "Ben Nevis"}],
        "publisher": {"name": "The Paper"},
    },
    "a crawler's": {
        "link": URL, "content": paragraphs(ARTICLE), "headline": "Landslide", "timestamp": 1772359200,
        "domain": "paper.example", "byline": "Ann Arbor; Ben Nevis", "lang": "en",
    },
    "a dump's": {
        "uri": URL, "body": STORY, "title": "Landslide", "pubDate": "Sun, 01 Mar 2026 10:00:00 GMT",
        "creator": "Ann Arbor; Ben Nevis", "source": {"id": "paper", "name": "The Paper"},
    },
}  # fmt: skip


@pytest.mark.parametrize("layout", RECORDS)
def test_a_foreign_record_is_taken_with_its_facts(tmp_path: Path, layout: str) -> None:
    db, source = tmp_path / "a.db", archive(tmp_path / "a.jsonl", [RECORDS[layout]])
    said = ingest("backfill", source, "--db", db).stdout
    assert "in a foreign layout: " in said
    if not layout.startswith("a "):
        assert f"layout: {layout} (" in said
    ((url, title, site, author, published, body),) = rows(
        db, "SELECT url, title, site, author, published_at, text FROM articles"
    )
    assert (url, title, site, author) == (URL, "Landslide", "paper.example", "Ann Arbor; Ben Nevis")
    assert published.startswith("2026-03-01")
    assert body == ARTICLE


def test_our_own_layout_is_not_called_foreign() -> None:
    own = {"url": URL, "text": ARTICLE, "title": "T", "date": "2026-03-01", "site": "x", "tags": ["a"]}
    assert layout_of(own, {}) is None


def test_fields_of_any_name_are_mapped_and_refused_records_are_taken_up_again(tmp_path: Path) -> None:
    record = {"doc": {"where": URL, "paras": {"full": ARTICLE}}, "ts": "2026-03-01T10:00:00Z", "blurb": "Landslide"}
    db, source = tmp_path / "a.db", archive(tmp_path / "a.jsonl", [record])
    refused = ingest("backfill", source, "--db", db, check=3).stderr
    assert "the record has doc, ts, blurb: name the field with --map url=NAME" in refused
    refused = ingest("backfill", source, "--map", "url=doc.where", "--db", db, check=3).stderr
    assert "name the field with --map text=NAME" in refused
    mapped = ["url=doc.where", "text=doc.paras.full", "published=ts", "title=blurb"]
    options = [part for each in mapped for part in ("--map", each)]
    assert output_json(ingest("backfill", source, *options, "--db", db, "--json"))["outcomes"] == {"canonical": 1}
    assert rows(db, "SELECT url, title, published_at FROM articles") == [(URL, "Landslide", "2026-03-01T10:00:00Z")]
    assert output_json(ingest("backfill", source, *options, "--db", db, "--json"))["passed_over"] == 1


@pytest.mark.parametrize("mapped", ["text", "texts=x", "=x", "text="])
def test_a_mapping_that_is_none_is_refused(tmp_path: Path, mapped: str) -> None:
    source = archive(tmp_path / "a.jsonl", [{}])
    done = ingest("backfill", source, "--map", mapped, "--db", tmp_path / "a.db", check=2)
    assert "FIELD=NAME" in done.stderr
    assert not (tmp_path / "a.db").exists()


def test_a_record_without_a_text_names_what_it_has(tmp_path: Path) -> None:
    record = {"url": URL, "summary": "short", **{f"k{n}": n for n in range(20)}}
    done = ingest("backfill", archive(tmp_path / "a.jsonl", [record]), "--db", tmp_path / "a.db", check=3)
    assert "the record has url, summary, k0" in done.stderr
    assert "and 10 more" in done.stderr


SAVED = {
    "browser": ("<!DOCTYPE html>\n<!-- saved from url=(0048){} -->\n", "", STORY),
    "browser, old": ("\ufeff<!-- saved from url=(0048){} --><!doctype html>", "", OTHER_STORY),
    "SingleFile": (
        "<!DOCTYPE html> <html lang=de><!--\n Page saved with SingleFile \n url: {} \n saved date: x\n-->",
        "",
        NOVEL,
    ),
    "HTTrack": ("", "\n<!-- Mirrored from {} by HTTrack Website Copier/3.x [XR&CO'2014], Tue -->", RECIPE),
}


@pytest.mark.parametrize("form", SAVED)
@pytest.mark.parametrize("packed", [False, True])
def test_a_saved_page_stands_under_the_url_that_it_was_saved_from(tmp_path: Path, form: str, packed: bool) -> None:
    before, after, body = SAVED[form]
    url = "https://paper.example/world/story-7?id=4&amp;x=1"
    named = url.removeprefix("https://") if form == "HTTrack" else url
    source = before.format(named) + after.format(named) + page("Saved", text(*body))
    file = tmp_path / f"saved.html{'.gz' if packed else ''}"
    file.write_bytes(gzip.compress(source.encode()) if packed else source.encode())
    ingest("backfill", file, "--db", tmp_path / "a.db")
    assert rows(tmp_path / "a.db", "SELECT url, site FROM articles") == [
        ("https://paper.example/world/story-7?id=4&x=1", "paper.example")
    ]


@pytest.mark.parametrize("named", ["javascript:alert(1)", "file:///C:/x.html", "about:blank", "x" * 5000])
def test_what_names_no_page_is_kept_under_its_files_name(tmp_path: Path, named: str) -> None:
    file = tmp_path / "saved.html"
    file.write_text(f"<!-- saved from url=(0014){named} -->" + page("Saved", ARTICLE))
    ingest("backfill", file, "--db", tmp_path / "a.db")
    assert rows(tmp_path / "a.db", "SELECT url FROM articles") == [(file.as_uri(),)]


def test_records_of_other_shapes_raise_nothing(tmp_path: Path) -> None:
    odd: list[Any] = [
        {"url": URL, "text": {"a": 1}},
        {"url": URL, "content": [1, 2], "body": ARTICLE},
        {"url": [URL], "text": ARTICLE},
        {"url": URL + "2", "text": ARTICLE, "authors": [None, {"name": None}, 3], "tags": {"a": 1}, "date": {"x": 1}},
    ]
    done = ingest("backfill", archive(tmp_path / "a.jsonl", odd), "--db", tmp_path / "a.db", "--json", check=3)
    told = json.loads(done.stdout)
    assert told["outcomes"]["invalid_record"] == 2
    assert told["taken"] == 4
    assert "internal error" not in done.stderr
