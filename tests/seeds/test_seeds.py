"""The seeds keep to their format, and the labels name them."""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ingest.acquire.opml import read_opml
from ingest.urls import is_web_url

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
DOCUMENTS = sorted(SEEDS.glob("*.txt"))
LABELS = {"S", "E", "U", "T", "D"}  # same, excerpt or extended, update, template, different
SENTENCE_END = re.compile(r'[.!?]"?$')


def lines(document: Path) -> list[str]:
    return document.read_text("utf-8").splitlines()


def labels() -> list[dict[str, str]]:
    with (SEEDS / "labels.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_there_are_fifteen_documents_or_more() -> None:
    assert len(DOCUMENTS) >= 15


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_is_title_date_url_and_sentences(document: Path) -> None:
    title, date, url, *sentences = lines(document)
    assert title.strip() == title != ""
    assert re.fullmatch(r"\d{8}", date)
    assert datetime.strptime(date, "%Y%m%d")  # noqa: DTZ007 - a date has no zone
    assert is_web_url(url)
    assert (urlsplit(url).hostname or "").endswith(".example")
    assert sentences
    assert all(SENTENCE_END.search(sentence) for sentence in sentences), "one whole sentence a line"


def test_no_two_documents_share_a_url_or_a_title() -> None:
    for position in (0, 2):
        values = Counter(lines(document)[position] for document in DOCUMENTS)
        assert values.most_common(1)[0][1] == 1


def test_the_labels_name_documents_and_say_why() -> None:
    names = {document.name for document in DOCUMENTS}
    for row in labels():
        assert {row["a"], row["b"]} <= names
        assert row["a"] != row["b"]
        assert row["label"] in LABELS
        assert row["why"]


def test_every_kind_of_pair_is_labelled_and_every_document_occurs() -> None:
    rows = labels()
    assert {row["label"] for row in rows} == LABELS
    assert {name for row in rows for name in (row["a"], row["b"])} == {document.name for document in DOCUMENTS}
    pairs = Counter(frozenset((row["a"], row["b"])) for row in rows)
    assert pairs.most_common(1)[0][1] == 1


def test_the_documents_of_a_story_are_labelled_pair_by_pair() -> None:
    rows = {frozenset((row["a"], row["b"])) for row in labels()}
    families: dict[str, set[str]] = {}
    for pair in rows:
        together = set(pair).union(*(families[name] for name in pair if name in families))
        families |= dict.fromkeys(together, together)
    for family in families.values():
        assert all(frozenset(pair) in rows for pair in itertools.combinations(family, 2))


def test_the_starter_feeds_are_a_valid_list_in_regions() -> None:
    feeds = read_opml((SEEDS / "feeds.opml").read_bytes(), "feeds.opml")
    assert 40 <= len(feeds) <= 60
    assert len({feed.url for feed in feeds}) == len(feeds)
    assert all(feed.title and feed.tags for feed in feeds)
    assert len({feed.tags for feed in feeds}) >= 6
