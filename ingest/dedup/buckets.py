"""The leaders that share a band of their signatures, held in memory by datasketch's `MinHashLSH`."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from datasketch import MinHashLSH

from ingest.dedup.corpus import Posting, Text
from ingest.dedup.fingerprint import minhash
from ingest.dedup.parameters import BANDING, PERMUTATIONS


class Buckets:
    """Answers by the keys of bands that fingerprints hold, as the index on disk does.

    A text takes about 13 kB here: an archive's index stays on disk (`ingest.store.corpus`).
    """

    def __init__(self) -> None:
        self._lsh = MinHashLSH(num_perm=PERMUTATIONS, params=(BANDING.bands, BANDING.rows))
        # The key of a band → its number and its values as the library keeps them: by a key alone neither is known.
        self._buckets: dict[int, tuple[int, bytes]] = {}
        self._bands: dict[Posting, tuple[int, ...]] = {}

    def add(self, text: Text) -> None:
        """Let a leader be found by its bands, if it is not already."""
        if text.posting in self._bands:
            return
        keys = self._bands[text.posting] = text.whole.bands
        self._lsh.insert(text.posting, minhash(text.comparable.fingerprint.signature))
        self._buckets.update(zip(keys, enumerate(self._lsh.keys[text.posting]), strict=True))

    def withdraw(self, posting: Posting, keys: Collection[int]) -> None:
        """Let a leader be found no longer, if its bands are among some keys."""
        bands = self._bands.get(posting, ())
        if bands and bands[0] in keys:
            del self._bands[posting]
            self._lsh.remove(posting)

    def holders(self, keys: Iterable[int]) -> dict[int, list[Posting]]:
        """Those of some keys that are of a band → the leaders that share it, in their order."""
        found = {}
        for key in keys:
            if key in self._buckets:
                number, values = self._buckets[key]
                if holders := self._lsh.hashtables[number].get(values):
                    found[key] = sorted(holders)
        return found
