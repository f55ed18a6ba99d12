"""Imported by the fork server of a backfill of plain text: what every record needs, and no more."""

from __future__ import annotations

import ingest.backfill.prepare  # noqa: F401
from ingest.dedup.fingerprint import fingerprint
from ingest.extract.agency import agency_of_text
from ingest.extract.language import language_of

# Tables that are made at their first use; this is it.
language_of("Snow fell in Oslo.", ())
agency_of_text("OSLO (AP) - Snow fell.")
fingerprint("Snow fell in Oslo on Monday.")
