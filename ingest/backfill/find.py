"""Which files a backfill takes: files, folders and globs → sources, each with its format; nothing is read."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ingest.backfill.sources import Format, guess_format
from ingest.errors import SourceError


@dataclass(frozen=True, slots=True)
class Source:
    """One file to take up.

    Attributes:
        path: absolute, links resolved.
        size: bytes on disk; 0 where that cannot be told.
    """

    path: Path
    format: Format
    size: int

    @property
    def name(self) -> str:
        """The identity under which its items are known: its path, bytes that are no UTF-8 written as `\\xff`."""
        return os.fsencode(self.path).decode("utf-8", "backslashreplace")


@dataclass(frozen=True, slots=True)
class Found:
    """What the named places hold.

    Attributes:
        sources: sorted by path within each named place; a file named twice stands once.
        left_out: files in named folders that are of no format, or not of the one asked for.
    """

    sources: tuple[Source, ...]
    left_out: tuple[Path, ...]


def find_sources(names: Iterable[str], format: Format | None) -> Found:
    """Settle what to take from files, folders (with all below them) and globs.

    Args:
        names: as typed; a name that exists is taken as it is, even if it looks like a glob.
        format: the format asked for, or None to guess from each file's name.

    Raises:
        SourceError: when a name matches nothing, or a named file's format cannot be guessed.
    """
    sources: dict[Path, Source] = {}
    left_out: dict[Path, None] = {}
    for name in names:
        for path in _expand(name):
            if path.is_dir():
                for file in sorted(child for child in path.rglob("*") if not child.is_dir()):
                    kind = guess_format(file)
                    # A link that leads nowhere is tried, and its failure named; a pipe would wait for ever.
                    is_special = not file.is_file() and not file.is_symlink()
                    if kind is None or is_special or format not in (None, kind):
                        left_out[file] = None
                    else:
                        _add(sources, file, kind)
            else:
                kind = format or guess_format(path)
                if kind is None:
                    raise SourceError(f"{path}: its name does not tell its format; say it with --format")
                _add(sources, path, kind)
    return Found(tuple(sources.values()), tuple(left_out))


def _expand(name: str) -> list[Path]:
    path = Path(name).expanduser()
    if path.exists():
        return [path]
    matches = [Path(match) for match in sorted(glob.glob(str(path), recursive=True))]
    if not matches:
        raise SourceError(f"{name}: no such file or folder, and no file matches it")
    return matches


def _add(sources: dict[Path, Source], path: Path, format: Format) -> None:
    resolved = path.resolve()
    try:
        size = resolved.stat().st_size
    except OSError:
        size = 0  # reading it will name the reason
    sources.setdefault(resolved, Source(resolved, format, size))
