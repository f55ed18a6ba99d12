from __future__ import annotations

import json
import logging
import os
import re
import socket
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.acquire.access import known_secrets
from ingest.config import load_config
from ingest.service.logs import FEW, MAX_KINDS, is_journal, log_libraries, log_listener
from tests.e2e.test_service import wait_for
from tests.running import kill, start, stop

FORGED = "x\ntime=2026 level=info event=stopped \x1b[2J\u2028\r\x00"


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    before = root.handlers, root.level
    yield root
    root.handlers, level = before
    root.setLevel(level)
    logging.captureWarnings(False)


def test_an_event_is_one_line_with_fields(capsys: pytest.CaptureFixture[str]) -> None:
    log_listener(as_json=False)("feed_polled", {"feed": 12, "status": 304, "error": None})
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "event=feed_polled" in line
    assert "feed=12" in line
    assert "error" not in line


@pytest.mark.parametrize("as_json", [False, True])
def test_text_from_outside_cannot_forge_a_line(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    log_listener(as_json=as_json)("entry_done", {"title": FORGED})
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line
    if as_json:
        assert "event=stopped" in json.loads(line)["title"]


def test_a_value_cannot_pass_for_another_field(capsys: pytest.CaptureFixture[str]) -> None:
    log_listener(as_json=False)("entry_done", {"title": 'a" level=error event="b'})
    line = capsys.readouterr().err
    fields = re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)', line)
    assert [name for name, _ in fields] == ["time", "level", "event", "title"], line


def test_what_libraries_log_is_one_line_too(capsys: pytest.CaptureFixture[str], root_logger: logging.Logger) -> None:
    log_libraries(log_listener(as_json=False))
    logging.getLogger("aiohttp.server").error("Error handling %s", FORGED)
    line = capsys.readouterr().err
    assert len(line.splitlines()) == 1
    assert "event=library name=aiohttp.server" in line


def test_a_library_that_repeats_itself_is_counted_and_the_count_is_told(root_logger: logging.Logger) -> None:
    told: list[str] = []
    log_libraries(lambda _, fields: told.append(f"{fields['name']}: {fields['message']}"))
    for number in range(1000):
        logging.getLogger("asyncio").error(f"socket.accept() out of system resource\nsocket: <fd={number}>")
        logging.getLogger("aiohttp.server").error("Error handling request from %s", f"10.0.0.{number}")
        logging.getLogger("aiohttp.server").error("Error handling request from %s", 1, exc_info=ValueError("x"))
    assert len(told) == 3 * FEW
    assert told[0] == "asyncio: socket.accept() out of system resource\nsocket: <fd=0>"
    root_logger.handlers[0].close()  # as at the end of the process
    assert told[3 * FEW :] == [
        "asyncio: 997 more like it in the last 60 s: socket.accept() out of system resource",
        "aiohttp.server: 997 more like it in the last 60 s: Error handling request from %s",
        "aiohttp.server: 997 more like it in the last 60 s: Error handling request from %s: ValueError",
    ]


def test_a_library_with_ever_new_messages_is_held_too(root_logger: logging.Logger) -> None:
    told: list[str] = []
    log_libraries(lambda _, fields: told.append(str(fields["message"])))
    for number in range(10_000):
        logging.getLogger("asyncio").error(f"message {number}")
    assert len(told) == MAX_KINDS + FEW
    root_logger.handlers[0].close()
    assert told[-1].startswith(f"{10_000 - MAX_KINDS - FEW} more like it")


def test_warnings_are_told_apart_by_their_place(root_logger: logging.Logger) -> None:
    told: list[str] = []
    log_libraries(lambda _, fields: told.append(str(fields["message"])))
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        for number in range(10):
            warnings.warn_explicit(f"first {number}", UserWarning, "a.py", 1)
            warnings.warn_explicit(f"second {number}", UserWarning, "b.py", 2)
        logging.captureWarnings(False)
    assert sorted(line.split(":")[0] for line in told) == ["a.py"] * FEW + ["b.py"] * FEW


def test_levels_go_before_the_line_under_journald_only(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    status = os.fstat(2)
    own = os.fdopen(os.dup(2), "w", buffering=1)
    monkeypatch.setattr("sys.stderr", own)
    for stream, begins in ((f"{status.st_dev}:{status.st_ino}", ["<6>", "<4>", "<3>"]), ("8:1", ["tim"] * 3)):
        monkeypatch.setenv("JOURNAL_STREAM", stream)
        assert is_journal(stream) is (begins[0] == "<6>")
        listener = log_listener(as_json=False)
        for event in ("feed_polled", "clock_jumped", "store_shut"):
            listener(event, {})
        assert [line[:3] for line in capfd.readouterr().err.splitlines()] == begins
    monkeypatch.undo()
    own.close()


def test_secrets_are_blotted_out_in_every_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.yaml").write_text(
        "fetch:\n  access:\n    - {url: 'https://a.example/', basic: paid-login}\n"
        "    - {url: 'https://b.example/', bearer: paid-token}\n"
    )
    monkeypatch.setenv("INGEST_CREDENTIAL_PAID_LOGIN", "reader:hunter2222")
    monkeypatch.setenv("INGEST_CREDENTIAL_PAID_TOKEN", "tok-9f8e7d")
    secrets = known_secrets(load_config(tmp_path / "config.yaml").settings.fetch)
    listener = log_listener(as_json=False, secrets=secrets)
    listener("work_failed", {"error": "Basic cmVhZGVyOmh1bnRlcjIyMjI= failed, hunter2222, Bearer tok-9f8e7d"})
    listener("feed_polled", {"url": "https://me:sesame@a.example/feed"})
    written = capsys.readouterr().err
    for secret in ("hunter2222", "cmVhZGVyOmh1bnRlcjIyMjI=", "tok-9f8e7d", "sesame"):
        assert secret not in written
    assert "https://[login]@a.example/feed" in written


def test_a_daemon_that_uses_credentials_never_writes_them(tmp_path: Path) -> None:
    """They go to the server of their prefix, and into neither log nor database."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (tmp_path / "config.yaml").write_text(
            f"feeds: ['http://127.0.0.1:{port}/feed']\n"
            "fetch:\n  allow_networks: ['127.0.0.0/8']\n  access:\n"
            f"    - {{url: 'http://127.0.0.1:{port}/', basic: paid-login, cookies: paid-cookies}}\n"
        )
        folder = tmp_path / "credentials"
        folder.mkdir()
        (folder / "paid-login").write_text("reader:hunter2222\n")
        (folder / "paid-cookies").write_text("session=c00kie-value\n")
        log, db = tmp_path / "log", tmp_path / "a.db"
        process = start(
            "run", "--config", tmp_path / "config.yaml", "--db", db, log=log, env={"CREDENTIALS_DIRECTORY": str(folder)}
        )
        try:
            connection, _ = server.accept()
            asked = connection.recv(65536)
            assert b"Authorization: Basic cmVhZGVyOmh1bnRlcjIyMjI=" in asked
            assert b"c00kie-value" in asked
            # A server that gives back what it was told, in its status line and headers.
            connection.sendall(b"HTTP/1.1 500 no hunter2222\r\nX: session=c00kie-value\r\nContent-Length: 0\r\n\r\n")
            connection.close()
            wait_for(lambda: "event=feed_polled" in log.read_text())
            assert stop(process, 10) == 0
        finally:
            kill(process)
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("a.db*"))
    for secret in (b"hunter2222", b"cmVhZGVyOmh1bnRlcjIyMjI", b"c00kie-value"):
        assert secret not in log.read_bytes()
        assert secret not in stored, secret
