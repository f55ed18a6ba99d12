"""Deals real articles into rounds of labelled publications: copies by every kind of edit, and their look-alikes.

Within a round no sentence has two owners, so that the labels are true; the rounds deal the same articles anew, and
each is a database of its own. `python -m tests.bench.quality.generate --half tuning --out build/quality` writes
`round-N.jsonl` in the backfill's format and `labels-N.jsonl` beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.bench.quality import edits, negatives
from tests.bench.quality.corpus import HALVES, Piece, load, text_of
from tests.bench.quality.edits import Paragraphs
from tests.bench.quality.negatives import Larder, LookAlike
from tests.bench.quality.sites import Site, make_sites

ROUNDS = 8
CASES = 64  # of each kind in a round: 512 in all
STORIES_PER_CASE = 3  # 192 stories carry 640 copies: 3.3 a story, as wire stories are carried
SITES, RAW_SITES = 40, 8  # a raw site's pages keep their furniture; each carries some thirty a round
RAW_SHARE = 0.3  # of the look-alikes
BOILERPLATED = frozenset({"boilerplate", "mixed"})
FIRST_DAY = datetime(2026, 2, 1, 6, tzinfo=UTC)
DATELINE_SHARE = 0.4
EXCERPT_WORDS = 250  # a fifth of a shorter story is no page of its own
TRIM_WORDS = 150
SHARED_ITEMS = 1  # of two round-ups at most
MENU_TRIES = 50

ORIGINAL = "original"


@dataclass(frozen=True, slots=True)
class Publication:
    """One publication in the backfill's format, `date` in UTC."""

    url: str
    title: str
    date: str
    site: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Label:
    """What is true of one publication.

    Attributes:
        kind: `original`, a kind of edit, or a kind of look-alike.
        group: publications of one group are one text, all others are not.
        against: groups that this look-alike must stay apart from: the case that it makes.
        may_merge: a group that it may be linked with or not.
    """

    url: str
    kind: str
    group: str
    against: tuple[str, ...] = ()
    may_merge: str = ""


Labelled = tuple[Publication, Label]


def make_round(pieces: Sequence[Piece], number: int, cases: int = CASES) -> list[Labelled]:
    """One round of publications in a random order, the same for the same pieces, number and cases."""
    return _Round(pieces, number, cases).make()


