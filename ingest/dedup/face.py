"""The engine without a database, as `import ingest` offers it: compare two texts, dedup many, look up in an index."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime

from ingest.dedup.align import align
from ingest.dedup.aligned import AlignedSentence, aligned_sentences, printed
from ingest.dedup.comparable import Comparable
from ingest.dedup.corpus import Facts, Pair, Text
from ingest.dedup.draft import Draft
from ingest.dedup.fingerprint import fingerprint as fingerprint_of
from ingest.dedup.memory import MemoryCorpus
from ingest.dedup.nodes import candidates
from ingest.dedup.plan import plan
from ingest.dedup.verify import Context, Kind, Verdict, verify
from ingest.model import Fingerprint, Precision
from ingest.times import to_text

PAYS_FROM = 2000  # texts: below, starting worker processes costs more than they save
AT_ONCE = 256  # texts of one plan
LATER = "9000-01-01T00:00:00Z"  # nothing is said of when texts were seen: every time of theirs is believed

When = datetime | date | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two texts side by side.

    Attributes:
        verdict: kind, score, contributions of each feature.
        carried: share of the words of `a` that `b` tells, 0 to 1.
        carried_back: share of the words of `b` that `a` tells.
        sentences: aligned, in the order of `a`; those of `b` alone last.
    """

    verdict: Verdict
    carried: float
    carried_back: float
    sentences: tuple[AlignedSentence, ...]

    @property
    def kind(self) -> Kind:
        """What the two are to each other: copy, update, part_of or different."""
        return self.verdict.kind

    @property
    def score(self) -> float:
        """Log-odds that they are one text."""
        return self.verdict.score


def compare(a: str, b: str, *, same_site: bool = False, days: float | None = None) -> Comparison:
    """Compare two texts.

    Args:
        a, b: body texts, paragraphs separated by newlines.
        same_site: whether both stand on one site.
        days: between their publications, where that is known.

    Example:
        >>> import ingest
        >>> story = "The ferry ran aground off Skarness on Monday. All 212 passengers were taken off by noon."
        >>> ingest.compare(story, story + " The harbour stays closed.").sentences[0].status
        'same'
    """
    first, second = (Comparable(fingerprint_of(text)) for text in (a, b))
    verdict = verify(first, second, context=Context(same_site=same_site, days=days))
    alignment = align(first, second)
    told_a, told_b = alignment.told()
    return Comparison(
        verdict,
        sum(told_a.values()) / max(1, alignment.words_a),
        sum(told_b.values()) / max(1, alignment.words_b),
        tuple(aligned_sentences(alignment, printed(a), printed(b))),
    )


def fingerprint(texts: Iterable[str], *, processes: int | None = None) -> list[Fingerprint]:
    """The fingerprints of texts, in their order; many are made in worker processes.

    Args:
        processes: how many; 0 for none, None for as many as pay.

    Example:
        >>> import ingest
        >>> [made.word_count for made in ingest.fingerprint(["Three short words."])]
        [3]
    """
    texts = list(texts)
    if processes == 0 or (processes is None and len(texts) < PAYS_FROM):
        return [fingerprint_of(text) for text in texts]
    with ProcessPoolExecutor(processes) as pool:
        return list(pool.map(fingerprint_of, texts, chunksize=100))


@dataclass(frozen=True, slots=True)
class Deduplicated:
    """What `dedup` found, in terms of the ids that were given.

    Attributes:
        groups: of each text that stands for one, all ids of its group: the canonical one first.
        pairs: every two texts that were compared and share enough to matter.
    """

    groups: tuple[tuple[Hashable, ...], ...]
    pairs: tuple[tuple[Hashable, Hashable, Pair], ...]


