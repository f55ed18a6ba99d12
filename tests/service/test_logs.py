from __future__ import annotations

import json

import pytest

from ingest.service.logs import log_listener


def test_an_event_is_one_line_with_fields(capsys: pytest.CaptureFixture[str]) -> None:
    log_listener(as_json=False)("feed_polled", {"feed": 12, "status": 304, "error": None})
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "event=feed_polled" in line
    assert "feed=12" in line
    assert "error" not in line


@pytest.mark.parametrize("as_json", [False, True])
def test_text_from_outside_cannot_forge_a_line(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    forged = "x\ntime=2026 level=info event=stopped \x1b[2J\u2028\r\x00"
    log_listener(as_json=as_json)("entry_done", {"title": forged})
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line
    if as_json:
        assert "event=stopped" in json.loads(line)["title"]
