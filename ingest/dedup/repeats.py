"""What sites, and anybody, are known to repeat, while a plan is made: learned and unlearned as leaders come and go.

A function of the set: of every sentence the first leaders that hold it, in the order of texts, are asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ingest.dedup.boilerplate import EVERYWHERE
from ingest.dedup.comparable import NOTHING
from ingest.dedup.corpus import Corpus, Text
from ingest.dedup.keys import Keys, keys_of


class Repeats:
    """Reads through to a corpus, and remembers what a plan learns."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._of_sites: dict[str, frozenset[int]] = {}
        self._turned: dict[int, bool] = {}  # key → whether anybody repeats it now, and did not, or the other way round
        self._aside: dict[int, frozenset[int]] = {}  # doc → what is set aside of it
        self._keys: dict[int, Keys] = {}

    def of_site(self, site: str | None) -> frozenset[int]:
        """The keys of the sentences that a site repeats."""
        if not site:
            return NOTHING
        if site not in self._of_sites:
            self._of_sites[site] = frozenset(self._corpus.boilerplate(site))
        return self._of_sites[site]

    def everywhere(self, keys: Iterable[int]) -> frozenset[int]:
        """Those of some sentences that anybody repeats."""
        known = self._corpus.boilerplate(EVERYWHERE)
        turned = self._turned
        if not turned:
            return frozenset(known.intersection(keys))
        return frozenset(key for key in keys if turned.get(key, key in known))

    def aside_of(self, text: Text) -> frozenset[int]:
        """The keys of a text's own sentences that its site, or anybody, repeats."""
        found = self._aside.get(text.doc)
        if found is None:
            keys = text.comparable.key_set
            found = text.comparable.aside((self.of_site(text.site) & keys) | self.everywhere(text.whole.sentences))
            self._aside[text.doc] = found
        return found

    def keys(self, text: Text) -> Keys:
        """What a text is looked up by, what is repeated left out."""
        found = self._keys.get(text.doc)
        if found is None:
            aside = self.aside_of(text)
            found = keys_of(text.comparable.fingerprint, aside) if aside else text.whole
            self._keys[text.doc] = found
        return found

    def forget(self, doc: int) -> None:
        """A doc has other words, or another site, now."""
        self._aside.pop(doc, None)
        self._keys.pop(doc, None)

    def known(self, key: int, sites: Iterable[str | None]) -> frozenset[str]:
        """Those of some sites that repeat a sentence, or `EVERYWHERE`."""
        if self.everywhere((key,)):
            return frozenset((EVERYWHERE,))
        return frozenset(site for site in sites if site and key in self.of_site(site))

    def take_in(self, turns: Collection[Turn]) -> None:
        """Take in who turned out to repeat what."""
        self._aside.clear()
        self._keys.clear()
        for turn in turns:
            for site in turn.before ^ turn.after:
                if site == EVERYWHERE:
                    self._turned[turn.key] = site in turn.after
                elif site in turn.after:
                    self._of_sites[site] = self.of_site(site) | {turn.key}
                else:
                    self._of_sites[site] = self.of_site(site) - {turn.key}

    def learned(self) -> dict[str, frozenset[int]]:
        """Site, or `EVERYWHERE` → sentences that it repeats, and the corpus does not know yet; none is empty."""
        known = self._corpus.boilerplate
        found = {site: keys - known(site) for site, keys in self._of_sites.items()}
        found[EVERYWHERE] = frozenset(key for key, now in self._turned.items() if now) - known(EVERYWHERE)
        return {site: keys for site, keys in found.items() if keys}

    def unlearned(self) -> dict[str, frozenset[int]]:
        """Site, or `EVERYWHERE` → sentences that it repeats no longer, as the corpus knows it; none is empty."""
        known = self._corpus.boilerplate
        found = {site: frozenset(known(site)) - keys for site, keys in self._of_sites.items()}
        found[EVERYWHERE] = frozenset(key for key, now in self._turned.items() if not now) & known(EVERYWHERE)
        return {site: keys for site, keys in found.items() if keys}


@dataclass(frozen=True, slots=True)
class Turn:
    """Who repeats a sentence, as it was known and as it turned out: sites, or `EVERYWHERE`."""

    key: int
    before: frozenset[str]
    after: frozenset[str]

    def concerns(self, site: str | None) -> bool:
        """Whether the sentence is to be set aside of a site's texts now and was not, or the other way round."""
        return (EVERYWHERE in self.before or site in self.before) != (EVERYWHERE in self.after or site in self.after)
