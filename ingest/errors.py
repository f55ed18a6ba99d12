"""The tree of errors: catch at the level you care about; `str(error)` says what to do next."""

from __future__ import annotations

from pathlib import Path

from ingest.model import Outcome


class IngestError(Exception):
    """Anything that ingest raises on purpose."""

    exit_code = 1  # of a command that ends in it


class ConfigError(IngestError):
    """The configuration cannot be used; the message names file, line and key."""


class FetchError(IngestError):
    """A feed or page could not be had.

    Attributes:
        outcome: the named outcome that the entry or poll ends in.
        url: the URL that failed (the last one, after redirects).
        status: the HTTP status, where there was an answer.
        retry_after: seconds the server asked to wait, where it did.
    """

    def __init__(
        self,
        outcome: Outcome,
        message: str,
        *,
        url: str,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.url = url
        self.status = status
        self.retry_after = retry_after


class NotAskedError(FetchError):
    """The request was not made, for no fault of what was to be asked for; `retry_after` says when to try again."""


class ParseError(IngestError):
    """Bytes that were to be a feed, a record or a document are not; `outcome` names how.

    Attributes:
        url: that the record names, where that could be read.
    """

    def __init__(self, outcome: Outcome, message: str, *, url: str | None = None) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.url = url


class ExtractError(IngestError):
    """No body text could be had from a page.

    Attributes:
        outcome: why.
        wanted: URLs of pages that may hold what this one lacks (an AMP variant).
        teaser: what the page shows instead of its article, where that was kept.
        url: of the record whose page it was, where a record names one.
    """

    def __init__(self, outcome: Outcome, message: str, *, wanted: tuple[str, ...] = (), teaser: str = "") -> None:
        super().__init__(message)
        self.url: str | None = None
        self.outcome = outcome
        self.wanted = wanted
        self.teaser = teaser


class MatchError(IngestError):
    """A text could not be placed, by a fault of this program: nothing of it was written, and it can be tried again."""


class WorkersError(IngestError):
    """No worker process could be started; what was to be done in one is still to be done."""


class StoreError(IngestError):
    """The database cannot be opened, read or written; the message says what to do."""


class MovedError(StoreError):
    """The database's file was moved, replaced or removed under a running daemon; its unit does not start it again."""

    exit_code = 4


class PagesError(StoreError):
    """The folder of kept pages cannot be written.

    Attributes:
        errno: what the system said.
    """

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"kept pages: {path}: {error.strerror or error}")
        self.errno = error.errno


class SourceError(IngestError):
    """A backfill source, or one record of it, cannot be read; the message names file and line."""