def dedup(
    texts: Sequence[str],
    *,
    ids: Sequence[Hashable] | None = None,
    sites: Sequence[str | None] | None = None,
    times: Sequence[When] | None = None,
    titles: Sequence[str | None] | None = None,
) -> Deduplicated:
    """Find the copies among texts: the whole engine in memory.

    Args:
        texts: body texts, paragraphs separated by newlines.
        ids: of each text; its number where None.
        sites: where each stands: what a site repeats is learned, and counts nowhere.
        times: of publication, zone-aware; a date without a time counts as a day.

    Raises:
        ValueError: when the sequences are not equally long, or an id comes twice.

    Example:
        >>> import ingest
        >>> story = "The ferry ran aground off Skarness on Monday. All 212 passengers were taken off by noon."
        >>> ingest.dedup([story, "Frost took half of the early plums near Varde.", story]).groups
        ((0, 2), (1,))
    """
    names: Sequence[Hashable] = range(len(texts)) if ids is None else ids
    _check(texts, ids=names, sites=sites, times=times, titles=titles)
    corpus = MemoryCorpus()
    made = [
        _text(number, text, sites[number] if sites else None, times[number] if times else None, titles, print_)
        for number, (text, print_) in enumerate(zip(texts, fingerprint(texts), strict=True))
    ]
    for start in range(0, len(made), AT_ONCE):
        some = made[start : start + AT_ONCE]
        corpus.apply(plan(corpus, some), some)
    _settle(corpus)
    return Deduplicated(
        tuple(tuple(names[doc - 1] for doc in group) for group in corpus.groups()),
        tuple((names[pair.a - 1], names[pair.b - 1], pair) for pair in corpus.kept_pairs()),
    )


class Index:
    """An index of texts to look copies up in.

    Example:
        >>> import ingest
        >>> index = ingest.Index()
        >>> index.add("first", "The ferry ran aground off Skarness on Monday. All 212 passengers were taken off.")
        >>> [found.id for found in index.query("The ferry ran aground off Skarness on Monday.")]
        ['first']
    """

    def __init__(self) -> None:
        self._corpus = MemoryCorpus()
        self._ids: list[Hashable] = []
        self._docs: dict[Hashable, int] = {}

    def __len__(self) -> int:
        return len(self._docs)

    def __contains__(self, id: Hashable) -> bool:
        return id in self._docs

    def add(self, id: Hashable, text: str, *, site: str | None = None, time: When = None) -> None:
        """Add a text, or replace the one of this id.

        Args:
            id: any hashable value.
        """
        if id not in self._docs:
            self._ids.append(id)
            self._docs[id] = len(self._ids)
        made = _text(self._docs[id] - 1, text, site, time, None, fingerprint_of(text))
        self._corpus.apply(plan(self._corpus, [made]), [made])

    def query(self, text: str, *, site: str | None = None, limit: int = 10) -> list[Found]:
        """The texts that are most like one, copies first; it is not added.

        Args:
            limit: the most that are returned.
        """
        _settle(self._corpus)
        draft = Draft(self._corpus)
        asked = _text(len(self._ids), text, site, None, None, fingerprint_of(text))
        draft.put(asked)
        leaders = [doc for doc, _ in candidates(draft, asked, asked.whole.all)]
        leaders += [twin.doc for twin in [draft.twin(asked)] if twin is not None]
        docs = {doc for leader in leaders for doc in draft.members(leader)}
        pairs = [(doc, draft.measure(asked.doc, doc)) for doc in docs]
        pairs.sort(key=lambda found: (-found[1].score, -found[1].containment, found[0]))
        return [
            Found(self._ids[doc - 1], pair.kind, pair.score, pair.jaccard, pair.containment)
            for doc, pair in pairs[:limit]
            if pair.containment
        ]


@dataclass(frozen=True, slots=True)
class Found:
    """A text that an index found, and how it compares with what was asked for."""

    id: Hashable
    kind: Kind
    score: float
    jaccard: float
    containment: float


def _settle(corpus: MemoryCorpus) -> None:
    while corpus.waiting:
        docs = sorted(corpus.waiting)[:AT_ONCE]
        corpus.apply(plan(corpus, again=docs, stale=[doc for doc in docs if corpus.waiting[doc]]))


def _text(
    number: int, text: str, site: str | None, when: When, titles: Sequence[str | None] | None, made: Fingerprint
) -> Text:
    published = None
    precision = None
    if isinstance(when, datetime):
        published, precision = to_text(when), Precision.SECOND
    elif when is not None:
        published, precision = f"{when.isoformat()}T00:00:00Z", Precision.DAY
    facts = Facts(
        doc=number + 1,
        url=f"{number:09}",
        title=titles[number] if titles else None,
        site=site,
        agency=None,
        published_at=published,
        published_precision=precision,
        first_seen_at=LATER,
        word_count=made.word_count,
    )
    return Text(facts, Comparable(made))


def _check(texts: Sequence[str], *, ids: Sequence[Hashable], **others: Sequence[object] | None) -> None:
    for name, values in {"ids": ids, **others}.items():
        if values is not None and len(values) != len(texts):
            raise ValueError(f"{name}: {len(values)} for {len(texts)} texts; give one for each")
    if len(set(ids)) != len(ids):
        raise ValueError("ids: one comes twice; each names one text")
