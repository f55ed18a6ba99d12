"""ingest: polls news feeds, recognises every copy of a text, keeps one canonical article of each."""

__version__ = "0.1.0"
