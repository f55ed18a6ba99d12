"""What must hold of every text, found by searching for one that breaks it."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.dedup.align import align
from ingest.dedup.arrays import shared
from ingest.dedup.comparable import Comparable
from ingest.dedup.fingerprint import comparable_word, fingerprint, minhash
from ingest.dedup.particulars import FIGURE, NAME
from ingest.dedup.replaced import Agreement, agreement
from ingest.dedup.text import fold, sentences, strip_tags, words
from ingest.dedup.verify import Kind, verify
from tests.dedup.builders import LOCAL, OTHER_STORY, STORY, ready, text

ANY_TEXT = st.text(max_size=300)
STORIES = st.lists(st.sampled_from(STORY + OTHER_STORY + LOCAL), min_size=1, max_size=20, unique=True)


@given(ANY_TEXT)
def test_folding_twice_changes_nothing(body: str) -> None:
    assert fold(fold(body)) == fold(body)


@given(ANY_TEXT)
def test_normalising_a_word_twice_changes_nothing(body: str) -> None:
    for sentence in sentences(body):
        once = [comparable_word(word) for word in words(sentence)]
        assert [comparable_word(word) for word in once] == once


@given(ANY_TEXT)
def test_no_sentence_is_empty_and_no_word_holds_a_space(body: str) -> None:
    for sentence in sentences(body):
        assert sentence
        assert all(word and not any(letter.isspace() for letter in word) for word in words(sentence))


@given(st.text(min_size=1, max_size=80))
def test_stripping_tags_only_takes_away(sentence: str) -> None:
    assert strip_tags(sentence) in sentence


@given(ANY_TEXT)
def test_every_text_has_a_fingerprint_of_one_size_and_the_same_each_time(body: str) -> None:
    made = fingerprint(body)
    assert made == fingerprint(body)
    assert len(made.signature) == 512
    assert sum(np.frombuffer(made.lengths, dtype=np.uint32)) * 4 == len(made.words)
    assert sum(np.frombuffer(made.counts, dtype=np.uint32)) * 4 == len(made.shingles)


@given(STORIES, st.integers())
def test_the_order_of_sentences_does_not_count(story: list[str], seed: int) -> None:
    shuffled = story.copy()
    random.Random(seed).shuffle(shuffled)
    first, second = fingerprint(text(*story)), fingerprint(text(*shuffled))
    assert first.signature == second.signature
    assert first.bands == second.bands
    assert first.text_key == second.text_key
    assert verify(ready(text(*story)), ready(text(*shuffled))).jaccard == 1.0


@given(STORIES, STORIES)
def test_verifying_is_symmetric(first: list[str], second: list[str]) -> None:
    a, b = ready(text(*first)), ready(text(*second))
    assert verify(a, b) == verify(b, a)


@given(STORIES)
def test_a_text_is_a_copy_of_itself(story: list[str]) -> None:
    assert verify(ready(text(*story)), ready(text(*story))).kind is Kind.COPY


@given(STORIES, st.integers(min_value=1, max_value=20))
def test_a_part_stays_contained_however_small(story: list[str], kept: int) -> None:
    part = ready(text(*story[:kept]))
    whole = ready(text(*story))
    assert shared(part.shingles(), whole.shingles()) == len(part.shingles())
    assert verify(part, whole).containment == 1.0


@given(STORIES, STORIES)
def test_adding_sentences_never_takes_away_what_is_shared(story: list[str], more: list[str]) -> None:
    part = ready(text(*story[: max(1, len(story) // 2)])).shingles()
    whole = ready(text(*story)).shingles()
    larger = ready(text(*story, *more)).shingles()
    assert shared(part, larger) >= shared(part, whole)


@settings(max_examples=30)
@given(STORIES)
def test_the_signature_is_datasketchs_bit_for_bit(story: list[str]) -> None:
    from datasketch import MinHash

    made = fingerprint(text(*story))
    reference = MinHash(num_perm=128, hashfunc=lambda value: value)
    reference.update_batch(np.frombuffer(made.shingles, dtype=np.uint32).tolist())
    assert np.array_equal(reference.hashvalues, minhash(made.signature).hashvalues)


@given(STORIES, st.data())
def test_particulars_agree_as_counted_sentence_by_sentence(story: list[str], data: st.DataObject) -> None:
    first = [f"{line} The fund of Bern paid {n} pct, {n} in all." for n, line in enumerate(story)]
    second = [
        line.replace(" 1 ", " 7 ").replace("Bern", data.draw(st.sampled_from(["Bern", "Oslo"]))) for line in first
    ]
    alignment = align(ready(text(*first)), ready(text(*second)))
    for flag in (FIGURE, NAME):
        agreed = replaced = 0
        for match in alignment.of_a():
            mine, other = carrying(alignment.a, match.a, flag), carrying(alignment.b, match.b, flag)
            agreed += (mine & other).total()
            replaced += min(mine.total(), other.total()) - (mine & other).total()
        assert agreement(alignment, alignment.of_a(), flag) == Agreement(agreed, replaced)


def carrying(whole: Comparable, sentence: int, flag: int) -> Counter[int]:
    start, end = whole.starts[sentence], whole.starts[sentence] + whole.lengths[sentence]
    return Counter(whole.words[start:end][(whole.flags[start:end] & flag) != 0].tolist())
