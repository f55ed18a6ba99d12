"""A disk of any size for a test: a tmpfs where this user may mount one."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

KIB = 1024


@cache
def may_mount() -> bool:
    """Whether this user may mount; containers often keep even root from it."""
    if os.geteuid() != 0:
        return False
    probe = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    try:
        return subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


needs_mount = pytest.mark.skipif("not __import__('tests.full_disk').full_disk.may_mount()", reason="may not mount")


@contextmanager
def disk(folder: Path, kib: int) -> Iterator[Path]:
    """A file system of so many KiB at `folder`."""
    folder.mkdir(exist_ok=True)
    _mount("-t", "tmpfs", "-o", f"size={kib}k,mode=0755", "none", str(folder))
    try:
        yield folder
    finally:
        for _ in range(50):
            if subprocess.run(["umount", folder], capture_output=True, check=False).returncode == 0:
                break
            time.sleep(0.1)
        else:
            subprocess.run(["umount", "--lazy", folder], check=True)


def resize(folder: Path, kib: int) -> None:
    """Give the disk another size, while it is in use."""
    _mount("-o", f"remount,size={kib}k", str(folder))


def make_read_only(folder: Path) -> None:
    """Nothing on the disk can be written from now on."""
    _mount("-o", "remount,ro", str(folder))


def fill(folder: Path) -> None:
    """Take all the room that is left."""
    try:
        with (folder / "ballast").open("ab", buffering=0) as file:
            while file.write(b"\0" * 4 * KIB):
                pass
    except OSError:
        return


def _mount(*args: str) -> None:
    subprocess.run(["mount", *args], check=True, capture_output=True)
