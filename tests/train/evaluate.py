"""How a way of fitting does on pairs that it was not fitted to: one set left out, or five folds by story."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ingest.dedup.scorecard import Scorecard, parse
from ingest.dedup.verify import Kind, decide
from tests.train.fit import fit_scorecard
from tests.train.made import SET as MADE
from tests.train.material import Example

FOLDS = 5
YES, NO = "SE", "RTD"


@dataclass(slots=True)
class Tally:
    """Label × decision of pairs."""

    counts: Counter[tuple[str, Kind]] = field(default_factory=Counter)

    def add(self, example: Example, kind: Kind) -> None:
        """Count a decision."""
        self.counts[example.label, kind] += 1

    def share(self, labels: str, *kinds: Kind) -> float:
        """The share of the pairs of these labels that were decided so."""
        of = self.total(labels)
        return self.total(labels, *kinds) / of if of else 1.0

    def total(self, labels: str, *kinds: Kind) -> int:
        """How many pairs of these labels were decided so; without kinds, how many there are."""
        return sum(n for (label, kind), n in self.counts.items() if label in labels and (not kinds or kind in kinds))

    @property
    def precision(self) -> float:
        right, wrong = self.total(YES, Kind.COPY), self.total(NO, Kind.COPY)
        return right / (right + wrong) if right + wrong else 1.0

    @property
    def recall(self) -> float:
        return self.share(YES, Kind.COPY)

    @property
    def f(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def cross_validated(examples: Sequence[Example], part_of: Callable[[Example], str]) -> dict[str, Tally]:
    """Set → decisions on its pairs, each by a scorecard fitted to the examples of all other parts."""
    tallies: dict[str, Tally] = {}
    real = [example for example in examples if example.set != MADE]
    for part in sorted({part_of(example) for example in real}):
        others = [example for example in examples if example.set == MADE or part_of(example) != part]
        model = parse(fit_scorecard(others, "cross-validation"), part)
        for example in real:
            if part_of(example) == part and example.scored:
                tallies.setdefault(example.set, Tally()).add(example, kind_of(example, model))
    return tallies


def kind_of(example: Example, model: Scorecard) -> Kind:
    """What a scorecard makes of an example."""
    return decide(example.features, model)[0]


def folds(examples: Sequence[Example]) -> Callable[[Example], str]:
    """Five parts by story, of about the same size within each set."""
    found: dict[str, str] = {}
    for name in sorted({example.set for example in examples}):
        sizes = Counter(example.story for example in examples if example.set == name)
        loads = [0] * FOLDS
        for story, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
            least = loads.index(min(loads))
            loads[least] += size
            found[story] = str(least)
    return lambda example: found[example.story]


def table(tallies: dict[str, Tally]) -> str:
    """The figures of every set, and their means."""
    apart = (Kind.UPDATE, Kind.PART_OF, Kind.COPY)
    lines = [f"{'set':12} {'F':>6} {'prec':>6} {'recall':>6} {'U link':>6} {'R part':>6} {'DT link':>7}"]
    rows = []
    for name, tally in tallies.items():
        row = [tally.f, tally.precision, tally.recall, tally.share("U", Kind.UPDATE, Kind.COPY),
               tally.share("R", Kind.PART_OF), tally.share("DT", *apart)]  # fmt: skip
        rows.append(row)
        lines.append(f"{name:12} " + " ".join(f"{value:6.3f}" for value in row))
    means = [sum(column) / len(column) for column in zip(*rows, strict=True)]
    lines.append(f"{'mean':12} " + " ".join(f"{value:6.3f}" for value in means))
    whole = Tally(sum((tally.counts for tally in tallies.values()), Counter()))
    lines.append(
        f"all pairs: U linked or merged {whole.share('U', Kind.UPDATE, Kind.COPY):.3f},"
        f" R linked {whole.share('R', Kind.PART_OF):.3f}, D and T linked {whole.share('DT', *apart):.3f}"
    )
    return "\n".join(lines)
