"""`ingest sample`: pairs of texts for people to judge."""

from __future__ import annotations

import csv
import sys
from dataclasses import asdict
from pathlib import Path

import click

from ingest.cli.common import common_options, json_option, open_context, print_json

COLUMNS = (
    "url", "other_url", "label", "note", "title", "other_title", "kind", "score", "band", "weight",
)  # fmt: skip


@click.command()
@common_options
@json_option
@click.option("--count", type=click.IntRange(1, 100_000), default=100, show_default=True, help="Pairs in all.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed draws the same pairs again.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(["copy", "update", "part_of", "different", "never"]),
    help="Only pairs decided so, or never compared; repeatable.  [default: all]",
)
@click.option("--lowest", type=float, default=-1e9, help="Lowest score, in log-odds.  [default: any]")
@click.option("--highest", type=float, default=1e9, help="Highest score, in log-odds.  [default: any]")
@click.option("--site", help="Only pairs of which one text stands on this site.")
@click.option("--blind", is_flag=True, help="Leave out what was decided, so that it sways nobody.")
def sample(
    db: Path | None,
    config: Path | None,
    as_json: bool,
    count: int,
    seed: int,
    kinds: tuple[str, ...],
    lowest: float,
    highest: float,
    site: str | None,
    blind: bool,
) -> None:
    """Draw pairs of texts for people to judge, as CSV.

    As many are drawn of each kind and band of scores, `never` among them: two texts of one day that were
    never compared, so that recall can be estimated. `weight` says for how many pairs each stands. Fill in
    `label` (copy, update, part_of, different, unsure) and give the file to `ingest judge`.

    \b
    Example:
      ingest sample --count 200 --seed 7 --blind --db news.db > pairs.csv
    """
    from ingest.pipeline.judging import KINDS
    from ingest.pipeline.judging import sample as draw

    connection = open_context(db, config).read()
    try:
        drawn = draw(connection, count, seed, kinds=kinds or KINDS, lowest=lowest, highest=highest, site=site)
    finally:
        connection.close()
    hidden = {"kind", "score", "band"} if blind else set[str]()
    rows = [{name: value for name, value in asdict(each).items() if name not in hidden} for each in drawn]
    if as_json:
        print_json(rows)
        return
    writer = csv.DictWriter(sys.stdout, [name for name in COLUMNS if name not in hidden], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
