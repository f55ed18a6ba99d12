"""A short run of every fuzzer; `make fuzz` gives each 100,000 inputs."""

from __future__ import annotations

import pytest

from tests.fuzz.readers import MAX_GROWTH_BYTES, READERS, Reader, fuzz

SHORT = {"page": 60, "jsonl": 120, "config": 60}


@pytest.mark.parametrize("reader", READERS, ids=[reader.name for reader in READERS])
def test_broken_input_ends_in_a_named_error_or_none(reader: Reader) -> None:
    count = SHORT.get(reader.name, 200)
    done = fuzz(reader, count)
    assert done.read + done.refused >= count
    assert done.read > 0, "the mutations leave nothing whole: they test the refusals only"
    assert done.growth < MAX_GROWTH_BYTES
