"""The labelled set: each edit does what it says, labels are true, the same seed makes the same set."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.bench.quality import edits, negatives
from tests.bench.quality.corpus import HALVES, Piece, count_words, half_of, load, shingles, text_of
from tests.bench.quality.generate import (
    CASES,
    ORIGINAL,
    ROUNDS,
    Labelled,
    make_round,
    read_labels,
    write_round,
)
from tests.bench.quality.slots import Facts, blocks

WORDS = [
    a + b + c for a in ("ba", "co", "di", "fu", "ge") for b in ("lan", "mer", "nor", "pit") for c in ("", "s", "ed")
]


def invented(number: int, language: str = "en") -> Piece:
    rng = random.Random(number)

    def sentence() -> str:
        words = [rng.choice(WORDS) for _ in range(14)] + [str(rng.randint(10, 99_999))]
        rng.shuffle(words)
        return " ".join(words).capitalize() + "."

    paragraphs = tuple((sentence(), sentence()) for _ in range(10))
    return Piece(f"p{number}", f"https://paper.example/{number}", f"Title {number}", language, paragraphs)


def larder(words: int) -> edits.Paragraphs:
    return negatives.Larder([invented(n) for n in range(900, 950)]).take(words, "en")


def edited(kind: str, piece: Piece | None = None, seed: int = 1) -> edits.Paragraphs:
    return edits.apply(kind, piece or invented(1), random.Random(seed), larder)


def sentences(paragraphs: edits.Paragraphs) -> list[str]:
    return [sentence for paragraph in paragraphs for sentence in paragraph]


def share_kept(kind: str) -> float:
    return sum(count_words(s, "en") for s in sentences(edited(kind))) / invented(1).words


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        ("verbatim", 1, 1),
        ("trim", 0.35, 0.42),
        ("excerpt", 0.2, 0.27),
        ("dropped", 0.5, 0.9),
        ("shuffle", 1, 1),
        ("copyedit", 0.95, 1.05),
        ("typography", 0.95, 1.3),
        ("extended", 1.6, 1.7),
        ("boilerplate", 1, 1),
    ],
)
def test_an_edit_leaves_the_length_it_promises(kind: str, low: float, high: float) -> None:
    assert low <= round(share_kept(kind), 2) <= high


def test_every_kind_of_edit_is_deterministic_for_a_seed() -> None:
    for kind in edits.KINDS:
        assert edited(kind) == edited(kind)


def test_a_shuffle_keeps_the_sentences_and_changes_their_order() -> None:
    shuffled = sentences(edited("shuffle"))
    assert sorted(shuffled) == sorted(invented(1).sentences)
    assert shuffled != list(invented(1).sentences)


def test_an_excerpt_is_a_run_of_the_text() -> None:
    for seed in range(20):
        found = " ".join(sentences(edited("excerpt", seed=seed)))
        assert found in " ".join(invented(1).sentences)


def test_a_copy_edit_touches_about_six_words_in_a_hundred_and_hardly_a_figure() -> None:
    before, after = invented(2).sentences, sentences(edited("copyedit", invented(2)))
    changed = sum(a != b for a, b in zip(before, after, strict=True))
    assert 5 <= changed <= 18  # of 20 sentences of 15 words, 1 - 0.94^15 = 0.6 are touched
    figures = [{w for w in " ".join(text).split() if w.strip(".").isdigit()} for text in (before, after)]
    assert len(figures[0] - figures[1]) <= 1


def test_a_copy_edit_works_where_the_script_has_no_spaces() -> None:
    piece = Piece("ja", "https://a.example", "題", "ja", (("気象庁は三日午後、関東地方に大雨警報を発表した。" * 8,),))
    text = edited("copyedit", piece)[0][0]
    assert text != piece.sentences[0]
    assert " " not in text


def test_the_larder_gives_no_sentence_twice_and_says_when_it_is_empty() -> None:
    pieces = [invented(n) for n in range(3)]
    store = negatives.Larder(pieces)
    given = [s for _ in range(8) for s in sentences(store.take(60, "en"))]
    assert len(set(given)) == len(given)
    with pytest.raises(LookupError, match="give more articles"):
        store.take(10_000, "en")


def test_a_follow_up_recycles_at_most_the_share_it_may() -> None:
    for seed in range(30):
        story = invented(seed)
        made = negatives.followup(story, negatives.Larder([invented(n) for n in range(900, 990)]), random.Random(seed))
        recycled = [s for s in sentences(made.paragraphs) if s in story.sentences]
        assert 0 < len(recycled) <= 0.4 * len(sentences(made.paragraphs))


def test_an_update_keeps_a_third_to_four_fifths() -> None:
    for seed in range(30):
        story = invented(seed)
        made = negatives.update(story, negatives.Larder([invented(n) for n in range(900, 990)]), random.Random(seed))
        kept = [s for s in sentences(made.paragraphs) if s in story.sentences]
        assert 0.2 <= len(kept) / len(story.sentences) <= 0.85
        assert story.sentences[0] not in kept


def test_reports_of_one_template_share_words_and_no_figures() -> None:
    for number in range(len(blocks("templates.txt"))):
        first, second = negatives.template(number, random.Random(number))
        figures = [
            {w for s in sentences(r.paragraphs) for w in s.split() if any(c.isdigit() for c in w)}
            for r in (first, second)
        ]
        assert first.paragraphs != second.paragraphs
        assert len(figures[0] & figures[1]) <= 0.35 * len(figures[0])


def test_two_agencies_share_facts_and_quotes_but_no_sentence() -> None:
    store = negatives.Larder([invented(n) for n in range(900, 990)])
    for number in range(len(blocks("events.txt"))):
        first, second = negatives.event(number, store, random.Random(number))
        assert not set(sentences(first.paragraphs)) & set(sentences(second.paragraphs))
        texts = [shingles(negatives.as_text(story), "en") for story in (first, second)]
        assert 0 < len(texts[0] & texts[1]) < 0.45 * min(map(len, texts))


def test_a_tagged_slot_is_filled_alike_and_names_differ() -> None:
    facts = Facts(random.Random(1))
    assert len(set(facts.fill("{up|down#a} {up|down#a} {up|down#a}").split())) == 1
    names = facts.fill("{person}/{person.2}/{person}").split("/")
    assert names[0] == names[2] != names[1]


@pytest.fixture(scope="module")
def small_round() -> list[Labelled]:
    return make_round([invented(n) for n in range(160)], 1, cases=8)


def test_a_round_is_the_same_every_time(small_round: list[Labelled]) -> None:
    assert make_round([invented(n) for n in range(159, -1, -1)], 1, cases=8) == small_round
    assert make_round([invented(n) for n in range(160)], 2, cases=8) != small_round


def test_a_round_holds_as_many_cases_of_every_kind_as_asked(small_round: list[Labelled]) -> None:
    kinds = [label.kind for _, label in small_round]
    assert kinds.count(ORIGINAL) == 24
    assert {kinds.count(kind) for kind in (*edits.KINDS, "followup", "roundup", "update")} == {8}
    assert kinds.count("template") == kinds.count("event") == 16


def test_urls_are_unique_and_every_copy_has_its_original(small_round: list[Labelled]) -> None:
    urls = [publication.url for publication, _ in small_round]
    assert len(set(urls)) == len(urls)
    originals = {label.group for _, label in small_round if label.kind == ORIGINAL}
    assert all(label.group in originals for _, label in small_round if label.kind in edits.KINDS)
    assert all(group in originals for _, label in small_round if label.kind == "followup" for group in label.against)


def test_a_round_reads_back_as_written(small_round: list[Labelled], tmp_path: Path) -> None:
    _, labels = write_round(small_round, 3, tmp_path)
    assert read_labels(labels) == [label for _, label in small_round]


@pytest.mark.shared
def test_the_halves_are_apart_and_each_gives_at_least_500_cases_of_every_kind(shared: Path) -> None:
    assert ROUNDS * CASES >= 500
    halves = [load(shared / "data" / "articles.jsonl", half) for half in HALVES]
    assert not {piece.url for piece in halves[0]} & {piece.url for piece in halves[1]}
    for half, pieces in zip(HALVES, halves, strict=True):
        assert {half_of(piece.url) for piece in pieces} == {half}
        labels = [label for _, label in make_round(pieces, 1)]
        assert min(sum(label.kind == kind for label in labels) for kind in (*edits.KINDS, *negatives.KINDS)) >= CASES


@pytest.mark.shared
def test_no_two_stories_of_a_half_are_the_same(shared: Path) -> None:
    pieces = load(shared / "data" / "articles.jsonl", "tuning")[:200]
    seen: set[tuple[str, ...]] = set()
    for piece in pieces:
        own = shingles(text_of(piece.paragraphs, piece.language), piece.language)
        assert len(own & seen) < 0.15 * len(own)
        seen |= own
