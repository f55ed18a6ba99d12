"""Builders of small pages for the tests of extraction."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from ingest.model import Page

URL = "https://paper.example/2026/03/harbour-wall"

SENTENCES = (
    "The council of Port Ellery agreed on Monday to rebuild the harbour wall before the winter storms arrive.",
    "Work on the northern arm begins in April and will cost the town four million euros, the mayor told reporters.",
    "Fishermen had asked for the repair since a gale in January tore three boats from their moorings overnight.",
    "Engineers found cracks along sixty metres of the wall and closed the quay to lorries for the time being.",
    "The regional government pays half of the sum, and a loan over twenty years is to cover the other half.",
    "Two members voted against the plan because they would rather have moved the boats to a basin upstream.",
    "A first tender last year found no bidder, so the town split the work into three smaller contracts this time.",
)
BODY = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)


def html(body: str = BODY, head: str = "", lang: str = "en") -> str:
    return f'<html lang="{lang}"><head>{head}</head><body><main><article>{body}</article></main></body></html>'


def json_ld(**facts: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", **facts})}</script>'


def page(text: str, url: str = URL, content_type: str = "text/html; charset=utf-8") -> Page:
    return Page(url, url, 200, {"content-type": content_type}, text.encode(), datetime(2026, 3, 2, 12, tzinfo=UTC))
