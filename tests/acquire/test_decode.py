"""Content codings: every one is undone, in bounded steps; what is cut or corrupt is named."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Callable

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.acquire.decode import MAX_MEMBERS, STEP_BYTES, DecodeError, Decoder

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("X-GZip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "br": ("br", brotli.compress),
    "zstd": ("zstd", zstd.compress),
    "identity": ("identity", bytes),
    "none": ("", bytes),
    "nested": ("br, gzip", lambda data: gzip.compress(brotli.compress(data))),
}


def decoded(coding: str, data: bytes, step: int = 1000) -> bytes:
    decoder = Decoder(coding)
    found = b"".join(piece for at in range(0, len(data), step) for piece in decoder.feed(data[at : at + step]))
    decoder.finish()
    return found


@pytest.mark.parametrize("name", PACKERS)
@settings(max_examples=30, deadline=None)
@given(data=st.binary(max_size=3000), step=st.integers(1, 700))
def test_what_was_packed_comes_out_again_in_whatever_pieces_it_arrives(name: str, data: bytes, step: int) -> None:
    coding, pack = PACKERS[name]
    assert decoded(coding, pack(data), step) == data


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_output_that_ends_on_a_step_is_complete(name: str) -> None:
    coding, pack = PACKERS[name]
    for size in (STEP_BYTES - 1, STEP_BYTES, STEP_BYTES + 1, 3 * STEP_BYTES):
        data = bytes(range(256)) * (size // 256 + 1)
        assert decoded(coding, pack(data[:size]), 64 * 1024) == data[:size]


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd", "nested"])
def test_a_bomb_comes_out_in_small_steps(name: str) -> None:
    coding, pack = PACKERS[name]
    decoder = Decoder(coding)
    steps = [len(piece) for piece in decoder.feed(pack(b"\0" * 20_000_000))]
    assert sum(steps) == 20_000_000
    assert max(steps) <= STEP_BYTES


@pytest.mark.parametrize("name", ["gzip", "deflate", "raw deflate", "br", "zstd"])
def test_a_truncated_body_is_named(name: str) -> None:
    coding, pack = PACKERS[name]
    with pytest.raises(DecodeError, match="truncated"):
        decoded(coding, pack(bytes(range(256)) * 50)[:-6])


@pytest.mark.parametrize(("coding", "data"), [("gzip", b"plain"), ("br", b"\xff" * 50), ("zstd", b"plain text")])
def test_a_body_in_another_coding_is_named(coding: str, data: bytes) -> None:
    with pytest.raises(DecodeError):
        decoded(coding, data)


@pytest.mark.parametrize("coding", ["compress", "gzip, gzip, gzip", "x\n", "br;q=1"])
def test_an_unknown_or_endless_coding_is_named(coding: str) -> None:
    with pytest.raises(DecodeError, match="coding"):
        Decoder(coding)


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_members_one_after_another_are_one_body_but_not_without_end(name: str) -> None:
    coding, pack = PACKERS[name]
    assert decoded(coding, pack(b"one ") + pack(b"two")) == b"one two"
    with pytest.raises(DecodeError, match=str(MAX_MEMBERS)):
        decoded(coding, pack(b"") * (MAX_MEMBERS + 10), 64 * 1024)


def test_junk_behind_a_gzip_body_is_ignored() -> None:
    assert decoded("gzip", gzip.compress(b"text") + b"\0\0junk") == b"text"


def test_zstd_may_not_ask_for_a_window_over_8_mib() -> None:
    level = zstd.CompressionParameter
    packer = zstd.ZstdCompressor(options={level.window_log: 27, level.content_size_flag: 0})
    huge = packer.compress(b"x" * 100_000) + packer.flush()
    with pytest.raises(DecodeError, match="zstd"):
        decoded("zstd", huge)
