"""Events and gauges as Prometheus metrics: a listener that counts, a page that is rendered at each scrape."""

from __future__ import annotations

import os
import resource
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

PREFIX = "ingest_"
CANDIDATES = (0, 1, 2, 4, 8, 16, 32, 64)
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

# Gauges whose names do not say enough.
GAUGES = {
    "feeds_late_seconds": "How long the feed that waits longest is overdue.",
    "queue_oldest_due_seconds": "How long the entry that waits longest is overdue.",
    "database_used_bytes": "Bytes of the database that hold something.",
    "log_bytes": "Size of the write-ahead log.",
    "disk_free_bytes": "Room on the disk of the database.",
    "store_writable": "Whether the database can be written (1), or work waits until it can (0).",
    "work_running": "Polls and entries under way.",
    "resident_bytes": "Memory of the daemon's own process.",
}


class Metrics:
    """Counts what happens; `listen` is a `Listener`, `render` the exposition format (text, version 0.0.4)."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._polls = self._counter("polls", "Feed polls by outcome.", "outcome")
        self._poll_seconds = self._seconds("poll_seconds", "Duration of a feed poll.")
        self._new = self._counter("new_entries", "Entries listed for the first time.")
        self._entries = self._counter("entries", "Entries that ended, by outcome.", "outcome")
        self._postponed = self._counter("entries_postponed", "Entries that wait for another attempt.", "outcome")
        self._copies = self._counter("copies", "Copies found, by relation to their article.", "relation")
        self._extract = self._seconds("extract_seconds", "Time of a worker on one page.")
        self._store = self._seconds("store_seconds", "Matching and storing one text, the wait for the writer included.")
        self._candidates = Histogram(
            PREFIX + "candidates",
            "Stored texts worth comparing with a new one.",
            buckets=CANDIDATES,
            registry=self._registry,
        )
        self._pruned = self._counter("pruned", "Texts taken out by age or size.")
        self._clock_jumps = self._counter("clock_jumps", "Jumps of the wall clock.")
        self._shut = self._counter("store_shut", "Times that the database could not be written.", "trouble")
        self._refused = self._counter("connections_refused", "Connections closed as their port was full.", "port")
        self._short = self._counter("machine_short", "Requests not made for want of file descriptors or memory.")
        self._failures = self._counter("failures", "Work or maintenance that failed and is tried again.", "event")
        self._gauges: dict[str, Gauge] = {}

    def listen(self, event: str, fields: Mapping[str, object]) -> None:
        """Count an event."""
        if event == "feed_polled":
            self._polls.labels(fields["outcome"]).inc()
            self._poll_seconds.observe(float(str(fields["ms"])) / 1000)
            self._new.inc(float(str(fields["new"])))
        elif event == "entry_done":
            self._entries.labels(fields["outcome"]).inc()
            if fields["outcome"] == "copy":
                self._copies.labels(fields.get("relation")).inc()
            if "extract_ms" in fields:
                self._extract.observe(float(str(fields["extract_ms"])) / 1000)
                self._candidates.observe(float(str(fields["candidates"])))
                self._store.observe(float(str(fields["store_ms"])) / 1000)
        elif event == "entry_postponed":
            self._postponed.labels(fields["outcome"]).inc()
        elif event == "pruned":
            self._pruned.inc(float(str(fields["texts"])))
        elif event == "clock_jumped":
            self._clock_jumps.inc()
        elif event == "store_shut":
            self._shut.labels(fields["trouble"]).inc()
        elif event == "port_full":
            self._refused.labels(fields["port"]).inc(float(str(fields["times"])))
        elif event == "machine_short":
            self._short.inc(float(str(fields["times"])))
        elif event.endswith("_failed"):
            self._failures.labels(event).inc()

    def render(self, gauges: Mapping[str, float]) -> bytes:
        """The metrics page.

        Args:
            gauges: name → value of what is read off the database at this moment (see `store.report.gauges`).
        """
        for name, value in {**gauges, **process_gauges()}.items():
            self._gauge(name).set(value)
        page: bytes = generate_latest(self._registry)
        return page

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(PREFIX + name, text, labels, registry=self._registry)

    def _seconds(self, name: str, text: str) -> Histogram:
        return Histogram(PREFIX + name, text, buckets=BUCKETS_S, registry=self._registry)

    def _gauge(self, name: str) -> Any:
        if name not in self._gauges:
            text = GAUGES.get(name, name.replace("_", " ").capitalize() + ".")
            self._gauges[name] = Gauge(PREFIX + name, text, registry=self._registry)
        return self._gauges[name]


def process_gauges() -> dict[str, float]:
    """What this process holds at the moment: memory now and at most, and open files. Workers are not counted."""
    found = {"resident_peak_bytes": float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)}
    with suppress(OSError):  # only Linux has /proc
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])  # proc(5): resident
        found["resident_bytes"] = float(pages * resource.getpagesize())
        found["open_files"] = float(len(os.listdir("/proc/self/fd")))
    return found
