"""Texts that look like copies and are not: follow-ups, round-ups, updates, same-event stories, template reports."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.quality.corpus import Piece, count_words, text_of
from tests.bench.quality.edits import Paragraphs, change_figures
from tests.bench.quality.slots import Facts, blocks

KINDS = ("followup", "roundup", "update", "event", "template")
MAY_MERGE = frozenset({"update"})  # the wire's own later version: neither right nor wrong, only reported

FOLLOWUP_SHARE = (0.15, 0.35)  # of the follow-up's words stood in the earlier text
FOLLOWUP_RECALLED = 0.4  # at most, of the earlier text's words
UPDATE_KEPT = (1 / 3, 4 / 5)  # of the earlier version's words stand in the later one
UPDATE_LENGTH = (0.8, 1.3)  # of the earlier version's
UPDATE_FEWEST_NEW = 0.2  # new words, as a share of the earlier version's
UPDATE_FIGURES = 2  # in kept sentences that the later version puts right
ROUNDUP_ITEMS = (4, 7)
ROUNDUP_SHARE = (0.2, 0.6)  # of an item's story that is quoted
ROUNDUP_WHOLE_WORDS = 200  # a story as short as this may stand whole in a round-up
EVENT_OWN_WORDS = (60, 120)  # each agency's own background
QUOTE_WORDS = (10, 32)  # words of a sentence that can be somebody's quote

_INTROS = (
    "Good morning. Here is what you need to know today.",
    "Welcome to the evening round-up from our newsroom, with the stories that people talked about.",
    "These are the stories that made the headlines across the region and the world this week.",
    "Live updates: this page is refreshed through the day, the newest entry first.",
)
_MARKS = ("{n}. ", "• ", "{n:02d}:15 — ", "")


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A text that must stay apart from others: its title, language and paragraphs."""

    title: str
    language: str
    paragraphs: Paragraphs


class Larder:
    """Real text that no story of the round uses; every sentence is given out once."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._shelves: dict[str, list[list[str]]] = {}
        for piece in pieces:
            self._shelves.setdefault(piece.language, []).extend(list(paragraph) for paragraph in piece.paragraphs)
        self._left = {
            language: sum(count_words(s, language) for paragraph in shelf for s in paragraph)
            for language, shelf in self._shelves.items()
        }

    def can_give(self, words: int, language: str) -> bool:
        """Whether so much text of the language is left."""
        return self._left.get(language, 0) >= words

    def take(self, words: int, language: str) -> Paragraphs:
        """Paragraphs of `words` words or just over, cut at a sentence.

        Raises:
            LookupError: when the shelf is empty; more articles or fewer cases are needed.
        """
        if not self.can_give(words, language):
            raise LookupError(f"no {words} words of {language} left: give more articles, or ask for fewer cases")
        shelf = self._shelves[language]
        taken: Paragraphs = []
        while words > 0:
            taken.append([])
            while words > 0 and shelf[0]:
                sentence = shelf[0].pop(0)
                taken[-1].append(sentence)
                length = count_words(sentence, language)
                words -= length
                self._left[language] -= length
            if not shelf[0]:
                shelf.pop(0)
        return taken

    def quote(self) -> str:
        """A sentence of English prose that a spokesman may have said."""
        while True:
            sentence = self.take(1, "en")[0][0]
            words = len(sentence.split())
            if QUOTE_WORDS[0] <= words <= QUOTE_WORDS[1] and not set(sentence) & set('"“”'):
                return sentence


def followup(story: Piece, larder: Larder, rng: random.Random) -> LookAlike:
    """The next day's story: news of its own, then background taken over from `story`."""
    share = rng.uniform(*FOLLOWUP_SHARE)
    wanted = FOLLOWUP_RECALLED * story.words * share / FOLLOWUP_SHARE[1]
    # Background stands low in the earlier text; now and then its lead is recalled.
    third = len(story.sentences) // 3
    start = 0 if rng.random() < 0.25 else rng.randint(third, max(third, len(story.sentences) - 3))
    background: Paragraphs = []
    recycled = 0
    for sentence in story.sentences[start:] + story.sentences[:start]:
        length = count_words(sentence, story.language)
        if recycled + length <= wanted:
            recycled += length
            background.append([sentence])
        elif recycled >= wanted / 2:
            break
    if not background:  # every sentence of it is very long
        background = [[min(story.sentences, key=len)]]
        recycled = count_words(background[0][0], story.language)
    own = larder.take(round(recycled * (1 - share) / share), story.language)
    return LookAlike(own[0][0][:90], story.language, own + background)


