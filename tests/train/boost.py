"""Fits one additive card by boosted trees: runs in the environment of `requirements.lock`, and knows nothing of ingest.

    python boost.py TASK.json ANSWER.json

Trees of at most two splits on at most two features (one of the chosen pairs), monotone where sense demands it. Such
trees add up exactly to a table of points a feature and a table a pair of features.
"""

from __future__ import annotations

import json
import math
import sys
from bisect import bisect_left
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

Table = np.ndarray[Any, Any]
DIGITS = 4  # of the points


def main() -> None:
    """Read the task, fit, write the card."""
    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    Path(sys.argv[2]).write_text(json.dumps(fit(task)), encoding="utf-8")


def fit(task: dict[str, Any]) -> dict[str, Any]:
    """The card of a task.

    Args:
        task: `features` (names), `rows` (values, None where not known), `answers` (0 or 1), `weights`, `monotone`
            (name → 1 or -1), `pairs` (how many interactions), `settings` (of the boosting).
    """
    features = task["features"]
    values = np.array([[math.nan if v is None else v for v in row] for row in task["rows"]], dtype=float)
    answers, weights = np.array(task["answers"]), np.array(task["weights"], dtype=float)
    monotone = [task["monotone"].get(name, 0) for name in features]

    def boosted(interactions: list[set[int]] | None) -> HistGradientBoostingClassifier:
        model = HistGradientBoostingClassifier(
            **task["settings"],
            monotonic_cst=monotone,
            interaction_cst=interactions,
            early_stopping=False,
            random_state=0,
        )
        return model.fit(values, answers, sample_weight=weights)

    pairs = strongest(boosted(None), task["pairs"])
    paired = {feature for pair in pairs for feature in pair}
    alone = [{feature} for feature in range(len(features)) if feature not in paired]
    model = boosted([set(pair) for pair in pairs] + alone)
    return card(model, features, values, weights)


def strongest(model: HistGradientBoostingClassifier, count: int) -> list[tuple[int, int]]:
    """The pairs of features whose joint splits gained most, as in the search for interactions of a GA2M."""
    gains: Counter[tuple[int, int]] = Counter()
    for nodes in trees(model):
        for _, parent, child in splits_below(nodes):
            if parent["feature_idx"] != child["feature_idx"]:
                first, second = sorted((int(parent["feature_idx"]), int(child["feature_idx"])))
                gains[first, second] += child["gain"]
    return [pair for pair, _ in sorted(gains.items(), key=lambda item: (-item[1], item[0]))[:count]]


def trees(model: HistGradientBoostingClassifier) -> list[Table]:
    """The nodes of every tree."""
    return [step[0].nodes for step in model._predictors]


def splits_below(nodes: Table) -> list[tuple[bool, Any, Any]]:
    """The root's children that split further: (whether left, root, child)."""
    root = nodes[0]
    if root["is_leaf"]:
        return []
    below = [(left, root, nodes[root["left" if left else "right"]]) for left in (True, False)]
    return [(left, parent, child) for left, parent, child in below if not child["is_leaf"]]


# --- trees → tables ------------------------------------------------------------------------------


def card(model: HistGradientBoostingClassifier, features: list[str], values: Table, weights: Table) -> dict[str, Any]:
    """The model as a card: each table's mean effect moved to where fewer features are needed."""
    edges = edges_of(model, len(features))
    tables = tables_of(model, edges)
    bins = [[bin_of(v, edges[f]) for v in values[:, f].tolist()] for f in range(len(features))]
    base = float(model._baseline_prediction.ravel()[0])
    purify(tables, bins, weights)
    for key in [key for key in tables if len(key) == 1]:
        shares = np.bincount(bins[key[0]], weights=weights, minlength=len(tables[key])) / weights.sum()
        mean = float((shares * tables[key]).sum())
        tables[key] = tables[key] - mean
        base += mean
    terms = [
        term(key, table, edges, features) for key, table in sorted(tables.items(), key=lambda i: (len(i[0]), i[0]))
    ]
    return {"base": round(base, DIGITS), "terms": terms}


