from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.backfill.find import find_sources
from ingest.backfill.sources import FORMATS, guess_format, jsonl, text
from ingest.errors import ExtractError, ParseError, SourceError
from ingest.model import Outcome, Precision
from ingest.settings import ExtractSettings

SETTINGS = ExtractSettings()
BODY = "The council met on Monday and agreed on the new bridge after a long debate."
SEED = f"Bridge agreed\n20260301\nhttps://a.example/1\n{BODY}\nWork begins in May.\n"


def seed(payload: str | bytes) -> object:
    return text.parse(payload if isinstance(payload, bytes) else payload.encode(), "/x.txt", SETTINGS)[0]


def line(**values: object) -> bytes:
    return json.dumps({"url": "https://a.example/1", "text": BODY, **values}).encode()


def test_a_seed_document_is_title_date_url_sentences() -> None:
    document, note = text.parse(SEED.encode(), "/x.txt", SETTINGS)
    assert note is None
    assert document.title == "Bridge agreed"
    assert document.url == "https://a.example/1"
    assert document.site == "a.example"
    assert document.published_at == datetime(2026, 3, 1, tzinfo=UTC)
    assert document.published_precision is Precision.DAY
    assert document.text == f"{BODY}\nWork begins in May."


@pytest.mark.parametrize(
    ("payload", "outcome", "words"),
    [
        ("", Outcome.INVALID_RECORD, "line 1: no title"),
        ("Title\n", Outcome.INVALID_RECORD, "line 2: not a date"),
        (f"Title\nhttps://a.example/1\n{BODY}\n", Outcome.INVALID_RECORD, "line 2: not a date YYYYMMDD: 'https://a.ex"),
        ("Title\n20261301\nhttps://a.example/1\nx", Outcome.INVALID_RECORD, "line 2"),
        ("Title\n20260101\nnot a url\nx", Outcome.INVALID_RECORD, "line 3: not an absolute"),
        ("Title\n20260101\nfile:///etc/passwd\nx", Outcome.INVALID_RECORD, "line 3"),
        ("Title\n20260101\nhttps://a.example/1\n", Outcome.TOO_SHORT, "0 words"),
        (b"Title\n2026\xff0101\n", Outcome.INVALID_RECORD, "line 2: not UTF-8"),
    ],
)
def test_a_bad_seed_names_its_line(payload: str | bytes, outcome: Outcome, words: str) -> None:
    with pytest.raises(ParseError, match=words.replace("(", r"\(")) as caught:
        seed(payload)
    assert caught.value.outcome is outcome


def test_windows_line_ends_and_a_byte_order_mark_are_no_trouble() -> None:
    assert seed(b"\xef\xbb\xbf" + SEED.replace("\n", "\r\n").encode()) == seed(SEED)


def test_a_line_of_jsonl_gives_its_facts() -> None:
    document, note = jsonl.parse(
        line(
            title="T",
            published="2026-03-01T10:00:00+02:00",
            site="s.example",
            author="A; B",
            agency="AFP",
            language="en",
        ),
        "/x",
        SETTINGS,
    )
    assert note is None
    assert (document.title, document.site, document.author, document.agency) == ("T", "s.example", "A; B", "afp")
    assert document.published_at == datetime(2026, 3, 1, 8, tzinfo=UTC)


def test_the_agency_is_found_in_the_text_where_the_record_names_none() -> None:
    text = f"GENEVA (AFP) - {BODY}"
    assert jsonl.parse(line(text=text), "/x", SETTINGS)[0].agency == "afp"
    assert jsonl.parse(line(text=text, agency="dpa"), "/x", SETTINGS)[0].agency == "dpa"
    assert jsonl.parse(line(text=f"{BODY} A spokesman told AFP so."), "/x", SETTINGS)[0].agency is None


