"""The Python face: `import ingest` costs nothing, its examples run, and it finds what the database finds."""

from __future__ import annotations

import doctest
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import ModuleType

import pytest

import ingest
from ingest.dedup import face
from tests.dedup.builders import LOCAL, OTHER_STORY, STORY, text


@pytest.mark.parametrize("module", [ingest, face])
def test_the_examples_in_the_docstrings_run(module: ModuleType) -> None:
    done = doctest.testmod(module)
    assert done.attempted > 0
    assert done.failed == 0


def test_importing_ingest_imports_nothing_else() -> None:
    listed = (
        "import sys, ingest; print([m for m in sys.modules if m.split('.')[0] in ('numpy', 'datasketch', 'click')])"
    )
    done = subprocess.run([sys.executable, "-c", listed], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert set(ingest.__all__) <= set(dir(ingest)) | {"__version__"}
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        ingest.nothing  # noqa: B018


def test_two_texts_are_told_sentence_by_sentence() -> None:
    told = ingest.compare(text(*STORY), text(*STORY[:6], LOCAL[0]))
    assert told.kind.value == "copy"
    assert told.score > 0
    assert 0.3 < told.carried < told.carried_back < 1
    statuses = [sentence.status for sentence in told.sentences]
    assert (statuses.count("same"), statuses.count("only_a"), statuses.count("only_b")) == (6, len(STORY) - 6, 1)


def test_copies_are_grouped_under_their_ids_with_the_earliest_first() -> None:
    first = datetime(2026, 3, 1, tzinfo=UTC)
    found = ingest.dedup(
        [text(*STORY[:8]), text(*OTHER_STORY), text(*STORY)],
        ids=["cut", "other", "whole"],
        times=[first + timedelta(hours=2), None, first],
    )
    assert sorted(found.groups) == [("other",), ("whole", "cut")]
    assert {frozenset(pair[:2]) for pair in found.pairs} == {frozenset({"cut", "whole"})}


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="sites: 1 for 2 texts"):
        ingest.dedup(["one", "two"], sites=["a.example"])
    with pytest.raises(ValueError, match="comes twice"):
        ingest.dedup(["one", "two"], ids=["x", "x"])


def test_an_index_finds_copies_and_forgets_what_was_replaced() -> None:
    index = ingest.Index()
    index.add("story", text(*STORY))
    index.add("other", text(*OTHER_STORY))
    assert [found.id for found in index.query(text(*STORY[:7]))] == ["story"]
    assert [found.id for found in index.query(text(*STORY))] == ["story"]
    index.add("story", text(*OTHER_STORY[:8], LOCAL[0]))
    assert {found.id for found in index.query(text(*OTHER_STORY))} == {"story", "other"}
    assert index.query(text(*STORY[:7])) == []
    assert ("story" in index, len(index)) == (True, 2)


def test_five_thousand_texts_are_deduplicated_in_memory() -> None:
    rng = random.Random(5)
    words = [f"{a}{b}{c}" for a in "bcdfgklm" for b in "aeiou" for c in ("n", "rst", "lan", "mer")]
    bodies = ["\n".join(" ".join(rng.choices(words, k=12)) + "." for _ in range(6)) for _ in range(2500)]
    found = ingest.dedup([*bodies, *(f"{body}\nAn editor's line number {n}." for n, body in enumerate(bodies))])
    assert sorted(map(sorted, found.groups)) == [[n, n + 2500] for n in range(2500)]


def test_signatures_of_the_face_are_the_engines_own() -> None:
    texts = [text(*STORY), text(*OTHER_STORY)]
    assert [made.word_count for made in ingest.fingerprint(texts, processes=2)] == [
        made.word_count for made in ingest.fingerprint(texts)
    ]
    assert all(a.signature != b.signature for a, b in pairwise(ingest.fingerprint(texts)))
