"""The library that makes disk and network fail on demand: compiled once, switched by files."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")


def compiler() -> str | None:
    """The C compiler of this machine, if it has one."""
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


class Shim:
    """Faults for processes that are started with `environment`."""

    def __init__(self, folder: Path) -> None:
        compile_with = compiler()
        assert compile_with, "needs a C compiler"
        folder.mkdir(exist_ok=True)
        library = folder / "shim.so"
        subprocess.run([compile_with, "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
        self._folder = folder
        self.environment: Mapping[str, str] = {"LD_PRELOAD": str(library), "FAULT_FOLDER": str(folder)}

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        """While the context is open, `full`, `fsync` or `net` fails."""
        switch = self._folder / name
        switch.touch()
        try:
            yield
        finally:
            switch.unlink()