@pytest.mark.parametrize(
    ("value", "moment", "precision"),
    [
        ("20260301", datetime(2026, 3, 1, tzinfo=UTC), Precision.DAY),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC), Precision.DAY),
        (20260301, datetime(2026, 3, 1, tzinfo=UTC), Precision.DAY),
        ("2026-03-01T10:00:00Z", datetime(2026, 3, 1, 10, tzinfo=UTC), Precision.SECOND),
        ("Sun, 1 Mar 2026 11:00:00 +0100", datetime(2026, 3, 1, 10, tzinfo=UTC), Precision.SECOND),
        (1772359200, datetime(2026, 3, 1, 10, tzinfo=UTC), Precision.SECOND),
    ],
)
def test_dates_of_jsonl(value: object, moment: datetime, precision: Precision) -> None:
    document, note = jsonl.parse(line(date=value), "/x", SETTINGS)
    assert (document.published_at, document.published_precision, note) == (moment, precision, None)


@pytest.mark.parametrize("value", ["last Tuesday", "2026-13-45", "0001-01-01T00:00:00+14:00", [1], {"a": 1}])
def test_a_bad_date_costs_the_date_not_the_text(value: object) -> None:
    document, note = jsonl.parse(line(date=value), "/x", SETTINGS)
    assert document.published_at is None
    assert note is not None
    assert "cannot be read, or may be two" in note


def test_of_a_time_without_a_zone_the_day_is_kept_and_told() -> None:
    document, note = jsonl.parse(line(date="2026-03-01 10:00"), "/x", SETTINGS)
    assert (document.published_at, document.published_precision) == (
        datetime(2026, 3, 1, 10, tzinfo=UTC),
        Precision.DAY,
    )
    assert note is not None
    assert "has no zone" in note


@pytest.mark.parametrize(
    ("payload", "outcome", "words"),
    [
        (b"{", Outcome.INVALID_RECORD, "not JSON"),
        (b"[" * 100_000, Outcome.INVALID_RECORD, "not JSON"),
        (b'{"url": 1e999999}', Outcome.INVALID_RECORD, "url"),
        (b"9" * 10_000, Outcome.INVALID_RECORD, "not JSON"),
        (b"[]", Outcome.INVALID_RECORD, "a JSON list"),
        (b'"x"', Outcome.INVALID_RECORD, "a JSON str"),
        (b'{"url": "\xff"}', Outcome.INVALID_RECORD, "not UTF-8"),
        (b"{}", Outcome.INVALID_RECORD, "`url`"),
        (b'{"url": "https://a.example/"}', Outcome.INVALID_RECORD, "neither `text` nor `html`"),
        (line(url="/relative"), Outcome.INVALID_RECORD, "`url`"),
        (line(url="https://a.example/\ud800/x"), Outcome.INVALID_RECORD, "`url`"),
        (line(url="https://a.example/\x1b[2J"), Outcome.INVALID_RECORD, "`url`"),
        (line(text="two words"), Outcome.TOO_SHORT, "2 words"),
        (
            line(text=None, html="<html><body><p>Only a few words stand here.</p></body></html>"),
            Outcome.TOO_SHORT,
            "words",
        ),
    ],
)
def test_a_bad_line_of_jsonl_is_named(payload: bytes, outcome: Outcome, words: str) -> None:
    with pytest.raises((ParseError, ExtractError), match=words) as caught:
        jsonl.parse(payload, "/x", SETTINGS)
    assert caught.value.outcome is outcome


def test_characters_that_cannot_be_stored_are_replaced() -> None:
    payload = b'{"url": "https://a.example/1", "title": "a\\u0000b", "text": "' + BODY.encode() + b' \\ud800"}'
    document, _ = jsonl.parse(payload, "/x", SETTINGS)
    assert document.title == "a\ufffdb"
    assert document.text.endswith("\ufffd")


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"one\n\n  \r\ntwo\nthree")
    assert [(record.position, record.payload) for record in jsonl.read(path)] == [
        (1, b"one"),
        (4, b"two"),
        (5, b"three"),
    ]


