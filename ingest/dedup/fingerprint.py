"""Text → Fingerprint: shingle hashes, MinHash signature, band and sentence keys. Pure; runs in worker processes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Final

import numpy as np
import xxhash
from numpy.typing import NDArray

from ingest.dedup.listing import list_items
from ingest.dedup.parameters import BANDING, PERMUTATIONS, SEED, VERSION
from ingest.dedup.particulars import FLAG_BITS, NAME, comparable_word, flags_of, with_han_values, with_scales
from ingest.dedup.text import WORDS_PER_SHINGLE, sentences, shingle_size, words
from ingest.model import Fingerprint

if TYPE_CHECKING:
    from datasketch import MinHash

U64 = np.uint64
MASK64 = (1 << 64) - 1
MAX_CACHED_WORDS = 100_000  # more than a language's running vocabulary; about 15 MB
SCHEME: Final = "affine32"  # datasketch's: 32-bit hashes, a·h + b of them mixed
SIGNED_AT_ONCE = 512  # shingles: their permuted values stay in the processor's cache
SHOUTED = 6  # capitalised words of a sentence, nearly all of them: then it is set in capitals
MAX_WORDS = 50_000  # of a text; a longer one is fingerprinted by its beginning, and is no article


HASH_BITS = MASK64 ^ FLAG_BITS


def fingerprint(text: str, language: str | None = None) -> Fingerprint:
    """The fingerprint of a text.

    Args:
        text: body text, paragraphs separated by newlines.
        language: not used: scripts are told by their letters, so that a wrong label cannot split copies.
    """
    tokens = _capped(found for sentence in sentences(text) if (found := words(with_han_values(sentence))))
    printed = sum(map(len, tokens))
    tokens = [with_scales(sentence) for sentence in tokens]
    sizes = [shingle_size(sentence) for sentence in tokens]
    lengths = list(map(len, tokens))
    hashes, flags = _word_hashes(tokens, lengths)
    shingles, counts = _shingles(hashes, lengths, sizes)
    keys = np.array(_sentence_keys(hashes, lengths), dtype=U64)
    shingle_counts = np.array(counts, dtype=np.uint32)
    signature = sign(shingles).tobytes()
    plain = sum(length for length, size in zip(lengths, sizes, strict=True) if size == WORDS_PER_SHINGLE)
    return Fingerprint(
        parameters=VERSION,
        signature=signature,
        bands=_band_keys(signature).tobytes(),
        sentences=keys.tobytes(),
        lengths=np.array(lengths, dtype=np.uint32).tobytes(),
        counts=shingle_counts.tobytes(),
        shingles=shingles.tobytes(),
        words=hashes.astype(np.uint32).tobytes(),
        flags=flags.tobytes(),
        text_key=_signed(sum(key * (key | 1) for key in set(keys.tolist())) & MASK64),
        word_count=plain + (sum(lengths) - plain) // 2 + printed - sum(lengths),
        items=list_items(text),
    )


def minhash(signature: bytes) -> MinHash:
    """A stored signature as a datasketch MinHash, for any use that library knows."""
    from datasketch import MinHash

    return MinHash(hashvalues=np.frombuffer(signature, dtype=np.uint32), permutations=_permutations(), scheme=SCHEME)


def sign(shingles: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The MinHash values of a set of 32-bit hashes, by datasketch."""
    from datasketch import MinHash  # brings scipy: half a second that no daemon's start and no query should wait for

    made = MinHash(num_perm=PERMUTATIONS, permutations=_permutations(), scheme=SCHEME, hashfunc=_as_it_is)
    hashes = shingles.tolist()
    for start in range(0, len(hashes), SIGNED_AT_ONCE):
        made.update_batch(hashes[start : start + SIGNED_AT_ONCE])
    signature: NDArray[np.uint32] = made.hashvalues
    return signature


@cache
def _permutations() -> NDArray[np.uint32]:
    """datasketch's own, drawn once: it draws them anew for every MinHash that it is not given them for."""
    from datasketch import MinHash

    drawn: NDArray[np.uint32] = MinHash(num_perm=PERMUTATIONS, seed=SEED, scheme=SCHEME).permutations
    return drawn


def _as_it_is(value: int) -> int:
    """The hash of a shingle's hash."""
    return value


