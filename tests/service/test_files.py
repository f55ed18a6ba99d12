"""The limit of open files at the start of a real daemon."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.service import files
from ingest.settings import FetchSettings, ServiceSettings, Settings, WebSubSettings
from tests.conftest import ROOT
from tests.e2e.test_service import wait_for
from tests.running import kill


@contextmanager
def daemon_under(folder: Path, soft: int, hard: int) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    config, log = folder / "config.yaml", folder / "log"
    config.write_text("feeds: []\n")
    command = [sys.executable, "-m", "ingest", "run", "--config", str(config), "--db", str(folder / "a.db")]
    limited = ["sh", "-c", f'ulimit -Sn {soft} && ulimit -Hn {hard} && exec "$@"', "sh", *command]
    with log.open("wb") as output:
        process = subprocess.Popen(limited, stdout=output, stderr=output, start_new_session=True)
    try:
        wait_for(lambda: "event=started" in log.read_text())
        yield process, log
    finally:
        kill(process)


def test_a_low_soft_limit_is_raised_to_the_hard_one(tmp_path: Path) -> None:
    with daemon_under(tmp_path, 256, 4096) as (process, log):
        assert resource.prlimit(process.pid, resource.RLIMIT_NOFILE) == (4096, 4096)
        assert "file_limit_low" not in log.read_text()


def test_a_hard_limit_below_what_the_settings_need_is_said_with_what_to_do(tmp_path: Path) -> None:
    with daemon_under(tmp_path, 200, 200) as (_, log):
        said = next(line for line in log.read_text().splitlines() if "event=file_limit_low" in line)
    assert f"limit=200 needed={files.needed(Settings())}" in said
    assert "level=warning" in said
    assert "LimitNOFILE" in said


def test_what_the_settings_need_counts_connections_and_ports() -> None:
    bare = files.needed(Settings(fetch=FetchSettings(connections=1)))
    assert files.needed(Settings(fetch=FetchSettings(connections=2))) == bare + files.PER_CONNECTION
    ports = Settings(
        fetch=FetchSettings(connections=1),
        service=ServiceSettings(listen="127.0.0.1:8125"),
        websub=WebSubSettings(callback="https://me.example/"),
    )
    assert files.needed(ports) == bare + 64 + 256


@pytest.mark.parametrize("connections", [64, 4096])
def test_the_shipped_unit_gives_what_the_largest_settings_need(connections: int) -> None:
    unit = (ROOT / "systemd" / "ingest.service").read_text()
    (line,) = [line for line in unit.splitlines() if line.startswith("LimitNOFILE=")]
    largest = Settings(
        fetch=FetchSettings(connections=connections),
        service=ServiceSettings(listen="127.0.0.1:8125"),
        websub=WebSubSettings(callback="https://me.example/"),
    )
    assert files.needed(largest) <= int(line.partition("=")[2]) <= files.MOST