def test_a_truncated_gzip_keeps_what_came_before(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    whole = gzip.compress(b"".join(b'{"n": %d}\n' % n for n in range(50_000)))
    path.write_bytes(whole[: len(whole) // 2])
    *good, last = jsonl.read(path)
    assert len(good) > 1000
    assert all(record.error is None for record in good)
    assert last.position == good[-1].position + 1 or last.position == good[-1].position
    assert last.error is not None
    assert "truncated" in last.error


def test_a_line_without_end_is_one_bad_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "MAX_RECORD_BYTES", 1000)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"x" * 5000 + b"\ngood\n")
    first, second = jsonl.read(path)
    assert first.error is not None
    assert (second.position, second.payload) == (2, b"good")


@pytest.mark.parametrize("name", ["missing.jsonl", "folder"])
def test_what_cannot_be_opened_is_a_record_with_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    for kind in FORMATS.values():
        (record,) = kind.read(tmp_path / name)
        assert record.error is not None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.txt", "text"),
        ("A.TXT.GZ", "text"),
        ("a.jsonl", "jsonl"),
        ("a.ndjson.gz", "jsonl"),
        ("a.html.gz", "html"),
        ("a.csv", None),
        ("a", None),
    ],
)
def test_formats_are_guessed_from_names(name: str, kind: str | None) -> None:
    guessed = guess_format(Path(name))
    assert (guessed.name if guessed else None) == kind


def test_folders_globs_and_files_are_found_once_each(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "sub/c.jsonl", "labels.csv"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    found = find_sources([str(tmp_path), str(tmp_path / "*.txt"), str(tmp_path / "a.txt")], None)
    assert [source.path.name for source in found.sources] == ["a.txt", "b.txt", "c.jsonl"]
    assert [path.name for path in found.left_out] == ["labels.csv"]


def test_a_named_file_of_unknown_kind_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "x.dat").write_text("x")
    with pytest.raises(SourceError, match="--format"):
        find_sources([str(tmp_path / "x.dat")], None)
    assert find_sources([str(tmp_path / "x.dat")], FORMATS["jsonl"]).sources[0].format.name == "jsonl"


def test_a_name_that_matches_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        find_sources([str(tmp_path / "*.nothing")], None)


def test_workers_for_plain_text_do_without_the_libraries_of_extraction() -> None:
    heavy = {"trafilatura", "lxml", "htmldate", "sqlite_utils"}
    code = "import sys, ingest.backfill.preload; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert heavy.isdisjoint(done.stdout.split())


def test_links_within_a_folder_are_one_file_and_what_is_no_file_is_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.txt").write_text(SEED)
    (folder / "b.txt").symlink_to("sub/a.txt")
    (folder / "c.txt").symlink_to("nowhere")
    (folder / "circle.txt").symlink_to("circle.txt")
    (folder / "up").symlink_to("..")
    os.mkfifo(folder / "d.txt")
    (tmp_path / "link").symlink_to("in")
    for name in (folder, tmp_path / "link"):
        found = find_sources([str(name)], None)
        assert [source.path.name for source in found.sources] == ["a.txt", "nowhere", "circle.txt"]
        assert [path.name for path in found.left_out] == ["d.txt"]
        assert [path.name for path in found.led_out] == ["up"]
    assert [path.name for path in find_sources([f"{folder}/*.txt"], None).left_out] == ["d.txt"]
    with pytest.raises(SourceError, match="not a regular file"):
        find_sources([str(folder / "d.txt")], None)


@pytest.mark.parametrize("name", ["pipe.jsonl", "zero.jsonl"])
def test_what_became_a_pipe_or_device_since_is_not_read(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "zero.jsonl").symlink_to("/dev/zero")
    for format in FORMATS.values():
        (record,) = format.read(tmp_path / name)
        assert (record.error or "").endswith("not a regular file")


def test_a_line_that_never_ends_ends_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "MAX_RECORD_BYTES", 1000)
    monkeypatch.setattr(jsonl, "MAX_SKIPPED_BYTES", 3000)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"good\n" + b"x" * 9000 + b"\ngood\n")
    first, second = jsonl.read(path)
    assert first.payload == b"good"
    assert (second.position, second.payload) == (2, b"")
    assert "not read on" in (second.error or "")
