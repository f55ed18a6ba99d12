"""What the commands share: --db and --config, and the printing of JSON."""

from __future__ import annotations

import csv
import json
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ingest.texts import escaped

if TYPE_CHECKING:
    import sqlite3
    from types import FrameType

    from rich.console import Console

    from ingest.config import Config

F = TypeVar("F", bound=Callable[..., Any])

EXIT_REFUSED = 3  # done, with some inputs refused

DEFAULT_CONFIG = Path("config.yaml")

UNBOUNDED = 1_000_000  # columns: wider than any line, where no terminal bounds it


@dataclass(frozen=True, slots=True)
class Context:
    """The configuration and the database a command works on."""

    config: Config
    db: Path

    def read(self) -> sqlite3.Connection:
        """A reading connection; the database must exist."""
        from ingest.store.database import open_database

        return open_database(self.db, read_only=True)

    def write(self) -> sqlite3.Connection:
        """A writing connection; the database is made or migrated as needed."""
        from ingest.store.database import open_database

        return open_database(self.db)

    def recorded(
        self, connection: sqlite3.Connection, command: str, asked: Sequence[str] = ()
    ) -> AbstractContextManager[None]:
        """All that a connection writes within is the work of one run of a command, on the sources that were named."""
        from ingest.pipeline.runs import recorded

        return recorded(connection, command, self.config.settings, lambda: datetime.now(UTC), asked)


def common_options(command: F) -> F:
    """Give a command `--db PATH` and `--config PATH`, passed on as `db` and `config`."""
    path = click.Path(path_type=Path, dir_okay=False)
    command = click.option(
        "--config",
        type=path,
        envvar="INGEST_CONFIG",
        show_envvar=True,
        help="Settings file.  [default: ./config.yaml if it exists, else built-in settings]",
    )(command)
    return click.option(
        "--db",
        type=path,
        envvar="INGEST_DB",
        show_envvar=True,
        help="Database file.  [default: `database` of the settings]",
    )(command)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for a program.")


def open_context(db: Path | None, config: Path | None) -> Context:
    """Load the settings and settle the database's path.

    Raises:
        ConfigError: when a settings file is named, or ./config.yaml exists, and it cannot be used; or when the
            database is to be in memory.
    """
    from ingest.config import Config, load_config
    from ingest.errors import ConfigError
    from ingest.settings import Settings
    from ingest.store.database import named_file

    if config is None and DEFAULT_CONFIG.exists():
        config = DEFAULT_CONFIG
    loaded = load_config(config) if config is not None else Config(Settings())
    path = db if db is not None else loaded.resolve(loaded.settings.database)
    if path.name == ":memory:":
        raise ConfigError("--db :memory:: an archive is a file; name one (`ingest.dedup` in Python needs no database)")
    return Context(loaded, named_file(path))


@contextmanager
def copy_of(connection: sqlite3.Connection, path: Path, *, wanted: bool) -> Iterator[sqlite3.Connection]:
    """The connection itself, or one to a copy that is thrown away, beside the database: it needs the same room."""
    if not wanted:
        yield connection
        return
    from ingest.store.database import open_database

    with tempfile.TemporaryDirectory(prefix=f"{path.name}-dry-run-", dir=path.absolute().parent) as folder:
        copy = Path(folder) / "copy.db"
        with closing(sqlite3.connect(copy)) as target:
            connection.backup(target)
        with closing(open_database(copy)) as opened:
            yield opened


@contextmanager
def stoppable() -> Iterator[Callable[[], int]]:
    """Let work end in order at SIGINT and SIGTERM, for a command that says then what it has done.

    Yields:
        a function: 0, or the exit code of a process that such a signal ended (128 and its number).
    """
    received: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        received.append(number)

    usual = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: 128 + received[0] if received else 0
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


def shown(value: object, *, lines: bool = False) -> str:
    """A value that came from outside as it may be printed, what could steer a terminal spelt out; '' for None.

    Args:
        lines: it may have several lines; without, a line end is spelt out too, as it could forge a line.
    """
    text = "" if value is None else str(value)
    return "\n".join(escaped(line) for line in text.split("\n")) if lines else escaped(text)


def markup(value: object, *, lines: bool = False) -> str:
    """The same for what rich prints: its markup means nothing either."""
    from rich.markup import escape

    return escape(shown(value, lines=lines))


def make_console() -> Console:
    """Standard output as rich writes it: a terminal at its width; elsewhere no line is ever wrapped or cut."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else UNBOUNDED)


def print_json(value: Any) -> None:
    """Print a value as JSON: UTF-8 as it is, indented for a terminal, one line elsewhere."""
    indent = 2 if sys.stdout.isatty() else None
    click.echo(shown(json.dumps(value, ensure_ascii=False, indent=indent), lines=True))


def read_csv(file: Path, columns: Sequence[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows of a CSV file by its first line's names, each with its line's number.

    Raises:
        ClickException: when it is no CSV in UTF-8, or lacks a column.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = set(columns) - set(reader.fieldnames or ())
            if missing:
                raise click.ClickException(
                    f"{file}: no column {', '.join(sorted(missing))}; the first line has to name the columns"
                )
            for row in reader:
                yield reader.line_num, {name: value or "" for name, value in row.items() if name is not None}
    except (UnicodeDecodeError, csv.Error) as error:
        raise click.ClickException(f"{file}: no CSV in UTF-8: {error}") from error
