"""Which changed settings need a restart."""

from __future__ import annotations

import pytest

from ingest.service.restart import TAKEN_UP, needing_restart
from ingest.settings import Settings


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({}, []),
        ({"feeds": ["https://a.example/f"], "poll": {"interval": 600}}, []),
        ({"retention": {"max_age": "90d"}, "service": {"keep_polls": "7d"}, "pages": {"budget": 0}}, []),
        ({"fetch": {"timeout": 5}, "service": {"tick": 5, "keep_polls": "7d"}}, ["fetch.timeout", "service.tick"]),
        ({"database": "other.db", "websub": {"callback": "https://a.example/"}}, ["database", "websub.callback"]),
    ],
)
def test_what_is_not_taken_up_is_named(changed: dict[str, object], names: list[str]) -> None:
    assert needing_restart(Settings(), Settings.model_validate(changed)) == names


def test_every_setting_that_is_taken_up_exists() -> None:
    for name in TAKEN_UP:
        section, _, key = name.partition(".")
        assert section in Settings.model_fields
        assert not key or hasattr(getattr(Settings(), section), key)
