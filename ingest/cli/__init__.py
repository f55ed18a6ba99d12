"""The command line: a lazy group, so that `ingest --help` imports no more than click."""

from __future__ import annotations

import importlib
import sys

import click

from ingest import __version__

# command → (module, one-line help). A test holds the help equal to the command's own first line.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("ingest.cli.demo", "See wire copies from a loopback newsroom fold into one article each."),
    "run": ("ingest.cli.run", "Run the daemon: poll feeds, fetch pages, fold copies, until stopped."),
    "poll": ("ingest.cli.poll", "Poll the due (or named) feeds once, work off the queue, then exit."),
    "backfill": ("ingest.cli.backfill", "Take archives of articles through the same path; resumable."),
    "feeds": ("ingest.cli.feeds", "Add, find, test, list, import and export feeds."),
    "status": ("ingest.cli.status", "Show feeds, queue, outcomes and rates."),
    "search": ("ingest.cli.search", "Find publications by words of their titles and texts, the newest first."),
    "show": ("ingest.cli.show", "Show an article with its copies, timeline and revisions."),
    "explain": ("ingest.cli.explain", "Explain why two texts are, or are not, copies of each other."),
    "diff": ("ingest.cli.diff", "Show what changed between two versions of a publication."),
    "page": ("ingest.cli.page", "Write the raw page of a publication, as it was fetched, to standard output."),
    "sample": ("ingest.cli.sample", "Draw pairs of texts for people to judge, as CSV."),
    "judge": ("ingest.cli.judge", "Take a coder's judgements of pairs in; they change nothing else."),
    "agreement": (
        "ingest.cli.agreement",
        "Tell how coders agree, and what precision and recall their judgements give.",
    ),
    "split": ("ingest.cli.split", "Part a text from its article, for good."),
    "merge": ("ingest.cli.merge", "Make all texts of ARTICLE copies in the article INTO, for good."),
    "rededup": ("ingest.cli.rededup", "Run deduplication anew over the stored texts."),
    "reextract": (
        "ingest.cli.reextract",
        "Extract the kept pages again with this version; report before and after.",
    ),
    "retry": ("ingest.cli.retry", "Take failed entries up again."),
    "prune": ("ingest.cli.prune", "Take out old articles, or a publication, so that they never return."),
    "backup": ("ingest.cli.backup", "Copy the database, while it is in use, to DEST; verified."),
    "migrate": ("ingest.cli.migrate", "Bring an older database up to this version, after a backup beside it."),
    "install-service": ("ingest.cli.install_service", "Write systemd units for this machine; say what to run then."),
    "doctor": ("ingest.cli.doctor", "Check config, database, disk, clock, network policy; say what to do."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called, not when they are listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of a newcomer's day, not of the alphabet."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; its object is named like the command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command = getattr(module, cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)  # noqa: S101 - a programming error, not input
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="ingest")
def ingest() -> None:
    """Poll news feeds, recognise every copy of a story, keep one article of each in SQLite.

    Start with `ingest demo`. Every command takes --db PATH and --config PATH after its name
    (defaults: $INGEST_DB, $INGEST_CONFIG, then ./config.yaml, then built-in settings).

    Exit codes: 0 done; 1 failed; 2 bad usage; 3 done, with some inputs refused (each is reported);
    4 the database was moved away under the running daemon.
    """


def main() -> None:
    """Run a command; an expected error is printed, never shown as a traceback."""
    from ingest.streams import lost_output, settle

    settle()
    code = _run()
    error = lost_output()
    if isinstance(error, BrokenPipeError):  # `ingest feeds list | head`
        code = 0 if code == 1 else code
    elif error is not None:
        click.echo(f"ingest: the output could not be written: {error.strerror}; send it where there is room", err=True)
        code = code or 1
    sys.exit(code)


def _run() -> int:
    from ingest.cli.common import shown
    from ingest.errors import IngestError
    from ingest.streams import lost_output
    from ingest.times import TimeError

    try:
        code = ingest.main(standalone_mode=False)
        return code if isinstance(code, int) else 0
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return 130
    except IngestError as error:
        click.echo(f"ingest: {shown(error, lines=True)}", err=True)
        return error.exit_code
    except TimeError as error:
        click.echo(
            f"ingest: the database holds what is no time: {shown(error)}; `ingest doctor --deep` names its row, "
            "the daemon and `ingest poll` mend those that wait for work",
            err=True,
        )
    except Exception as error:
        from ingest.store.trouble import trouble_of

        if isinstance(error, OSError) and lost_output() is not None:
            return 1
        trouble = trouble_of(error)
        if trouble is None:
            raise
        click.echo(f"ingest: the database could not be used: {shown(error)}; {trouble.advice}", err=True)
    return 1
