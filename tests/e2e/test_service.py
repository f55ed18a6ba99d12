"""`ingest run` under an operator's hands: signals, a second instance, the notify protocol, the shipped unit."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.newsroom import running_newsroom, write_config
from tests.running import ingest, kill, rows, start, stop

STOP_S = 10.0


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


@contextmanager
def daemon(config: Path, db: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = start("run", "--config", config, "--db", db, log=log)
    try:
        wait_for(lambda: "event=started" in log.read_text())
        yield process
    finally:
        kill(process)


@contextmanager
def listing() -> Iterator[tuple[str, list[str]]]:
    """A server whose every path is a watched list; its URL, and the paths it was asked for."""
    asked: list[str] = []

    class Lists(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<opml><body><outline xmlUrl='http://127.0.0.1:9/feed'/></body></opml>")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Lists) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_it_stops_within_ten_seconds_while_a_server_answers_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config = tmp_path / "config.yaml"
        config.write_text(
            f"feeds: ['http://127.0.0.1:{silent.getsockname()[1]}/feed']\nfetch: {{allow_networks: ['127.0.0.0/8']}}\n"
        )
        with daemon(config, tmp_path / "a.db", tmp_path / "log") as process:
            connection, _ = silent.accept()
            started = time.monotonic()
            assert stop(process, STOP_S) == 0
            assert time.monotonic() - started < STOP_S
            connection.close()
    assert "event=stopped" in (tmp_path / "log").read_text()


def test_a_second_instance_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("feeds: []\n")
    with daemon(config, tmp_path / "a.db", tmp_path / "log") as process:
        for command in ("run", "poll"):
            refused = ingest(command, "--config", config, "--db", tmp_path / "a.db", check=1)
            assert f"pid {process.pid}" in refused.stderr
        ingest("status", "--db", tmp_path / "a.db")
        ingest("feeds", "list", "--db", tmp_path / "a.db", "--config", config)


def test_sighup_takes_up_new_feeds_and_keeps_the_old_config_when_the_new_one_is_broken(tmp_path: Path) -> None:
    db, log = tmp_path / "a.db", tmp_path / "log"
    with running_newsroom() as newsroom:
        config = write_config(tmp_path, newsroom)
        whole = config.read_text()
        config.write_text(whole.replace(f', "{newsroom.feeds[-1]}"', ""))
        with daemon(config, db, log) as process:
            assert rows(db, "SELECT count(*) FROM feeds") == [(len(newsroom.feeds) - 1,)]
            config.write_text(whole + "nonsense: 1\n")
            process.send_signal(signal.SIGHUP)
            wait_for(lambda: "event=reload_failed" in log.read_text())
            assert "nonsense: unknown key" in log.read_text()
            config.write_text(whole + "dedup: {window: 30d}\n")
            process.send_signal(signal.SIGHUP)
            wait_for(lambda: "event=reloaded" in log.read_text())
            wait_for(lambda: "event=restart_needed settings=dedup.window" in log.read_text())
            last = newsroom.feeds[-1]
            wait_for(lambda: rows(db, f"SELECT last_ok_at IS NOT NULL FROM feeds WHERE url = '{last}'") == [(1,)])
            assert stop(process, STOP_S) == 0


def test_watched_lists_are_read_at_their_own_interval_and_a_new_one_at_once(tmp_path: Path) -> None:
    db, log, config = tmp_path / "a.db", tmp_path / "log", tmp_path / "config.yaml"
    with listing() as (host, asked):
        settings = (
            f"fetch: {{allow_networks: ['127.0.0.0/8'], host_interval: 0}}\nservice: {{tick: 100ms}}\n"
            f"poll: {{lists_interval: 300ms, lists: ['{host}/first'"
        )
        config.write_text(f"{settings}]}}\n")
        with daemon(config, db, log) as process:
            wait_for(lambda: asked.count("/first") >= 3)
            config.write_text(f"{settings}, '{host}/second']}}\n".replace("300ms", "1h"))
            process.send_signal(signal.SIGHUP)
            wait_for(lambda: "/second" in asked, 5)
            assert stop(process, STOP_S) == 0


def test_systemd_is_told_ready_alive_reloading_and_stopping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("feeds: []\nservice: {tick: 100ms}\n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(15)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        said: list[str] = []

        def wait_said(word: str) -> None:
            while not any(word in message for message in said):
                said.append(listener.recv(4096).decode())

        with daemon(config, tmp_path / "a.db", tmp_path / "log") as process:
            wait_said("READY=1")
            said.clear()
            wait_said("WATCHDOG=1")
            process.send_signal(signal.SIGHUP)
            wait_said("RELOADING=1")
            wait_said("READY=1")
            # Whatever the reload meets, systemd hears of its end: it was left at "reloading" by a pipe.
            os.mkfifo(tmp_path / "pipe")
            for named in ("pipe", "/dev/zero", "missing"):
                said.clear()
                config.write_text(f"opml: {named}\nservice: {{tick: 100ms}}\n")
                process.send_signal(signal.SIGHUP)
                wait_said("RELOADING=1")
                wait_said("READY=1")
            assert (tmp_path / "log").read_text().count("reload_failed") == 3
            process.terminate()
            wait_said("STOPPING=1")
            assert process.wait(STOP_S) == 0


def test_the_watchdog_is_not_fed_while_the_writer_stands_still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("feeds: []\nservice: {tick: 100ms, maintenance: 1s}\n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(15)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        with daemon(config, tmp_path / "a.db", tmp_path / "log"):
            while "WATCHDOG" not in listener.recv(4096).decode():
                pass
            blocker = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
            blocker.execute("BEGIN IMMEDIATE")  # maintenance now waits for the lock, in the writer thread
            time.sleep(1.5)
            listener.setblocking(False)
            while True:
                try:
                    listener.recv(4096)
                except BlockingIOError:
                    break
            time.sleep(1.5)
            with pytest.raises(BlockingIOError):
                listener.recv(4096)
            blocker.execute("ROLLBACK")
            blocker.close()
            listener.setblocking(True)
            listener.settimeout(15)
            assert "WATCHDOG" in listener.recv(4096).decode()