def edges_of(model: HistGradientBoostingClassifier, count: int) -> list[list[float]]:
    """For each feature all thresholds that some tree splits it at."""
    found: list[set[float]] = [set() for _ in range(count)]
    for nodes in trees(model):
        for node in nodes:
            # A split at infinity parts what is known from what is not.
            if not node["is_leaf"] and math.isfinite(node["num_threshold"]):
                found[node["feature_idx"]].add(float(node["num_threshold"]))
    return [sorted(one) for one in found]


def bin_of(value: float, edges: list[float]) -> int:
    """The range of a value; the last one if it is not known."""
    return len(edges) + 1 if math.isnan(value) else bisect_left(edges, value)


def tables_of(model: HistGradientBoostingClassifier, edges: list[list[float]]) -> dict[tuple[int, ...], Table]:
    """The sum of all trees, a table for every feature and every pair of features that some tree splits."""
    tables: dict[tuple[int, ...], Table] = {}

    def add(key: tuple[int, ...], points: Table) -> None:
        tables[key] = tables[key] + points if key in tables else points

    for nodes in trees(model):
        root = nodes[0]
        if root["is_leaf"]:
            continue
        f = int(root["feature_idx"])
        goes_left = left_of(root, edges[f])
        for left in (True, False):
            child = nodes[root["left" if left else "right"]]
            reached = goes_left if left else 1.0 - goes_left
            if child["is_leaf"]:
                add((f,), reached * child["value"])
                continue
            g = int(child["feature_idx"])
            below = left_of(child, edges[g])
            points = below * nodes[child["left"]]["value"] + (1.0 - below) * nodes[child["right"]]["value"]
            if g == f:
                add((f,), reached * points)
            else:
                table = np.outer(reached, points)
                add((f, g) if f < g else (g, f), table if f < g else table.T)
    return tables


def left_of(node: Any, edges: list[float]) -> Table:
    """For every range of the node's feature 1 where it goes left, and for `not known`."""
    highest = [*edges, math.inf]
    goes = [1.0 if high <= node["num_threshold"] else 0.0 for high in highest]
    return np.array([*goes, float(bool(node["missing_go_to_left"]))])


def purify(tables: dict[tuple[int, ...], Table], bins: list[list[int]], weights: Table) -> None:
    """Move what one feature alone explains out of the tables of pairs, by the weights of the examples.

    Source: Lengerich et al., "Purifying interaction effects with the functional ANOVA", 2020.
    """
    for key in [key for key in tables if len(key) == 2]:
        first, second = key
        table = tables[key]
        density = np.full(table.shape, 1e-9)
        np.add.at(density, (bins[first], bins[second]), weights)
        for _ in range(100):
            rows = (density * table).sum(axis=1) / density.sum(axis=1)
            table = table - rows[:, None]
            columns = (density * table).sum(axis=0) / density.sum(axis=0)
            table = table - columns[None, :]
            for feature, effect in ((first, rows), (second, columns)):
                tables[feature,] = tables[feature,] + effect if (feature,) in tables else effect
            if max(abs(rows).max(), abs(columns).max()) < 1e-9:
                break
        tables[key] = table


def term(key: tuple[int, ...], table: Table, edges: list[list[float]], features: list[str]) -> dict[str, Any]:
    """A table as the file holds it, ranges of the same points made one."""
    rounded = np.round(table, DIGITS) + 0.0
    kept = []
    for axis, feature in enumerate(key):
        by_range = np.moveaxis(rounded, axis, 0)
        wanted = [n for n in range(len(edges[feature])) if not np.array_equal(by_range[n], by_range[n + 1])]
        ranges = [*wanted, len(edges[feature]), len(edges[feature]) + 1]
        rounded = np.take(rounded, ranges, axis=axis)
        kept.append([float(f"{edges[feature][n]:.6g}") for n in wanted])
    return {"features": [features[f] for f in key], "edges": kept, "points": rounded.tolist()}


if __name__ == "__main__":
    main()
