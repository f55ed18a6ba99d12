"""Which changed settings a running daemon does not take up at SIGHUP. Pure."""

from __future__ import annotations

from ingest.settings import Section, Settings

# What is read anew wherever it is used; all else is handed out once, at the start.
TAKEN_UP = frozenset({"feeds", "opml", "poll", "retention", "service.keep_polls", "pages.budget", "pages.max_age"})


def needing_restart(started_with: Settings, now: Settings) -> list[str]:
    """The settings, as they are named in the file (`fetch.timeout`), that differ and take effect at a restart only."""
    return [name for name in _differing(started_with, now) if TAKEN_UP.isdisjoint({name, name.partition(".")[0]})]


def _differing(before: Section, after: Section, prefix: str = "") -> list[str]:
    names = []
    for name in type(before).model_fields:
        old, new = getattr(before, name), getattr(after, name)
        if isinstance(old, Section):
            names += _differing(old, new, f"{prefix}{name}.")
        elif old != new:
            names.append(prefix + name)
    return names
