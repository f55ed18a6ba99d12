"""Leaders in datasketch's index are found by the keys that fingerprints and the index on disk have."""

from __future__ import annotations

from datasketch import MinHashLSH

from ingest.dedup.buckets import Buckets
from ingest.dedup.fingerprint import minhash
from ingest.dedup.parameters import BANDING, PERMUTATIONS
from tests.dedup.builders import LOCAL, OTHER_STORY, STORY, text
from tests.dedup.test_plan import publication

TEXTS = [
    publication(number, body, name=str(number))
    for number, body in enumerate(
        [text(*STORY), text(*STORY, LOCAL[0]), text(*STORY[1:]), text(*OTHER_STORY), text(*OTHER_STORY[:9])]
    )
]


def test_the_keys_of_bands_lead_where_the_library_does() -> None:
    library = MinHashLSH(num_perm=PERMUTATIONS, params=(BANDING.bands, BANDING.rows))
    buckets = Buckets()
    for each in TEXTS:
        library.insert(each.doc, minhash(each.comparable.fingerprint.signature))
        buckets.add(each)
        buckets.add(each)
    for each in TEXTS:
        found = {doc for holders in buckets.holders(each.whole.bands).values() for _, doc in holders}
        assert found == set(library.query(minhash(each.comparable.fingerprint.signature)))
    assert {0, 1, 2} == {doc for held in buckets.holders(TEXTS[0].whole.bands).values() for _, doc in held}


def test_what_is_withdrawn_is_found_no_longer_and_may_come_back() -> None:
    buckets = Buckets()
    for each in TEXTS[:2]:
        buckets.add(each)
    buckets.withdraw(TEXTS[0].posting, TEXTS[0].whole.sentences)
    assert len(buckets.holders(TEXTS[0].whole.bands)) == BANDING.bands, "its bands are not among these keys"
    buckets.withdraw(TEXTS[0].posting, TEXTS[0].whole.bands)
    buckets.withdraw(TEXTS[0].posting, TEXTS[0].whole.bands)
    assert TEXTS[0].posting not in {held for each in buckets.holders(TEXTS[0].whole.bands).values() for held in each}
    buckets.add(TEXTS[0])
    assert len(buckets.holders(TEXTS[0].whole.bands)) == BANDING.bands
