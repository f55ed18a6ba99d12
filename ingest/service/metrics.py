"""Events and gauges as Prometheus metrics: a listener that counts, a page that is rendered at each scrape."""

from __future__ import annotations

import resource
from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

PREFIX = "ingest_"
POLL_BUCKETS_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """Counts what happens; `listen` is a `Listener`, `render` the exposition format (text, version 0.0.4)."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._polls = self._counter("polls", "Feed polls by outcome.", "outcome")
        self._poll_seconds = Histogram(
            PREFIX + "poll_seconds", "Duration of a feed poll.", buckets=POLL_BUCKETS_S, registry=self._registry
        )
        self._new = self._counter("new_entries", "Entries listed for the first time.")
        self._entries = self._counter("entries", "Entries that ended, by outcome.", "outcome")
        self._postponed = self._counter("entries_postponed", "Entries that wait for another attempt.", "outcome")
        self._copies = self._counter("copies", "Copies found, by relation to their article.", "relation")
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
        elif event == "entry_postponed":
            self._postponed.labels(fields["outcome"]).inc()
        elif event.endswith("_failed"):
            self._failures.labels(event).inc()

    def render(self, gauges: Mapping[str, float]) -> bytes:
        """The metrics page.

        Args:
            gauges: name → value of what is read off the database at this moment (see `store.report.gauges`).
        """
        usage = resource.getrusage(resource.RUSAGE_SELF)
        for name, value in {**gauges, "resident_peak_bytes": usage.ru_maxrss * 1024}.items():
            self._gauge(name).set(value)
        page: bytes = generate_latest(self._registry)
        return page

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(PREFIX + name, text, labels, registry=self._registry)

    def _gauge(self, name: str) -> Any:
        if name not in self._gauges:
            text = name.replace("_", " ").capitalize() + "."
            self._gauges[name] = Gauge(PREFIX + name, text, registry=self._registry)
        return self._gauges[name]
