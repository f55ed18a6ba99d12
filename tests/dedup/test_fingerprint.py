"""Fingerprints: what of a text they keep, in any language."""

from __future__ import annotations

import pickle
import random
from pathlib import Path

import numpy as np
import pytest
from datasketch import MinHash

from ingest.dedup.fingerprint import MAX_WORDS, SIGNED_AT_ONCE, fingerprint, minhash, sign
from ingest.dedup.parameters import PERMUTATIONS, SEED
from ingest.dedup.particulars import FIGURE, LONG, NAME
from tests.dedup.builders import OTHER_STORY, STORY, text


def flags(body: str) -> list[int]:
    return np.frombuffer(fingerprint(body).flags, dtype=np.uint8).tolist()


def test_words_are_told_as_figures_names_and_long_words() -> None:
    assert flags("Yesterday Irena counted 320 sheep") == [LONG, NAME | LONG, LONG, FIGURE, LONG]


def test_a_number_word_is_its_figure() -> None:
    assert fingerprint("The fund pays six percent").words == fingerprint("The fund pays 6 percent").words


def test_separators_of_a_figure_do_not_count_and_its_digits_do() -> None:
    assert fingerprint("It cost 128,000 crowns").words == fingerprint("It cost 128.000 crowns").words
    assert fingerprint("It cost 128,000 crowns").words != fingerprint("It cost 121,000 crowns").words


def test_a_fingerprint_crosses_to_another_process_unchanged() -> None:
    made = fingerprint(text(*STORY))
    assert pickle.loads(pickle.dumps(made)) == made


def test_the_estimate_is_near_the_exact_similarity() -> None:
    whole, half = fingerprint(text(*STORY)), fingerprint(text(*STORY[:6]))
    exact = len(half.shingles) / len(whole.shingles)
    assert minhash(whole.signature).jaccard(minhash(half.signature)) == pytest.approx(exact, abs=0.12)


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        ("English", "The ferry to the islands was cancelled because of a storm.", "Tickets will be refunded by post."),
        ("German", "Die Fähre zu den Inseln fiel wegen eines Sturms aus.", "Fahrkarten werden per Post erstattet."),
        ("French", "Le bac vers les îles a été annulé à cause d'une tempête.", "Les billets seront remboursés."),
        ("Russian", "Паром на острова отменён из-за сильного шторма.", "Деньги за билеты вернут по почте."),
        ("Arabic", "ألغيت العبارة المتجهة إلى الجزر بسبب العاصفة.", "سيتم رد ثمن التذاكر بالبريد."),
        ("Hebrew", "המעבורת אל האיים בוטלה בגלל סערה חזקה.", "כספי הכרטיסים יוחזרו בדואר."),
        ("Hindi", "तूफ़ान के कारण द्वीपों की नौका रद्द कर दी गई।", "टिकट का पैसा डाक से लौटाया जाएगा।"),
        ("Chinese", "由于风暴来袭，前往群岛的渡轮全部取消。", "船票款项将通过邮寄方式退还给旅客。"),
        ("Japanese", "嵐のため、島へ向かうフェリーは全便欠航となった。", "切符の代金は郵送で払い戻される予定だ。"),
        ("Korean", "폭풍 때문에 섬으로 가는 배편이 모두 취소됐다.", "표값은 우편으로 돌려줄 예정이다."),
        ("Thai", "เรือข้ามฟากไปยังหมู่เกาะถูกยกเลิกเพราะพายุแรง", "ค่าตั๋วจะคืนให้ทางไปรษณีย์ภายในสัปดาห์นี้"),
    ],
)
def test_two_sentences_of_a_language_are_alike_in_any_order_and_nothing_like_each_other(
    language: str, first: str, second: str
) -> None:
    one, other = fingerprint(f"{first}\n{second}"), fingerprint(f"{second}\n{first}")
    assert one.text_key == other.text_key, language
    assert one.signature == other.signature, language
    alone, rest = (minhash(fingerprint(part).signature) for part in (first, second))
    assert alone.jaccard(rest) < 0.1, language


def test_a_text_without_a_word_has_a_fingerprint_too() -> None:
    made = fingerprint("…\n—\n")
    assert (made.word_count, made.shingles, made.sentences) == (0, b"", b"")


def test_a_text_without_end_is_fingerprinted_by_its_beginning() -> None:
    body = " ".join(f"word{number}" for number in range(200)) + ".\n"
    assert fingerprint(body * 400).word_count == MAX_WORDS


def test_a_sentence_without_end_is_fingerprinted_by_its_beginning() -> None:
    words = [f"word{number}" for number in range(MAX_WORDS + 10)]
    made = fingerprint(" ".join(words))
    assert made == fingerprint(" ".join(words[:MAX_WORDS]))
    assert len(made.words) == 4 * MAX_WORDS


def test_endless_texts_that_share_their_first_sentence_are_not_the_same_text() -> None:
    first, second = (" ".join(f"{letter}{number}" for number in range(MAX_WORDS)) for letter in "ab")
    assert fingerprint(f"Minutes.\n{first}").text_key != fingerprint(f"Minutes.\n{second}").text_key


@pytest.mark.parametrize("count", [SIGNED_AT_ONCE, SIGNED_AT_ONCE + 1, 3 * SIGNED_AT_ONCE - 1])
def test_a_long_text_is_signed_in_blocks_as_it_would_be_whole(count: int) -> None:
    shingles = np.random.default_rng(count).integers(0, 1 << 32, count, dtype=np.uint32)
    theirs = MinHash(num_perm=PERMUTATIONS, seed=SEED, scheme="affine32", hashfunc=int)
    theirs.update_batch(shingles.tolist())
    assert sign(shingles).tolist() == theirs.hashvalues.tolist()


def test_two_stories_share_nothing() -> None:
    first, second = fingerprint(text(*STORY)), fingerprint(text(*OTHER_STORY))
    assert minhash(first.signature).jaccard(minhash(second.signature)) < 0.05


@pytest.mark.shared
def test_every_shuffled_copy_of_the_seed_document_has_its_very_signature(shared: Path) -> None:
    for seed in sorted((shared / "seeds").glob("*.txt")):
        lines = seed.read_text(encoding="utf-8").splitlines()[3:]
        original = fingerprint("\n".join(lines))
        for number in range(20):
            random.Random(number).shuffle(lines)
            assert fingerprint("\n".join(lines)).signature == original.signature
