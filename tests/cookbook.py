"""The queries and commands of the cookbook that the package carries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files

_HEADING = re.compile(r"^## (\d+)\. (.+)$")


@dataclass(frozen=True, slots=True)
class Query:
    """A query, with the number of its question and its place below it."""

    question: int
    place: int
    sql: str

    @property
    def name(self) -> str:
        """As a table names it: 9, or 9b for the second."""
        return f"{self.question}{'' if self.place == 1 else chr(ord('a') + self.place - 1)}"


def questions() -> dict[int, str]:
    """Number → question."""
    return {int(found[1]): found[2] for line in text().splitlines() if (found := _HEADING.match(line))}


def queries() -> list[Query]:
    """All queries, in their order."""
    return [Query(question, place, "\n".join(lines)) for question, place, lines in _blocks("sql")]


def commands() -> list[tuple[int, str]]:
    """(question, command line) of all commands."""
    return [
        (question, line.removeprefix("$ "))
        for question, _, lines in _blocks("console")
        for line in lines
        if line.startswith("$ ")
    ]


def text() -> str:
    """The cookbook."""
    return files("ingest").joinpath("cookbook.md").read_text(encoding="utf-8")


def _blocks(kind: str) -> list[tuple[int, int, list[str]]]:
    found: list[tuple[int, int, list[str]]] = []
    question, place, inside = 0, 0, False
    for line in text().splitlines():
        if heading := _HEADING.match(line):
            question, place = int(heading[1]), 0
        elif line == f"```{kind}":
            place, inside = place + 1, True
            found.append((question, place, []))
        elif line == "```":
            inside = False
        elif inside:
            found[-1][2].append(line)
    return found
