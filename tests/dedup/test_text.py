"""Normalising, sentences, words: the same for every copy of a text, in any script."""

from __future__ import annotations

import pytest

from ingest.dedup.fingerprint import comparable_word
from ingest.dedup.text import (
    HAN_PER_SHINGLE,
    SYLLABLES_PER_SHINGLE,
    WORDS_PER_SHINGLE,
    sentences,
    shingle_size,
    words,
)


@pytest.mark.parametrize(
    ("printed", "other"),
    [
        ("“It’s over” – he said…", '"It\'s over" - he said...'),
        ("co\u00adoperation", "cooperation"),
        ("ﬁnal ﬂight", "final flight"),
        ("cafe\u0301", "café"),
        ("STRASSE", "straße"),
        ("ten\u00a0thousand\u2009euros", "ten thousand euros"),
        ("zero\u200bwidth\u2060joined", "zerowidthjoined"),
        ("«Да» — сказал он", '"Да" - сказал он'),
        ("السَّلام", "السلام"),
        ("Ｆｕｌｌ ｗｉｄｔｈ １２３", "full width 123"),
    ],
)
def test_typography_does_not_count(printed: str, other: str) -> None:
    assert compared(printed) == compared(other)


def test_numbers_are_kept() -> None:
    assert compared("Shares rose 3.5 percent") != compared("Shares rose 3.6 percent")


def compared(body: str) -> list[str]:
    """The words of a text as they are compared."""
    return [comparable_word(word) for sentence in sentences(body) for word in words(sentence)]


@pytest.mark.parametrize(
    "dateline",
    [
        "WASHINGTON (AP) — ",
        "LONDON, July 15 (Reuters) - ",
        "(Reuters) - ",
        "New Delhi, Dec 28 (PTI) ",
        "BERLIN (dpa) – ",
        "GENEVA, Switzerland — ",
        "TURNBERRY/GLASGOW, Scotland -- ",
        "PARIS, 3 Jan AFP - ",
    ],
)
def test_a_dateline_does_not_count(dateline: str) -> None:
    assert sentences(dateline + "The talks ended without a deal.") == ["The talks ended without a deal."]


def test_an_agency_tag_alone_is_no_sentence() -> None:
    assert sentences("The talks ended. (AFP)\n© Reuters\n(PTI)") == ["The talks ended."]


def test_a_capitalised_beginning_is_no_dateline() -> None:
    assert sentences("Prices - above all for bread - went up.") == ["Prices - above all for bread - went up."]


def test_initials_and_titles_end_no_sentence() -> None:
    assert sentences("Mr. Brown of the U.S. Senate met Dr. A. Weiss. They talked.") == [
        "Mr. Brown of the U.S. Senate met Dr. A. Weiss.",
        "They talked.",
    ]


@pytest.mark.parametrize(
    ("language", "body", "count"),
    [
        ("English", "The bridge is closed. Nobody was hurt! Will it open soon?", 3),
        ("German", "Die Brücke ist gesperrt. Niemand wurde verletzt! Wann wird sie geöffnet?", 3),
        ("French", "Le pont est fermé. « Personne n’est blessé. » La police enquête.", 3),
        ("Spanish", "El puente está cerrado. ¿Cuándo abrirá? ¡Nadie resultó herido!", 3),
        ("Russian", "Мост закрыт. Никто не пострадал. Когда его откроют?", 3),
        ("Greek", "Η γέφυρα έκλεισε. Κανείς δεν τραυματίστηκε.", 2),
        ("Hindi", "पुल बंद है। किसी को चोट नहीं आई। जाँच जारी है।", 3),
        ("Arabic", "الجسر مغلق. لم يصب أحد بأذى؟ التحقيق مستمر.", 3),
        ("Urdu", "پل بند ہے۔ کوئی زخمی نہیں ہوا۔", 2),
        ("Hebrew", "הגשר סגור. איש לא נפגע.", 2),
        ("Chinese", "大桥已经关闭。没有人受伤！什么时候重新开放？", 3),
        ("Japanese", "橋は閉鎖された。けが人はいない。「原因を調べている」と市長は述べた。", 3),
        ("Korean", "다리가 폐쇄됐다. 다친 사람은 없다.", 2),
        ("Thai", "สะพานถูกปิด\nไม่มีผู้ได้รับบาดเจ็บ", 2),
        ("Amharic", "ድልድዩ ተዘግቷል። ማንም አልተጎዳም።", 2),
    ],
)
def test_sentences_are_told_in_every_script(language: str, body: str, count: int) -> None:
    assert len(sentences(body)) == count, language


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Don't stop at 1,234.5 metres", ["Don", "t", "stop", "at", "1,234.5", "metres"]),
        ("हिन्दी वाक्य", ["हिन्दी", "वाक्य"]),
        ("大桥关闭", ["大", "桥", "关", "闭"]),
        ("ดี มาก", ["ดี", "ม", "า", "ก"]),
        ("2024年のテスト", ["2024", "年", "の", "テ", "ス", "ト"]),
        ("한국어 문장", ["한국어", "문장"]),
        ("שלום עולם", ["שלום", "עולם"]),
    ],
)
def test_words_follow_the_script(sentence: str, expected: list[str]) -> None:
    assert words(sentence) == expected


@pytest.mark.parametrize(
    ("sentence", "size"),
    [
        ("The bridge is closed today", WORDS_PER_SHINGLE),
        ("大桥今天关闭", HAN_PER_SHINGLE),
        ("橋は閉鎖された", HAN_PER_SHINGLE),
        ("สะพานถูกปิด", SYLLABLES_PER_SHINGLE),
        ("The 大桥 is closed to all traffic", WORDS_PER_SHINGLE),
    ],
)
def test_a_shingle_is_about_five_words_worth(sentence: str, size: int) -> None:
    assert shingle_size(words(sentence)) == size


@pytest.mark.parametrize(
    "text",
    [
        "." * 200_000 + "x",
        "Abc" + " " * 200_000 + "x)",
        "?!" * 100_000 + "x",
        # Normalising sorts marks in quadratic time; halfwidth ones become marks, U+FE71 becomes nothing.
        "a" + "\u0301\u0316" * 200_000 + "ﬁ",
        "a" + "\u0301" * 100_000 + "\uff9e" * 100_000,
        "a" + ("\u0301\u0316" * 14 + "\ufe71") * 20_000,
    ],
    ids=["stops", "spaces", "marks", "accents", "halfwidth", "vanishing"],
)
def test_long_runs_are_read_once(text: str) -> None:
    # Where each start of a run were tried, one of these would take minutes.
    assert sum(map(len, sentences(text))) <= len(text)


def test_a_line_of_a_script_without_stops_ends_at_its_spaces_but_not_at_figures() -> None:
    first = "เจ้าหน้าที่ใช้รถดับเพลิง 38 คันและใช้เวลาเกือบ 6 ชั่วโมงจึงควบคุมเพลิงไว้ได้ทั้งหมดในเช้าวันเดียวกัน"
    second = "แผงค้าเสียหายทั้งหมด 240 แผง รวมทั้งบ้านเรือนที่อยู่ติดกันอีก 14 หลังและโรงเรียนอีกหนึ่งแห่งที่นั่น"
    assert sentences(f"{first} {second}") == [first, second]
    assert sentences(second) == [second]
