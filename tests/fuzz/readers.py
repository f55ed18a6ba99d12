"""Every reader of what comes from outside, as a function of bytes that may end in its named errors only."""

from __future__ import annotations

import gc
import resource
import signal
import sqlite3
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ingest.acquire.discover import links_in
from ingest.acquire.hops import Cookies, refresh_of
from ingest.acquire.opml import scan_opml
from ingest.acquire.parse import parse_feed
from ingest.addresses import entry_url, page_url, tells_page, variants
from ingest.backfill.sources import FORMATS
from ingest.config import load_config
from ingest.dates import read_date
from ingest.errors import ConfigError, ExtractError, ParseError
from ingest.extract.dead import why_dead
from ingest.extract.embedded import Script, embedded_text
from ingest.extract.following import following_page
from ingest.extract.links import canonical_url
from ingest.extract.page import Hints, extract
from ingest.extract.teasers import is_summary, without_syndication_line
from ingest.model import Document, Entry, Page
from ingest.pipeline.work import fingerprinted
from ingest.settings import MIB, ExtractSettings
from ingest.store.wording import TOKENIZER, indexed, query_of
from ingest.texts import headline
from ingest.times import optional_text
from ingest.urls import feed_address
from tests.fuzz import inputs

# Processor time for one input. A worker's deadline is 20 s; inputs here are far below the caps, so a tenth of
# that is a hang on its way. What is slow once (imports, caches) is tried once more before it counts.
DEADLINE_S = 2.0
MAX_GROWTH_BYTES = 1024 * MIB  # what one page may take (extract.memory)
TOLD = 6000  # characters of a crash that are shown, of its beginning and of its end
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTINGS = ExtractSettings()


@dataclass(frozen=True, slots=True)
class Reader:
    """One reader: its inputs, what it does with them, the errors that it may raise."""

    name: str
    inputs: Callable[[], st.SearchStrategy[bytes]]
    read: Callable[[bytes], None]
    errors: tuple[type[Exception], ...]


@dataclass(slots=True)
class Fuzzed:
    """What came of a run: inputs read, refused by a named error, the slowest one's seconds, memory growth in bytes."""

    read: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    growth: int = 0


class HangError(Exception):
    """An input took longer than its deadline, twice."""


def fuzz(reader: Reader, count: int, seed: int = 0) -> Fuzzed:
    """Give a reader `count` inputs.

    Raises:
        whatever it raises that it must not; the input is in the exception's notes, as small as could be made.
    """
    done = Fuzzed()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=seed == 0,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
        print_blob=True,
    )
    @given(reader.inputs())
    def one(body: bytes) -> None:
        started = time.perf_counter()
        try:
            try:
                _within(DEADLINE_S, partial(reader.read, body))
            except HangError:
                _within(2 * DEADLINE_S, partial(reader.read, body))
            done.read += 1
        except reader.errors:
            done.refused += 1
        except BaseException as error:
            error.add_note(f"{reader.name}: {body[:2000]!r}")
            raise
        done.slowest_s = max(done.slowest_s, time.perf_counter() - started)

    with _memory_bound():
        (hypothesis.seed(seed)(one) if seed else one)()
    done.growth = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    return done


def fuzz_slice(name: str, count: int, seed: int) -> tuple[int, int, float, int, str]:
    """`fuzz` for a process of its own: read, refused, slowest, growth, and the traceback of a crash or ''."""
    reader = next(reader for reader in READERS if reader.name == name)
    try:
        done = fuzz(reader, count, seed)
    except BaseException:
        told = traceback.format_exc()
        # Where it broke stands first, the input last; a long value between them hides neither.
        return 0, 0, 0.0, 0, told if len(told) <= 2 * TOLD else f"{told[:TOLD]}\n[…]\n{told[-TOLD:]}"
    return done.read, done.refused, done.slowest_s, done.growth, ""


def _within(seconds: float, work: Callable[[], None]) -> None:
    # Processor time, so that a busy machine makes no hangs; again and again, as `__del__` swallows exceptions.
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.05)
    try:
        work()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


@contextmanager
def _memory_bound() -> Iterator[None]:
    """While the context is open, the timer raises HangError, and more memory than a page may take is a MemoryError."""

    def hang(number: int, frame: FrameType | None) -> None:
        raise HangError(f"more than {DEADLINE_S} s")

    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    unlimited = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MAX_GROWTH_BYTES, unlimited[1]))
    usual = signal.signal(signal.SIGPROF, hang)
    try:
        yield
    finally:
        signal.signal(signal.SIGPROF, usual)
        resource.setrlimit(resource.RLIMIT_AS, unlimited)


