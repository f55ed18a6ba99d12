"""`ingest install-service`: the systemd units for this machine."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import click

from ingest.cli.common import common_options, json_option, print_json, shown

SYSTEM_FOLDER = Path("/etc/systemd/system")


@click.command("install-service")
@common_options
@json_option
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=SYSTEM_FOLDER,
    show_default=True,
    help="Where the units are written.",
)
@click.option(
    "--program",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The command that the service runs.  [default: this one]",
)
@click.option("--dry-run", is_flag=True, help="Print the units, and write nothing.")
def install_service(
    db: Path | None, config: Path | None, as_json: bool, folder: Path, program: Path | None, dry_run: bool
) -> None:
    """Write systemd units for this machine; say what to run then.

    The daemon, a daily backup and a weekly check of the database, with the real path of this program.
    --config and --db are what the service is to use (default: /etc/ingest/config.yaml and
    /var/lib/ingest/ingest.db). Credentials that the settings name, networks that they allow, and a
    name server in a private network get their lines in the unit: run this again when those change.

    Nothing is started: the commands to do that are printed. The files for systemd-sysusers and
    systemd-tmpfiles go beside their like in /etc, or with --dir beside the units.

    \b
    Example:
      ingest install-service --config /etc/ingest/config.yaml
    """
    from ingest.config import load_config
    from ingest.errors import ConfigError
    from ingest.service import units
    from ingest.settings import Settings

    config = (config or Path(units.CONFIG)).absolute()
    settings = load_config(config).settings if config.exists() else Settings()
    machine = units.Machine(
        program=program.absolute() if program else _this_program(),
        config=config,
        db=(db or Path(units.DATABASE)).absolute(),
        credentials=units.credentials_of(settings.fetch),
        allowed=[*units.private_resolvers(_resolv_conf()), *map(str, settings.fetch.allow_networks)],
    )
    source = units.shipped_folder()
    names = (*units.UNITS, units.SYSUSERS, units.TMPFILES)
    fitted = units.fitted({name: (source / name).read_text("utf-8") for name in names}, machine)
    warnings = units.hidden(machine)
    for warning in warnings:
        click.echo(f"warning: {shown(warning)}", err=True)
    places = {name: folder.absolute() / name for name in fitted}
    if folder == SYSTEM_FOLDER:
        places[units.SYSUSERS] = Path("/etc/sysusers.d/ingest.conf")
        places[units.TMPFILES] = Path("/etc/tmpfiles.d/ingest.conf")
    if dry_run and as_json:
        print_json({"units": {str(places[name]): text for name, text in fitted.items()}, "warnings": warnings})
        return
    if dry_run:
        for name, text in fitted.items():
            click.echo(f"# --- {places[name]}\n{text}")
        return
    try:
        for name, text in fitted.items():
            places[name].parent.mkdir(parents=True, exist_ok=True)
            places[name].write_text(text, "utf-8")
    except OSError as error:
        raise ConfigError(
            f"{error.filename}: cannot be written: {error.strerror}; run it as root, or use --dir"
        ) from error
    steps = units.commands(folder.absolute(), places[units.SYSUSERS], places[units.TMPFILES], machine)
    if as_json:
        print_json({"written": [str(path) for path in places.values()], "run": steps, "warnings": warnings})
        return
    for path in places.values():
        click.echo(f"written: {path}")
    click.echo("\nNow run, as root:")
    for step in steps:
        click.echo(f"  {step}")


def _this_program() -> Path:
    """The command beside this Python; its links are kept, as they survive an upgrade."""
    beside = Path(sys.executable).parent / "ingest"
    found = str(beside) if beside.exists() else shutil.which("ingest")
    return Path(os.path.abspath(found or sys.argv[0]))


def _resolv_conf() -> str:
    try:
        return Path("/etc/resolv.conf").read_text("utf-8", "replace")
    except OSError:
        return ""
