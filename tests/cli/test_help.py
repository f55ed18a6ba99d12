from __future__ import annotations

import importlib

import click
import pytest
from click.testing import CliRunner

from ingest.cli import COMMANDS, ingest

COMMAND_OBJECTS = [
    (name, getattr(importlib.import_module(module), name.replace("-", "_"))) for name, (module, _) in COMMANDS.items()
]


def leaves() -> list[tuple[str, click.Command]]:
    found = []
    for name, command in COMMAND_OBJECTS:
        if isinstance(command, click.Group):
            found += [(f"{name} {child}", sub) for child, sub in command.commands.items()]
        else:
            found.append((name, command))
    return found


@pytest.mark.parametrize(("name", "command"), COMMAND_OBJECTS, ids=[name for name, _ in COMMAND_OBJECTS])
def test_the_list_of_commands_says_what_the_command_says_of_itself(name: str, command: click.Command) -> None:
    assert command.get_short_help_str(limit=200) == COMMANDS[name][1].rstrip(".") or (
        (command.help or "").split("\n\n")[0].replace("\n", " ").strip() == COMMANDS[name][1]
    )


@pytest.mark.parametrize(("name", "command"), leaves(), ids=[name for name, _ in leaves()])
def test_every_help_is_complete(name: str, command: click.Command) -> None:
    shown = CliRunner().invoke(ingest, [*name.split(), "--help"])
    assert shown.exit_code == 0, shown.output
    assert "Example" in shown.output, "a help without an example"
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts}: no help"


@pytest.mark.parametrize(("name", "command"), leaves(), ids=[name for name, _ in leaves()])
def test_every_command_takes_db_and_config(name: str, command: click.Command) -> None:
    options = {option for parameter in command.params for option in parameter.opts}
    assert {"--db", "--config"} <= options or name == "demo"


def test_an_unknown_command_is_bad_usage() -> None:
    assert CliRunner().invoke(ingest, ["frobnicate"]).exit_code == 2


def test_listing_the_commands_imports_none_of_them() -> None:
    import subprocess
    import sys

    program = "import sys, ingest.cli; ingest.cli.ingest(['--help'], standalone_mode=False); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pydantic", "aiohttp", "trafilatura", "datasketch", "rich", "yaml", "numpy"} & set(modules)