def _fmix64(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed = values ^ (values >> U64(33))
    mixed *= U64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> U64(33)
    mixed *= U64(0xC4CEB9FE1A85EC53)
    mixed ^= mixed >> U64(33)
    return mixed


def _capped(tokens: Iterable[list[str]]) -> list[list[str]]:
    capped = []
    room = MAX_WORDS
    for sentence in tokens:
        capped.append(sentence if len(sentence) <= room else sentence[:room])
        room -= len(sentence)
        if room <= 0:
            break
    return capped


class _Words(dict[str, int]):
    """A word as it is printed → the hash of its comparable form, its lowest bits replaced by its flags."""

    def __missing__(self, word: str) -> int:
        value = self[word] = xxhash.xxh3_64_intdigest(comparable_word(word).encode()) & HASH_BITS | flags_of(word)
        return value


_words = _Words()


def _word_hashes(tokens: list[list[str]], lengths: list[int]) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    """The hash and the flags of every word, sentence after sentence."""
    if len(_words) > MAX_CACHED_WORDS:
        _words.clear()
    values = np.fromiter(map(_words.__getitem__, chain.from_iterable(tokens)), dtype=U64, count=sum(lengths))
    flags = (values & U64(FLAG_BITS)).astype(np.uint8)
    if lengths:
        # Any word may begin a sentence, so its capital says nothing there.
        flags[np.cumsum([0, *lengths[:-1]])] &= np.uint8(0xFF ^ NAME)
        _without_shouting(flags, lengths)
    return _fmix64(values & U64(HASH_BITS)), flags


def _without_shouting(flags: NDArray[np.uint8], lengths: list[int]) -> None:
    """In a sentence of capitals, a headline or a line of an old wire, a capital names nothing."""
    starts = np.cumsum([0, *lengths[:-1]])
    named = np.add.reduceat((flags & NAME) != 0, starts, dtype=np.int64)
    shouting = (named >= SHOUTED) & (named >= 0.8 * (np.array(lengths) - 1))
    if shouting.any():
        flags[np.repeat(shouting, lengths)] &= np.uint8(0xFF ^ NAME)


def _sentence_keys(hashes: NDArray[np.uint64], lengths: list[int]) -> list[int]:
    keys = []
    start = 0
    for length in lengths:
        keys.append(xxhash.xxh3_64_intdigest(hashes[start : start + length].tobytes()))
        start += length
    return keys


# One odd factor a position, so that the order of words counts; derived from a hash, not chosen.
_FACTORS = [U64(xxhash.xxh3_64_intdigest(b"position %d" % index) | 1) for index in range(16)]


def _shingles(hashes: NDArray[np.uint64], lengths: list[int], sizes: list[int]) -> tuple[NDArray[np.uint32], list[int]]:
    """32-bit hashes of each sentence's shingles, sentence after sentence, and how many each has.

    A sentence shorter than a shingle is one shingle, of all its words.
    """
    if not lengths:
        return np.empty(0, dtype=np.uint32), []
    counts = [max(1, length - size + 1) for length, size in zip(lengths, sizes, strict=True)]
    widths = [min(length, size) for length, size in zip(lengths, sizes, strict=True)]
    longest, shortest = max(widths), min(widths)
    padded = np.concatenate((hashes, np.zeros(longest, dtype=U64)))  # room to read past the last word
    starts = np.repeat(np.cumsum([0, *lengths[:-1]]) - np.cumsum([0, *counts[:-1]]), counts)
    position = starts + np.arange(len(starts))
    # Of every word the run that begins there; those that leave their sentence are passed over in the end.
    runs = hashes * _FACTORS[0]
    for offset in range(1, shortest):
        runs += padded[offset : offset + len(hashes)] * _FACTORS[offset]
    values = runs[position]
    if shortest < longest:
        width = np.repeat(widths, counts)
        for offset in range(shortest, longest):
            values += np.where(width > offset, padded[position + offset] * _FACTORS[offset], U64(0))
    return (_fmix64(values) >> U64(32)).astype(np.uint32), counts


def _band_keys(signature: bytes) -> NDArray[np.int64]:
    """One 64-bit key a band: the hash of its values, by the band's number."""
    values, width = memoryview(signature), 4 * BANDING.rows
    keys = [
        xxhash.xxh3_64_intdigest(values[band * width : (band + 1) * width], seed=band) for band in range(BANDING.bands)
    ]
    return np.array(keys, dtype=U64).view(np.int64)


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value
