"""Arrays of hashes: the shingles of a text, its MinHash signature, places in it. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Shingles = NDArray[np.uint32]  # distinct and sorted
Places = NDArray[np.int64]
Signature = NDArray[np.uint32]  # MinHash values, one a permutation


def shared(a: Shingles, b: Shingles) -> int:
    """How many shingles two sets have in common."""
    both = np.concatenate((a, b))
    both.sort()
    return int(np.count_nonzero(both[1:] == both[:-1]))


def distinct(values: NDArray[np.uint32]) -> Shingles:
    """The distinct values, sorted; for the few hundred of a text ten times faster than numpy's unique."""
    ordered = np.sort(values)
    if ordered.size < 2:
        return ordered
    first = np.empty(ordered.size, dtype=np.bool_)
    first[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]
