"""Near-duplicate pairs of a JSONL file by datasketch, rensa or gaoya: word 5-grams, 128 permutations, lower case.

datasketch and rensa compare every two signatures: the decision on a pair, without what an index would miss.
gaoya decides through its own index, at each threshold.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

PERMUTATIONS = 128
NGRAM = 5
BLOCK = 256  # rows of signatures compared at a time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("method", choices=METHODS)
    parser.add_argument("input", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--thresholds", type=float, nargs="+", default=[0.8, 0.5, 0.3])
    args = parser.parse_args()
    with args.input.open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    started = time.perf_counter()
    rows = METHODS[args.method](texts, args.thresholds)
    result = {"method": args.method, "seconds": time.perf_counter() - started, "rows": rows}
    args.output.write_text(json.dumps(result), encoding="utf-8")


def by_datasketch(texts: list[str], thresholds: list[float]) -> list[dict[str, object]]:
    from datasketch import MinHash

    tokens = [[gram.encode() for gram in grams(text)] for text in texts]
    return by_signatures([m.hashvalues for m in MinHash.bulk(tokens, num_perm=PERMUTATIONS)], thresholds)


def by_rensa(texts: list[str], thresholds: list[float]) -> list[dict[str, object]]:
    from rensa import RMinHash

    return by_signatures(
        RMinHash.digests_from_token_sets([grams(text) for text in texts], PERMUTATIONS, 42), thresholds
    )


def by_gaoya(texts: list[str], thresholds: list[float]) -> list[dict[str, object]]:
    from gaoya.minhash import MinHashStringIndex

    rows: list[dict[str, object]] = []
    ids = list(range(len(texts)))
    for threshold in thresholds:
        index = MinHashStringIndex(
            jaccard_threshold=threshold,
            num_bands=None,
            band_size=None,
            num_hashes=PERMUTATIONS,
            lowercase=True,
            ngram_range=(NGRAM, NGRAM),
        )
        index.par_bulk_insert_docs(ids, texts)
        pairs = {(min(i, j), max(i, j)) for i, found in enumerate(index.par_bulk_query(texts)) for j in found if i != j}
        rows.append({"threshold": threshold, "pairs": sorted(pairs)})
    return rows


def by_signatures(signatures: list[object], thresholds: list[float]) -> list[dict[str, object]]:
    matrix = np.array(signatures)
    scored = list(similar(matrix, min(thresholds)))
    return [{"threshold": t, "pairs": [(i, j) for i, j, s in scored if s >= t]} for t in thresholds]


def similar(matrix: np.ndarray, floor: float) -> Iterator[tuple[int, int, float]]:
    """Every pair of rows whose estimated Jaccard similarity is `floor` or more."""
    for start in range(0, len(matrix), BLOCK):
        block = matrix[start : start + BLOCK]
        equal = np.zeros((len(block), len(matrix)), dtype=np.uint16)
        for column in range(matrix.shape[1]):
            equal += block[:, column, None] == matrix[None, :, column]
        for i, j in zip(*np.nonzero(equal >= floor * matrix.shape[1]), strict=True):
            if start + i < j:
                yield int(start + i), int(j), float(equal[i, j]) / matrix.shape[1]


def grams(text: str) -> list[str]:
    words = re.findall(r"\w+", text.lower())
    return list({" ".join(words[i : i + NGRAM]) for i in range(max(1, len(words) - NGRAM + 1))})


METHODS = {"datasketch": by_datasketch, "rensa": by_rensa, "gaoya": by_gaoya}

if __name__ == "__main__":
    main()
