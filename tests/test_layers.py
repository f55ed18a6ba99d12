"""Imports go down only, and the rooms on one floor do not know each other (DESIGN §1)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "ingest"

# From the roof to the cellar. What stands together on a floor must not import each other.
FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"__main__"}),
    frozenset({"cli"}),
    frozenset({"demo"}),
    frozenset({"service", "backfill", "publish", "plugins"}),
    frozenset({"pipeline"}),
    frozenset({"store"}),
    frozenset({"acquire", "extract"}),
    frozenset({"dedup"}),
    frozenset({"agencies"}),
    frozenset({"config"}),
    frozenset({"settings"}),
    frozenset({"errors", "dates"}),
    frozenset({"model", "addresses"}),
    frozenset({"times", "urls", "points", "texts", "events", "streams", "agreement", "charsets", "months"}),
)
SQL_ROOMS = ("store/", "plugins/")
SQL_WORDS = ("SELECT ", "INSERT ", "UPDATE ", "DELETE ", "PRAGMA ", "CREATE TABLE")

MODULES = sorted(PACKAGE.rglob("*.py"))


def floor_of(room: str) -> int:
    for depth, rooms in enumerate(FLOORS):
        if room in rooms:
            return depth
    raise AssertionError(f"ingest/{room} is on no floor: add it to FLOORS and to the design")


def room_of(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(module: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(module.read_text())):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are absolute"
            names = [node.module or ""]
            if node.module == "ingest":
                names = [f"ingest.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        rooms |= {name.split(".")[1] for name in names if name.startswith("ingest.")}
    return rooms - {"__version__"}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_only(module: Path) -> None:
    if module == PACKAGE / "__init__.py":
        return  # the Python face stands above all; that it imports nothing before it is asked, tests/test_face.py holds
    here = room_of(module)
    for room in imported_rooms(module) - {here}:
        assert floor_of(here) < floor_of(room), f"{here} must not import {room}"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_sql_stands_in_its_rooms(module: Path) -> None:
    name = str(module.relative_to(PACKAGE))
    if name.startswith(SQL_ROOMS):
        return
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not node.value.lstrip().startswith(SQL_WORDS), f"{name}:{node.lineno}: SQL outside the store"


def test_urls_are_taken_apart_in_one_place() -> None:
    """`urlsplit` and `urljoin` raise on what feeds and pages call URLs; `ingest.urls` does not."""
    for module in MODULES:
        if module == PACKAGE / "urls.py":
            continue
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "urllib.parse":
                found = {alias.name for alias in node.names} & {"urlsplit", "urljoin", "urlparse"}
                assert not found, f"{module.relative_to(PACKAGE)}: {found} instead of ingest.urls"


def test_only_the_safe_client_speaks_http() -> None:
    clients = {"aiohttp", "urllib3", "requests", "httpx", "http"}
    for module in MODULES:
        name = str(module.relative_to(PACKAGE))
        if name.startswith(("acquire/", "demo/", "service/health")):
            continue
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Import):
                found = {alias.name.split(".")[0] for alias in node.names} & clients
            elif isinstance(node, ast.ImportFrom):
                found = {(node.module or "").split(".")[0]} & clients
            else:
                continue
            assert not found, f"{name} imports {found}"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_is_read_in_one_sitting(module: Path) -> None:
    assert len(module.read_text().splitlines()) <= 500
    doc = ast.get_docstring(ast.parse(module.read_text()))
    assert doc, "its first lines say its one duty"
