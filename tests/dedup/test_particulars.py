"""Figures in every notation, number words, letters without variants, dates and directions, in many languages."""

from __future__ import annotations

import pytest

from ingest.dedup.fingerprint import fingerprint
from ingest.dedup.particulars import (
    DATE,
    FALL,
    FIGURE,
    NAME,
    RISE,
    comparable_word,
    figure_of,
    flags_of,
    to_latin,
    with_han_values,
    with_scales,
)
from ingest.dedup.text import LONG_SENTENCE, fold, sentences, words


def compared(sentence: str) -> list[str]:
    return [comparable_word(word) for word in with_scales(words(with_han_values(fold(sentence))))]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1,234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("1,234", "1234"),
        ("1.234", "1234"),
        ("1.5", "1.5"),
        ("1,50", "1.5"),
        ("0.125", "0.125"),
        ("15", "15"),
        ("007", "7"),
        ("7-1/8", "7.125"),
        ("1/2", "0.5"),
        ("12/5", "12/5"),
        ("13/6/2025", "13/6/2025"),
        ("1.5bn", "1500000000"),
        ("5G", "5g"),
        ("1/0", "1/0"),
        ("9" * 400 + "/3", "9" * 400 + "/3"),
    ],
)
def test_a_figure_is_its_value(written: str, value: str) -> None:
    assert figure_of(written) == value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1.5 billion", "1500000000"),
        ("two billion", "2000000000"),
        ("150 mln", "150000000"),
        ("15 lakh", "1500000"),
        ("一九九八", "1998"),
        ("八六〇〇万", "86000000"),
        ("五", "5"),
        ("twenty-seven", "27"),
        ("Forty two", "42"),
        ("two hundred", "200"),
        ("soixante-dix", "70"),
        ("quatre-vingt-dix-neuf", "99"),
        ("двадцать пять", "25"),
        ("fünfunddreißig", "35"),
        ("tweeëntwintig", "22"),
        ("ventotto", "28"),
        ("sjuttiofem", "75"),
        ("3 crore", "30000000"),
        ("1,5 Milliarden", "1500000000"),
        ("deux millions", "2000000"),
        ("2 milhões", "2000000"),
        ("три миллиона", "3000000"),
        ("5 juta", "5000000"),
        ("१५ लाख", "1500000"),
        ("٥ مليون", "5000000"),
        ("三百五十", "350"),
        ("1万2千", "12000"),
        ("3億", "300000000"),
        ("۱۲۳", "123"),
        ("๑๒๓", "123"),
        ("১২৩", "123"),
    ],
)
def test_figures_of_several_words_and_native_digits_are_one_figure(written: str, value: str) -> None:
    assert compared(written) == [value]


def test_number_words_that_are_no_compound_stay_two() -> None:
    assert compared("twenty to thirty") == ["20", "to", "30"]
    assert compared("one of ten") == ["1", "of", "10"]
    assert compared("一名") == ["一", "名"]


def test_a_figure_too_large_to_tell_stays_as_it_is() -> None:
    assert compared("9" * 30 + " trillion") == ["9" * 30, "trillion"]


@pytest.mark.parametrize(
    "word", ["three", "tres", "trois", "drei", "três", "trzy", "три", "üç", "tiga", "तीन", "ثلاثة", "drie"]
)
def test_number_words_of_many_languages_are_figures(word: str) -> None:
    assert comparable_word(word) == "3"
    assert flags_of(word) == FIGURE


@pytest.mark.parametrize("word", ["un", "une", "ein", "eine", "a", "uno", "een", "fire", "dix_", "on"])
def test_articles_and_common_words_are_none(word: str) -> None:
    assert not flags_of(word) & FIGURE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Școală", "Scoala"),
        ("şcoală", "școală"),
        ("élève", "eleve"),
        ("İstanbul", "istanbul"),
        ("علي", "على"),
        ("كتاب", "کتاب"),
        ("أحمد", "احمد"),
        ("Łódź", "Lodz"),
        ("ёлка", "елка"),
    ],
)
def test_letter_variants_compare_as_one(one: str, other: str) -> None:
    assert comparable_word(one) == comparable_word(other)


def test_serbian_is_one_text_in_either_script_and_russian_stays() -> None:
    assert to_latin("Београд и његови људи") == "Beograd i njegovi ljudi"
    assert to_latin("Москва и её люди") == "Москва и её люди"
    cyrillic, latin = (
        fingerprint(text)
        for text in (
            "Влада је усвојила нови закон о њиховим правима.",
            "Vlada je usvojila novi zakon o njihovim pravima.",
        )
    )
    assert cyrillic.text_key == latin.text_key


@pytest.mark.parametrize(
    ("word", "flag"),
    [
        ("Monday", DATE),
        ("may", 0),
        ("May", DATE),
        ("lundi", DATE),
        ("января", DATE),
        ("rose", RISE),
        ("fell", FALL),
        ("buys", RISE),
        ("sold", FALL),
        ("naik", RISE),
        ("turun", FALL),
        ("Geneva", NAME),
    ],
)
def test_dates_directions_and_names_are_told(word: str, flag: int) -> None:
    assert flags_of(word) & (DATE | RISE | FALL | NAME) == flag


def test_a_sentence_in_capitals_names_nothing() -> None:
    made = fingerprint("GOLD FIELDS TO SELL ITS STAKE IN A RIVAL MINE.\nThe mine lies near Welkom in the Free State.")
    names = [flag & NAME for flag in made.flags]
    assert not any(names[:10])
    assert any(names[10:])


def test_a_line_without_stops_is_cut_where_its_words_say_so() -> None:
    line = " ".join(f"word{number % 97} item{number % 89}" for number in range(400))
    whole, trimmed = sentences(line), sentences(line[line.index("item60") :])
    assert max(map(len, whole)) < LONG_SENTENCE
    assert len(set(whole) & set(trimmed)) > 0.8 * len(trimmed)
    thai = "ประเทศไทยรวมเลือดเนื้อชาติเชื้อไทยเป็นประชารัฐไผทของไทยทุกส่วน" * 20
    assert len(sentences(thai)) > 5
