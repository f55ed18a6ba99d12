"""`ingest agreement`: how coders agree, and what their judgements say of the archive."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.cli.common import common_options, json_option, open_context, print_json, shown
from ingest.texts import counted

if TYPE_CHECKING:
    from ingest.agreement import Share


@click.command()
@common_options
@json_option
@click.option("--coder", help="Measure precision and recall by this coder's word alone.  [default: by everybody's]")
def agreement(db: Path | None, config: Path | None, as_json: bool, coder: str | None) -> None:
    """Tell how coders agree, and what precision and recall their judgements give.

    Between any two coders: the share of equal labels and Cohen's kappa, for all labels and for copy or
    not. Precision: of the pairs that stand in one article, the share judged a copy. Recall: of the pairs
    judged a copy, the share that stands in one article. Both by the weights of the sample, with 95 %
    intervals (Wilson), for the archive as it stands now.

    \b
    Example:
      ingest agreement --db news.db
    """
    from ingest.pipeline.judging import agreement as measure

    connection = open_context(db, config).read()
    try:
        report = measure(connection, coder)
    finally:
        connection.close()
    if as_json:
        print_json(asdict(report))
        return
    if not report.coders:
        click.echo("no pair has been judged: `ingest sample` draws some, `ingest judge` takes the judgements")
        return
    for name, pairs in report.coders.items():
        click.echo(f"{shown(name)}: {counted(pairs, 'pair')} judged")
    for one, other, full, binary in report.between:
        click.echo(f"{shown(one)} and {shown(other)}: {counted(full.pairs, 'pair')} in common")
        click.echo(f"  all labels:  {full.same:.1%} equal, kappa {_kappa(full.kappa)}")
        click.echo(f"  copy or not: {binary.same:.1%} equal, kappa {_kappa(binary.kappa)}")
    click.echo(f"precision {_share(report.precision)}")
    click.echo(f"recall    {_share(report.recall)}")


def _kappa(kappa: float | None) -> str:
    return "–" if kappa is None else f"{kappa:.2f}"


def _share(share: Share) -> str:
    if share.share is None:
        return "– (no such pair was judged)"
    return f"{share.share:.3f} ({share.low:.3f} to {share.high:.3f}, {counted(share.size, 'judgement')})"
