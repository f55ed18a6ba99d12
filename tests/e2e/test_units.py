"""The shipped systemd units as `ingest install-service` writes them: accepted by systemd, hardened, and fitting."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.errors import ConfigError
from ingest.service import units
from tests.conftest import ROOT
from tests.running import ingest, output_json

MAX_EXPOSURE = 1.5
SERVICES = [name for name in units.UNITS if name.endswith(".service")]
needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd (apt: systemd)")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("units")
    done = output_json(ingest("install-service", "--dir", folder, "--json", "--config", folder / "config.yaml"))
    assert {Path(path).name for path in done["written"]} == {*units.UNITS, units.SYSUSERS, units.TMPFILES}
    assert any("enable --now" in step for step in done["run"])
    return folder


@needs_systemd
def test_systemd_accepts_every_unit(installed: Path) -> None:
    files = [installed / name for name in units.UNITS]
    done = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_as_hardened_as_promised(installed: Path, name: str) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", installed / name],
        capture_output=True,
        text=True,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        check=False,
    )
    summary = done.stdout.strip().splitlines()[-1]
    assert float(summary.split(": ")[1].split()[0]) <= MAX_EXPOSURE, summary


def test_the_units_name_the_real_program_and_nothing_of_the_templates(installed: Path) -> None:
    text = (installed / "ingest.service").read_text()
    program = Path(sys.executable).parent / "ingest"
    assert f"ExecStart={program} run --config {installed}/config.yaml --db /var/lib/ingest/ingest.db" in text
    for name in SERVICES:
        assert units.PROGRAM not in (installed / name).read_text()


@pytest.mark.parametrize("name", SERVICES)
def test_every_command_that_a_unit_runs_exists_with_its_options(installed: Path, name: str) -> None:
    for line in (installed / name).read_text().splitlines():
        key, _, command = line.partition("=")
        if key in ("ExecStart", "ExecStartPre"):
            _, subcommand, *arguments = command.split()
            shown = ingest(subcommand, "--help").stdout
            assert all(word in shown for word in arguments if word.startswith("--")), command


def test_the_unit_is_told_from_a_person_where_migrate_finds_no_database(installed: Path) -> None:
    # By $STATE_DIRECTORY, which systemd sets for this line; without it the first start would fail.
    assert "\nStateDirectory=" in (installed / "ingest.service").read_text()


def test_credentials_and_networks_of_the_settings_get_their_lines(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        "fetch:\n  allow_networks: ['192.168.7.0/24']\n  access:\n"
        "    - {url: 'https://a.example/', bearer: token-a, secret_headers: {X-Key: key-a}}\n"
    )
    ingest("install-service", "--dir", tmp_path / "u", "--config", config)
    text = (tmp_path / "u" / "ingest.service").read_text()
    assert "\nLoadCredential=key-a:/etc/ingest/credentials/key-a\nLoadCredential=token-a:" in text
    assert "192.168.7.0/24" in next(line for line in text.splitlines() if line.startswith("IPAddressAllow="))


def test_a_private_name_server_is_let_through() -> None:
    text = "# x\nnameserver 192.168.1.1\nnameserver 9.9.9.9\n nameserver fe80::1%eth0\nnameserver nonsense\n"
    assert units.private_resolvers(text) == ["192.168.1.1", "fe80::1"]


def test_a_database_elsewhere_may_be_written_by_the_service() -> None:
    machine = units.Machine(Path("/opt/ingest/bin/ingest"), Path("/etc/ingest/config.yaml"), Path("/srv/news/a.db"))
    shipped = {"ingest.service": (ROOT / "systemd" / "ingest.service").read_text()}
    text = units.fitted(shipped, machine)["ingest.service"]
    assert "\nReadWritePaths=/srv/news\nWorkingDirectory=/\n" in text


@pytest.mark.parametrize("path", ["/home/me/bin/ingest", "/opt/in gest", "relative/ingest", "/opt/%h/ingest"])
def test_a_program_that_the_service_could_not_run_is_refused(path: str) -> None:
    machine = units.Machine(Path(path), Path("/etc/ingest/config.yaml"), Path("/var/lib/ingest/ingest.db"))
    with pytest.raises(ConfigError):
        units.fitted({}, machine)


def test_what_a_link_leads_to_counts(tmp_path: Path) -> None:
    link = tmp_path / "a.db"
    link.symlink_to("/home/me/a.db")
    with pytest.raises(ConfigError, match="ProtectHome"):
        units.fitted({}, units.Machine(Path("/opt/ingest/bin/ingest"), Path("/etc/ingest/config.yaml"), link))


def test_a_dry_run_gives_the_units_as_json_too(tmp_path: Path) -> None:
    folder = tmp_path / "units"
    done = output_json(ingest("install-service", "--dry-run", "--json", "--dir", folder))
    assert "[Service]" in done["units"][str(folder / "ingest.service")]
    assert isinstance(done["warnings"], list)
    assert not folder.exists()


def test_what_lies_in_a_folder_for_temporary_files_is_warned_of() -> None:
    machine = units.Machine(Path("/opt/ingest/bin/ingest"), Path("/tmp/config.yaml"), Path("/var/tmp/a.db"))
    assert [warning.partition(":")[0] for warning in units.hidden(machine)] == ["/tmp/config.yaml", "/var/tmp/a.db"]
    done = ingest("install-service", "--dry-run", "--config", "/tmp/config.yaml")
    assert "warning: /tmp/config.yaml: the service cannot see the settings file there" in done.stderr


@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="needs systemd (apt: systemd)")
def test_the_user_and_the_folders_are_accepted(installed: Path) -> None:
    done = subprocess.run(
        ["systemd-sysusers", "--dry-run", installed / units.SYSUSERS], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in (installed / units.TMPFILES).read_text().splitlines() if not line.startswith("#")]
    assert all(len(line.split()) == 6 and line.split()[0] == "d" for line in lines)
