"""Words within words: what the full-text index is given of scripts that spaces tell little of, and queries for it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from ingest.store.wording import TOKENIZER, excerpt_of, indexed, query_of

# Invented lines, and words that stand in each of them.
LINES = {
    "zh": (
        "周四清晨，一艘载有312人的渡轮在灯塔岛外触礁，A股开盘走低。海岸警卫队救起全部乘客。",
        "渡轮 灯塔岛 触礁 乘客 海岸警卫 312 A股",
    ),
    "ja": (
        "港町で木曜日、フェリーが暗礁に乗り上げ、乗客全員が救助された。気象庁は濃霧注意報を出していた。",
        "港町 暗礁 乗客 救助 気象庁 濃霧注意 木曜日",
    ),
    "th": (
        "เรือข้ามฟากเกยหินโสโครกนอกเกาะประภาคารเมื่อเช้าวันพฤหัสบดี ผู้โดยสารทุกคนปลอดภัย",
        "เรือ เกาะ ประภาคาร ผู้โดยสาร",
    ),
    "lo": (
        "ເຮືອຂ້າມຟາກຕຳຫີນໂສໂຄກ ຜູ້ໂດຍສານທຸກຄົນປອດໄພ",
        "ເຮືອ ຜູ້ໂດຍສານ",
    ),
    "km": (
        "សាឡាងមួយបានប៉ះផ្ទះឃ្លាំងនៅកំពង់ផែ អ្នកដំណើរទាំងអស់មានសុវត្ថិភាព",
        "សាឡាង ផ្ទះ អ្នកដំណើរ",
    ),
    "my": (
        "ကူးတို့သင်္ဘောတစ်စင်းသည် ကျောက်ဆောင်နှင့် တိုက်မိခဲ့သည်",
        "သင်္ဘော ကျောက်ဆောင်",
    ),
    "ko": (
        "목요일 아침 여객선이 등대섬 앞 암초에 걸렸고 해양경찰청은 승객 전원을 구조했다고 밝혔다.",
        "여객선 등대섬 암초 경찰 해양경찰 승객",
    ),
    "ar": (
        "اصطدمت العبّارة بالصخور قرب الميناء، وأنقذ خفر السواحل للركاب قواربهم والأطفال.",
        "عبارة ميناء صخور أنقذ الأطفال اطفال سواحل",
    ),
    "fa": (
        "کشتی مسافربری به صخره‌ها برخورد کرد و مسافران نجات یافتند.",
        "کشتی مسافران كشتي",
    ),
    "he": (
        "המעבורת עלתה על שרטון ליד הנמל, ושמונים מהנוסעים חולצו לחוף.",
        "מעבורת נמל נוסעים חוף",
    ),
    "hi": (
        "नौका गुरुवार सुबह चट्टान से टकराई, पुलिस ने सभी यात्रियों को बचाया।",
        "नौका पुलिस यात्रियों चट्टान",
    ),
    "el": (
        "Το πλοίο προσάραξε έξω από το νησί.",
        "πλοιο νησί",
    ),
    "ru": ("Ещё один паром сел на мель у Жёлтого мыса, пойман сигнал бедствия.", "еще желтого ещё пойман"),
    "cs": (
        "Trajekt narazil na útes, Café Přístav otevřelo.",
        "utes cafe pristav",
    ),
}


@pytest.fixture(scope="module")
def index() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.execute(f'CREATE VIRTUAL TABLE fts USING FTS5 (text, tokenize="{TOKENIZER}", content="")')
    for rowid, (text, _) in enumerate(LINES.values()):
        connection.execute("INSERT INTO fts (rowid, text) VALUES (?, ?)", (rowid, indexed(text)))
    yield connection
    connection.close()


def found(index: sqlite3.Connection, query: str) -> set[str]:
    languages = list(LINES)
    return {languages[row[0]] for row in index.execute("SELECT rowid FROM fts WHERE fts MATCH ?", (query,))}


@pytest.mark.parametrize("language", LINES)
def test_each_word_is_found_by_any_tool_and_by_our_query(index: sqlite3.Connection, language: str) -> None:
    for word in LINES[language][1].split():
        assert language in found(index, word), word
        assert language in found(index, query_of(word)), word


def test_what_is_not_there_is_not_found(index: sqlite3.Connection) -> None:
    for word in ("渡海", "船客全", "เทศบาล", "경찰서", "بلدية", "ferry", "艘"):
        assert found(index, query_of(word)) == ({"zh"} if word == "艘" else set()), word


def test_a_name_that_is_longer_than_what_is_indexed_is_found_by_its_parts(index: sqlite3.Connection) -> None:
    assert found(index, query_of("海岸警卫队救起全部乘客")) == {"zh"}
    assert found(index, query_of("海岸警卫队救起全部学生")) == set()
    assert found(index, query_of("เรือข้ามฟากเกยหินโสโครก")) == {"th"}


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("ferry reef", '"ferry" "reef"'),
        ('"coast guard" resc*', '"coast guard" "resc"*'),
        ("title:x OR (y", '"title:x" "OR" "(y"'),
        ('a" b', '"a""" "b"'),
        ("渡轮*", '"渡轮"*'),
        ("灯塔岛外触礁", '"灯塔岛外" "岛外触礁"'),
    ],
)
def test_what_a_person_types_is_words_and_never_syntax(typed: str, query: str, index: sqlite3.Connection) -> None:
    assert query_of(typed) == query
    found(index, query)


@pytest.mark.parametrize("typed", ["", "  ", '""', "* ?", "—"])
def test_no_word_is_no_query(typed: str) -> None:
    with pytest.raises(ValueError, match="no word"):
        query_of(typed)


@pytest.mark.parametrize("text", [None, "", "Plain text.", "Übermut — naïve", "Рыбаки вышли в море — «рано»"])
def test_words_between_spaces_need_nothing_added(text: str | None) -> None:
    assert indexed(text) == text


def test_what_is_added_stands_behind_the_text_each_once() -> None:
    text, added = "渡轮，渡轮。", indexed("渡轮，渡轮。")
    assert added is not None
    assert added.split("\n") == [text, "渡 轮"]


def test_an_excerpt_stands_around_the_first_word() -> None:
    text = "Word " * 80 + "Ferry aground.\nAll safe. " + "Word " * 80
    assert "Ferry aground. All safe." in excerpt_of(text, '"ferry"')
    assert excerpt_of(text, "ferry").startswith("… ")
    assert excerpt_of("short", "absent") == "short"
