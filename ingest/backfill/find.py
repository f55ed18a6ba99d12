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
        left_out: files in named folders that are of no format, not of the one asked for, or not regular.
        led_out: links in named folders, or that a glob matches, which lead outside: whoever filled the folder
            has no say in what else of this machine is read.
    """

    sources: tuple[Source, ...]
    left_out: tuple[Path, ...]
    led_out: tuple[Path, ...]


def find_sources(names: Iterable[str], format: Format | None) -> Found:
    """Settle what to take from files, folders (with all below them) and globs.

    Args:
        names: as typed; a name that exists is taken as it is, even if it looks like a glob.
        format: the format asked for, or None to guess from each file's name.

    Raises:
        SourceError: when a name matches nothing, or a named file is not regular or its format cannot be guessed.
    """
    sources: dict[Path, Source] = {}
    left_out: dict[Path, None] = {}
    led_out: dict[Path, None] = {}
    for name in names:
        for path, root in _expand(name):
            if root is not None and not _is_inside(path, root):
                led_out[path] = None
            elif root is not None and _is_special(path):
                left_out[path] = None
            elif path.is_dir():
                for file in sorted(path.rglob("*")):  # goes into no link
                    if file.is_symlink() and not _is_inside(file, path):
                        led_out[file] = None
                    elif not file.is_dir():
                        _add_found(sources, left_out, file, format)
            else:
                _add_named(sources, path, format)
    return Found(tuple(sources.values()), tuple(left_out), tuple(led_out))


def _expand(name: str) -> list[tuple[Path, Path | None]]:
    """What a name means; with each match of a glob, the folder that it must not lead out of."""
    path = Path(name).expanduser()
    if os.path.lexists(path):
        return [(path, None)]
    matches = [Path(match) for match in sorted(glob.glob(str(path), recursive=True))]
    if not matches:
        raise SourceError(f"{name}: no such file or folder, and no file matches it")
    root = next(folder for folder in path.parents if not glob.has_magic(str(folder)))
    return [(match, root) for match in matches]


def _is_inside(path: Path, folder: Path) -> bool:
    return _real(path).is_relative_to(_real(folder))


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # unlike Path.resolve it bears links that lead in a circle


def _is_special(path: Path) -> bool:
    """Whether it is a pipe, device or socket; a link that leads nowhere is not: it is tried, and its failure named."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _add_found(sources: dict[Path, Source], left_out: dict[Path, None], file: Path, format: Format | None) -> None:
    kind = guess_format(file)
    if kind is None or _is_special(file) or format not in (None, kind):
        left_out[file] = None
    else:
        _add(sources, file, kind)


def _add_named(sources: dict[Path, Source], path: Path, format: Format | None) -> None:
    if _is_special(path):
        raise SourceError(f"{path}: not a regular file (a pipe or device has no positions to go on from)")
    kind = format or guess_format(path)
    if kind is None:
        raise SourceError(f"{path}: its name does not tell its format; say it with --format")
    _add(sources, path, kind)


def _add(sources: dict[Path, Source], path: Path, format: Format) -> None:
    real = _real(path)
    try:
        size = real.stat().st_size
    except OSError:
        size = 0  # reading it will name the reason
    sources.setdefault(real, Source(real, format, size))
