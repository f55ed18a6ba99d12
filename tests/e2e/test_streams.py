"""What cannot be told ends nothing: streams that are closed, full, left by their reader, or of a narrow charset."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.events import unfailing
from tests.backfill.test_run import archive
from tests.dedup.builders import RECIPE, STORY, text
from tests.loopback import Loopback, loopback, page
from tests.running import ingest, rows

FEEDS = 30
FULL = Path("/dev/full")
ODD = "Ferry 渡し船 \U0001f6a2 наб"


def run(shell: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command line, `ingest` standing for the program, its standard error kept apart."""
    line = f'ingest() {{ "{sys.executable}" -m ingest "$@"; }}; set -o pipefail; {shell}'
    return subprocess.run(
        ["bash", "-c", line],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
        errors="surrogateescape",
    )


def records(count: int) -> list[dict[str, str]]:
    """Records of one story at several sites, and of as many that are not."""
    return [
        {
            "url": f"http://s{n}.example/2026/ferry-{n}",
            "title": f"Ferry {n}",
            "text": text(*(STORY if n % 2 else RECIPE)),
        }
        for n in range(count)
    ]


def site_of_feeds(site: Loopback) -> None:
    """30 feeds of one entry each, and the settings that list them."""
    for n in range(FEEDS):
        site.feed({"title": f"T{n}", "guid": f"g{n}", "link": f"/story-{n}1"}, path=f"/feed{n}")
        site.answers[f"/story-{n}1"] = page(f"T{n}", text(*STORY))
    (site.folder / "config.yaml").write_text(
        f"feeds: {json.dumps([site.url(f'/feed{n}') for n in range(FEEDS)])}\nservice: {{tick: 100ms}}\n"
        "fetch: {allow_networks: ['127.0.0.0/8'], host_interval: 0, per_host: 32}\n"
    )


@pytest.mark.parametrize("ending", ["| head -1", "> /dev/full", ">&-", "2>/dev/full | head -1", "2>&- >&-"])
async def test_a_poll_whose_words_nobody_takes_does_all_its_work(tmp_path: Path, ending: str) -> None:
    async with loopback(tmp_path) as site:
        site_of_feeds(site)
        line = f'ingest poll --config "{tmp_path}/config.yaml" --db "{site.db}" {ending}'
        done = await asyncio.to_thread(run, line)
        assert "Traceback" not in done.stderr
        assert "Exception ignored" not in done.stderr
        assert site.rows("SELECT count(*) FROM feeds WHERE last_ok_at IS NOT NULL AND errors = 0") == [(FEEDS,)]
        assert site.rows("SELECT count(*) FROM entries WHERE outcome IN ('pending', 'extract_failed')") == [(0,)]
        assert site.rows("SELECT count(*) FROM entries") == [(FEEDS,)]


async def test_a_daemon_whose_log_is_full_goes_on_and_loses_no_outcome(tmp_path: Path) -> None:
    async with loopback(tmp_path) as site:
        site_of_feeds(site)
        command = [
            sys.executable,
            "-m",
            "ingest",
            "run",
            "--config",
            str(tmp_path / "config.yaml"),
            "--db",
            str(site.db),
        ]
        with FULL.open("wb") as full:  # noqa: ASYNC230 - a device
            daemon = await asyncio.create_subprocess_exec(*command, stdout=full, stderr=full)
            for _ in range(300):
                await asyncio.sleep(0.1)
                if site.db.exists() and (await asyncio.to_thread(settled, site.db)) == FEEDS:
                    break
            assert daemon.returncode is None
            daemon.terminate()
            assert await daemon.wait() == 0
        assert site.rows("SELECT count(*) FROM entries WHERE outcome = 'extract_failed'") == [(0,)]


def settled(db: Path) -> int:
    """Entries with an outcome."""
    try:
        ((count,),) = rows(db, "SELECT count(*) FROM entries WHERE outcome <> 'pending'")
    except Exception:  # the schema is in the making
        return 0
    return int(count)


@pytest.mark.parametrize("command", ["status", "feeds list", "search ferry", "show 1", "status --json", "doctor"])
def test_output_that_cannot_be_written_is_said_and_no_traceback(tmp_path: Path, command: str) -> None:
    db = tmp_path / "a.db"
    ingest("backfill", archive(tmp_path / "in.jsonl", records(3)), "--db", db)
    done = run(f'ingest {command} --db "{db}" > /dev/full')
    assert done.returncode == 1
    assert "the output could not be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    for ending in (">&-", "2>&-", "<&- >&- 2>&-", "| true") if command == "status" else ("| true",):
        done = run(f'ingest {command} --db "{db}" {ending}')
        assert "Traceback" not in done.stderr, ending
        assert "Exception ignored" not in done.stderr, ending
    assert rows(db, "SELECT count(*) FROM articles")[0][0] > 0


@pytest.mark.parametrize("charset", ["ascii", "latin-1", "shift_jis"])
def test_a_narrow_charset_spells_out_what_it_lacks(tmp_path: Path, charset: str) -> None:
    db = tmp_path / "a.db"
    record = {"url": "http://a.example/2026/ferry-1", "title": ODD, "text": text(*STORY)}
    (tmp_path / "in.jsonl").write_text(json.dumps(record) + "\n")
    ingest("backfill", tmp_path / "in.jsonl", "--db", db)
    for command in ("show 1", "search ferry", "show 1 --json", "search ferry --json"):
        done = run(f'ingest {command} --db "{db}"', PYTHONIOENCODING=charset, PYTHONUTF8="0")
        assert done.returncode == 0, (command, done.stderr)
        assert "Ferry" in done.stdout, command


def test_a_backfill_whose_progress_nobody_takes_takes_all(tmp_path: Path) -> None:
    source = archive(tmp_path / "in.jsonl", records(40))
    for ending in ("2>/dev/full", "2>&-", "2>&1 | head -c 1"):
        db = tmp_path / f"{len(list(tmp_path.iterdir()))}.db"
        done = run(f'ingest backfill "{source}" --db "{db}" {ending}')
        assert "Traceback" not in done.stderr
        assert db.exists(), (ending, done)
        assert rows(db, "SELECT count(*) FROM entries WHERE outcome <> 'pending'") == [(40,)], ending


def test_what_could_not_be_told_is_counted_and_told() -> None:
    told: list[tuple[str, dict[str, object]]] = []
    full = True

    def listener(event: str, fields: object) -> None:
        if full:
            raise OSError(28, "No space left on device")
        told.append((event, dict(fields)))  # type: ignore[call-overload]

    listen = unfailing(listener)
    listen("a", {})
    listen("b", {})
    full = False
    listen("c", {"n": 1})
    assert told == [("log_lost", {"events": 2}), ("c", {"n": 1})]
