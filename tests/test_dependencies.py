"""Dependencies are pinned by hash, few, and what is installed fits together."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version

import pytest

from tests.conftest import ROOT

LOCKS = ("requirements.lock", "tests/requirements.lock")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def locked(name: str) -> dict[str, list[str]]:
    """Requirement → its hashes."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return {line.split()[0]: re.findall(r"--hash=sha256:([0-9a-f]{64})", line) for line in lines}


def name_of(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[<>=!~;\[ ]", requirement)[0]).lower()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_dependency_has_one_version_and_its_hashes(lock: str) -> None:
    for requirement, hashes in locked(lock).items():
        assert re.fullmatch(r"[A-Za-z0-9._-]+(\[[^\]]+\])?==[^=*]+", requirement), requirement
        assert hashes, requirement


def test_every_dependency_that_is_declared_is_locked() -> None:
    names = {name_of(requirement) for requirement in locked("requirements.lock")}
    assert {name_of(requirement) for requirement in PROJECT["dependencies"]} <= names


def test_the_locks_name_no_other_place_than_the_index() -> None:
    for lock in LOCKS:
        text = (ROOT / lock).read_text()
        assert "://" not in text
        assert " @ " not in text


def test_what_is_installed_fits_together() -> None:
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert version("lxml_html_clean")


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "SECURITY.md").read_text()))
    there = {
        name for path in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"def (test_\w+)", path.read_text())
    }
    assert len(named) > 40
    assert named - there == set()
