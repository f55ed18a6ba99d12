"""`ingest backfill`: archives through the same path."""

from __future__ import annotations

import gc
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.cli.common import EXIT_REFUSED, common_options, copy_of, json_option, open_context, print_json, shown
from ingest.texts import counted

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from ingest.backfill.find import Found, Source
    from ingest.backfill.run import Summary
    from ingest.extract.pool import WorkerPool
    from ingest.model import Outcome
    from ingest.settings import ExtractSettings
    from ingest.store.report import Against

COLLECT_EVERY = 100_000  # allocations; the records of a backfill hold no cycles
LOG_EVERY_S = 10.0
MAX_REPORTED = 20  # problems of one kind that are printed; all of them are in the entries table


@click.command()
@common_options
@json_option
@click.option(
    "--format",
    "format_name",
    type=click.Choice(["text", "jsonl", "html"]),
    help="Format of the sources.  [default: guessed from each file's name, and said]",
)
@click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="FIELD=NAME",
    help="JSON Lines: which name of the records holds FIELD; `a.b` is `b` within `a`. May be given several times.",
)
@click.option("--dry-run", is_flag=True, help="Work on a copy of the database and throw it away; only report.")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
def backfill(
    db: Path | None,
    config: Path | None,
    as_json: bool,
    format_name: str | None,
    mapped: tuple[str, ...],
    dry_run: bool,
    sources: tuple[str, ...],
) -> None:
    """Take archives of articles through the same path; resumable.

    SOURCE is a file, a folder (with all below it; links that lead outside are left out) or a glob in
    quotes. Every record gets its row in the table `entries` under (source, position), with its outcome;
    running the same command again passes over what is done and takes up what is new or changed. Stop it
    at any time. At the end it is said what was new against what the database held before, what is a copy
    of that, and which articles stand for one of the later texts now.

    \b
    Formats:
      text    seed documents, .txt: title, date YYYYMMDD, URL, then one sentence a line
      jsonl   .jsonl, .ndjson: one object a line with `url` and `text` or `html`; optional
              `title`, `published` (or `date`), `site`, `author`, `language`, `agency`,
              `section`, `tags`; the names that news-please, newspaper, trafilatura, Fundus,
              schema.org and others give them are known, --map names any other
      html    saved pages, .html, .htm: facts and URL are taken from the page, or from the
              comment that a browser, SingleFile or HTTrack wrote when it saved it
    Files may be compressed with gzip.

    Exit code 3: done, but some records were refused (each is reported).

    \b
    Examples:
      ingest backfill seeds/ --db news.db
      ingest backfill archive-2025.jsonl.gz 'pages/**/*.html' --db news.db
      ingest backfill dump.jsonl --map text=article.body --map published=ts --db news.db
    """
    from ingest.backfill.find import find_sources
    from ingest.backfill.sources import FORMATS

    mapping = _mapping(mapped)
    context = open_context(db, config)
    settings = context.config.settings
    found = find_sources(sources, FORMATS[format_name] if format_name else None)
    if not as_json:
        _say_found(found)
        _say_layouts(found, mapping)
    is_new = not context.db.exists()
    connection = context.write()
    pool = _start_pool(settings.extract, found)

    from ingest.backfill.run import Backfill  # while the workers start
    from ingest.service.lock import SourcesLock, holder
    from ingest.store.database import forget_database, write_in_bulk
    from ingest.store.report import against_stored, last_doc, store_counts

    _quiet_collector()
    started = time.monotonic()
    try:
        names = () if dry_run else [source.name for source in found.sources]
        with (
            SourcesLock(context.db, names),
            _Reporter(found) as reporter,
            copy_of(connection, context.db, wanted=dry_run) as target,
        ):
            write_in_bulk(target)
            before = last_doc(target)
            clock = lambda: datetime.now(UTC)  # noqa: E731
            shared = lambda: holder(context.db) is not None  # noqa: E731
            work = Backfill(target, settings, pool, progress=reporter, clock=clock, is_shared=shared, mapping=mapping)
            with context.recorded(target, "backfill", [str(Path(name).absolute()) for name in sources]):
                summary = work.run(found.sources)
            stored = store_counts(target)
            against = against_stored(target, before) if before else None
    finally:
        pool.close()
        connection.close()
        if dry_run and is_new:
            forget_database(context.db)
    _print_summary(summary, stored, against, time.monotonic() - started, context.db, as_json, dry_run)
    if summary.refused:
        sys.exit(EXIT_REFUSED)


def _start_pool(settings: ExtractSettings, found: Found) -> WorkerPool:
    """Begin to start the workers, with what the sources need."""
    from ingest.extract.pool import WorkerPool

    preloads = {source.format.preload for source in found.sources}
    # Pages need more than texts do; workers for both have it all.
    pool = WorkerPool(settings, preload=preloads.pop()) if len(preloads) == 1 else WorkerPool(settings)
    pool.start()
    return pool


def _quiet_collector() -> None:
    """Let the cycle collector pass over what is loaded already: it takes a tenth of a backfill's time else."""
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY)


def _mapping(mapped: Sequence[str]) -> dict[str, str]:
    from ingest.backfill.sources.layouts import NAMES

    mapping = {}
    for each in mapped:
        field, equals, name = each.partition("=")
        if field not in NAMES or not equals or not name:
            raise click.BadParameter(f"{each!r}: not FIELD=NAME with a FIELD of {', '.join(NAMES)}", param_hint="--map")
        mapping[field] = name
    return mapping


