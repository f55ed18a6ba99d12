"""A daemon whose ports are flooded, and one that is out of file descriptors: nobody else pays for either."""

from __future__ import annotations

import resource
import socket
import sqlite3
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.acquire.build import item, rss
from tests.e2e.test_service import STOP_S, daemon, wait_for
from tests.running import rows, stop
from tests.starving import NONE_MORE, limit_files

PAGE = f"<html><body><article><p>{'A sentence about the harbour of the town. ' * 20}</p></article></body></html>"


@dataclass
class Site:
    """A feed that lists one story, or none yet; who is in `starve` gets no more descriptors before the feed is sent."""

    url: str = ""
    has_story: bool = True
    starve: list[int] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@contextmanager
def site() -> Iterator[Site]:
    made = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            feed = self.path == "/feed"
            if feed and made.starve:
                limit_files(made.starve.pop(), NONE_MORE)
            body = rss([item(1, link="/story")] * made.has_story) if feed else PAGE.encode()
            self.send_response(404 if self.path == "/robots.txt" else 200)
            self.send_header("Content-Type", "application/rss+xml" if feed else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def config_of(folder: Path, source: Site, more: str = "", service: str = "") -> Path:
    path = folder / "config.yaml"
    path.write_text(
        f"feeds: ['{source.url}/feed']\n"
        "fetch: {allow_networks: ['127.0.0.0/8'], host_interval: 0}\n"
        "poll: {interval: 1s, min_interval: 1s, max_interval: 1s}\n"
        f"extract: {{workers: 1}}\nservice: {{tick: 100ms{service}}}\n{more}"
    )
    return path


def is_working(process: subprocess.Popen[bytes], log: Path, db: Path, source: Site) -> None:
    """Wait until it has polled once more."""
    before = source.asked.count("/feed")
    wait_for(lambda: source.asked.count("/feed") > before)
    assert process.poll() is None
    assert rows(db, "SELECT errors, trouble FROM feeds") == [(0, 0.0)], log.read_text()[-2000:]


def test_a_thousand_half_sent_requests_cost_no_poll_no_log_and_no_health_check(tmp_path: Path) -> None:
    health, websub = free_port(), free_port()
    log, db = tmp_path / "log", tmp_path / "a.db"
    with site() as source, ExitStack() as flood:
        more = f"websub: {{callback: 'http://127.0.0.1/ws', listen: '127.0.0.1:{websub}'}}\n"
        config = config_of(tmp_path, source, more, f", listen: '127.0.0.1:{health}'")
        with daemon(config, db, log) as process:
            limit_files(process.pid, 500)  # both ports, full, and all else that it holds open
            for number in range(1100):
                half = flood.enter_context(
                    socket.create_connection(("127.0.0.1", (health, websub)[number % 2]), timeout=10)
                )
                half.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ")
            with urllib.request.urlopen(f"http://127.0.0.1:{health}/healthz", timeout=5) as answer:
                assert answer.status == 200, "who asks is let in before those who only hold the line"
            is_working(process, log, db, source)
            text = log.read_text()
            assert text.count("event=port_full") == 2, text[-3000:]
            assert "event=library" not in text
            assert stop(process, STOP_S) == 0
    text = log.read_text()
    told = [line for line in text.splitlines() if "event=port_full" in line]
    counts = [int(line.split("times=")[1].split()[0]) for line in told]
    assert len(told) <= 4
    assert 1100 - 2 * (64 + 256) <= sum(counts) <= 1101, "every refusal is counted; some were cut off by their deadline"


def test_a_feed_is_not_charged_for_want_of_descriptors_and_is_polled_when_there_are_some(tmp_path: Path) -> None:
    log, db, health = tmp_path / "log", tmp_path / "a.db", free_port()
    config_with_port = f", listen: '127.0.0.1:{health}'"
    with site() as source, daemon(config_of(tmp_path, source, "", config_with_port), db, log) as process:
        wait_for(lambda: rows(db, "SELECT outcome FROM entries") not in ([], [("pending",)]))
        most = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)[0]
        limit_files(process.pid, NONE_MORE)
        waiting = socket.create_connection(("127.0.0.1", health))  # the kernel's backlog takes it
        waiting.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_for(lambda: "outcome=machine_busy" in log.read_text())
        feed = "SELECT errors, trouble, failing_since, last_outcome FROM feeds"
        wait_for(lambda: rows(db, feed) == [(0, 0.0, None, "machine_busy")])
        said = [line for line in log.read_text().splitlines() if "event=machine_short" in line]
        assert len(said) == 1
        assert f"limit of open files, {NONE_MORE}" in said[0]
        assert "LimitNOFILE" in said[0]
        limit_files(process.pid, most)
        due_now(db, "feeds", "next_poll_at")
        is_working(process, log, db, source)
        waiting.settimeout(5)
        assert waiting.recv(100).startswith(b"HTTP/1.1 200"), "the port accepts again"
        waiting.close()
        assert stop(process, STOP_S) == 0
    assert "event=library" not in log.read_text()
    assert "event=work_failed" not in log.read_text()


def test_an_entry_is_not_charged_for_want_of_descriptors_and_is_fetched_when_there_are_some(tmp_path: Path) -> None:
    log, db = tmp_path / "log", tmp_path / "a.db"
    with site() as source:
        source.has_story = False
        with daemon(config_of(tmp_path, source), db, log) as process:
            most = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)[0]
            wait_for(lambda: rows(db, "SELECT last_ok_at IS NULL FROM feeds") == [(0,)])
            source.starve.append(process.pid)
            source.has_story = True
            wait_for(lambda: "event=entry_postponed" in log.read_text())
            assert rows(db, "SELECT outcome, attempts FROM entries") == [("pending", 0)]
            assert "outcome=machine_busy" in log.read_text()
            limit_files(process.pid, most)
            due_now(db, "entries", "next_attempt_at")
            wait_for(lambda: rows(db, "SELECT outcome, attempts FROM entries") == [("canonical", 1)])
            assert stop(process, STOP_S) == 0


def due_now(db: Path, table: str, column: str) -> None:
    """Do not wait for the next attempt."""
    connection = sqlite3.connect(db, timeout=10)
    with connection:
        connection.execute(f"UPDATE {table} SET {column} = '2020-01-01T00:00:00Z'")
    connection.close()
