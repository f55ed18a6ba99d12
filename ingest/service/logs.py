"""Events as log lines on standard error: `feed_polled feed=12 status=304 new=0 ms=41`, or JSON when asked.

Under journald each line begins with its level. Text from outside forges no line, secrets do not appear.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import structlog

from ingest.events import Listener
from ingest.service.ration import WINDOW_S, Ration
from ingest.streams import lines_lost
from ingest.texts import cut, escaped

_LOGIN = re.compile(r"(?<=://)[^/@\s]+@")  # user and password within a URL
MAX_VALUE_CHARS = 500
FEW = 3  # lines of one kind that libraries may write within `WINDOW_S`; the rest is counted, and the count is told
MAX_KINDS = 100  # in that time; beyond them kinds are told apart by their logger alone

WARNINGS = frozenset(
    {
        "work_failed",
        "reload_failed",
        "list_failed",
        "hub_failed",
        "push_failed",
        "push_put_off",
        "clock_jumped",
        "log_held",
        "size_out_of_reach",
        "library",
        "log_lost",
        "schema_mended",
        "feed_over_budget",
        "port_full",
        "machine_short",
        "file_limit_low",
    }
)
ERRORS = frozenset({"store_shut", "store_damaged"})
JOURNAL_LEVELS = {"error": 3, "warning": 4, "info": 6}  # sd-daemon(3)


def log_listener(*, as_json: bool, secrets: Collection[str] = ()) -> Listener:
    """A listener that writes every event as one line to standard error.

    Args:
        secrets: texts that are blotted out wherever they turn up.
    """
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.processors.LogfmtRenderer(key_order=["time", "level", "event"], bool_as_flag=False)
    )
    logger = structlog.wrap_logger(
        structlog.WriteLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            renderer,
            *([_with_level] if is_journal(os.environ.get("JOURNAL_STREAM", "")) else []),
        ],
    )

    told = lines_lost()

    def listen(event: str, fields: Mapping[str, object]) -> None:
        nonlocal told
        _write(event, fields)
        if lines_lost() > told and event != "log_lost":
            before = lines_lost()
            _write("log_lost", {"events": before - told})
            if lines_lost() == before:
                told = before

    def _write(event: str, fields: Mapping[str, object]) -> None:
        values = {key: _plain(value, secrets) for key, value in fields.items() if value is not None}
        log = logger.error if event in ERRORS else logger.warning if event in WARNINGS else logger.info
        log(event, **values)

    return listen


def log_libraries(listener: Listener) -> None:
    """Let what libraries log go through the same listener, as event `library`: one line each, whatever they print.

    A few lines of one kind in a minute, then their number: a server that may not accept says so hundreds of times
    a second.
    """
    root = logging.getLogger()
    root.handlers = [_ToListener(listener)]
    root.setLevel(logging.WARNING)
    # The tick that is still at work says so itself, when it is worth saying (ingest.service.progress).
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.captureWarnings(True)


def is_journal(stream: str) -> bool:
    """Whether standard error is the journal's stream that $JOURNAL_STREAM ("device:inode") names: systemd.exec(5)."""
    try:
        status = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError, AttributeError):
        return False
    return stream == f"{status.st_dev}:{status.st_ino}"


class _ToListener(logging.Handler):
    """Hands the records of `logging` to a listener, a few of each kind; at the end of the process the last counts."""

    def __init__(self, listener: Listener) -> None:
        super().__init__()
        self._listener = listener
        self._ration: Ration[tuple[str, str]] = Ration(FEW, self._tell_rest)

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            message = f"{message}: {record.exc_info[1]!r}"
        kind = _kind(record)
        if self._ration.kinds >= MAX_KINDS and not self._ration.knows(kind):
            kind = (record.name, "(of many kinds)")
        if self._ration.admits(kind):
            self._listener("library", {"name": record.name, "message": message})

    def close(self) -> None:
        """Called by `logging` when the process ends."""
        self._ration.tell_rest()
        super().close()

    def _tell_rest(self, kind: tuple[str, str], count: int) -> None:
        name, template = kind
        said = f"{count} more like it in the last {WINDOW_S:.0f} s: {template}"
        self._listener("library", {"name": name, "message": said})


def _kind(record: logging.LogRecord) -> tuple[str, str]:
    """The logger, and the message before its values were put in, with the class of the exception."""
    lines = str(record.msg).splitlines() or [""]  # asyncio adds lines with the values of the moment
    template = lines[0]
    if record.name == "py.warnings":  # its template is "%s": the place and the category tell warnings apart
        template = ": ".join(record.getMessage().split(": ")[:2])
    if record.exc_info and record.exc_info[0] is not None:
        template = f"{template}: {record.exc_info[0].__name__}"
    return record.name, template


def _with_level(_: object, name: str, line: Any) -> str:
    return f"<{JOURNAL_LEVELS.get(name, 6)}>{line}"


def _plain(value: object, secrets: Collection[str]) -> object:
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return round(value, 3)
    text = value.isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)
    for secret in secrets:
        text = text.replace(secret, "[secret]")
    text = _LOGIN.sub("[login]@", text)
    return cut(escaped(text), MAX_VALUE_CHARS)
