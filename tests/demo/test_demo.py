"""`ingest demo` as a newcomer runs it: a real process, to its end or to Ctrl-C."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ingest.demo.newsroom import Newsroom
from tests.running import ingest, rows

MORNING_S = 4
INTERRUPT_S = 15.0  # Ctrl-C to the end of the process, with a slow machine's margin over the 3 s it may drain
GONE_S = 5.0  # workers notice by themselves that their parent has ended


def is_gone(group: int) -> bool:
    """Whether every process of a group ends within a moment."""
    end = time.monotonic() + GONE_S
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The database that a demo left, and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    done = ingest("demo", "--seconds", str(MORNING_S), cwd=folder)
    return folder / "demo.db", done.stdout


async def truth_at(port: int, now: datetime) -> dict[str, str]:
    async with Newsroom(now, port=port) as newsroom:
        return dict(newsroom.truth)


async def test_every_group_of_the_database_is_a_story_of_the_newsroom(played: tuple[Path, str], now: datetime) -> None:
    groups: dict[int, set[str]] = defaultdict(set)
    for url, article in rows(played[0], "SELECT url, article_id FROM publications"):
        groups[article].add(url)
    port = urlsplit(next(iter(groups[1]))).port
    stories: dict[str, set[str]] = defaultdict(set)
    for url, story in (await truth_at(port or 0, now)).items():
        stories[story].add(url)
    assert sorted(map(sorted, groups.values())) == sorted(map(sorted, stories.values()))


def test_the_agency_is_canonical_for_its_own_stories(played: tuple[Path, str]) -> None:
    copied = rows(played[0], "SELECT DISTINCT site FROM articles WHERE copies > 0")
    assert copied == [("127.0.77.1",)]


def test_the_wires_second_take_is_linked_as_an_update(played: tuple[Path, str]) -> None:
    links = rows(
        played[0],
        """SELECT a.title, b.title, kind FROM links
           JOIN articles a ON a.id = links.article_id JOIN articles b ON b.id = links.other_id""",
    )
    assert [(later[:16], earlier[:19], kind) for later, earlier, kind in links] == [
        ("Six states sign ", "Ministers near deal", "update")
    ]


def test_every_entry_has_one_good_outcome(played: tuple[Path, str]) -> None:
    outcomes = {outcome for (outcome,) in rows(played[0], "SELECT DISTINCT outcome FROM entries")}
    assert outcomes <= {"canonical", "copy"}


def test_the_report_tells_the_whole_story(played: tuple[Path, str]) -> None:
    printed = played[1]
    assert "53 pages are 18 articles and 35 copies of them" in printed
    assert "Every page is where the newsroom's own books say it belongs." in printed
    assert printed.count("is no copy of") == 5
    assert "Go on with" in printed


def test_the_commands_that_it_prints_work(played: tuple[Path, str]) -> None:
    db, printed = played
    commands = [line.strip() for line in printed.partition("Go on with")[2].splitlines() if line.strip()]
    assert len(commands) == 6
    for command in commands:
        done = subprocess.run(shlex.split(command), cwd=db.parent, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        assert done.stdout.strip(), command


def test_nothing_is_left_beside_the_database(played: tuple[Path, str]) -> None:
    assert {path.name for path in played[0].parent.iterdir()} <= {"demo.db", "demo.db.lock"}


def test_a_database_that_is_there_is_never_touched(tmp_path: Path) -> None:
    for name in ("demo.db", "other.db"):
        (tmp_path / name).write_bytes(b"mine")
    refused = ingest("demo", "--db", "other.db", check=1, cwd=tmp_path)
    assert "never writes into a database that is there" in refused.stderr
    done = ingest("demo", "--seconds", "0", cwd=tmp_path)
    assert "demo-2.db" in done.stdout
    assert all((tmp_path / name).read_bytes() == b"mine" for name in ("demo.db", "other.db"))


def test_ctrl_c_ends_it_cleanly_and_says_what_there_is(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "ingest", "demo", "--seconds", "60"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        while not re.search(r" s  article ", process.stdout.readline()):
            assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to workers, too
        began = time.monotonic()
        rest, _ = process.communicate(timeout=INTERRUPT_S)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert process.returncode == 130, rest
    assert time.monotonic() - began < INTERRUPT_S
    assert "You stopped it before the end." in rest
    assert "Traceback" not in rest
    assert rows(tmp_path / "demo.db", "SELECT count(*) FROM articles")[0][0] >= 1
    assert is_gone(process.pid)