# --- what each reader does ---------------------------------------------------------------------


def _feed(body: bytes) -> None:
    for entry in parse_feed(body, url="http://a.example/feed", content_type="application/xml").entries:
        _check_entry(entry)


def _page(body: bytes) -> None:
    page = Page("http://a.example/1", "http://a.example/1", 200, {"content-type": "text/html"}, body, NOW)
    _check_document(extract(page, Hints(url=page.url), SETTINGS).document)


def _records(format_name: str, suffix: str, body: bytes) -> None:
    format = FORMATS[format_name]
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(body)
        file.flush()
        refused: Exception | None = None
        for record in format.read(Path(file.name)):
            if record.error is not None:
                continue
            try:
                _check_document(format.parse(record.payload, file.name, SETTINGS, {})[0])
            except (ParseError, ExtractError) as error:  # every record is tried, whatever became of those before
                refused = error
        if refused is not None:
            raise refused


def _opml(body: bytes) -> None:
    found, _ = scan_opml(body, "list.opml")
    for feed in found:
        feed.url.encode()


def _config(body: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        file.write(body)
        file.flush()
        load_config(Path(file.name))


def _address(body: bytes) -> None:
    text = body.decode("utf-8", "surrogateescape")
    known = page_url(text)
    assert page_url(known) == known
    for each in (known, *variants(known), entry_url(known, text), feed_address(text)):
        tells_page(each)
        canonical_url(text, each)
        following_page(each, [text, known], 2)


def _answer(body: bytes) -> None:
    text = body.decode("latin-1")
    refresh_of({"refresh": text}, body)
    Cookies().take("a.example", text.splitlines())
    assert headline(headline(text)) == headline(text)
    for line in text.splitlines():
        read_date(line)
    links_in(body, "http://a.example/")
    why_dead("http://a.example/1", "http://a.example/", text, [text], text)


def _words(body: bytes) -> None:
    text = body.decode("utf-8", "replace")
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f'CREATE VIRTUAL TABLE fts USING FTS5 (text, tokenize="{TOKENIZER}", content="")')
        connection.execute("INSERT INTO fts (rowid, text) VALUES (1, ?)", (indexed(text.replace("\0", "")),))
        connection.execute("SELECT rowid FROM fts WHERE fts MATCH ?", (query_of(text.replace("\0", "")),)).fetchall()
    without_syndication_line(text)
    is_summary(text)


def _state(body: bytes) -> None:
    text = body.decode("utf-8", "replace")
    for kind in ("", "application/json", "application/ld+json"):
        embedded_text([Script(kind, text)])


def _check_entry(entry: Entry) -> None:
    _check_strings(entry)
    optional_text(entry.published_at)
    optional_text(entry.updated_at)


def _check_document(document: Document) -> None:
    _check_strings(document)
    optional_text(document.published_at)
    optional_text(document.modified_at)
    assert document.text.strip()
    fingerprinted(document)


def _check_strings(value: Any) -> None:
    """SQLite takes UTF-8: no text may hold half a surrogate pair."""
    for field in fields(value):
        text = getattr(value, field.name)
        if isinstance(text, str):
            text.encode("utf-8")


READERS = (
    Reader("feed", lambda: inputs.mutated(inputs.feeds()), _feed, (ParseError,)),
    Reader("page", lambda: inputs.mutated(inputs.pages()), _page, (ExtractError,)),
    Reader("jsonl", inputs.json_lines, partial(_records, "jsonl", ".jsonl"), (ParseError, ExtractError)),
    Reader(
        "seed", lambda: inputs.mutated(inputs.seeds()), partial(_records, "text", ".txt"), (ParseError, ExtractError)
    ),
    Reader("address", lambda: inputs.mutated(inputs.addresses()), _address, ()),
    Reader("answer", lambda: inputs.mutated(inputs.answers()), _answer, ()),
    Reader("words", lambda: inputs.mutated(inputs.sentences()), _words, (ValueError,)),
    Reader("state", lambda: inputs.mutated(inputs.states()), _state, ()),
    Reader("opml", lambda: inputs.mutated(inputs.outlines()), _opml, (ConfigError,)),
    Reader("config", inputs.configs, _config, (ConfigError,)),
)
