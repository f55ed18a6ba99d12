"""Imported by the fork server before any worker is made: libraries and models that every page needs."""

from __future__ import annotations

import datasketch  # noqa: F401  # signs every text, and takes half a second to import
import htmldate
import py3langid

import ingest.extract.page  # noqa: F401
from ingest.extract.agency import agency_of_text
from ingest.extract.phrases import is_promotion

# Models and tables that are loaded at their first use; this is it.
py3langid.classify("The model is loaded at its first use.")
htmldate.find_date("<html><body><p>Published on the 3rd of March, 2026, at noon</p></body></html>")
agency_of_text("OSLO (AP) - Snow fell.")
is_promotion("Sign up for our newsletter")
