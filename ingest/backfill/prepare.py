"""What a worker process does with a batch of raw records: parse, extract, fingerprint. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.backfill.sources import FORMATS
from ingest.errors import ExtractError, ParseError
from ingest.model import Outcome
from ingest.pipeline.work import Worked, fingerprinted
from ingest.settings import ExtractSettings


@dataclass(frozen=True, slots=True)
class Prepared:
    """A record's document ready for the writer, with a note on what of it could not be used."""

    worked: Worked
    note: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that no document came of.

    Attributes:
        url: what it names, where that could be read.
        teaser: what there is of its article.
    """

    outcome: Outcome
    error: str
    url: str | None = None
    teaser: str = ""


def prepare_batch(
    format: str, source: str, payloads: Sequence[bytes], settings: ExtractSettings, mapping: Mapping[str, str]
) -> list[Prepared | Refused]:
    """Prepare the records of one source, one result each, in their order.

    Args:
        format: name of the source's format.
        source: the source's identity, for formats that fall back on it.
        payloads: raw records.
        settings: limits of extraction.
        mapping: field → name in the records, as the user gave it.
    """
    parse = FORMATS[format].parse
    results: list[Prepared | Refused] = []
    for payload in payloads:
        try:
            document, note = parse(payload, source, settings, mapping)
            results.append(Prepared(fingerprinted(document), note))
        except (ParseError, ExtractError) as error:
            teaser = error.teaser if isinstance(error, ExtractError) else ""
            results.append(Refused(error.outcome, str(error), error.url, teaser))
        except Exception as error:  # the border of one record: a bug costs this record only, and is named
            results.append(Refused(Outcome.EXTRACT_FAILED, f"internal error: {error!r}"))
    return results
