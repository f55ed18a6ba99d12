"""Which leaders hold which keys, while a plan is made: as stored, with what it adds and takes out. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ingest.dedup.corpus import HOLDERS_READ, MAX_HOLDERS, Corpus, Posting, Text


class Postings:
    """Reads through to a corpus, and remembers what a plan changes.

    Attributes:
        added: key → holders added here.
        taken: holder → keys it was taken out of here.
    """

    def __init__(self, corpus: Corpus) -> None:
        self.added: dict[int, set[Posting]] = {}
        self.taken: dict[Posting, set[int]] = {}
        self._corpus = corpus
        self._stored: dict[int, tuple[Posting, ...]] = {}
        self._held: set[int] = set()  # keys that some stored leader holds
        self._cutoffs: dict[int, int | None] = {}

    def load(self, keys: Iterable[int]) -> None:
        """Look many keys up at once."""
        missing = {*keys}.difference(self._stored)
        if missing:
            self._stored.update(dict.fromkeys(missing, ()))
            found = {key: tuple(postings) for key, postings in self._corpus.postings(missing).items()}
            self._stored.update(found)
            self._held.update(found)

    def load_cutoffs(self, keys: Iterable[int]) -> None:
        """Look the places of the last of the first leaders up at once, of keys that very many hold."""
        missing = [key for key in keys if key not in self._cutoffs]
        if missing:
            self._cutoffs.update(dict.fromkeys(missing))
            self._cutoffs.update(self._corpus.cutoffs(missing))

    def may_be_first(self, key: int, posting: Posting) -> bool:
        """Whether a leader may be, or have been, one of the first that hold a key: without reading these."""
        self.load_cutoffs((key,))
        cutoff = self._cutoffs[key]
        return cutoff is None or posting[0] <= cutoff or any(key in keys for keys in self.taken.values())

    def held(self, keys: Collection[int], text: Text | None = None) -> list[int]:
        """Those of some keys that a leader other than a text may hold, in their order: most have no other."""
        self.load(keys)
        alone = [{text.posting}] if text else []
        return [key for key in keys if key in self._held or (key in self.added and self.added[key] not in alone)]

    def holders(self, key: int, limit: int = MAX_HOLDERS + 1) -> list[Posting]:
        """The first leaders that hold a key, in their order."""
        stored = self._stored.get(key)
        if stored is None:
            self.load([key])
            stored = self._stored[key]
        left = self._not_taken(key, stored)
        if len(left) < min(limit, len(stored)) and len(stored) == HOLDERS_READ:  # those behind come forward
            left = self._left(key)
        added = self.added.get(key)
        if not added:
            return left[:limit]
        return sorted({*left, *added})[:limit]

    def _left(self, key: int) -> list[Posting]:
        """All stored leaders that hold a key still, in their order."""
        return self._not_taken(key, self._corpus.all_postings((key,)).get(key, ()))

    def _not_taken(self, key: int, stored: Sequence[Posting]) -> list[Posting]:
        if not self.taken:
            return [*stored]
        return [posting for posting in stored if posting not in self.taken or key not in self.taken[posting]]

    def all_holders(self, key: int) -> list[int]:
        """All leaders that hold a key, however many."""
        return [doc for _, doc in sorted({*self._left(key), *self.added.get(key, ())})]

    def add(self, text: Text, keys: Collection[int]) -> None:
        """Let a leader be found by its keys."""
        posting = text.posting
        for key in keys:
            self.added.setdefault(key, set()).add(posting)
        if posting in self.taken:
            self.taken[posting].difference_update(keys)

    def withdraw(self, text: Text, keys: Collection[int]) -> None:
        """Let a text be found no longer."""
        posting = text.posting
        for key in keys:
            if key in self.added:
                self.added[key].discard(posting)
        self.taken.setdefault(posting, set()).update(keys)
