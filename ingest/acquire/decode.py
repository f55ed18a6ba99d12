"""Content codings removed in bounded steps: no step yields more than 64 KiB, whatever comes in.

The caller counts and stops; a decompression bomb costs one step over the cap.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator
from typing import Protocol

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

STEP_BYTES = 64 * 1024
MAX_CODINGS = 2  # applied one over the other; more is an attack, not a server
MAX_MEMBERS = 1024  # concatenated gzip members or zstd frames in one body; real ones have one
# RFC 9659: the "zstd" coding must not need a window over 8 MiB (2**23).
ZSTD_WINDOW_LOG = 23

ACCEPT_ENCODING = "gzip, deflate, br, zstd"


class DecodeError(ValueError):
    """The body is not what its Content-Encoding says: corrupt, truncated, or an unknown coding."""


class _Stage(Protocol):
    """One coding: `feed` may be called until `finish`, which raises where the data ended too early."""

    def feed(self, data: bytes) -> Iterator[bytes]: ...

    def finish(self) -> None: ...


class Decoder:
    """Removes the codings of one body, fed in pieces as they arrive."""

    def __init__(self, content_encoding: str) -> None:
        names = [name for raw in content_encoding.split(",") if (name := raw.strip().lower())]
        names = [name for name in names if name not in ("identity", "none", "utf-8")]
        if len(names) > MAX_CODINGS:
            raise DecodeError(f"{len(names)} content codings one over the other")
        unknown = [name for name in names if name not in _STAGES]
        if unknown:
            raise DecodeError(f"unknown content coding {unknown[0][:40]!r}")
        self._stages: list[_Stage] = [_STAGES[name]() for name in reversed(names)]

    @property
    def is_identity(self) -> bool:
        """Whether bytes pass through as they are."""
        return not self._stages

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Decoded pieces of at most `STEP_BYTES` each (identity: the piece itself).

        Raises:
            DecodeError: where the data are corrupt.
        """
        return self._through(0, data)

    def finish(self) -> None:
        """Say that the body has ended.

        Raises:
            DecodeError: where a coding is not at its end: the body was truncated.
        """
        for stage in self._stages:
            stage.finish()

    def _through(self, index: int, data: bytes) -> Iterator[bytes]:
        if index == len(self._stages):
            yield data
            return
        for piece in self._stages[index].feed(data):
            yield from self._through(index + 1, piece)


class _Gzip:
    """gzip (RFC 1952), members one after another; zeros or junk after the last one are ignored."""

    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(wbits=31)
        self._members = 1
        self._fed = False
        self._junk = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        full = False  # the step was cut by its limit: the decoder may hold more without further input
        while (data or full) and not self._junk:
            self._fed = True
            if self._decoder.eof:
                if not data:
                    return
                if not data.startswith(b"\x1f"):
                    self._junk = True
                    return
                self._members += 1
                if self._members > MAX_MEMBERS:
                    raise DecodeError(f"gzip: over {MAX_MEMBERS} members")
                self._decoder = zlib.decompressobj(wbits=31)
            try:
                piece = self._decoder.decompress(data, STEP_BYTES)
            except zlib.error as error:
                raise DecodeError(f"gzip: {error}") from error
            if piece:
                yield piece
            full = len(piece) == STEP_BYTES
            data = self._decoder.unused_data if self._decoder.eof else self._decoder.unconsumed_tail

    def finish(self) -> None:
        if self._fed and not self._decoder.eof:
            raise DecodeError("gzip: the body is truncated")


class _Deflate:
    """deflate: zlib (RFC 1950) as the standard says, or raw (RFC 1951) as some servers send."""

    def __init__(self) -> None:
        self._decoder: zlib._Decompress | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._decoder is None and data:
            self._decoder = zlib.decompressobj(wbits=15 if data[0] & 0x0F == 8 else -15)
        full = False
        while (data or full) and self._decoder is not None and not self._decoder.eof:
            try:
                piece = self._decoder.decompress(data, STEP_BYTES)
            except zlib.error as error:
                raise DecodeError(f"deflate: {error}") from error
            if piece:
                yield piece
            full = len(piece) == STEP_BYTES
            data = self._decoder.unconsumed_tail

    def finish(self) -> None:
        if self._decoder is not None and not self._decoder.eof:
            raise DecodeError("deflate: the body is truncated")


class _Brotli:
    """br (RFC 7932)."""

    def __init__(self) -> None:
        self._decoder = brotli.Decompressor()
        self._fed = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while not self._decoder.is_finished():
            self._fed = self._fed or bool(data)
            try:
                piece = self._decoder.process(data, output_buffer_limit=STEP_BYTES)
            except brotli.error as error:
                raise DecodeError(f"br: {error}") from error
            data = b""
            # The library may hand out more than the limit asks for; never more than this at a time.
            for start in range(0, len(piece), STEP_BYTES):
                yield piece[start : start + STEP_BYTES]
            if not piece and self._decoder.can_accept_more_data():
                return

    def finish(self) -> None:
        if self._fed and not self._decoder.is_finished():
            raise DecodeError("br: the body is truncated")


class _Zstd:
    """zstd (RFC 8878), frames one after another, window at most 8 MiB."""

    def __init__(self) -> None:
        self._decoder = self._new()
        self._frames = 1
        self._fed = False

    @staticmethod
    def _new() -> zstd.ZstdDecompressor:
        return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW_LOG})

    def feed(self, data: bytes) -> Iterator[bytes]:
        self._fed = self._fed or bool(data)
        while True:
            if self._decoder.eof:
                if not data:
                    return
                self._frames += 1
                if self._frames > MAX_MEMBERS:
                    raise DecodeError(f"zstd: over {MAX_MEMBERS} frames")
                self._decoder = self._new()
            try:
                piece = self._decoder.decompress(data, STEP_BYTES)
            except zstd.ZstdError as error:
                raise DecodeError(f"zstd: {error}") from error
            data = self._decoder.unused_data if self._decoder.eof else b""
            if piece:
                yield piece
            if not self._decoder.eof and self._decoder.needs_input:
                return

    def finish(self) -> None:
        if self._fed and not self._decoder.eof:
            raise DecodeError("zstd: the body is truncated")


_STAGES: dict[str, type[_Gzip] | type[_Deflate] | type[_Brotli] | type[_Zstd]] = {
    "gzip": _Gzip,
    "x-gzip": _Gzip,
    "deflate": _Deflate,
    "br": _Brotli,
    "zstd": _Zstd,
}
