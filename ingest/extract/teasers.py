"""Whether a text is an article or only the beginning of one: what feeds call a summary. Pure."""

from __future__ import annotations

import re

from ingest.extract.walls import count_words

# WordPress cuts at 55 words; others at a paragraph or two. What is longer, and ends so, may be an article that does.
TEASER_WORDS = 120
ELLIPSIS_WORDS = 400  # with the mark of a cut in brackets, which nobody ends an article with
UNFINISHED_WORDS = 60

_CUT = re.compile(r"(?:\[\s*(?:…|\.{2,})\s*\]|\(\s*(?:…|\.{3})\s*\))\s*$")
_ELLIPSIS = re.compile(r"(?:…|\.{3}|⋯|。。。|»\s*\.{3})[\s»”\"')\]]*$")
# "Read on", as links below a summary say it.
_READ_ON = re.compile(
    r"^\W*(?:(?:read|see|view|continue|keep|learn|more|full)\s+(?:more|on|full|reading|the|story|article|details)\b.{0,60}"
    r"|(?:weiter\s?lesen|mehr\s+(?:lesen|dazu|erfahren)|zum\s+artikel)\b.{0,40}"
    r"|(?:lire\s+(?:la\s+suite|plus|l['’]article)|en\s+savoir\s+plus)\b.{0,40}"
    r"|(?:leer|seguir|ver)\s+(?:más|leyendo|nota|noticia)\b.{0,40}|(?:leia|ler|continue\s+(?:lendo|a\s+ler))\b.{0,30}"
    r"|(?:leggi|continua\s+a\s+leggere|lees\s+(?:meer|verder)|läs\s+mer|les\s+mer|læs\s+mere|lue\s+lisää)\b.{0,30}"
    r"|(?:czytaj\s+(?:więcej|dalej)|číst\s+(?:dál|více)|devamını\s+oku|selengkapnya|baca\s+(?:juga|selengkapnya))\b.{0,30}"
    r"|(?:читать\s+(?:далее|полностью|дальше)|подробнее|читати\s+далі)\b.{0,30}"
    r"|(?:اقرأ\s+المزيد|المزيد|ادامه\s+مطلب|קרא\s+עוד|המשך\s+קריאה).{0,30}|(?:और\s+पढ़ें|पूरी\s+खबर).{0,30}"
    r"|(?:阅读全文|查看全文|閱讀全文|全文|続きを読む|記事全文|もっと見る|더\s*보기|전체\s*기사|อ่านต่อ|อ่านเพิ่มเติม).{0,20})"
    r"\W*$",
    re.IGNORECASE,
)
_READ_ON_AT_END = re.compile(
    r"\s*(?:read\s+more|continue\s+reading|weiterlesen|lire\s+la\s+suite|leer\s+más|leggi\s+tutto|lees\s+meer|читать\s+далее"
    r"|続きを読む|阅读全文|더\s*보기|อ่านต่อ)\W{0,4}$",
    re.IGNORECASE,
)
_APPEARED_FIRST = re.compile(
    r"\s*(?:The post|Der Beitrag|L['’]article|La entrada|O post|L['’]articolo|Het bericht|Wpis|Сообщение|Запись|投稿)\b"
    r".{1,300}?(?:(?:first appeared|appeared first) on|erschien zuerst auf|est apparu en premier sur"
    r"|(?:se publicó primero|apareció primero) en|apareceu primeiro em|proviene da|verscheen eerst op"
    r"|pojawił się (?:początkowo|najpierw) na|появил[аои]?с[ья] (?:сначала|впервые) на|に最初に表示されました)"
    r"\s?.{0,120}$",
    re.IGNORECASE | re.DOTALL,
)


def without_syndication_line(text: str) -> str:
    """A text without the line that WordPress puts below what it syndicates, in full or not."""
    return _APPEARED_FIRST.sub("", text).rstrip()


def is_teaser(text: str) -> bool:
    """Whether a text is the beginning of an article, by how it ends; `without_syndication_line` is asked before."""
    lines = [line for line in text.splitlines() if line.strip()]
    reads_on = False
    while lines and _READ_ON.match(lines[-1]):
        reads_on = True
        lines.pop()
    words = count_words("\n".join(lines))
    if not lines:
        return True
    last = lines[-1]
    if reads_on or _READ_ON_AT_END.search(last):
        return words < TEASER_WORDS
    if _CUT.search(last):
        return words < ELLIPSIS_WORDS
    if _ELLIPSIS.search(last):
        return words < TEASER_WORDS
    return False


def is_summary(text: str) -> bool:
    """Whether what a feed gives is a summary: a teaser, or so short that a page behind it says more."""
    if is_teaser(text):
        return True
    words = count_words(text)
    return words < UNFINISHED_WORDS or (words < TEASER_WORDS and "\n" not in text.strip() and not _ends(text))


def _ends(text: str) -> bool:
    return bool(re.search(r"[.!?。！？।؟۔…»”\"'’)\]]\s*$", text.strip()))
