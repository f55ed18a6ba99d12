"""Events as log lines on standard error: `feed_polled feed=12 status=304 new=0 ms=41`, or JSON when asked."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog

from ingest.pipeline.events import Listener

# Text from outside must not forge a line or move a terminal's cursor: C0, DEL, C1, line separators.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
MAX_VALUE_CHARS = 500

WARNINGS = frozenset(
    {"work_failed", "reload_failed", "list_failed", "hub_failed", "push_failed", "clock_jumped", "log_held"}
)
ERRORS = frozenset({"store_shut", "store_damaged"})


def log_listener(*, as_json: bool) -> Listener:
    """A listener that writes every event as one line to standard error."""
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
        ],
    )

    def listen(event: str, fields: Mapping[str, object]) -> None:
        values = {key: _plain(value) for key, value in fields.items() if value is not None}
        log = logger.warning if event in WARNINGS else logger.info
        log(event, **values)

    return listen


def _plain(value: object) -> object:
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return round(value, 3)
    text = value.isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)
    safe = _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    return safe if len(safe) <= MAX_VALUE_CHARS else safe[: MAX_VALUE_CHARS - 1] + "…"