def write_round(labelled: Sequence[Labelled], number: int, folder: Path) -> tuple[Path, Path]:
    """The round's file for the backfill, and its labels."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / f"round-{number}.jsonl", folder / f"labels-{number}.jsonl"
    for path, index in zip(paths, (0, 1), strict=True):
        with path.open("w", encoding="utf-8") as out:
            for pair in labelled:
                out.write(json.dumps(asdict(pair[index]), ensure_ascii=False) + "\n")
    return paths


def read_labels(path: Path) -> list[Label]:
    """The labels that `write_round` wrote."""
    with path.open(encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    return [Label(**{**record, "against": tuple(record["against"])}) for record in records]


class _Round:
    def __init__(self, pieces: Sequence[Piece], number: int, cases: int) -> None:
        self._rng = random.Random(f"round {number}")
        self._cases = cases
        dealt = sorted(pieces, key=lambda piece: piece.id)
        self._rng.shuffle(dealt)
        self._stories = dealt[: cases * STORIES_PER_CASE]
        self._larder = Larder(dealt[cases * STORIES_PER_CASE :])
        self._headlines = [piece.title for piece in dealt if piece.title]
        # The same outlets in every round: they are the world, the rounds are its news.
        self._sites = make_sites(SITES, RAW_SITES, random.Random("sites"))
        self._used: dict[str, set[str]] = {}
        self._made: list[Labelled] = []

    def make(self) -> list[Labelled]:
        days = [self._rng.uniform(0, 28) for _ in self._stories]
        self._when = {s.id: FIRST_DAY + timedelta(days=day) for s, day in zip(self._stories, days, strict=True)}
        datelined = [self._with_dateline(story) for story in self._stories]
        for bare, story in zip(self._stories, datelined, strict=True):
            self._add(ORIGINAL, story.id, story.title, story.language, _lists(story), self._when[bare.id], raw=False)
        for kind in edits.KINDS:
            self._add_copies(kind, datelined)
        self._add_look_alikes()
        self._rng.shuffle(self._made)
        return self._made

    def _add_copies(self, kind: str, datelined: Sequence[Piece]) -> None:
        left = self._cases
        for index in self._rng.sample(range(len(self._stories)), len(self._stories)):
            bare, story = self._stories[index], datelined[index]
            if left == 0:
                return
            if not self._fits(kind, bare):
                continue
            left -= 1
            base = story if kind == "verbatim" or self._rng.random() < 0.5 else bare
            copy = edits.apply(kind, base, self._rng, lambda words, s=bare: self._larder.take(words, s.language))
            when = self._when[bare.id] + timedelta(hours=self._rng.uniform(0.1, 36))
            self._add(kind, bare.id, self._headline(bare), bare.language, copy, when, raw=kind in BOILERPLATED)
        if left:
            raise LookupError(f"{kind}: stories for {left} more cases are wanted; ask for fewer cases")

    def _fits(self, kind: str, story: Piece) -> bool:
        if kind in edits.NEEDS_LARDER:
            return self._larder.can_give(2 * story.words, story.language)
        fewest = {"excerpt": EXCERPT_WORDS, "trim": TRIM_WORDS}.get(kind, 0)
        return story.words >= fewest

    def _add_look_alikes(self) -> None:
        fed = [story for story in self._stories if self._larder.can_give(6 * story.words, story.language)]
        for story in self._rng.sample(fed, self._cases):
            made = negatives.followup(story, self._larder, self._rng)
            self._add_look_alike("followup", made, (story.id,), self._when[story.id] + timedelta(days=1))
        for story in self._rng.sample(fed, self._cases):
            made = negatives.update(story, self._larder, self._rng)
            hours = timedelta(hours=self._rng.uniform(1, 9))
            self._add_look_alike("update", made, (story.id,), self._when[story.id] + hours, may_merge=story.id)
        english = [story for story in self._stories if story.language == "en" and story.title]
        for items in self._menus(english):
            made = negatives.roundup(items, self._rng)
            latest = max(self._when[item.id] for item in items)
            self._add_look_alike("roundup", made, tuple(item.id for item in items), latest + timedelta(hours=20))
        for number in range(self._cases):
            self._add_pair("event", negatives.event(number, self._larder, self._rng))
            self._add_pair("template", negatives.template(number, self._rng))

    def _menus(self, stories: Sequence[Piece]) -> list[list[Piece]]:
        """What each round-up quotes; two of mostly the same items would be one and the same to a reader."""
        menus: list[list[Piece]] = []
        for _ in range(MENU_TRIES * self._cases):
            items = self._rng.sample(stories, self._rng.randint(*negatives.ROUNDUP_ITEMS))
            names = {item.id for item in items}
            if all(len(names & {item.id for item in menu}) <= SHARED_ITEMS for menu in menus):
                menus.append(items)
            if len(menus) == self._cases:
                return menus
        raise LookupError(f"{len(stories)} stories are too few for {self._cases} round-ups")

    def _add_pair(self, kind: str, pair: tuple[LookAlike, LookAlike]) -> None:
        when = FIRST_DAY + timedelta(days=self._rng.uniform(0, 28))
        # Templates come again another day, agencies tell one event within hours.
        later = timedelta(days=self._rng.randint(1, 7)) if kind == "template" else timedelta(hours=3)
        first = self._add_look_alike(kind, pair[0], (), when)
        self._add_look_alike(kind, pair[1], (first,), when + later)

    def _add_look_alike(
        self, kind: str, made: LookAlike, against: tuple[str, ...], when: datetime, may_merge: str = ""
    ) -> str:
        group = f"{kind}-{len(self._made)}"
        raw = self._rng.random() < RAW_SHARE
        self._add(kind, group, made.title, made.language, made.paragraphs, when, raw, against, may_merge)
        return group

    def _add(
        self,
        kind: str,
        group: str,
        title: str,
        language: str,
        paragraphs: Paragraphs,
        when: datetime,
        raw: bool,
        against: tuple[str, ...] = (),
        may_merge: str = "",
    ) -> None:
        site = self._site(group, raw)
        if raw:
            paragraphs = site.wrap(paragraphs, self._headlines, self._rng)
        url = f"https://{site.domain}/{when:%Y/%m/%d}/{self._rng.getrandbits(40):010x}.html"
        text = text_of(paragraphs, language)
        self._made.append(
            (
                Publication(url, title, f"{when:%Y-%m-%dT%H:%M:%SZ}", site.domain, text, language),
                Label(url, kind, group, against, may_merge),
            )
        )

    def _site(self, group: str, raw: bool) -> Site:
        used = self._used.setdefault(group, set())
        sites = self._sites[:RAW_SITES] if raw else self._sites[RAW_SITES:]
        site = self._rng.choice([site for site in sites if site.domain not in used] or sites)
        used.add(site.domain)
        return site

    def _headline(self, story: Piece) -> str:
        return story.title if self._rng.random() < 0.4 else story.sentences[0][:80]

    def _with_dateline(self, story: Piece) -> Piece:
        if story.language != "en" or self._rng.random() >= DATELINE_SHARE:
            return story
        town = self._rng.choice(["GENEVA", "NEW DELHI", "LONDON", "Nairobi", "WASHINGTON", "Sao Paulo"])
        lead = self._rng.choice([f"{town} (AFP) - ", f"{town}, Feb 3 (Reuters) - ", f"{town} (AP) — "])
        first, *others = story.paragraphs
        return replace(story, paragraphs=((lead + first[0], *first[1:]), *others))


def _lists(piece: Piece) -> Paragraphs:
    return [list(paragraph) for paragraph in piece.paragraphs]


def shared_data() -> Path:
    """Where the real material lies: `data` under $INGEST_SHARED, else under ../shared beside the checkout."""
    root = Path(__file__).resolve().parents[3]
    return (root / os.environ.get("INGEST_SHARED", "../shared")).resolve() / "data"


def write_half(half: str, folder: Path, rounds: int, cases: int) -> Iterator[tuple[Path, Path]]:
    """All rounds of one half, written one after another."""
    pieces = load(shared_data() / "articles.jsonl", half)
    for number in range(1, rounds + 1):
        yield write_round(make_round(pieces, number, cases), number, folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=HALVES, default="tuning")
    parser.add_argument("--out", type=Path, default=Path("build/quality"))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--cases", type=int, default=CASES)
    args = parser.parse_args()
    for paths in write_half(args.half, args.out / args.half, args.rounds, args.cases):
        print(*paths)


if __name__ == "__main__":
    main()
