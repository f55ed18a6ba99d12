"""Texts → groups by average linkage over the log-odds of all pairs among them. Pure; a function of the set.

Source: Sokal and Michener 1958 (UPGMA): the two groups with the highest mean score over all pairs between them are
merged while that is above zero.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

MISSING = -1.0  # log-odds of two texts that share too little to have been compared
SCALE = 1000  # scores are added as whole thousandths: sums do not hang on their order

# A text of which another, one text with it by its score, tells so much is a part of that.
WHOLE = 0.9
# Log-odds from which two texts are versions of one beyond doubt: 20 to 1.
SURE = 3.0

Apart = Collection[tuple[int, int]]


def group(
    nodes: Sequence[int],
    scores: Mapping[tuple[int, int], float],
    together: Apart = (),
    apart: Apart = (),
) -> list[list[int]]:
    """Group some texts.

    Args:
        nodes: their docs, in an order that hangs on the set only: it decides between equals.
        scores: (smaller doc, larger doc) → log-odds that the two are one text; what is left out counts `MISSING`.
        together: pairs that people said are one text: merged before all others.
        apart: pairs that people said are not: never in one group.

    Returns:
        the groups, each in the order of `nodes`.
    """
    if not nodes:
        return []
    sums, forbidden, place = _matrix(nodes, scores, apart)
    sizes = np.ones(len(nodes), dtype=np.int64)
    parts: list[list[int]] = [[number] for number in range(len(nodes))]
    for a, b in sorted((min(place[x], place[y]), max(place[x], place[y])) for x, y in together):
        first, second = (next(i for i, part in enumerate(parts) if n in part) for n in (a, b))
        if first != second and not forbidden[first, second]:
            _merge(parts, sums, sizes, forbidden, min(first, second), max(first, second))
    while True:
        best = _closest(sums, sizes, forbidden)
        if best is None:
            break
        _merge(parts, sums, sizes, forbidden, *best)
    return [[nodes[number] for number in sorted(part)] for part in parts if part]


def by_wholes(
    scores: Mapping[tuple[int, int], float], wholes: Mapping[int, Mapping[int, float]]
) -> dict[tuple[int, int], float]:
    """The scores of parts with whatever is one text with their wholes.

    A part goes where its whole goes: what another cutting or another version of that has of the part tells only
    what was cut.

    Args:
        scores: (smaller doc, larger doc) → log-odds that the two are one text.
        wholes: doc → the texts that hold all of it → the log-odds above zero of both.

    Returns:
        of pairs that spoke against one text the lower of both scores by way of a whole, the highest of all wholes.
    """
    if not wholes:
        return {}
    nodes = sorted({node for pair in scores for node in pair})
    known, _, place = _matrix(nodes, scores, ())
    held = np.zeros(known.shape, dtype=np.int64)  # [part, whole]
    for part, its in wholes.items():
        for whole, score in its.items():
            held[place[part], place[whole]] = round(score * SCALE)
    # By way of a whole: [whole, other], where the two are surely one text, or the other is a part of it, too.
    way = np.where((known >= SURE * SCALE) | ((known > 0) & (held.T > 0)), known, 0)
    found: dict[tuple[int, int], float] = {}
    best = np.array([np.minimum(row[:, None], way).max(axis=0) for row in held])
    for (a, b), score in scores.items():
        if score <= 0:
            first, second = place[a], place[b]
            if by_way := max(int(best[first, second]), int(best[second, first])):
                found[a, b] = by_way / SCALE
    return found


def _matrix(
    nodes: Sequence[int], scores: Mapping[tuple[int, int], float], apart: Apart
) -> tuple[NDArray[np.int64], NDArray[np.bool_], dict[int, int]]:
    place = {node: number for number, node in enumerate(nodes)}
    sums = np.full((len(nodes), len(nodes)), round(MISSING * SCALE), dtype=np.int64)
    for (a, b), score in scores.items():
        if a in place and b in place:
            sums[place[a], place[b]] = sums[place[b], place[a]] = round(score * SCALE)
    forbidden = np.eye(len(nodes), dtype=np.bool_)
    for a, b in apart:
        if a in place and b in place:
            forbidden[place[a], place[b]] = forbidden[place[b], place[a]] = True
    return sums, forbidden, place


def _closest(sums: NDArray[np.int64], sizes: NDArray[np.int64], forbidden: NDArray[np.bool_]) -> tuple[int, int] | None:
    """The two groups with the highest mean above zero, the first among equals."""
    means = sums / np.outer(sizes, sizes).clip(min=1)
    means[forbidden] = -np.inf
    at = int(np.argmax(means))
    first, second = divmod(at, len(sizes))
    if means[first, second] <= 0:
        return None
    return (first, second) if first < second else (second, first)


def _merge(
    parts: list[list[int]],
    sums: NDArray[np.int64],
    sizes: NDArray[np.int64],
    forbidden: NDArray[np.bool_],
    keep: int,
    gone: int,
) -> None:
    parts[keep] += parts[gone]
    parts[gone] = []
    sums[keep] += sums[gone]
    sums[:, keep] = sums[keep]
    sizes[keep] += sizes[gone]
    sizes[gone] = 0
    forbidden[keep] |= forbidden[gone]
    forbidden[:, keep] = forbidden[keep]
    forbidden[gone] = forbidden[:, gone] = True
    forbidden[keep, keep] = True