def _say_layouts(found: Found, mapping: Mapping[str, str]) -> None:
    """Tell what the fields of foreign files are taken for, by the first record of each."""
    from ingest.backfill.sources.jsonl import load
    from ingest.backfill.sources.layouts import layout_of
    from ingest.errors import ParseError

    said: Counter[str] = Counter()
    for source in found.sources:
        if source.format.name != "jsonl" or len(said) > MAX_REPORTED:
            continue
        first = next((record for record in source.format.read(source.path) if record.error is None), None)
        try:
            layout = layout_of(load(first.payload), mapping) if first else None
        except ParseError:
            continue  # told when it is taken
        if layout:
            said[layout] += 1
    for layout, count in said.items():
        click.echo(f"{counted(count, 'file')} in a foreign layout: {shown(layout)}")


def _say_found(found: Found) -> None:
    kinds = Counter(source.format.name for source in found.sources)
    said = ", ".join(f"{count} {name}" for name, count in kinds.items()) or "none"
    click.echo(f"{counted(len(found.sources), 'file')} to take: {said}")
    for paths, what, why in (
        (found.left_out, "file", "of other kinds left out"),
        (found.led_out, "link", "left out, leading outside the folder (name their files to take them)"),
    ):
        if paths:
            names = ", ".join(shown(path.name) for path in paths[:5])
            more = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
            click.echo(f"{counted(len(paths), what)} {why}: {names}{more}")


def _print_summary(
    summary: Summary,
    stored: Mapping[str, int],
    against: Against | None,
    seconds: float,
    db: Path,
    as_json: bool,
    dry_run: bool,
) -> None:
    if as_json:
        print_json(
            {
                "outcomes": summary.outcomes,
                "taken": summary.taken,
                "passed_over": summary.passed_over,
                "refused": summary.refused,
                "seconds": round(seconds, 3),
                "against": asdict(against) if against else None,
                "dry_run": dry_run,
                **stored,
            }
        )
        return
    rate = summary.taken / seconds if seconds else 0.0
    click.echo(
        f"{counted(summary.taken, 'record')} in {seconds:.1f} s ({rate:.0f}/s), {summary.passed_over} done before"
    )
    for outcome, count in summary.outcomes.most_common():
        click.echo(f"  {outcome:<16} {count:>9}")
    articles, copies = counted(stored["articles"], "article"), counted(stored["copies"], "copy", "copies")
    if against:
        click.echo(
            f"against what was stored before: {counted(against.new, 'new article')}, "
            f"{counted(against.copies_of_stored, 'copy', 'copies')} of stored ones, "
            f"{against.took_over} of which stand for their article now"
        )
    click.echo(f"{db} {'would hold' if dry_run else 'now holds'} {articles} and {copies} of them")
    if dry_run:
        click.echo("nothing was changed (--dry-run)")
    if summary.refused and not dry_run:
        click.echo(f"{summary.refused} refused; all of them: sqlite-utils query {db} \\")
        click.echo('  "select source, position, outcome, error from entries where doc is null"')


class _Reporter:
    """A progress bar on a terminal, log lines elsewhere; problems go to standard error."""

    def __init__(self, found: Found) -> None:
        self._total = sum(source.size for source in found.sources)
        self._before = 0
        self._source: Source | None = None
        self._offset = 0
        self._reported: Counter[str] = Counter()
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None
        self._last_line = time.monotonic()

    def __enter__(self) -> _Reporter:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (BarColumn(), DownloadColumn(), TextColumn("{task.fields[said]}"), TimeRemainingColumn())
            self._bar = Progress(*columns, console=Console(stderr=True))
            self._task = self._bar.add_task("backfill", total=self._total, said="")
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
        for outcome, count in self._reported.items():
            if count > MAX_REPORTED:
                click.echo(f"{outcome}: {count - MAX_REPORTED} more like these", err=True)

    def advance(self, source: Source, offset: int, summary: Summary) -> None:
        """Move the bar, or write a line now and then."""
        if source is not self._source:
            self._before += self._source.size if self._source else 0
            self._source = source
        self._offset = max(offset, 0)
        counts: Counter[str] = Counter({str(outcome): count for outcome, count in summary.outcomes.items()})
        said = f"{summary.taken} records, {counts['canonical']} articles, {counts['copy']} copies"
        done = self._before + self._offset
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, said=said)
        elif time.monotonic() - self._last_line >= LOG_EVERY_S:
            self._last_line = time.monotonic()
            share = 100 * done / self._total if self._total else 100.0
            click.echo(f"backfill {share:.0f} %: {said}", err=True)

    def refused(self, source: Source, position: int, outcome: Outcome, error: str) -> None:
        """Report a record that came to nothing."""
        self._report(str(outcome), f"{source.name}:{position}: {outcome}: {error}")

    def settling(self, left: int) -> None:
        """Tell that all records are written, and what is still to be looked at again."""
        if self._bar is not None:
            self._bar.console.print(f"settling: {left} texts left", markup=False, highlight=False)

    def noted(self, source: Source, position: int, note: str) -> None:
        """Report a part of a record that could not be used."""
        self._report("note", f"{source.name}:{position}: {note}")

    def _report(self, kind: str, line: str) -> None:
        self._reported[kind] += 1
        if self._reported[kind] > MAX_REPORTED:
            return
        if self._bar is not None:
            self._bar.console.print(shown(line), markup=False, highlight=False)
        else:
            click.echo(shown(line), err=True)