def roundup(stories: Sequence[Piece], rng: random.Random) -> LookAlike:
    """A newsletter, live blog or week in review that quotes each of the stories, one of them whole if it is short."""
    mark = rng.choice(_MARKS)
    paragraphs: Paragraphs = [[rng.choice(_INTROS)]]
    for number, story in enumerate(stories, 1):
        share = 1.0 if story.words <= ROUNDUP_WHOLE_WORDS else rng.uniform(*ROUNDUP_SHARE)
        budget = share * story.words
        item: list[str] = []
        for sentence in story.sentences:
            if budget <= 0:
                break
            budget -= count_words(sentence, story.language)
            item.append(sentence)
        paragraphs.append([mark.format(n=number) + story.title, *item] if rng.random() < 0.5 else item)
    return LookAlike("The day in brief", stories[0].language, paragraphs)


def update(story: Piece, larder: Larder, rng: random.Random) -> LookAlike:
    """A later version by the same wire: a new lead, new paragraphs, some of the old ones gone, figures put right."""
    keep = rng.uniform(*UPDATE_KEPT) * story.words
    sentences = list(enumerate(story.sentences))
    kept: list[tuple[int, str]] = []
    # The old lead goes first: that is where the news was.
    for number, sentence in rng.sample(sentences[1:], len(sentences) - 1):
        if keep <= 0:
            break
        keep -= count_words(sentence, story.language)
        kept.append((number, sentence))
    old: Paragraphs = [[sentence] for _, sentence in sorted(kept)]
    kept_words = sum(count_words(sentence, story.language) for _, sentence in kept)
    change_figures(old, rng.randint(0, UPDATE_FIGURES), rng)
    wanted = max(UPDATE_FEWEST_NEW * story.words, rng.uniform(*UPDATE_LENGTH) * story.words - kept_words)
    new = larder.take(round(wanted), story.language)
    lead = max(1, len(new) // 2)
    return LookAlike(f"UPDATE 2-{story.title}", story.language, new[:lead] + old + new[lead:])


def event(number: int, larder: Larder, rng: random.Random) -> tuple[LookAlike, LookAlike]:
    """One event as two agencies tell it: the same facts and the same two quotes in words of their own."""
    told = blocks("events.txt")
    headline, *lines = told[number % len(told)]
    facts = Facts(rng)
    first, second = larder.quote(), larder.quote()
    stories = []
    for agency, verbs in (("A", ("said", "added")), ("B", ("told reporters", "went on"))):
        quotes = f'"{first}" the statement {verbs[0]}. "{second}" it {verbs[1]}.'
        report = [facts.fill(line[2:]).replace(" Q", " " + quotes) for line in lines if line.startswith(agency)]
        own = larder.take(rng.randint(*EVENT_OWN_WORDS), "en")
        stories.append(LookAlike(facts.fill(headline), "en", [[line] for line in report] + own))
    return stories[0], stories[1]


def template(number: int, rng: random.Random) -> tuple[LookAlike, LookAlike]:
    """Two reports from one template, every figure and name of one's own."""
    written = blocks("templates.txt")
    (language, title), *_ = [tuple(line.split(" ", 1)) for line in written[number % len(written)][:1]]
    pair = []
    for _ in range(2):
        facts = Facts(rng)
        pair.append(
            LookAlike(facts.fill(title), language, [[facts.fill(s)] for s in written[number % len(written)][1:]])
        )
    return pair[0], pair[1]


def as_text(look: LookAlike) -> str:
    """The paragraphs as a page's text."""
    return text_of(look.paragraphs, look.language)
